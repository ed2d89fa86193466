/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of 64-byte lines that packets read while we write (vips, reverse), and the bitmap before
 * each. An item stands in its home line, or in one behind while every line before that is full. No
 * step lets a packet miss an item that stays: an item moves by its copy, and where it stood is
 * vacated at a later tick, when nobody reads the lines as they were.
 */
#ifndef SLUICE_DATAPLANE_LINES_H
#define SLUICE_DATAPLANE_LINES_H

#include "sluice_maps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_REACH 2 /* lines that a look-up may read */
#define LINES_PLACES (LINES_REACH * SLUICE_LINE_ITEMS)
#define LINES_NOWHERE UINT32_MAX

struct lines_copy {
	uint32_t line;
	__u64 *place, item;
};

/* A stretch of lines that wraps in itself. */
struct lines {
	struct sluice_line *lines;
	uint32_t count;
	/* The home line of an item, LINES_NOWHERE for one that nobody knows. */
	uint32_t (*home)(const void *arg, uint64_t item);
	const void *arg;
	struct lines_copy *copies; /* to be vacated */
	size_t copy_count, copy_capacity;
};

void lines_close(struct lines *lines);
/* The places where an item may stand, from its home on: i below LINES_PLACES. */
__u64 *lines_place(const struct lines *lines, uint32_t home, unsigned int i);
/* 0 or -ENOSPC. The same item must not be there. */
int lines_put(struct lines *lines, uint32_t home, uint64_t item);
void lines_take(struct lines *lines, uint32_t home, uint64_t item);
/* Puts an item of the same home in another's stead, at once. */
void lines_replace(struct lines *lines, uint32_t home, uint64_t old, uint64_t item);
/* Vacates what was copied before the last call: call at each tick. */
void lines_tick(struct lines *lines);
/* After a start: takes out what `keep` does not want and what stands where nobody looks, and ends
 * moves that were cut short. */
void lines_repair(struct lines *lines, bool (*keep)(void *arg, uint64_t item), void *arg);
/* Each item once. */
void lines_each(const struct lines *lines, void (*each)(void *arg, uint64_t item), void *arg);

struct bitmap {
	__u64 *words; /* what packets read */
	uint8_t *
		pairs; /* by bit, two bits: items that want it; at 3 it stays until the next start */
	uint32_t bits;
};

/* Nothing is counted yet. */
void bitmap_open(struct bitmap *bitmap, void *words, uint32_t bits);
void bitmap_close(struct bitmap *bitmap);
void bitmap_add(struct bitmap *bitmap, uint32_t bit);
void bitmap_remove(struct bitmap *bitmap, uint32_t bit);
/* All are to be counted again. */
void bitmap_recount(struct bitmap *bitmap);
/* Clears the bits that nobody was counted for. */
void bitmap_trim(struct bitmap *bitmap);

#endif
