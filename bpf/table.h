/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flow table's protocol, alone: buckets of one line with four entries {word0, word1}, written by
 * several CPUs and the daemon at once without a lock. It compiles for the program and natively.
 *
 * word0 owns an entry and changes only here, in table_insert(): by compare-and-swap to BUSY, then
 * word1 is exchanged, then word0 is stored. A reader takes word0, word1, word0: a difference is a
 * miss. word1 changes by compare-and-swap, and 0 in it means that the entry is free, whatever word0
 * says: so an entry is removed (expired, killed) by one swap of its word1 to 0, which fails if a
 * packet came between. An entry counts in its backend's load in every state but CLOSING and RESET.
 * Who takes a word1 out of a counted state, with his own atomic, takes it off; who puts it into one
 * adds it before, and takes it off again if others were faster: no count is lost or doubled.
 */
#ifndef SLUICE_BPF_TABLE_H
#define SLUICE_BPF_TABLE_H

#include <stddef.h>

#include "sluice_maps.h"

#include "word.h"

#define TABLE_INLINE static inline __attribute__((always_inline))

/* CPUs may see the second change at slightly different times, so a stamp may lie ahead of us. */
#define TABLE_SKEW_S 16

/* Both are the includer's. Adds to a backend's load. */
TABLE_INLINE void table_count(__u32 backend, __s64 change);
/* True if an entry that TABLE_RANKS takes for live has been idle for longer than it may. */
TABLE_INLINE bool table_outlived(__u64 word0, __u64 word1, __u32 age);

/* What an entry is to somebody who needs room, the best victim last. */
enum table_rank {
	TABLE_BUSY,
	TABLE_LIVE,
	TABLE_EXPIRED,
	TABLE_CLOSING, /* or reset: most likely over */
	TABLE_UNCONFIRMED, /* half-open or guessed: no backend has said anything */
	TABLE_FREE,
	TABLE_OWN, /* the same flow's former entry */
};

#define TABLE_RANK_BITS 4
#define TABLE_RANK(state, rank) ((__u64)(rank) << (state)*TABLE_RANK_BITS)

/* By state, what an entry is that is neither expired nor free. */
#define TABLE_RANKS                                             \
	(TABLE_RANK(SLUICE_FLOW_HALF_OPEN, TABLE_UNCONFIRMED) | \
	 TABLE_RANK(SLUICE_FLOW_GUESSED, TABLE_UNCONFIRMED) |   \
	 TABLE_RANK(SLUICE_FLOW_CLOSING, TABLE_CLOSING) |       \
	 TABLE_RANK(SLUICE_FLOW_RESET, TABLE_CLOSING) |         \
	 TABLE_RANK(SLUICE_FLOW_ESTABLISHED, TABLE_LIVE) |      \
	 TABLE_RANK(SLUICE_FLOW_FIN_CLIENT, TABLE_LIVE) |       \
	 TABLE_RANK(SLUICE_FLOW_FIN_BACKEND, TABLE_LIVE) |      \
	 TABLE_RANK(SLUICE_FLOW_MARKED, TABLE_LIVE) | TABLE_RANK(SLUICE_FLOW_UDP, TABLE_LIVE))

enum table_result {
	TABLE_REFUSED, /* no room, or others were faster too often */
	TABLE_INSERTED,
	TABLE_THERE, /* another CPU has inserted the same flow meanwhile: that entry holds */
};

/* What table_insert found and did. */
struct table_place {
	struct sluice_flow *entry; /* the flow's */
	__u32 index; /* of it in its bucket */
	__u64 word1; /* in it */
	__u64 old0, old1; /* what made room, if that was another flow; 0 */
};

TABLE_INLINE __u64 table_key(__be32 client, __be16 port, __u16 service)
{
	return SLUICE_PUT(FLOW_ADDRESS, client) | SLUICE_PUT(FLOW_PORT, port) |
	       SLUICE_PUT(FLOW_SERVICE, service);
}

/* The bucket of a key in a table of 1 << bits buckets. */
TABLE_INLINE __u32 table_index(__u64 key, __u64 key0, __u64 key1, __u32 bits)
{
	return (__u32)(sluice_hash_flow(key, key0, key1) >> (64 - bits));
}

/* Seconds since a 16-bit stamp, right as long as less than 65,520 s went by. */
TABLE_INLINE __u32 table_age(__u64 now_s, __u64 word1)
{
	__u32 age = (__u16)(now_s - SLUICE_GET(word1, FLOW_SEEN));

	return age > 0xffff - TABLE_SKEW_S ? 0 : age;
}

/* True if an entry with this word1 counts in its backend's load. */
TABLE_INLINE bool table_counts(__u64 word1)
{
	__u64 state = SLUICE_GET(word1, FLOW_STATE);

	return word1 && state != SLUICE_FLOW_CLOSING && state != SLUICE_FLOW_RESET;
}

TABLE_INLINE void table_uncount(__u64 word1)
{
	if (table_counts(word1))
		table_count((__u32)SLUICE_GET(word1, FLOW_BACKEND), -1);
}

/* An index that the verifier takes for unknown, so that it follows one path instead of one for each
 * value. `any` is something that it does not know, and that the processor knows long since. */
TABLE_INLINE __u32 table_blur(__u32 index, __u64 any)
{
	return (index + (__u32)word_unknown_zero(any)) % SLUICE_FLOW_ENTRIES;
}

