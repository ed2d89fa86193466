// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rings by content: services with the same members in the same order share one, counted. A ring that
 * a packet may read is never written again, so a shared one needs no more than a count.
 */
#include "dataplane/internal.h"

#include "base/memory.h"

#include <search.h>
#include <string.h>

struct shared_ring {
	uint64_t hash; /* of the content */
	struct room_block block;
	uint32_t users;
	bool seen; /* by packets, whoever's it was then */
	const __u32 *slots; /* a ring that is looked for stands elsewhere */
};

static int compare_lines(const void *a, const void *b)
{
	const struct shared_ring *left = a, *right = b;

	return left->block.line < right->block.line ? -1 : left->block.line > right->block.line;
}

static int compare_content(const void *a, const void *b)
{
	const struct shared_ring *left = a, *right = b;

	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	if (left->block.lines != right->block.lines)
		return left->block.lines < right->block.lines ? -1 : 1;
	return memcmp(left->slots, right->slots,
		      (size_t)left->block.lines * sizeof(struct sluice_ring_line));
}

/* Only to tell contents apart quickly: equal hashes are compared. */
static uint64_t hash_of(const __u32 *slots, uint32_t lines)
{
	uint64_t hash = lines;

	for (size_t i = 0; i < (size_t)lines * 16; i += 2)
		hash = (hash ^ (slots[i] | (uint64_t)slots[i + 1] << 32)) * 0x9e3779b97f4a7c15ULL +
		       (hash >> 29);
	return hash;
}

static struct shared_ring *find_line(const struct dataplane *dataplane, uint32_t line)
{
	struct shared_ring key = { .block = { .line = line } };
	void *node = tfind(&key, &dataplane->shared_rings.by_line, compare_lines);

	return node ? *(struct shared_ring **)node : NULL;
}

/* Of two equal ones, which a crash or an older version may have left, the first is shared. */
static void add(struct dataplane *dataplane, const struct room_block *block, uint64_t hash)
{
	struct shared_ring *ring = memory_new(1, sizeof(*ring));

	*ring = (struct shared_ring){ .hash = hash,
				      .block = *block,
				      .users = 1,
				      .slots = dataplane->rings[block->line].slot };
	tsearch(ring, &dataplane->shared_rings.by_line, compare_lines);
	tsearch(ring, &dataplane->shared_rings.by_content, compare_content);
}

void ring_count(struct dataplane *dataplane, const struct room_block *block)
{
	struct shared_ring *ring = find_line(dataplane, block->line);

	if (block->line + block->lines > dataplane->tables[MAP_RINGS].size)
		return;
	if (ring) {
		ring->users++;
		return;
	}
	room_take(&dataplane->ring_room, block);
	add(dataplane, block, hash_of(dataplane->rings[block->line].slot, block->lines));
}

int ring_take(struct dataplane *dataplane, const __u32 *slots, uint32_t lines,
	      struct room_block *block)
{
	struct shared_ring key = { .hash = hash_of(slots, lines),
				   .block = { .lines = lines },
				   .slots = slots };
	void *node = tfind(&key, &dataplane->shared_rings.by_content, compare_content);
	struct shared_ring *ring = node ? *(struct shared_ring **)node : NULL;
	int error;

	if (ring) {
		ring->users++;
		*block = ring->block;
		return 0;
	}
	error = room_alloc(&dataplane->ring_room, lines, block);
	if (error)
		return error;
	memcpy(dataplane->rings[block->line].slot, slots,
	       (size_t)lines * sizeof(struct sluice_ring_line));
	add(dataplane, block, key.hash);
	return 0;
}

void ring_put(struct dataplane *dataplane, const struct room_block *block, bool used)
{
	struct shared_ring *ring = find_line(dataplane, block->line);
	void *node;

	if (!ring)
		return;
	ring->seen |= used;
	if (--ring->users)
		return;
	node = tfind(ring, &dataplane->shared_rings.by_content, compare_content);
	if (node && *(struct shared_ring **)node == ring)
		tdelete(ring, &dataplane->shared_rings.by_content, compare_content);
	tdelete(ring, &dataplane->shared_rings.by_line, compare_lines);
	if (ring->seen)
		room_rest(&dataplane->ring_room, &ring->block, dp_now_ms());
	else
		room_free(&dataplane->ring_room, &ring->block);
	free(ring);
}

static void leave(void *ring)
{
	(void)ring;
}

void rings_close(struct dataplane *dataplane)
{
	tdestroy(dataplane->shared_rings.by_content, leave);
	tdestroy(dataplane->shared_rings.by_line, free);
}
