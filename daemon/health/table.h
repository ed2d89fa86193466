/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash table of things that carry their own link: as large as what is in it, and no larger. */
#ifndef SLUICE_HEALTH_TABLE_H
#define SLUICE_HEALTH_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_link {
	struct table_link *next;
	uint64_t hash;
};

/* Zeroed: empty. */
struct table {
	struct table_link **slots;
	size_t size, count;
};

void table_insert(struct table *table, struct table_link *link, uint64_t hash);
/* `link` must be in the table. */
void table_remove(struct table *table, struct table_link *link);
/* The first link of that hash, and the next one after a link with its hash; NULL: no more. */
struct table_link *table_first(const struct table *table, uint64_t hash);
struct table_link *table_next(const struct table_link *link);
/* Takes out all that is in it, each by a call, and leaves it empty. */
void table_drain(struct table *table, void (*release)(struct table_link *link, void *arg),
		 void *arg);

/* Of an empty table. */
void table_close(struct table *table);

/* Spreads a number over all bits, one to one. */
uint64_t table_mix(uint64_t number);

#endif
