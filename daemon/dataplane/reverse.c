// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reverse lines: which backends an address and port may be. One that others share with it is marked
 * so, since there two services' flows can collide.
 */
#include "dataplane/internal.h"

#include <errno.h>
#include <string.h>

static uint64_t hash_of(const struct dataplane *dataplane, const struct sluice_backend *backend)
{
	return sluice_hash_reverse(backend->address, backend->port, backend->protocol,
				   dataplane->state->table_key);
}

static uint32_t line_of(const struct dataplane *dataplane, uint64_t hash)
{
	return sluice_scale(hash, dataplane->reverse_lines.count);
}

static uint32_t bit_of(const struct dataplane *dataplane, uint64_t hash)
{
	return sluice_scale(hash, dataplane->reverse_bitmap.bits);
}

/* NULL for an item that names what no table has. */
static struct sluice_backend *backend_of(const struct dataplane *dataplane, uint64_t item)
{
	uint32_t id = (uint32_t)SLUICE_GET(item, REVERSE_BACKEND);

	return id && id < dataplane->tables[MAP_BACKENDS].size &&
			       SLUICE_GET(item, REVERSE_SERVICE) <
				       dataplane->tables[MAP_SERVICES].size
		       ? &dataplane->backends[id]
		       : NULL;
}

/* By its backend's line, which keeps its address after the backend is gone. */
static uint32_t home(const void *arg, uint64_t item)
{
	const struct dataplane *dataplane = arg;
	const struct sluice_backend *backend = backend_of(dataplane, item);
	uint64_t hash = backend ? hash_of(dataplane, backend) : 0;

	if (!backend || SLUICE_GET(hash, REVERSE_TAG) != SLUICE_GET(item, REVERSE_TAG))
		return LINES_NOWHERE;
	return line_of(dataplane, hash);
}

static uint64_t item_of(uint64_t hash, uint16_t service, uint32_t backend)
{
	return SLUICE_PUT(REVERSE_TAG, hash) | SLUICE_PUT(REVERSE_BACKEND, backend) |
	       SLUICE_PUT(REVERSE_SERVICE, service);
}

static void count_item(void *arg, uint64_t item)
{
	struct dataplane *dataplane = arg;
	const struct sluice_backend *backend = backend_of(dataplane, item);

	if (backend)
		bitmap_add(&dataplane->reverse_bitmap,
			   bit_of(dataplane, hash_of(dataplane, backend)));
}

void reverse_open(struct dataplane *dataplane)
{
	const struct dp_table *table = &dataplane->tables[MAP_REVERSE];
	const struct dp_table *bitmap = &dataplane->tables[MAP_REVERSE_BITMAP];

	dataplane->reverse_lines = (struct lines){
		.lines = table->memory, .count = table->size, .home = home, .arg = dataplane
	};
	bitmap_open(&dataplane->reverse_bitmap, bitmap->memory,
		    bitmap->size * SLUICE_BITMAP_LINE_BITS);
	lines_each(&dataplane->reverse_lines, count_item, dataplane);
}

void reverse_close(struct dataplane *dataplane)
{
	lines_close(&dataplane->reverse_lines);
	bitmap_close(&dataplane->reverse_bitmap);
}

/* --- places: the items that have one address, port and protocol --- */

struct place {
	uint64_t items[LINES_PLACES];
	unsigned int count;
};

static bool same_place(const struct sluice_backend *a, const struct sluice_backend *b)
{
	return a->address == b->address && a->port == b->port && a->protocol == b->protocol;
}

static bool holds(const struct place *place, uint64_t item)
{
	for (unsigned int i = 0; i < place->count; i++) {
		if (place->items[i] == item)
			return true;
	}
	return false;
}

static void find_place(const struct dataplane *dataplane, const struct sluice_backend *backend,
		       struct place *out)
{
	uint64_t hash = hash_of(dataplane, backend);

	out->count = 0;
	for (unsigned int i = 0; i < LINES_PLACES; i++) {
		uint64_t item =
			*lines_place(&dataplane->reverse_lines, line_of(dataplane, hash), i);
		const struct sluice_backend *other = item ? backend_of(dataplane, item) : NULL;

		if (other && same_place(other, backend) && !holds(out, item))
			out->items[out->count++] = item;
	}
}

