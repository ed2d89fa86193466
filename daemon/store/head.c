// SPDX-License-Identifier: BSD-2-Clause
/* The head of a store: format 4 | uuid 16 | ring key 16 | records 8 | transactions 8 | CRC32C 4. */
#include "store/environment.h"
#include "store/record_fields.h"
#include "base/text.h"

#include <string.h>

static const uint8_t head_key; /* one byte, below every kind of record */

static uint8_t *put(uint8_t *at, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		*at++ = (uint8_t)(value >> 8 * i);
	return at;
}

static uint64_t get(const uint8_t *at, unsigned int size)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

MDB_val store_head_key(void)
{
	return (MDB_val){ .mv_size = sizeof(head_key), .mv_data = (void *)(uintptr_t)&head_key };
}

bool store_head_is_key(const MDB_val *key)
{
	return key->mv_size == sizeof(head_key) && *(const uint8_t *)key->mv_data == head_key;
}

void store_head_write(const struct store_head *head, uint8_t bytes[static STORE_HEAD_BYTES])
{
	uint8_t *at = put(bytes, head->format, 4);

	memcpy(at, head->uuid, 16);
	memcpy(at + 16, head->ring_key, 16);
	at = put(at + 32, head->records, 8);
	at = put(at, head->transactions, 8);
	put(at, record_crc32c(bytes, STORE_HEAD_BYTES - 4), 4);
}

int store_head_read(struct store_head *head, const uint8_t *bytes, size_t length, char *why,
		    size_t why_size)
{
	uint64_t format = length >= 4 ? get(bytes, 4) : 0;

	if (format > STORE_FORMAT) {
		text_format(why, why_size,
			    "its format is %u, this sluiced knows %u: it was written by a newer "
			    "sluiced, install that one again",
			    (unsigned int)format, STORE_FORMAT);
		return -1;
	}
	if (length != STORE_HEAD_BYTES || format != STORE_FORMAT ||
	    get(bytes + STORE_HEAD_BYTES - 4, 4) != record_crc32c(bytes, STORE_HEAD_BYTES - 4)) {
		text_format(why, why_size, "its head is damaged");
		return -1;
	}
	head->format = STORE_FORMAT;
	memcpy(head->uuid, bytes + 4, 16);
	memcpy(head->ring_key, bytes + 20, 16);
	head->records = get(bytes + 36, 8);
	head->transactions = get(bytes + 44, 8);
	return 0;
}
