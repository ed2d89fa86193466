// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reverse lines: which backends an address and port may be. A line names the first, and each
 * backend's line the next; packets walk there while we change it. One that others share with it is
 * marked so, since there two services' flows can collide.
 */
#include "dataplane/internal.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REST_MS 1000 /* longer than any packet takes */
#define PAUSE_US 10000

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

static bool is_backend(const struct dataplane *dataplane, uint32_t id)
{
	return id && id < dataplane->tables[MAP_BACKENDS].size;
}

/* The hash that an item's backend has now: its line keeps its address after it is gone. False for an
 * item that is not of it. */
static bool item_hash(const struct dataplane *dataplane, uint64_t item, uint64_t *hash)
{
	uint32_t id = (uint32_t)SLUICE_GET(item, REVERSE_BACKEND);

	if (!is_backend(dataplane, id))
		return false;
	*hash = hash_of(dataplane, &dataplane->backends[id]);
	return SLUICE_GET(*hash, REVERSE_TAG) == SLUICE_GET(item, REVERSE_TAG);
}

static uint32_t home(const void *arg, uint64_t item)
{
	const struct dataplane *dataplane = arg;
	uint64_t hash;

	return item_hash(dataplane, item, &hash) ? line_of(dataplane, hash) : LINES_NOWHERE;
}

static uint64_t item_of(uint64_t hash, uint32_t backend)
{
	return SLUICE_PUT(REVERSE_TAG, hash) | SLUICE_PUT(REVERSE_BACKEND, backend);
}

