// SPDX-License-Identifier: BSD-2-Clause
/* A key of up to 19 bytes and its count take malloc's smallest piece. */
#include "core/tally.h"

#include "base/memory.h"

struct counted {
	uint32_t count;
	uint8_t length;
	uint8_t key[];
};

#define KEY_MAX UINT8_MAX

static uint64_t hash_counted(const void *item)
{
	const struct counted *counted = item;

	return table_hash(counted->key, counted->length);
}

static bool same_counted(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	return x->length == y->length && !memcmp(x->key, y->key, x->length);
}

static const struct table_kind kind = { .hash = hash_counted, .same = same_counted };

static struct counted *find(const struct tally *tally, const void *key, size_t length)
{
	union {
		struct counted counted;
		uint8_t room[sizeof(struct counted) + KEY_MAX];
	} wanted = { .counted = { .length = (uint8_t)length } };

	memcpy(wanted.room + offsetof(struct counted, key), key, length);
	return table_find(&tally->table, &kind, &wanted);
}

uint32_t tally_get(const struct tally *tally, const void *key, size_t length)
{
	const struct counted *counted = find(tally, key, length);

	return counted ? counted->count : 0;
}

void tally_add(struct tally *tally, const void *key, size_t length)
{
	struct counted *counted = find(tally, key, length);

	if (!counted) {
		counted = memory_new(1, offsetof(struct counted, key) + length);
		counted->length = (uint8_t)length;
		memcpy(counted->key, key, length);
		table_put(&tally->table, &kind, counted);
	}
	counted->count++;
}

void tally_remove(struct tally *tally, const void *key, size_t length)
{
	struct counted *counted = find(tally, key, length);

	if (--counted->count)
		return;
	table_take(&tally->table, &kind, counted);
	free(counted);
}

static void free_counted(void *item, void *arg)
{
	(void)arg;
	free(item);
}

void tally_free(struct tally *tally)
{
	table_each(&tally->table, free_counted, NULL);
	table_release(&tally->table);
}
