// SPDX-License-Identifier: BSD-2-Clause
/* Records to bytes. What the reader would refuse is refused here, before it is on disk. */
#include "store/record_fields.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 512

/* The first failure stays, and nothing is written after it. */
struct writer {
	uint8_t *bytes;
	size_t length, room;
	int failed;
};

static void put(struct writer *writer, const void *bytes, size_t length)
{
	if (writer->failed || !length)
		return;
	if (writer->length + length > writer->room) {
		size_t room = writer->room ? writer->room : FIRST_ROOM;
		uint8_t *larger;

		while (room < writer->length + length)
			room *= 2;
		larger = realloc(writer->bytes, room);
		if (!larger) {
			writer->failed = -ERR_UNAVAILABLE;
			return;
		}
		writer->bytes = larger;
		writer->room = room;
	}
	memcpy(writer->bytes + writer->length, bytes, length);
	writer->length += length;
}

static void put_number(struct writer *writer, uint64_t value, unsigned int size)
{
	uint8_t bytes[8];

	for (unsigned int i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	put(writer, bytes, size);
}

static void put_text(struct writer *writer, const char *text, uint32_t size)
{
	size_t length = strnlen(text, size);

	if (length == size)
		writer->failed = -ERR_INTERNAL;
	put_number(writer, length, 2);
	put(writer, text, length);
}

static void put_address(struct writer *writer, const struct address *address)
{
	if (address->family != 0 && address->family != 4 && address->family != 6)
		writer->failed = -ERR_INTERNAL;
	put_number(writer, address->family, 1);
	if (address->family)
		put(writer, address->bytes, address->family == 4 ? 4 : 16);
}

static void put_fields(struct writer *writer, const struct record_field *field, const void *holder);

static void put_elements(struct writer *writer, const struct record_field *field,
			 const void *holder)
{
	const char *base = holder;
	uint32_t count = (uint32_t)record_number(base + field->count_offset, sizeof(count));
	const char *element;

	if (count > field->high)
		writer->failed = -ERR_INTERNAL;
	memcpy(&element, base + field->offset, sizeof(element));
	put_number(writer, count, 4);
	for (uint32_t i = 0; i < count && !writer->failed; i++)
		put_fields(writer, field->elements, element + (size_t)i * field->size);
}

static void put_bytes(struct writer *writer, const struct record_field *field, const char *holder)
{
	uint32_t count = (uint32_t)record_number(holder + field->count_offset, sizeof(count));
	const char *bytes;

	if (count > field->high)
		writer->failed = -ERR_INTERNAL;
	memcpy(&bytes, holder + field->offset, sizeof(bytes));
	put_number(writer, count, 4);
	put(writer, bytes, count);
}

static void put_field(struct writer *writer, const struct record_field *field, const void *holder)
{
	const char *at = (const char *)holder + field->offset, *text;

	switch (field->type) {
	case FIELD_NUMBER:
		if (!record_number_valid(field, record_number(at, field->size)))
			writer->failed = -ERR_INTERNAL;
		put_number(writer, record_number(at, field->size), field->size);
		break;
	case FIELD_SIGNED:
		put_number(writer, record_number(at, field->size), field->size);
		break;
	case FIELD_TEXT:
		put_text(writer, at, field->size);
		break;
	case FIELD_SHARED:
		memcpy(&text, at, sizeof(text));
		put_text(writer, text ? text : "", field->size);
		break;
	case FIELD_ADDRESS:
		put_address(writer, (const struct address *)at);
		break;
	case FIELD_BYTES:
		put_bytes(writer, field, holder);
		break;
	default:
		put_elements(writer, field, holder);
	}
}

static void put_fields(struct writer *writer, const struct record_field *field, const void *holder)
{
	for (; field->type != FIELD_END; field++)
		put_field(writer, field, holder);
}

int record_write(const struct record *record, uint8_t **bytes, size_t *length)
{
	const struct record_type *type = record_type(record->kind);
	struct writer writer = { 0 };

	if (!type)
		return -ERR_INTERNAL;
	put_number(&writer, type->version, 1);
	put_number(&writer, record->kind, 1);
	put_fields(&writer, type->fields, record->lb);
	if (!writer.failed)
		put_number(&writer, record_crc32c(writer.bytes, writer.length), RECORD_CHECKSUM);
	if (writer.failed) {
		free(writer.bytes);
		return writer.failed;
	}
	*bytes = writer.bytes;
	*length = writer.length;
	return 0;
}
