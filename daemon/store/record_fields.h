/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How records lie on disk: one table a kind of record, which the writer and the reader both follow
 * from top to bottom. A new field is a row with the next version of its kind in `since`: records that
 * are older lack it, and read with zeros there.
 *
 *   version 1 | kind 1 | fields | CRC32C of all before 4
 *
 * All integers are little endian. Text: its length in two bytes, then its bytes. An address: its
 * family, then 0, 4 or 16 bytes. A list: its length in four bytes, then its elements. Bytes: their
 * length in four bytes, then they themselves.
 */
#ifndef SLUICE_STORE_RECORD_FIELDS_H
#define SLUICE_STORE_RECORD_FIELDS_H

#include "store/record.h"

#define RECORD_HEADER 2
#define RECORD_CHECKSUM 4
#define RECORD_LIST_MAX 1048576u
#define RECORD_BYTES_MAX (64u << 20)

enum field_type {
	FIELD_END,
	FIELD_NUMBER, /* unsigned, of 1, 2 or 4 bytes, from low to high */
	FIELD_SIGNED, /* of 4 or 8 bytes */
	FIELD_TEXT, /* char[size] */
	FIELD_SHARED, /* a shared text that would fit into char[size]; NULL: "" */
	FIELD_ADDRESS,
	FIELD_LIST, /* a pointer to allocated elements, at most `high` */
	FIELD_BYTES, /* a pointer to allocated bytes, at most `high` */
	FIELD_TYPES
};

struct record_field {
	enum field_type type;
	uint32_t offset, size; /* of the field; of one element in lists */
	uint32_t low, high;
	uint8_t since; /* the version of the record that has it first; 0: all have it */
	uint32_t count_offset; /* lists and bytes: where their length is, a uint32_t */
	const struct record_field *elements;
	const char *name;
};

struct record_type {
	const char *name;
	uint32_t size; /* of the struct */
	uint8_t version; /* as written */
	const struct record_field *fields;
};

/* NULL if there is no such kind. */
const struct record_type *record_type(unsigned int kind);
uint32_t record_crc32c(const uint8_t *bytes, size_t length);
uint64_t record_number(const void *field, uint32_t size);
bool record_number_valid(const struct record_field *field, uint64_t value);

#endif