static void mark_shared(struct dataplane *dataplane, const struct place *place)
{
	for (unsigned int i = 0; i < place->count; i++) {
		__u8 *shared = &backend_of(dataplane, place->items[i])->shared;

		__atomic_store_n(shared, place->count > 1, __ATOMIC_RELAXED);
	}
}

/* A deleted listener needs its place no more: its flows are reset from the client's side. */
static void give_up_deleted(struct dataplane *dataplane, struct place *place)
{
	for (unsigned int i = 0; i < place->count; i++) {
		uint16_t service = (uint16_t)SLUICE_GET(place->items[i], REVERSE_SERVICE);
		uint64_t word = dataplane->services[service].word;

		if (SLUICE_GET(word, SERVICE_STATE) != SLUICE_SERVICE_DELETED)
			continue;
		reverse_remove(dataplane, service,
			       (uint32_t)SLUICE_GET(place->items[i], REVERSE_BACKEND));
		place->items[i] = place->items[--place->count];
		return;
	}
}

int reverse_add(struct dataplane *dataplane, uint16_t service, uint32_t backend)
{
	const struct sluice_backend *stored = &dataplane->backends[backend];
	uint64_t hash = hash_of(dataplane, stored), item = item_of(hash, service, backend);
	struct place place;

	find_place(dataplane, stored, &place);
	if (holds(&place, item))
		return 0;
	if (place.count >= SLUICE_REVERSE_SERVICES)
		give_up_deleted(dataplane, &place);
	if (place.count >= SLUICE_REVERSE_SERVICES)
		return -EMLINK;
	if (lines_put(&dataplane->reverse_lines, line_of(dataplane, hash), item))
		return -ENOSPC;
	bitmap_add(&dataplane->reverse_bitmap, bit_of(dataplane, hash));
	place.items[place.count++] = item;
	mark_shared(dataplane, &place);
	dataplane->crowded += place.count == REVERSE_CROWD + 1;
	return 1;
}

void reverse_remove(struct dataplane *dataplane, uint16_t service, uint32_t backend)
{
	struct sluice_backend *stored = &dataplane->backends[backend];
	uint64_t hash = hash_of(dataplane, stored), item = item_of(hash, service, backend);
	struct place place;

	find_place(dataplane, stored, &place);
	if (!holds(&place, item))
		return;
	bitmap_remove(&dataplane->reverse_bitmap, bit_of(dataplane, hash));
	lines_take(&dataplane->reverse_lines, line_of(dataplane, hash), item);
	dataplane->crowded -= place.count == REVERSE_CROWD + 1;
	find_place(dataplane, stored, &place);
	mark_shared(dataplane, &place);
	stored->shared = 0;
}

/* --- after a start --- */

static bool is_kept(void *arg, uint64_t item)
{
	const struct dataplane *dataplane = arg;
	uint32_t id = (uint32_t)SLUICE_GET(item, REVERSE_BACKEND);

	return id && id < dataplane->tables[MAP_BACKENDS].size &&
	       dataplane->index.staged_backend[id] &&
	       dataplane->index.owner[id] == SLUICE_GET(item, REVERSE_SERVICE);
}

static void look_at_place(void *arg, uint64_t item)
{
	struct dataplane *dataplane = arg;
	struct place place;

	find_place(dataplane, backend_of(dataplane, item), &place);
	mark_shared(dataplane, &place);
	dataplane->crowded += place.count > REVERSE_CROWD && place.items[0] == item;
	count_item(dataplane, item);
}

void reverse_reconcile(struct dataplane *dataplane)
{
	struct bitmap *bitmap = &dataplane->reverse_bitmap;

	lines_repair(&dataplane->reverse_lines, is_kept, dataplane);
	bitmap_recount(bitmap);
	dataplane->crowded = 0;
	lines_each(&dataplane->reverse_lines, look_at_place, dataplane);
	bitmap_trim(bitmap);
}
