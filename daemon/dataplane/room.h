/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which lines of `rings` or `members` are in use. First fit; what a switch replaced is used again
 * only after a second, since a packet may still be reading it.
 */
#ifndef SLUICE_DATAPLANE_ROOM_H
#define SLUICE_DATAPLANE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct room_block {
	uint32_t line, lines;
};

struct room_resting {
	struct room_block block;
	uint64_t until_ms;
};

struct room {
	struct room_block *free; /* by line; neighbours are merged */
	size_t free_count, free_capacity;
	struct room_resting *resting; /* in the order of their end */
	size_t resting_count, resting_capacity;
	uint32_t size, used;
};

/* Lines that were asked for in vain. */
struct room_refusal {
	const struct room *room; /* NULL: none were */
	uint32_t lines;
};

/* Everything is free but line 0, which no block ever begins at. */
void room_init(struct room *room, uint32_t lines);
void room_release(struct room *room);
/* Marks lines as used that live service words name. */
void room_take(struct room *room, const struct room_block *block);
/* Lowest block that is large enough: 0 or -ENOSPC. */
int room_alloc(struct room *room, uint32_t lines, struct room_block *block);
/* Free at once: no packet has ever seen it. */
void room_free(struct room *room, const struct room_block *block);
/* Free in a second. */
void room_rest(struct room *room, const struct room_block *block, uint64_t now_ms);
/* True if that many lines may be found once all that rests is free. */
bool room_may_come(const struct room *room, uint32_t lines);
void room_tick(struct room *room, uint64_t now_ms);

#endif
