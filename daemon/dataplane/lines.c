// SPDX-License-Identifier: BSD-2-Clause
/* Lines: each step is one 8-byte store, in an order that keeps every item in sight. */
#include "dataplane/lines.h"

#include "base/memory.h"

#include <errno.h>

#define CHAIN 64 /* lines in a row that may move something on for one new item */

static struct sluice_line *line_at(const struct lines *lines, uint32_t line)
{
	return &lines->lines[line % lines->count];
}

static void store(__u64 *place, uint64_t item)
{
	__atomic_store_n(place, item, __ATOMIC_RELEASE);
}

void lines_close(struct lines *lines)
{
	free(lines->copies);
	lines->copies = NULL;
	lines->copy_count = lines->copy_capacity = 0;
}

__u64 *lines_place(const struct lines *lines, uint32_t home, unsigned int i)
{
	return &line_at(lines, home + i / SLUICE_LINE_ITEMS)->item[i % SLUICE_LINE_ITEMS];
}

/* Lines from an item's home to where it stands; LINES_NOWHERE if it has no business there. */
static uint32_t distance(const struct lines *lines, uint32_t line, uint64_t item)
{
	uint32_t home = lines->home(lines->arg, item), far;

	if (home == LINES_NOWHERE)
		return LINES_NOWHERE;
	far = (line % lines->count + lines->count - home) % lines->count;
	return far < LINES_REACH ? far : LINES_NOWHERE;
}

/* --- putting --- */

static __u64 *empty_place(const struct lines *lines, uint32_t line)
{
	struct sluice_line *there = line_at(lines, line);

	for (unsigned int i = 0; i < SLUICE_LINE_ITEMS; i++) {
		if (!there->item[i])
			return &there->item[i];
	}
	return NULL;
}

/* A place in a line that may be written over: empty, or its item has a copy in the next line. The
 * line is full before and after, so what stands behind it stays in sight. */
static __u64 *make_place(struct lines *lines, uint32_t line, unsigned int chain)
{
	struct sluice_line *there = line_at(lines, line);
	__u64 *place = empty_place(lines, line), *further;

	if (place || !chain)
		return place;
	for (unsigned int i = 0; i < SLUICE_LINE_ITEMS; i++) {
		uint32_t far = distance(lines, line, there->item[i]);

		if (far == LINES_NOWHERE || far + 1 >= LINES_REACH)
			continue;
		further = make_place(lines, line + 1, chain - 1);
		if (further)
			store(further, there->item[i]);
		return further ? &there->item[i] : NULL;
	}
	return NULL;
}

int lines_put(struct lines *lines, uint32_t home, uint64_t item)
{
	__u64 *place = NULL;

	for (uint32_t i = 0; !place && i < LINES_REACH; i++)
		place = empty_place(lines, home + i);
	if (!place)
		place = make_place(lines, home + LINES_REACH - 1, CHAIN);
	if (!place)
		return -ENOSPC;
	store(place, item);
	return 0;
}

/* --- taking --- */

static bool stands_in(const struct lines *lines, uint32_t line, uint64_t item)
{
	const struct sluice_line *there = line_at(lines, line);

	for (unsigned int i = 0; i < SLUICE_LINE_ITEMS; i++) {
		if (there->item[i] == item)
			return true;
	}
	return false;
}

/* True if the item in this line is a copy: it stands in a line before, too. */
static bool is_copy(const struct lines *lines, uint32_t line, uint64_t item)
{
	uint32_t far = distance(lines, line, item);

	for (uint32_t i = 1; far != LINES_NOWHERE && i <= far; i++) {
		if (stands_in(lines, line + lines->count - i, item))
			return true;
	}
	return false;
}

static void remember(struct lines *lines, uint32_t line, __u64 *place)
{
	if (lines->copy_count == lines->copy_capacity) {
		lines->copy_capacity = lines->copy_capacity ? 2 * lines->copy_capacity : 64;
		lines->copies =
			memory_resize(lines->copies, lines->copy_capacity, sizeof(*lines->copies));
	}
	lines->copies[lines->copy_count++] =
		(struct lines_copy){ .line = line, .place = place, .item = *place };
}

/* Of what stands behind a line, something that must stand in it as soon as it is not full. */
static __u64 *claimant(const struct lines *lines, uint32_t line, uint32_t *where)
{
	for (uint32_t i = 1; i < LINES_REACH; i++) {
		struct sluice_line *there = line_at(lines, line + i);

		for (unsigned int place = 0; place < SLUICE_LINE_ITEMS; place++) {
			uint64_t item = there->item[place];
			uint32_t far = item ? distance(lines, line + i, item) : LINES_NOWHERE;

			*where = (line + i) % lines->count;
			if (far != LINES_NOWHERE && far >= i && !is_copy(lines, line + i, item))
				return &there->item[place];
		}
	}
	return NULL;
}

/* Lets an item go. The place is empty, or taken by what had found none in this line; true if so. */
static bool vacate(struct lines *lines, uint32_t line, __u64 *place)
{
	uint32_t where;
	__u64 *other = claimant(lines, line, &where);

	store(place, other ? *other : 0);
	if (other)
		remember(lines, where, other);
	return other;
}

