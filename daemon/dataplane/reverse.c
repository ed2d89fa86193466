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

static uint64_t tag_of(const struct dataplane *dataplane, uint64_t hash)
{
	return SLUICE_PUT(REVERSE_TAG, sluice_reverse_tag(hash, line_of(dataplane, hash)));
}

static uint64_t item_of(const struct dataplane *dataplane, uint64_t hash, uint16_t service,
			uint32_t backend)
{
	return tag_of(dataplane, hash) | SLUICE_PUT(REVERSE_BACKEND, backend) |
	       SLUICE_PUT(REVERSE_SERVICE, service);
}

static uint32_t id_of(uint64_t item)
{
	return (uint32_t)SLUICE_GET(item, REVERSE_BACKEND);
}

static uint16_t service_of(uint64_t item)
{
	return (uint16_t)SLUICE_GET(item, REVERSE_SERVICE);
}

/* NULL for an item that names what no table has. */
static struct sluice_backend *backend_of(const struct dataplane *dataplane, uint64_t item)
{
	uint32_t id = id_of(item);

	return id && id < dataplane->tables[MAP_BACKENDS].size &&
			       service_of(item) < dataplane->tables[MAP_SERVICES].size
		       ? &dataplane->backends[id]
		       : NULL;
}

/* The hash that an item's backend has now: its line keeps its address after it is gone. False for an
 * item that is not of it. */
static bool item_hash(const struct dataplane *dataplane, uint64_t item, uint64_t *hash)
{
	const struct sluice_backend *backend = backend_of(dataplane, item);

	if (!backend)
		return false;
	*hash = hash_of(dataplane, backend);
	return tag_of(dataplane, *hash) == SLUICE_PUT(REVERSE_TAG, item);
}

static uint32_t home(const void *arg, uint64_t item)
{
	const struct dataplane *dataplane = arg;
	uint64_t hash;

	return item_hash(dataplane, item, &hash) ? line_of(dataplane, hash) : LINES_NOWHERE;
}

/* --- places: the chain of those that have one address, port and protocol --- */

/* In the order of packets. For one place in a hundred million, another one's backends are there, too. */
struct chain {
	uint64_t hash;
	uint64_t items[SLUICE_REVERSE_CHAIN];
	unsigned int count;
};

static bool same_place(const struct sluice_backend *a, const struct sluice_backend *b)
{
	return a->address == b->address && a->port == b->port && a->protocol == b->protocol;
}

/* Where a backend stands in the chain; `count` if it does not. */
static unsigned int position(const struct chain *chain, uint32_t id)
{
	unsigned int i = 0;

	while (i < chain->count && id_of(chain->items[i]) != id)
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

		if (SLUICE_PUT(REVERSE_TAG, item) == tag_of(dataplane, hash) &&
		    item_hash(dataplane, item, &its))
			return item;
	}
	return 0;
}

/* The chain that an item begins. */
static void walk(const struct dataplane *dataplane, uint64_t item, struct chain *out)
{
	const struct sluice_backend *backend;

	out->count = 0;
	while ((backend = backend_of(dataplane, item)) && out->count < SLUICE_REVERSE_CHAIN &&
	       position(out, id_of(item)) == out->count) {
		out->items[out->count++] = item;
		item = backend->next;
	}
}

static void find_chain(const struct dataplane *dataplane, const struct sluice_backend *backend,
		       struct chain *out)
{
	out->hash = hash_of(dataplane, backend);
	walk(dataplane, find_item(dataplane, out->hash), out);
}

/* How many of a chain have this place, from item `first` on. */
static unsigned int count_place(const struct dataplane *dataplane, const struct chain *chain,
				unsigned int first, const struct sluice_backend *place)
{
	unsigned int count = 0;

	for (unsigned int i = first; i < chain->count; i++)
		count += same_place(backend_of(dataplane, chain->items[i]), place);
	return count;
}

