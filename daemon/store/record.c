// SPDX-License-Identifier: BSD-2-Clause
/* Keys and memory of records. */
#include "store/record_fields.h"

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
	default:
		return record->instance->id;
	}
}

size_t record_key(const struct record *record, uint8_t key[static RECORD_KEY_MAX])
{
	const char *id = record_id(record);
	size_t length = strnlen(id, RECORD_ID - 1);

	*key++ = (uint8_t)record->kind;
	memcpy(key, id, length);
	if (record->kind != RECORD_LISTENER)
		return 1 + length;
	key += length;
	key[0] = '/';
	key[1] = record->listener->protocol;
	key[2] = '/';
	/* Most significant byte first, so that a load balancer's listeners sort by port. */
	key[3] = (uint8_t)(record->listener->port >> 8);
	key[4] = (uint8_t)record->listener->port;
	return 1 + length + 5;
}

/* Lists stand only at the outermost level. */
static void free_lists(const struct record_field *field, const void *holder)
{
	for (; field->type != FIELD_END; field++) {
		void *list;

		if (field->type != FIELD_LIST)
			continue;
		memcpy(&list, (const char *)holder + field->offset, sizeof(list));
		free(list);
	}
}

void record_free(struct record *record)
{
	if (record->lb)
		free_lists(record_type(record->kind)->fields, record->lb);
	/* What record_read allocated is seen as const only by others. */
	free((void *)(uintptr_t)record->lb);
	record->lb = NULL;
}