void lines_take(struct lines *lines, uint32_t home, uint64_t item)
{
	/* From the far end, so that no copy of it is taken for something that waits. */
	for (unsigned int i = LINES_PLACES; i-- > 0;) {
		__u64 *place = lines_place(lines, home, i);

		if (*place == item)
			vacate(lines, (home + i / SLUICE_LINE_ITEMS) % lines->count, place);
	}
}

void lines_replace(struct lines *lines, uint32_t home, uint64_t old, uint64_t item)
{
	for (unsigned int i = 0; i < LINES_PLACES; i++) {
		__u64 *place = lines_place(lines, home, i);

		if (*place == old)
			store(place, item);
	}
	for (size_t i = 0; i < lines->copy_count; i++) {
		if (lines->copies[i].item == old)
			lines->copies[i].item = item;
	}
}

void lines_tick(struct lines *lines)
{
	struct lines_copy *copies = lines->copies;
	size_t count = lines->copy_count;

	lines->copies = NULL;
	lines->copy_count = lines->copy_capacity = 0;
	for (size_t i = 0; i < count; i++) {
		if (*copies[i].place == copies[i].item &&
		    is_copy(lines, copies[i].line, copies[i].item))
			vacate(lines, copies[i].line, copies[i].place);
	}
	free(copies);
}

/* --- all of them --- */

struct wanted {
	bool (*keep)(void *arg, uint64_t item);
	void *arg;
};

static bool is_wanted(const struct lines *lines, uint32_t line, uint64_t item,
		      const struct wanted *wanted)
{
	return distance(lines, line, item) != LINES_NOWHERE && wanted->keep(wanted->arg, item) &&
	       !is_copy(lines, line, item);
}

static void clean_line(struct lines *lines, uint32_t line, const struct wanted *wanted)
{
	for (unsigned int i = 0; i < SLUICE_LINE_ITEMS; i++) {
		__u64 *place = &line_at(lines, line)->item[i];

		/* What takes the place may be as little wanted. */
		while (*place && !is_wanted(lines, line, *place, wanted))
			vacate(lines, line, place);
	}
}

void lines_repair(struct lines *lines, bool (*keep)(void *arg, uint64_t item), void *arg)
{
	struct wanted wanted = { .keep = keep, .arg = arg };
	__u64 *place;

	for (uint32_t line = 0; line < lines->count; line++)
		clean_line(lines, line, &wanted);
	/* What stands behind a hole comes back, now that all of it is wanted. */
	for (uint32_t line = 0; line < lines->count; line++) {
		while ((place = empty_place(lines, line)) && vacate(lines, line, place))
			;
	}
}

void lines_each(const struct lines *lines, void (*each)(void *arg, uint64_t item), void *arg)
{
	for (uint32_t line = 0; line < lines->count; line++) {
		for (unsigned int i = 0; i < SLUICE_LINE_ITEMS; i++) {
			uint64_t item = lines->lines[line].item[i];

			if (item && !is_copy(lines, line, item))
				each(arg, item);
		}
	}
}

/* --- the bitmap --- */

/* Of 16 bits an item few are wanted twice, and hardly one three times: a byte each would be most of
 * what a daemon of many backends takes. */
#define COUNT_MAX 3u

static unsigned int count_of(const struct bitmap *bitmap, uint32_t bit)
{
	unsigned int four = bitmap->pairs[bit / 4];

	return four >> bit % 4 * 2 & COUNT_MAX;
}

static void set_count(struct bitmap *bitmap, uint32_t bit, unsigned int count)
{
	unsigned int shift = bit % 4 * 2, four = bitmap->pairs[bit / 4];

	bitmap->pairs[bit / 4] = (uint8_t)((four & ~(COUNT_MAX << shift)) | count << shift);
}

void bitmap_open(struct bitmap *bitmap, void *words, uint32_t bits)
{
	*bitmap = (struct bitmap){
		.words = words,
		.pairs = memory_new(bits / 4, sizeof(*bitmap->pairs)),
		.bits = bits,
	};
}

void bitmap_close(struct bitmap *bitmap)
{
	free(bitmap->pairs);
	bitmap->pairs = NULL;
}

void bitmap_add(struct bitmap *bitmap, uint32_t bit)
{
	unsigned int count = count_of(bitmap, bit);

	if (count < COUNT_MAX)
		set_count(bitmap, bit, count + 1);
	__atomic_or_fetch(&bitmap->words[bit / 64], 1ULL << bit % 64, __ATOMIC_RELEASE);
}

void bitmap_remove(struct bitmap *bitmap, uint32_t bit)
{
	unsigned int count = count_of(bitmap, bit);

	if (!count || count == COUNT_MAX)
		return;
	set_count(bitmap, bit, count - 1);
	if (count == 1)
		__atomic_and_fetch(&bitmap->words[bit / 64], ~(1ULL << bit % 64), __ATOMIC_RELEASE);
}

void bitmap_recount(struct bitmap *bitmap)
{
	memset(bitmap->pairs, 0, bitmap->bits / 4);
}

void bitmap_trim(struct bitmap *bitmap)
{
	for (uint32_t word = 0; word < bitmap->bits / 64; word++) {
		uint64_t kept = 0;

		if (!bitmap->words[word])
			continue;
		for (uint32_t bit = 0; bit < 64; bit++)
			kept |= (uint64_t) !!count_of(bitmap, word * 64 + bit) << bit;
		__atomic_store_n(&bitmap->words[word], kept, __ATOMIC_RELEASE);
	}
}