static void mark_shared(struct dataplane *dataplane, const struct chain *chain,
			const struct sluice_backend *place)
{
	bool shared = count_place(dataplane, chain, 0, place) > 1;

	for (unsigned int i = 0; i < chain->count; i++) {
		struct sluice_backend *backend = backend_of(dataplane, chain->items[i]);

		if (same_place(backend, place))
			__atomic_store_n(&backend->shared, shared, __ATOMIC_RELAXED);
	}
}

/* Each place of a chain once: what stands in no line of its own is looked for all the same. */
static void look_at_chain(void *arg, uint64_t item)
{
	struct dataplane *dataplane = arg;
	struct chain chain;

	walk(dataplane, item, &chain);
	for (unsigned int i = 0; i < chain.count; i++) {
		const struct sluice_backend *backend = backend_of(dataplane, chain.items[i]);
		unsigned int count = count_place(dataplane, &chain, i, backend);

		mark_shared(dataplane, &chain, backend);
		dataplane->crowded += count == REVERSE_CROWD + 1;
		if (count == 1)
			bitmap_add(&dataplane->reverse_bitmap,
				   bit_of(dataplane, hash_of(dataplane, backend)));
	}
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
	lines_each(&dataplane->reverse_lines, look_at_chain, dataplane);
}

void reverse_close(struct dataplane *dataplane)
{
	lines_close(&dataplane->reverse_lines);
	bitmap_close(&dataplane->reverse_bitmap);
}

/* --- coming and going --- */