static void count_item(void *arg, uint64_t item)
{
	struct dataplane *dataplane = arg;
	uint64_t hash;

	if (item_hash(dataplane, item, &hash))
		bitmap_add(&dataplane->reverse_bitmap, bit_of(dataplane, hash));
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

/* --- places: the chain of those that have one address, port and protocol --- */

struct place {
	uint64_t hash;
	uint64_t item; /* 0: nobody has it */
	uint32_t ids[SLUICE_REVERSE_SERVICES]; /* in the order of packets */
	unsigned int count;
};

static bool same_place(const struct sluice_backend *a, const struct sluice_backend *b)
{
	return a->address == b->address && a->port == b->port && a->protocol == b->protocol;
}

/* Where a backend stands in the chain; `count` if it does not. */
static unsigned int position(const struct place *place, uint32_t id)
{
	unsigned int i = 0;

	while (i < place->count && place->ids[i] != id)
		i++;
	return i;
}

/* The item under a hash that packets find first, 0 for none. */
static uint64_t find_item(const struct dataplane *dataplane, uint64_t hash)
{
	for (unsigned int i = 0; i < LINES_PLACES; i++) {
		uint64_t item =
			*lines_place(&dataplane->reverse_lines, line_of(dataplane, hash), i);
		uint64_t its;

		if (SLUICE_GET(item, REVERSE_TAG) == SLUICE_GET(hash, REVERSE_TAG) &&
		    item_hash(dataplane, item, &its))
			return item;
	}
	return 0;
}

/* The chain that an item begins. */
static void walk(const struct dataplane *dataplane, uint64_t item, struct place *out)
{
	uint32_t id = (uint32_t)SLUICE_GET(item, REVERSE_BACKEND);

	out->item = item;
	out->count = 0;
	while (is_backend(dataplane, id) && out->count < SLUICE_REVERSE_SERVICES &&
	       position(out, id) == out->count) {
		out->ids[out->count++] = id;
		id = dataplane->backends[id].next;
	}
}

static void find_place(const struct dataplane *dataplane, const struct sluice_backend *backend,
		       struct place *out)
{
	out->hash = hash_of(dataplane, backend);
	walk(dataplane, find_item(dataplane, out->hash), out);
}

static void mark_shared(struct dataplane *dataplane, const struct place *place)
{
	for (unsigned int i = 0; i < place->count; i++)
		__atomic_store_n(&dataplane->backends[place->ids[i]].shared, place->count > 1,
				 __ATOMIC_RELAXED);
}

static void store_next(struct dataplane *dataplane, uint32_t id, uint32_t next)
{
	__atomic_store_n(&dataplane->backends[id].next, next, __ATOMIC_RELEASE);
}

/* Whoever has left a chain a moment ago may still have packets that go on by its `next`. */
static void wait_for_walkers(struct dataplane *dataplane)
{
	if (dp_now_ms() >= dataplane->walkers_until_ms)
		return;
	/* The kernel answers when every packet that was in the program has left it. */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(PAUSE_US);
	dataplane->walkers_until_ms = 0;
}

/* A deleted listener needs its place no more: its flows are reset from the client's side. */
static void give_up_deleted(struct dataplane *dataplane, struct place *place)
{
	for (unsigned int i = 0; i < place->count; i++) {
		const struct sluice_backend *backend = &dataplane->backends[place->ids[i]];
		uint64_t service = SLUICE_GET(backend->word, BACKEND_SERVICE);

		if (service >= dataplane->tables[MAP_SERVICES].size ||
		    SLUICE_GET(dataplane->services[service].word, SERVICE_STATE) !=
			    SLUICE_SERVICE_DELETED)
			continue;
		reverse_remove(dataplane, place->ids[i]);
		find_place(dataplane, backend, place);
		return;
	}
}

/* Comes before all others: its own `next` first, then what leads to it. */
static int put_first(struct dataplane *dataplane, const struct place *place, uint32_t backend)
{
	uint32_t line = line_of(dataplane, place->hash), next = place->count ? place->ids[0] : 0;
	uint64_t item = item_of(place->hash, backend);

	if (dataplane->backends[backend].next != next) {
		if (dataplane->backends[backend].next)
			wait_for_walkers(dataplane);
		store_next(dataplane, backend, next);
	}
	if (place->count) {
		lines_replace(&dataplane->reverse_lines, line, place->item, item);
		return 0;
	}
	if (lines_put(&dataplane->reverse_lines, line, item))
		return -ENOSPC;
	bitmap_add(&dataplane->reverse_bitmap, bit_of(dataplane, place->hash));
	return 0;
}

int reverse_add(struct dataplane *dataplane, uint32_t backend)
{
	const struct sluice_backend *stored = &dataplane->backends[backend];
	struct place place;

	find_place(dataplane, stored, &place);
	if (position(&place, backend) < place.count)
		return 0;
	if (place.count >= SLUICE_REVERSE_SERVICES)
		give_up_deleted(dataplane, &place);
	if (place.count >= SLUICE_REVERSE_SERVICES)
		return -EMLINK;
	/* Two places of the same tag and line: once in 30 million full tables. */
	if (place.count && !same_place(&dataplane->backends[place.ids[0]], stored))
		return -ENOSPC;
	if (put_first(dataplane, &place, backend))
		return -ENOSPC;
	place.ids[place.count++] = backend;
	mark_shared(dataplane, &place);
	dataplane->crowded += place.count == REVERSE_CROWD + 1;
	return 1;
}

/* Leads packets past a backend. Its own `next` stays for those that are there. */
static void pass_by(struct dataplane *dataplane, const struct place *place, unsigned int at)
{
	uint32_t line = line_of(dataplane, place->hash);
	uint32_t next = at + 1 < place->count ? place->ids[at + 1] : 0;

	if (next)
		dataplane->walkers_until_ms = dp_now_ms() + REST_MS;
	if (at) {
		store_next(dataplane, place->ids[at - 1], next);
	} else if (next) {
		lines_replace(&dataplane->reverse_lines, line, place->item,
			      item_of(place->hash, next));
	} else {
		bitmap_remove(&dataplane->reverse_bitmap, bit_of(dataplane, place->hash));
		lines_take(&dataplane->reverse_lines, line, place->item);
	}
}

void reverse_remove(struct dataplane *dataplane, uint32_t backend)
{
	struct sluice_backend *stored = &dataplane->backends[backend];
	struct place place;
	unsigned int at;

	find_place(dataplane, stored, &place);
	at = position(&place, backend);
	if (at == place.count)
		return;
	pass_by(dataplane, &place, at);
	dataplane->crowded -= place.count == REVERSE_CROWD + 1;
	find_place(dataplane, stored, &place);
	mark_shared(dataplane, &place);
	stored->shared = 0;
}

/* --- after a start --- */

static bool is_staged(const struct dataplane *dataplane, uint32_t id, uint64_t hash)
{
	return dataplane->index.staged_backend[id] &&
	       hash_of(dataplane, &dataplane->backends[id]) == hash;
}

/* Leads packets past what a crash has left in a chain. */
static void mend_chain(void *arg, uint64_t item)
{
	struct dataplane *dataplane = arg;
	uint32_t last = 0;
	struct place place;

	if (!item_hash(dataplane, item, &place.hash))
		return;
	walk(dataplane, item, &place);
	for (unsigned int i = 0; i < place.count; i++) {
		uint32_t id = place.ids[i];

		if (!is_staged(dataplane, id, place.hash))
			continue;
		if (!last)
			lines_replace(&dataplane->reverse_lines, line_of(dataplane, place.hash),
				      item, item_of(place.hash, id));
		else
			store_next(dataplane, last, id);
		last = id;
	}
	if (last)
		store_next(dataplane, last, 0);
}

static bool is_kept(void *arg, uint64_t item)
{
	const struct dataplane *dataplane = arg;
	uint64_t hash;

	return item_hash(dataplane, item, &hash) &&
	       is_staged(dataplane, (uint32_t)SLUICE_GET(item, REVERSE_BACKEND), hash) &&
	       find_item(dataplane, hash) == item;
}

static void look_at_place(void *arg, uint64_t item)
{
	struct dataplane *dataplane = arg;
	struct place place;

	walk(dataplane, item, &place);
	mark_shared(dataplane, &place);
	dataplane->crowded += place.count > REVERSE_CROWD;
	count_item(dataplane, item);
}

void reverse_reconcile(struct dataplane *dataplane)
{
	struct bitmap *bitmap = &dataplane->reverse_bitmap;

	lines_each(&dataplane->reverse_lines, mend_chain, dataplane);
	lines_repair(&dataplane->reverse_lines, is_kept, dataplane);
	memset(bitmap->counts, 0, bitmap->bits);
	dataplane->crowded = 0;
	lines_each(&dataplane->reverse_lines, look_at_place, dataplane);
	bitmap_trim(bitmap);
	dataplane->walkers_until_ms = dp_now_ms() + REST_MS;
}
