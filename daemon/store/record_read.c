// SPDX-License-Identifier: BSD-2-Clause
/* Bytes to records. Nothing is believed: the checksum only says that it is what was written. */
#include "store/record_fields.h"
#include "base/error.h"
#include "base/shared_text.h"
#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The first fault stays, and everything read after it is zero. */
struct reader {
	const uint8_t *at, *end;
	const char *fault; /* what is wrong with … */
	const char *field;
	uint8_t version; /* of the record */
};

static void fail(struct reader *reader, const char *fault, const char *field)
{
	if (reader->fault)
		return;
	reader->fault = fault;
	reader->field = field;
	reader->at = reader->end;
}

static const uint8_t *get(struct reader *reader, size_t length, const char *field)
{
	const uint8_t *at = reader->at;

	if ((size_t)(reader->end - at) < length) {
		fail(reader, "is cut off", field);
		return NULL;
	}
	reader->at += length;
	return at;
}

static uint64_t get_number(struct reader *reader, unsigned int size, const char *field)
{
	const uint8_t *bytes = get(reader, size, field);
	uint64_t value = 0;

	for (unsigned int i = 0; bytes && i < size; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

static void get_text(struct reader *reader, const struct record_field *field, char *out)
{
	size_t length = get_number(reader, 2, field->name);
	const uint8_t *bytes;

	if (length >= field->size) {
		fail(reader, "is too long", field->name);
		return;
	}
	bytes = get(reader, length, field->name);
	if (!bytes)
		return;
	if (memchr(bytes, 0, length))
		fail(reader, "holds a zero byte", field->name);
	else
		memcpy(out, bytes, length);
}

static void get_shared(struct reader *reader, const struct record_field *field, char *out)
{
	char text[RECORD_TEXT] = "";
	const char *shared;

	get_text(reader, field, text);
	shared = shared_text(text);
	memcpy(out, &shared, sizeof(shared));
}

static void get_address(struct reader *reader, const struct record_field *field,
			struct address *out)
{
	uint64_t family = get_number(reader, 1, field->name);
	size_t length = family == 4 ? 4 : 16;
	const uint8_t *bytes;

	if (!family)
		return;
	if (family != 4 && family != 6) {
		fail(reader, "is of no known family", field->name);
		return;
	}
	bytes = get(reader, length, field->name);
	if (!bytes)
		return;
	out->family = (uint8_t)family;
	memcpy(out->bytes, bytes, length);
}

static void get_fields(struct reader *reader, const struct record_field *field, void *holder);

/* An element takes at least a byte, so what is left bounds what a false length can allocate. */
static void get_elements(struct reader *reader, const struct record_field *field, void *holder)
{
	char *base = holder, *element = NULL;
	uint32_t count = (uint32_t)get_number(reader, 4, field->name);

	if (count > field->high || count > (size_t)(reader->end - reader->at)) {
		fail(reader, "are too many", field->name);
		return;
	}
	if (count) {
		element = calloc(count, field->size);
		memcpy(base + field->offset, &element, sizeof(element));
		if (!element) {
			fail(reader, "finds no memory", field->name);
			return;
		}
	}
	memcpy(base + field->count_offset, &count, sizeof(count));
	for (uint32_t i = 0; i < count && !reader->fault; i++)
		get_fields(reader, field->elements, element + (size_t)i * field->size);
}

static void get_bytes(struct reader *reader, const struct record_field *field, void *holder)
{
	char *base = holder, *copy;
	uint32_t count = (uint32_t)get_number(reader, 4, field->name);
	const uint8_t *bytes = get(reader, count, field->name);

	if (!bytes || !count)
		return;
	if (count > field->high) {
		fail(reader, "are too many", field->name);
		return;
	}
	copy = malloc(count);
	if (!copy) {
		fail(reader, "finds no memory", field->name);
		return;
	}
	memcpy(copy, bytes, count);
	memcpy(base + field->offset, &copy, sizeof(copy));
	memcpy(base + field->count_offset, &count, sizeof(count));
}

static void get_field(struct reader *reader, const struct record_field *field, void *holder)
{
	char *at = (char *)holder + field->offset;
	uint64_t value;

	switch (field->type) {
	case FIELD_NUMBER:
	case FIELD_SIGNED:
		value = get_number(reader, field->size, field->name);
		if (field->type == FIELD_NUMBER && !record_number_valid(field, value))
			fail(reader, "is out of range", field->name);
		else
			memcpy(at, &value, field->size);
		break;
	case FIELD_TEXT:
		get_text(reader, field, at);
		break;
	case FIELD_SHARED:
		get_shared(reader, field, at);
		break;
	case FIELD_ADDRESS:
		get_address(reader, field, (struct address *)at);
		break;
	case FIELD_BYTES:
		get_bytes(reader, field, holder);
		break;
	default:
		get_elements(reader, field, holder);
	}
}

static void get_fields(struct reader *reader, const struct record_field *field, void *holder)
{
	for (; field->type != FIELD_END && !reader->fault; field++) {
		if (field->since <= reader->version)
			get_field(reader, field, holder);
	}
}

/* The frame: version, kind and checksum. Returns the kind's type, NULL with the fault told. */
static const struct record_type *open_frame(struct reader *reader, const uint8_t *bytes,
					    size_t length)
{
	const struct record_type *type;
	struct reader checksum = { 0 };

	if (length < RECORD_HEADER + RECORD_CHECKSUM || length > INT_MAX) {
		fail(reader, "is of a wrong length", "the record");
		return NULL;
	}
	checksum.end = bytes + length;
	checksum.at = checksum.end - RECORD_CHECKSUM;
	if (get_number(&checksum, RECORD_CHECKSUM, "") !=
	    record_crc32c(bytes, length - RECORD_CHECKSUM)) {
		fail(reader, "is wrong", "the checksum");
		return NULL;
	}
	type = record_type(bytes[1]);
	if (!type)
		fail(reader, "is not known to this sluiced", "the record's kind");
	else if (!bytes[0] || bytes[0] > type->version)
		fail(reader, "is not known to this sluiced", "the record's version");
	reader->version = bytes[0];
	reader->at = bytes + RECORD_HEADER;
	reader->end = bytes + length - RECORD_CHECKSUM;
	return reader->fault ? NULL : type;
}

static void check_key(struct reader *reader, const struct record *record, const uint8_t *key,
		      size_t key_length)
{
	uint8_t own[RECORD_KEY_MAX];

	if (reader->at != reader->end)
		fail(reader, "is longer than its fields", "the record");
	else if (record_key(record, own) != key_length || memcmp(own, key, key_length) != 0)
		fail(reader, "is stored under another key", "the record");
}

/* The key as text for a message: ids are printable, the rest becomes '?'. */
static const char *key_text(const uint8_t *key, size_t length, char out[static RECORD_KEY_MAX])
{
	int shown = length > RECORD_ID ? RECORD_ID : (int)length;

	text_format(out, RECORD_KEY_MAX, "%.*s", shown ? shown - 1 : 0, (const char *)key + 1);
	return out;
}

int record_read(const uint8_t *key, size_t key_length, const uint8_t *bytes, size_t length,
		struct record *out, char *why, size_t why_size)
{
	struct reader reader = { .at = bytes, .end = bytes };
	const struct record_type *type = open_frame(&reader, bytes, length);
	struct record record = { 0 };
	char text[RECORD_KEY_MAX];

	if (type) {
		void *memory = calloc(1, type->size);

		record.kind = (enum record_kind)bytes[1];
		record.lb = memory;
		if (memory)
			get_fields(&reader, type->fields, memory);
		else
			fail(&reader, "finds no memory", "the record");
	}
	if (!reader.fault)
		check_key(&reader, &record, key, key_length);
	if (reader.fault) {
		text_format(why, why_size, "%s \"%s\": %s %s", type ? type->name : "record",
			    key_text(key, key_length, text), reader.field, reader.fault);
		record_free(&record);
		return -ERR_INTERNAL;
	}
	*out = record;
	return 0;
}
