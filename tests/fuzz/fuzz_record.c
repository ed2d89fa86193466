// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records of the store. The first byte is the key's length; the checksum is made right, so that what
 * is behind it is reached. What can be read must be written back as the same bytes.
 */
#include "fuzz.h"
#include "store/record_fields.h"

static void put_checksum(uint8_t *bytes, size_t length)
{
	uint32_t checksum;

	if (length < RECORD_HEADER + RECORD_CHECKSUM)
		return;
	checksum = record_crc32c(bytes, length - RECORD_CHECKSUM);
	for (size_t i = 0; i < RECORD_CHECKSUM; i++)
		bytes[length - RECORD_CHECKSUM + i] = (uint8_t)(checksum >> 8 * i);
}

/* Written in the newest version; an old one gains fields on the way, so it is read once more. */
static void check_round_trip(const struct record *record, const uint8_t *old, size_t old_length)
{
	uint8_t key[RECORD_KEY_MAX], *first = NULL, *second = NULL;
	size_t key_length = record_key(record, key), length, again;
	struct record read;
	char why[256];

	HOLDS(record_write(record, &first, &length) == 0);
	HOLDS(first[0] != old[0] || (length == old_length && !memcmp(first, old, length)));
	HOLDS(record_read(key, key_length, first, length, &read, why, sizeof(why)) == 0);
	HOLDS(record_write(&read, &second, &again) == 0);
	HOLDS(again == length && !memcmp(first, second, length));
	record_free(&read);
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t key_length = size ? data[0] : 0, length;
	struct record record;
	uint8_t *bytes;
	char why[256];

	if (!size || key_length > size - 1)
		return 0;
	length = size - 1 - key_length;
	bytes = malloc(length + !length);
	if (!bytes)
		abort();
	memcpy(bytes, data + 1 + key_length, length);
	put_checksum(bytes, length);
	if (!record_read(data + 1, key_length, bytes, length, &record, why, sizeof(why))) {
		check_round_trip(&record, bytes, length);
		record_free(&record);
	} else {
		HOLDS(memchr(why, '\0', sizeof(why)) != NULL);
	}
	free(bytes);
	return 0;
}
