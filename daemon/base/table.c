// SPDX-License-Identifier: BSD-2-Clause
/* Linear probing; what is taken out leaves no mark, since those behind it move up. */
#include "base/table.h"

#include "base/memory.h"

#include <sys/random.h>

#define FIRST_ROOM 16

/* The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
	return value ^ (value >> 31);
}

/* Nobody outside can choose keys that meet. */
static uint64_t seed(void)
{
	static uint64_t value;

	if (!value && getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value))
		value = mix((uintptr_t)&value);
	return value;
}

uint64_t table_hash(const void *bytes, size_t length)
{
	uint64_t hash = seed() ^ length, word = 0;

	for (const uint8_t *at = bytes; length; at += sizeof(word)) {
		size_t taken = length < sizeof(word) ? length : sizeof(word);

		word = 0;
		memcpy(&word, at, taken);
		hash = mix(hash ^ word);
		length -= taken;
	}
	return hash;
}

static uint32_t home_of(const struct table *table, const struct table_kind *kind, const void *item)
{
	return (uint32_t)kind->hash(item) & (table->room - 1);
}

void *table_find(const struct table *table, const struct table_kind *kind, const void *item)
{
	uint32_t at;

	if (!table->count)
		return NULL;
	at = home_of(table, kind, item);
	while (table->items[at] && !kind->same(table->items[at], item))
		at = (at + 1) & (table->room - 1);
	return table->items[at];
}

static void put(struct table *table, const struct table_kind *kind, void *item)
{
	uint32_t at = home_of(table, kind, item);

	while (table->items[at])
		at = (at + 1) & (table->room - 1);
	table->items[at] = item;
}

static void grow(struct table *table, const struct table_kind *kind)
{
	struct table old = *table;

	table->room = old.room ? 2 * old.room : FIRST_ROOM;
	table->items = memory_new(table->room, sizeof(void *));
	for (uint32_t i = 0; i < old.room; i++) {
		if (old.items[i])
			put(table, kind, old.items[i]);
	}
	free(old.items);
}

void table_put(struct table *table, const struct table_kind *kind, void *item)
{
	/* at most three quarters full */
	if ((uint64_t)table->count * 4 >= (uint64_t)table->room * 3)
		grow(table, kind);
	put(table, kind, item);
	table->count++;
}

void table_take(struct table *table, const struct table_kind *kind, const void *item)
{
	uint32_t mask = table->room - 1, hole = home_of(table, kind, item);

	while (table->items[hole] != item)
		hole = (hole + 1) & mask;
	/* Those behind the hole that may stand in it: their home is not between the two. */
	for (uint32_t at = (hole + 1) & mask; table->items[at]; at = (at + 1) & mask) {
		uint32_t home = home_of(table, kind, table->items[at]);

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		table->items[hole] = table->items[at];
		hole = at;
	}
	table->items[hole] = NULL;
	table->count--;
}

void table_each(const struct table *table, void (*each)(void *item, void *arg), void *arg)
{
	for (uint32_t i = 0; i < table->room; i++) {
		if (table->items[i])
			each(table->items[i], arg);
	}
}

void table_release(struct table *table)
{
	free(table->items);
	*table = (struct table){ 0 };
}
