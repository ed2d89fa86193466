// SPDX-License-Identifier: BSD-2-Clause
/*
 * A token is hexadecimal text of: list, creation time, id, 0, key, 0, CRC32C. It is no secret, and
 * protects from accidents only: whoever forges one sees no more than the list shows.
 */
#include "api/paging.h"
#include "store/record_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_BYTES 8
#define CHECK_BYTES 4
#define BYTES_MAX (1 + TIME_BYTES + RECORD_ID + RECORD_TAG_KEY + CHECK_BYTES)

_Static_assert(2 * BYTES_MAX < PAGE_TOKEN_TEXT, "a token has room");

void page_token_write(char list, const struct page_place *place, char out[static PAGE_TOKEN_TEXT])
{
	uint8_t bytes[BYTES_MAX];
	size_t length = 0;
	uint32_t check;

	bytes[length++] = (uint8_t)list;
	memcpy(bytes + length, &place->created_ms, TIME_BYTES);
	length += TIME_BYTES;
	memcpy(bytes + length, place->id, strlen(place->id) + 1);
	length += strlen(place->id) + 1;
	memcpy(bytes + length, place->key, strlen(place->key) + 1);
	length += strlen(place->key) + 1;
	check = record_crc32c(bytes, length);
	memcpy(bytes + length, &check, CHECK_BYTES);
	length += CHECK_BYTES;
	for (size_t i = 0; i < length; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* The bytes of a text, 0 if it is no hexadecimal or too long. */
static size_t read_bytes(const char *text, uint8_t bytes[static BYTES_MAX])
{
	size_t length = strlen(text);

	if (length % 2 || length / 2 > BYTES_MAX || text[strspn(text, "0123456789abcdef")])
		return 0;
	for (size_t i = 0; i < length / 2; i++) {
		const char pair[] = { text[2 * i], text[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return length / 2;
}

/* Copies a text with its 0 and returns what follows; NULL if it does not fit. */
static const uint8_t *take_text(const uint8_t *at, const uint8_t *end, char *out, size_t size)
{
	const uint8_t *stop = at ? memchr(at, 0, (size_t)(end - at)) : NULL;

	if (!stop || (size_t)(stop - at) >= size)
		return NULL;
	memcpy(out, at, (size_t)(stop - at) + 1);
	return stop + 1;
}

int page_token_read(char list, const char *text, struct page_place *place, struct error *error)
{
	uint8_t bytes[BYTES_MAX] = { 0 };
	size_t length = read_bytes(text, bytes);
	const uint8_t *at = bytes + 1 + TIME_BYTES, *end;
	uint32_t check;

	memset(place, 0, sizeof(*place));
	if (length < 1 + TIME_BYTES + 2 + CHECK_BYTES || bytes[0] != (uint8_t)list)
		goto bad;
	end = bytes + length - CHECK_BYTES;
	memcpy(&check, end, CHECK_BYTES);
	if (check != record_crc32c(bytes, length - CHECK_BYTES))
		goto bad;
	memcpy(&place->created_ms, bytes + 1, TIME_BYTES);
	at = take_text(at, end, place->id, sizeof(place->id));
	at = take_text(at, end, place->key, sizeof(place->key));
	if (at == end)
		return 0;
bad:
	return error_set(error, ERR_NEXT_TOKEN, "NextToken \"%.100s\" is none of this list", text);
}

int page_compare(const struct page_place *a, const struct page_place *b)
{
	int order;

	if (a->created_ms != b->created_ms)
		return a->created_ms < b->created_ms ? -1 : 1;
	order = strcmp(a->id, b->id);
	return order ? order : strcmp(a->key, b->key);
}
