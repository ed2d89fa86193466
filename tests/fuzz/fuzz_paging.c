// SPDX-License-Identifier: BSD-2-Clause
/*
 * NextToken. The input is a token's bytes, whose checksum is made right; with a first byte of 0 it is
 * the text itself. A token that is taken must be the one that its place is written as.
 */
#include "api/paging.h"
#include "fuzz.h"
#include "store/record_fields.h"

#define LIST 'l'

static char *token_of(const uint8_t *data, size_t size)
{
	uint8_t *bytes = calloc(1, size + RECORD_CHECKSUM + 1);
	char *text = calloc(1, 2 * (size + RECORD_CHECKSUM) + 1);
	uint32_t checksum;

	if (!bytes || !text)
		abort();
	memcpy(bytes, data, size);
	bytes[0] = LIST;
	checksum = record_crc32c(bytes, size);
	memcpy(bytes + size, &checksum, RECORD_CHECKSUM);
	for (size_t i = 0; i < size + RECORD_CHECKSUM; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	free(bytes);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char again[PAGE_TOKEN_TEXT];
	struct page_place place;
	struct error error = { 0 };
	char *text;

	if (!size)
		return 0;
	text = data[0] ? token_of(data, size) : fuzz_text(data + 1, size - 1);
	if (!page_token_read(LIST, text, &place, &error)) {
		page_token_write(LIST, &place, again);
		HOLDS(!strcmp(again, text));
	}
	free(text);
	return 0;
}
