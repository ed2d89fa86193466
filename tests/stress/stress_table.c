// SPDX-License-Identifier: BSD-2-Clause
/*
 * The flow table's protocol (bpf/table.h) under threads: two that insert, find, change and remove, and
 * a third party that reads and sweeps. A word1 encodes its key, so an entry that is taken for another
 * flow's shows; every backend's load is held against the entries at the end, and may never be
 * negative on the way. The table is far too small for the keys, so that all of them meet.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define BITS 2 /* buckets: 4, entries: 16 */
#define KEYS 48
#define WORKERS 2
#define BACKENDS 1024 /* by key; and as many that flows are moved to */
#define KEY0 0x243f6a8885a308d3ULL
#define KEY1 0x13198a2e03707344ULL
#define LIMIT_S 20
#define OPERATIONS_PER_SECOND 20000 /* of the clock that the entries see */

static struct sluice_bucket table[1 << BITS] __attribute__((aligned(64)));
static int64_t loads[2 * BACKENDS + 1];
static _Atomic uint64_t now_s = 1000000;
static atomic_bool stop;
static atomic_flag told = ATOMIC_FLAG_INIT;

struct worker {
	pthread_t thread;
	uint64_t seed, operations;
	uint64_t found, inserted, there, refused, evicted, removed;
};

/* The first violation ends the run. */
static void violation(const char *what, uint64_t one, uint64_t other)
{
	if (!atomic_flag_test_and_set(&told))
		printf("violation: %s: %016" PRIx64 " %016" PRIx64 "\n", what, one, other);
	stop = true;
}

TABLE_INLINE void table_count(__u32 backend, __s64 change)
{
	int64_t after = __atomic_add_fetch(&loads[backend], change, __ATOMIC_SEQ_CST);

	if (after < 0)
		violation("count below zero", backend, (uint64_t)after);
}

TABLE_INLINE bool table_outlived(__u64 word0, __u64 word1, __u32 age)
{
	(void)word0;
	(void)word1;
	return age > LIMIT_S;
}

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t key_at(uint32_t index)
{
	return table_key(index * 0x01000193u, (__be16)(index * 7 + 1), (__u16)(index % 3 + 1));
}

static uint64_t mark_of(uint64_t key)
{
	return sluice_hash(key, 0x452821e638d01377ULL, 0xbe5466cf34e90c6cULL) >> 16;
}

static uint64_t word_of(uint64_t key, uint64_t moved, uint64_t state)
{
	uint64_t mark = mark_of(key);

	return SLUICE_PUT(FLOW_BACKEND, 1 + mark % BACKENDS + moved * BACKENDS) |
	       SLUICE_PUT(FLOW_GENERATION, mark >> 20) | SLUICE_PUT(FLOW_STATE, state) |
	       SLUICE_PUT(FLOW_SEEN, now_s);
}

/* True if a word1 is that of a key, on either backend. */
static bool belongs(uint64_t key, uint64_t word1)
{
	uint64_t mark = mark_of(key);

	return (SLUICE_GET(word1, FLOW_BACKEND) - 1) % BACKENDS == mark % BACKENDS &&
	       SLUICE_GET(word1, FLOW_GENERATION) == ((mark >> 20) & 0xff);
}

static uint64_t some_state(uint64_t chance)
{
	static const uint64_t states[] = { SLUICE_FLOW_HALF_OPEN, SLUICE_FLOW_ESTABLISHED,
					   SLUICE_FLOW_GUESSED, SLUICE_FLOW_UDP };

	return states[chance % 4];
}

static void insert(struct worker *worker, struct sluice_bucket *bucket, uint64_t key,
		   uint64_t chance)
{
	uint64_t word1 = word_of(key, chance & 1, some_state(chance >> 1));
	struct table_place place = { 0 };

	switch (table_insert(bucket, key, word1, now_s, &place)) {
	case TABLE_REFUSED:
		worker->refused++;
		return;
	case TABLE_THERE:
		worker->there++;
		break;
	case TABLE_INSERTED:
		worker->inserted++;
		break;
	}
	if (!belongs(key, place.word1))
		violation("misdirected insert", key, place.word1);
	if (!place.old1)
		return;
	worker->evicted++;
	if (!belongs(place.old0, place.old1))
		violation("misdirected eviction", place.old0, place.old1);
}

