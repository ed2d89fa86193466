/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table of pointers to items, which are the caller's: open addressing, 8 bytes a place. It
 * begins as zeros. What an item's key is, its kind says; an item that is looked for need have no
 * more than that.
 */
#ifndef SLUICE_BASE_TABLE_H
#define SLUICE_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
	void **items; /* NULL: an empty place */
	uint32_t room, count; /* room is a power of two, or 0 */
};

struct table_kind {
	uint64_t (*hash)(const void *item);
	bool (*same)(const void *a, const void *b);
};

/* For a kind's hash: of bytes, with a seed of this process. */
uint64_t table_hash(const void *bytes, size_t length);
/* NULL if there is none. */
void *table_find(const struct table *table, const struct table_kind *kind, const void *item);
/* Puts an item in that is not there. */
void table_put(struct table *table, const struct table_kind *kind, void *item);
/* Takes out the very item, which is there. */
void table_take(struct table *table, const struct table_kind *kind, const void *item);
/* All items, in no order; each may free its item if table_release follows. */
void table_each(const struct table *table, void (*each)(void *item, void *arg), void *arg);
/* Forgets the items. */
void table_release(struct table *table);

#endif
