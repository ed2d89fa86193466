// SPDX-License-Identifier: BSD-2-Clause
/* Chains in a power of two of slots, as many as there are links. */
#include "health/table.h"

#include "base/memory.h"

#define SIZE_MIN 16

uint64_t table_mix(uint64_t number)
{
	number = (number ^ number >> 31) * 0x9e3779b97f4a7c15;
	number = (number ^ number >> 29) * 0xbf58476d1ce4e5b9;
	return number ^ number >> 32;
}

static void put(struct table *table, struct table_link *link)
{
	struct table_link **slot = &table->slots[link->hash & (table->size - 1)];

	link->next = *slot;
	*slot = link;
}

static void resize(struct table *table, size_t size)
{
	struct table old = *table;

	table->slots = memory_new(size, sizeof(*table->slots));
	table->size = size;
	for (size_t i = 0; i < old.size; i++) {
		for (struct table_link *link = old.slots[i], *next; link; link = next) {
			next = link->next;
			put(table, link);
		}
	}
	free(old.slots);
}

void table_insert(struct table *table, struct table_link *link, uint64_t hash)
{
	if (table->count >= table->size)
		resize(table, table->size ? 2 * table->size : SIZE_MIN);
	link->hash = hash;
	put(table, link);
	table->count++;
}

void table_remove(struct table *table, struct table_link *link)
{
	struct table_link **slot = &table->slots[link->hash & (table->size - 1)];

	while (*slot != link)
		slot = &(*slot)->next;
	*slot = link->next;
	table->count--;
	if (table->size > SIZE_MIN && table->count < table->size / 8)
		resize(table, table->size / 2);
}

static struct table_link *of_hash(struct table_link *link, uint64_t hash)
{
	while (link && link->hash != hash)
		link = link->next;
	return link;
}

struct table_link *table_first(const struct table *table, uint64_t hash)
{
	return table->size ? of_hash(table->slots[hash & (table->size - 1)], hash) : NULL;
}

struct table_link *table_next(const struct table_link *link)
{
	return of_hash(link->next, link->hash);
}

void table_drain(struct table *table, void (*release)(struct table_link *link, void *arg),
		 void *arg)
{
	struct table old = *table;

	*table = (struct table){ 0 };
	for (size_t i = 0; i < old.size; i++) {
		for (struct table_link *link = old.slots[i], *next; link; link = next) {
			next = link->next;
			release(link, arg);
		}
	}
	free(old.slots);
}

void table_close(struct table *table)
{
	free(table->slots);
	*table = (struct table){ 0 };
}
