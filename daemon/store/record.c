// SPDX-License-Identifier: BSD-2-Clause
/* Keys and memory of records. */
#include "store/record_fields.h"
#include "base/shared_text.h"

#include <stdlib.h>
#include <string.h>

static const char *record_id(const struct record *record)
{
	switch (record->kind) {
	case RECORD_LB:
		return record->lb->id;
	case RECORD_GROUP:
		return record->group->lb_id;
	case RECORD_LISTENER:
		return record->listener->lb_id;
	case RECORD_TAG_SET:
		return record->tags->id;
	case RECORD_TOKEN:
		return record->token->token;
	default:
		return record->instance->id;
	}
}

static size_t put_text(uint8_t *key, const char *text)
{
	size_t length = strnlen(text, RECORD_ID - 1);

	memcpy(key, text, length);
	return length;
}

static size_t put_listener(uint8_t *key, const struct listener_record *listener)
{
	key[0] = '/';
	key[1] = listener->protocol;
	key[2] = '/';
	/* Most significant byte first, so that a load balancer's listeners sort by port. */
	key[3] = (uint8_t)(listener->port >> 8);
	key[4] = (uint8_t)listener->port;
	return 5;
}

size_t record_key(const struct record *record, uint8_t key[static RECORD_KEY_MAX])
{
	size_t length = 0;

	key[length++] = (uint8_t)record->kind;
	length += put_text(key + length, record_id(record));
	if (record->kind == RECORD_LISTENER)
		return length + put_listener(key + length, record->listener);
	if (record->kind == RECORD_GROUP && record->group->id[0]) {
		key[length++] = '/';
		length += put_text(key + length, record->group->id);
	}
	return length;
}

static void free_fields(const struct record_field *field, const char *holder);

static void free_list(const struct record_field *field, const char *holder)
{
	uint32_t count = (uint32_t)record_number(holder + field->count_offset, sizeof(count));
	char *list;

	memcpy(&list, holder + field->offset, sizeof(list));
	for (uint32_t i = 0; i < count; i++)
		free_fields(field->elements, list + (size_t)i * field->size);
	free(list);
}

static void free_fields(const struct record_field *field, const char *holder)
{
	for (; field->type != FIELD_END; field++) {
		const char *text;
		void *bytes;

		if (field->type == FIELD_LIST) {
			free_list(field, holder);
		} else if (field->type == FIELD_BYTES) {
			memcpy(&bytes, holder + field->offset, sizeof(bytes));
			free(bytes);
		} else if (field->type == FIELD_SHARED) {
			memcpy(&text, holder + field->offset, sizeof(text));
			shared_text_drop(text);
		}
	}
}

void record_free(struct record *record)
{
	if (record->lb)
		free_fields(record_type(record->kind)->fields, (const char *)record->lb);
	/* What record_read allocated is seen as const only by others. */
	free((void *)(uintptr_t)record->lb);
	record->lb = NULL;
}
