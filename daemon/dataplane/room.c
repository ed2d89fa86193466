// SPDX-License-Identifier: BSD-2-Clause
/* An allocator of lines: a sorted list of free blocks, for a few thousand blocks of few sizes. */
#include "dataplane/room.h"

#include "base/memory.h"

#include <errno.h>
#include <string.h>

#define REST_MS 1000

/* Room for one more item. */
static void *grown(void *items, size_t *capacity, size_t count, size_t size)
{
	if (count < *capacity)
		return items;
	*capacity = *capacity ? 2 * *capacity : 64;
	return memory_resize(items, *capacity, size);
}

static void remove_free(struct room *room, size_t at)
{
	room->free_count--;
	memmove(&room->free[at], &room->free[at + 1],
		(room->free_count - at) * sizeof(*room->free));
}

static void insert_free(struct room *room, size_t at, uint32_t line, uint32_t lines)
{
	room->free = grown(room->free, &room->free_capacity, room->free_count, sizeof(*room->free));
	memmove(&room->free[at + 1], &room->free[at],
		(room->free_count - at) * sizeof(*room->free));
	room->free[at] = (struct room_block){ .line = line, .lines = lines };
	room->free_count++;
}

void room_init(struct room *room, uint32_t lines)
{
	memset(room, 0, sizeof(*room));
	room->size = lines;
	room->used = 1;
	if (lines > 1)
		insert_free(room, 0, 1, lines - 1);
}

void room_release(struct room *room)
{
	free(room->free);
	free(room->resting);
	memset(room, 0, sizeof(*room));
}

/* Cuts [line, end) out of one free block that it may overlap in any way. */
static void cut(struct room *room, size_t at, uint32_t line, uint32_t end)
{
	struct room_block *block = &room->free[at];
	uint32_t block_end = block->line + block->lines;
	uint32_t low = line > block->line ? line : block->line;
	uint32_t high = end < block_end ? end : block_end;

	room->used += high - low;
	if (low > block->line && high < block_end) {
		block->lines = low - block->line;
		insert_free(room, at + 1, high, block_end - high);
	} else if (low > block->line) {
		block->lines = low - block->line;
	} else if (high < block_end) {
		block->line = high;
		block->lines = block_end - high;
	} else {
		remove_free(room, at);
	}
}

void room_take(struct room *room, const struct room_block *block)
{
	uint32_t end = block->line + block->lines;

	for (size_t i = room->free_count; i-- > 0;) {
		const struct room_block *free_block = &room->free[i];

		if (free_block->line < end && free_block->line + free_block->lines > block->line)
			cut(room, i, block->line, end);
	}
}

int room_alloc(struct room *room, uint32_t lines, struct room_block *block)
{
	for (size_t i = 0; i < room->free_count; i++) {
		if (room->free[i].lines < lines)
			continue;
		*block = (struct room_block){ .line = room->free[i].line, .lines = lines };
		cut(room, i, block->line, block->line + lines);
		return 0;
	}
	return -ENOSPC;
}

/* Position of the first free block behind `line`. */
static size_t behind(const struct room *room, uint32_t line)
{
	size_t low = 0, high = room->free_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (room->free[middle].line < line)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void room_free(struct room *room, const struct room_block *block)
{
	size_t at = behind(room, block->line);
	uint32_t end = block->line + block->lines;
	struct room_block *before = at ? &room->free[at - 1] : NULL;
	struct room_block *after = at < room->free_count ? &room->free[at] : NULL;

	room->used -= block->lines;
	if (before && before->line + before->lines == block->line) {
		before->lines += block->lines;
		if (after && after->line == end) {
			before->lines += after->lines;
			remove_free(room, at);
		}
	} else if (after && after->line == end) {
		after->line = block->line;
		after->lines += block->lines;
	} else {
		insert_free(room, at, block->line, block->lines);
	}
}

void room_rest(struct room *room, const struct room_block *block, uint64_t now_ms)
{
	room->resting = grown(room->resting, &room->resting_capacity, room->resting_count,
			      sizeof(*room->resting));
	room->resting[room->resting_count++] =
		(struct room_resting){ .block = *block, .until_ms = now_ms + REST_MS };
}

bool room_may_come(const struct room *room, uint32_t lines)
{
	uint64_t free_lines = room->size - room->used;

	for (size_t i = 0; i < room->resting_count; i++)
		free_lines += room->resting[i].block.lines;
	return room->resting_count && free_lines >= lines;
}

void room_tick(struct room *room, uint64_t now_ms)
{
	size_t done = 0;

	while (done < room->resting_count && room->resting[done].until_ms <= now_ms)
		room_free(room, &room->resting[done++].block);
	if (!done)
		return;
	room->resting_count -= done;
	memmove(room->resting, &room->resting[done], room->resting_count * sizeof(*room->resting));
}