static void store_next(struct sluice_backend *backend, uint64_t next)
{
	__atomic_store_n(&backend->next, next, __ATOMIC_RELEASE);
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
static void give_up_deleted(struct dataplane *dataplane, const struct sluice_backend *place,
			    struct chain *chain)
{
	for (unsigned int i = 0; i < chain->count; i++) {
		uint64_t item = chain->items[i];
		uint64_t word = dataplane->services[service_of(item)].word;

		if (SLUICE_GET(word, SERVICE_STATE) != SLUICE_SERVICE_DELETED ||
		    !same_place(backend_of(dataplane, item), place))
			continue;
		reverse_remove(dataplane, id_of(item));
		find_chain(dataplane, place, chain);
		return;
	}
}

/* Comes before all others: its own `next` first, then what leads to it. */
static int put_first(struct dataplane *dataplane, const struct chain *chain, uint64_t item)
{
	struct sluice_backend *backend = backend_of(dataplane, item);
	uint64_t next = chain->count ? chain->items[0] : 0;
	uint32_t line = line_of(dataplane, chain->hash);

	if (backend->next != next) {
		if (backend->next)
			wait_for_walkers(dataplane);
		store_next(backend, next);
	}
	if (next) {
		lines_replace(&dataplane->reverse_lines, line, next, item);
		return 0;
	}
	return lines_put(&dataplane->reverse_lines, line, item);
}

int reverse_add(struct dataplane *dataplane, uint16_t service, uint32_t backend)
{
	const struct sluice_backend *stored = &dataplane->backends[backend];
	uint64_t item = item_of(dataplane, hash_of(dataplane, stored), service, backend);
	unsigned int at, count;
	struct chain chain;

	find_chain(dataplane, stored, &chain);
	at = position(&chain, backend);
	if (at < chain.count && chain.items[at] == item)
		return 0;
	if (at < chain.count) {
		reverse_remove(dataplane, backend);
		find_chain(dataplane, stored, &chain);
	}
	if (count_place(dataplane, &chain, 0, stored) >= SLUICE_REVERSE_SERVICES)
		give_up_deleted(dataplane, stored, &chain);
	count = count_place(dataplane, &chain, 0, stored);
	if (count >= SLUICE_REVERSE_SERVICES)
		return -EMLINK;
	if (chain.count >= SLUICE_REVERSE_CHAIN || put_first(dataplane, &chain, item))
		return -ENOSPC;
	if (!count)
		bitmap_add(&dataplane->reverse_bitmap, bit_of(dataplane, chain.hash));
	find_chain(dataplane, stored, &chain);
	mark_shared(dataplane, &chain, stored);
	dataplane->crowded += count == REVERSE_CROWD;
	return 1;
}

/* Leads packets past a backend. Its own `next` stays for those that are there. */
static void pass_by(struct dataplane *dataplane, const struct chain *chain, unsigned int at)
{
	uint32_t line = line_of(dataplane, chain->hash);
	uint64_t next = at + 1 < chain->count ? chain->items[at + 1] : 0;

	if (next)
		dataplane->walkers_until_ms = dp_now_ms() + REST_MS;
	if (at) {
		store_next(backend_of(dataplane, chain->items[at - 1]), next);
	} else if (next) {
		lines_replace(&dataplane->reverse_lines, line, chain->items[0], next);
	} else {
		lines_take(&dataplane->reverse_lines, line, chain->items[0]);
	}
}

void reverse_remove(struct dataplane *dataplane, uint32_t backend)
{
	struct sluice_backend *stored = &dataplane->backends[backend];
	unsigned int at, count;
	struct chain chain;

	find_chain(dataplane, stored, &chain);
	at = position(&chain, backend);
	if (at == chain.count)
		return;
	count = count_place(dataplane, &chain, 0, stored);
	if (count == 1)
		bitmap_remove(&dataplane->reverse_bitmap, bit_of(dataplane, chain.hash));
	pass_by(dataplane, &chain, at);
	dataplane->crowded -= count == REVERSE_CROWD + 1;
	find_chain(dataplane, stored, &chain);
	mark_shared(dataplane, &chain, stored);
	stored->shared = 0;
}

/* --- after a start --- */

static bool is_staged(const struct dataplane *dataplane, uint64_t item, uint64_t *hash)
{
	return item_hash(dataplane, item, hash) && dataplane->index.staged_backend[id_of(item)] &&
	       dataplane->index.owner[id_of(item)] == service_of(item);
}

static bool same_chain(const struct dataplane *dataplane, uint64_t a, uint64_t b)
{
	return line_of(dataplane, a) == line_of(dataplane, b) &&
	       tag_of(dataplane, a) == tag_of(dataplane, b);
}

/* Leads packets past what a crash has left in a chain. */
static void mend_chain(void *arg, uint64_t item)
{
	struct dataplane *dataplane = arg;
	struct sluice_backend *last = NULL;
	struct chain chain;
	uint64_t hash;

	if (!item_hash(dataplane, item, &chain.hash))
		return;
	walk(dataplane, item, &chain);
	for (unsigned int i = 0; i < chain.count; i++) {
		if (!is_staged(dataplane, chain.items[i], &hash) ||
		    !same_chain(dataplane, hash, chain.hash))
			continue;
		if (last)
			store_next(last, chain.items[i]);
		else
			lines_replace(&dataplane->reverse_lines, line_of(dataplane, hash), item,
				      chain.items[i]);
		last = backend_of(dataplane, chain.items[i]);
	}
	if (last)
		store_next(last, 0);
}

static bool is_kept(void *arg, uint64_t item)
{
	const struct dataplane *dataplane = arg;
	uint64_t hash;

	return is_staged(dataplane, item, &hash) && find_item(dataplane, hash) == item;
}

void reverse_reconcile(struct dataplane *dataplane)
{
	struct bitmap *bitmap = &dataplane->reverse_bitmap;

	lines_each(&dataplane->reverse_lines, mend_chain, dataplane);
	lines_repair(&dataplane->reverse_lines, is_kept, dataplane);
	bitmap_recount(bitmap);
	dataplane->crowded = 0;
	lines_each(&dataplane->reverse_lines, look_at_chain, dataplane);
	bitmap_trim(bitmap);
	dataplane->walkers_until_ms = dp_now_ms() + REST_MS;
}