static void change(struct worker *worker, struct sluice_flow *entry, uint64_t key, uint64_t word1,
		   uint64_t chance)
{
	uint64_t next = word1;

	switch (chance % 8) {
	case 0:
		worker->removed += table_change(entry, word1, 0);
		return;
	case 1:
		next = SLUICE_SET(word1, FLOW_STATE, SLUICE_FLOW_CLOSING);
		break;
	case 2:
		if (table_counts(word1))
			table_move(entry, word1,
				   word_of(key, chance >> 8 & 1, SLUICE_FLOW_ESTABLISHED));
		return;
	case 3:
		next = SLUICE_SET(word1, FLOW_HOP, chance >> 16);
		break;
	case 4:
		/* There and back: out of the count, and into it again. */
		next = SLUICE_SET(word1, FLOW_STATE,
				  SLUICE_GET(word1, FLOW_STATE) == SLUICE_FLOW_RESET
					  ? SLUICE_FLOW_ESTABLISHED
					  : SLUICE_FLOW_RESET);
		break;
	default:
		next = SLUICE_SET(word1, FLOW_SEEN, now_s);
		break;
	}
	if (next != word1)
		table_change(entry, word1, next);
}

/* Unlike a packet program a thread may sleep between its looks, while another flow comes and the first
 * one is back: what it has read is nobody's any more then. */
static bool stands(const struct sluice_flow *entry, uint64_t word1)
{
	return READ_ONCE(entry->word1) == word1;
}

static void operate(struct worker *worker)
{
	uint64_t chance = random_next(&worker->seed);
	uint64_t key = key_at((uint32_t)(chance % KEYS));
	__u64 word1;
	struct sluice_bucket *bucket = &table[table_index(key, KEY0, KEY1, BITS)];
	struct sluice_flow *entry = table_find(bucket, key, &word1);

	chance >>= 32;
	if (!entry) {
		insert(worker, bucket, key, chance);
		return;
	}
	worker->found++;
	if (!belongs(key, word1) && stands(entry, word1))
		violation("misdirected lookup", key, word1);
	change(worker, entry, key, word1, chance);
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	for (uint64_t i = 0; i < worker->operations && !stop; i++) {
		operate(worker);
		if (i % OPERATIONS_PER_SECOND == 0)
			now_s++;
	}
	return NULL;
}

/* The third party: reads every entry, removes what has expired and now and then something else. */
static void *sweep(void *arg)
{
	atomic_bool *done = arg;
	uint64_t seed = 88172645463325252ULL;

	while (!*done && !stop) {
		uint64_t chance = random_next(&seed);
		struct sluice_flow *entry =
			&table[chance >> 8 & ((1 << BITS) - 1)].entry[chance % SLUICE_FLOW_ENTRIES];
		uint64_t word0 = READ_ONCE(entry->word0), word1 = READ_ONCE(entry->word1);

		if (READ_ONCE(entry->word0) != word0 || word0 == SLUICE_FLOW_BUSY || !word1)
			continue;
		if (!belongs(word0, word1) && stands(entry, word1))
			violation("misdirected sweep", word0, word1);
		if (table_age(now_s, word1) > LIMIT_S || (chance >> 32) % 64 == 0)
			table_change(entry, word1, 0);
	}
	return NULL;
}

static void check_loads(void)
{
	static int64_t entries[2 * BACKENDS + 1];

	for (size_t bucket = 0; bucket < 1 << BITS; bucket++) {
		for (size_t i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
			const struct sluice_flow *entry = &table[bucket].entry[i];

			if (entry->word0 == SLUICE_FLOW_BUSY)
				violation("left busy", bucket, i);
			else if (entry->word1 && !belongs(entry->word0, entry->word1))
				violation("misdirected entry", entry->word0, entry->word1);
			if (table_counts(entry->word1))
				entries[SLUICE_GET(entry->word1, FLOW_BACKEND)]++;
		}
	}
	for (size_t id = 0; id <= 2 * BACKENDS && !stop; id++) {
		if (entries[id] != loads[id])
			violation("count differs from entries", (uint64_t)loads[id],
				  (uint64_t)entries[id]);
	}
}

static void run(uint64_t operations, struct worker *workers)
{
	atomic_bool done = false;
	pthread_t sweeper;

	if (pthread_create(&sweeper, NULL, sweep, &done))
		abort();
	for (size_t i = 0; i < WORKERS; i++) {
		workers[i].seed = 0x9e3779b97f4a7c15ULL * (i + 1);
		workers[i].operations = operations / WORKERS;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			abort();
	}
	for (size_t i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	done = true;
	pthread_join(sweeper, NULL);
}

int main(int argc, char **argv)
{
	struct worker workers[WORKERS] = { 0 };
	char *end = NULL;
	uint64_t operations;

	errno = 0;
	operations = argc == 2 ? strtoull(argv[1], &end, 10) : 0;
	if (!operations || errno || *end) {
		fprintf(stderr, "usage: stress_table OPERATIONS\n");
		return 2;
	}
	run(operations, workers);
	check_loads();
	for (size_t i = 0; i < WORKERS; i++)
		printf("found %" PRIu64 " inserted %" PRIu64 " there %" PRIu64 " refused %" PRIu64
		       " evicted %" PRIu64 " removed %" PRIu64 "\n",
		       workers[i].found, workers[i].inserted, workers[i].there, workers[i].refused,
		       workers[i].evicted, workers[i].removed);
	return stop ? 1 : 0;
}