/* The entry of a flow and its word1, NULL without one. */
TABLE_INLINE struct sluice_flow *table_find(struct sluice_bucket *bucket, __u64 key, __u64 *word1)
{
	struct sluice_flow *entry;
	__u32 index = 0;

	for (; index < SLUICE_FLOW_ENTRIES; index++) {
		if (READ_ONCE(bucket->entry[index].word0) == key)
			break;
	}
	if (index == SLUICE_FLOW_ENTRIES)
		return NULL;
	entry = &bucket->entry[table_blur(index, key)];
	*word1 = READ_ONCE(entry->word1);
	if (READ_ONCE(entry->word0) != key || !*word1)
		return NULL;
	return entry;
}

/* Changes an entry in which the backend stays the same, or removes it (to: 0). False if it has been
 * changed by others. */
TABLE_INLINE bool table_change(struct sluice_flow *entry, __u64 from, __u64 to)
{
	bool before = table_counts(from), after = table_counts(to);
	__u32 backend = (__u32)SLUICE_GET(from, FLOW_BACKEND);

	if (after && !before)
		table_count(backend, 1);
	if (!word_swap(&entry->word1, from, to)) {
		if (after && !before)
			table_count(backend, -1);
		return false;
	}
	if (before && !after)
		table_count(backend, -1);
	return true;
}

/* Gives a flow another backend, counted at both. False if it has been changed by others. */
TABLE_INLINE bool table_move(struct sluice_flow *entry, __u64 from, __u64 to)
{
	if (table_counts(to))
		table_count((__u32)SLUICE_GET(to, FLOW_BACKEND), 1);
	if (!word_swap(&entry->word1, from, to)) {
		table_uncount(to);
		return false;
	}
	table_uncount(from);
	return true;
}

/* The rank of an entry that is not being written and not the asker's own. */
TABLE_INLINE __u32 table_rank(__u64 word0, __u64 word1, __u32 age)
{
	__u32 rank = TABLE_RANKS >> SLUICE_GET(word1, FLOW_STATE) * TABLE_RANK_BITS &
		     ((1 << TABLE_RANK_BITS) - 1);

	if (!word1)
		return TABLE_FREE;
	if (rank == TABLE_LIVE && table_outlived(word0, word1, age))
		return TABLE_EXPIRED;
	return rank;
}

/* How good a victim an entry is: by rank, and among its like the oldest. 0: it is none. */
TABLE_INLINE __u32 table_worth(__u64 word0, __u64 word1, __u64 key, __u64 now_s)
{
	__u32 age = table_age(now_s, word1);

	if (word0 == SLUICE_FLOW_BUSY)
		return 0;
	return (word0 == key ? TABLE_OWN : table_rank(word0, word1, age)) << 16 | age;
}

/* Takes hold of the entry that is the best to be written over. False if all are being written, or
 * somebody else was faster. */
TABLE_INLINE bool table_claim(struct sluice_bucket *bucket, __u64 key, __u64 now_s,
			      struct table_place *place)
{
	__u32 best = 0, at = 0;

	for (__u32 i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
		__u64 word0 = READ_ONCE(bucket->entry[i].word0);
		__u64 word1 = READ_ONCE(bucket->entry[i].word1);
		__u32 worth = table_worth(word0, word1, key, now_s);

		if (worth > best) {
			best = worth;
			at = i;
			place->old0 = word0;
		}
	}
	if (!best)
		return false;
	place->index = table_blur(at, key);
	place->entry = &bucket->entry[place->index];
	return word_swap(&place->entry->word0, place->old0, SLUICE_FLOW_BUSY);
}

/* Two CPUs may have inserted the same flow: each looks after its own has become visible, and both
 * agree that the first in the bucket holds. */
TABLE_INLINE enum table_result table_settle(struct sluice_bucket *bucket, __u64 key,
					    struct table_place *place)
{
	for (__u32 i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
		struct sluice_flow *other = &bucket->entry[i];
		__u64 word1;

		if (i == place->index || READ_ONCE(other->word0) != key)
			continue;
		word1 = READ_ONCE(other->word1);
		/* It may have been written over meanwhile, and would be another flow's. */
		if (!word1 || READ_ONCE(other->word0) != key)
			continue;
		if (i < place->index) {
			table_change(place->entry, place->word1, 0);
			place->entry = other;
			place->word1 = word1;
			return TABLE_THERE;
		}
		table_change(other, word1, 0);
	}
	return TABLE_INSERTED;
}

/* Writes a flow's entry into its bucket, over what is worth least, and counts both. */
TABLE_INLINE enum table_result table_insert(struct sluice_bucket *bucket, __u64 key, __u64 word1,
					    __u64 now_s, struct table_place *place)
{
	if (!table_claim(bucket, key, now_s, place) && !table_claim(bucket, key, now_s, place))
		return TABLE_REFUSED;
	/* Before others can see it, and take it off. */
	if (table_counts(word1))
		table_count((__u32)SLUICE_GET(word1, FLOW_BACKEND), 1);
	place->word1 = word1;
	place->old1 = word_exchange(&place->entry->word1, word1);
	word_exchange(&place->entry->word0, key);
	table_uncount(place->old1);
	if (place->old0 == key)
		place->old1 = 0;
	return table_settle(bucket, key, place);
}

#endif
