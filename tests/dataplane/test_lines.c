// SPDX-License-Identifier: BSD-2-Clause
/* Tables of lines: whatever comes and goes, an item that stays is always found, as packets look. */
#include "dataplane/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LINES 64
#define ITEMS 4096
#define MANY 262144 /* lines, as many as by default */

static struct sluice_line memory[LINES];
static struct lines lines;
static unsigned int seed;

/* An item tells its home, so that tests choose how crowded a line is. */
static uint32_t home(const void *arg, uint64_t item)
{
	(void)arg;
	return item >> 32 > LINES ? LINES_NOWHERE : (uint32_t)(item >> 32) % LINES;
}

static uint64_t item_of(uint32_t line, uint32_t number)
{
	return (uint64_t)line << 32 | number;
}

static void start(void)
{
	lines_close(&lines);
	memset(memory, 0, sizeof(memory));
	lines = (struct lines){ .lines = memory, .count = LINES, .home = home };
}

static bool in_line(uint32_t line, uint64_t item, bool *is_full)
{
	bool found = false;

	*is_full = true;
	for (int i = 0; i < SLUICE_LINE_ITEMS; i++) {
		uint64_t there = __atomic_load_n(&memory[line % LINES].item[i], __ATOMIC_ACQUIRE);

		found |= there == item;
		*is_full &= there != 0;
	}
	return found;
}

/* As a packet looks: on to the next line if and only if this one is full. */
static bool packet_finds(uint64_t item)
{
	uint32_t line = home(NULL, item);
	bool is_full = true;

	for (uint32_t i = 0; i < LINES_REACH && is_full; i++) {
		if (in_line(line + i, item, &is_full))
			return true;
	}
	return false;
}

static void test_a_crowded_line_overflows_and_comes_back(void **state)
{
	(void)state;
	start();
	for (uint32_t i = 1; i <= 12; i++)
		assert_int_equal(lines_put(&lines, LINES - 1, item_of(LINES - 1, i)), 0);
	/* It wraps, and the next line's own move on for it. */
	for (uint32_t i = 1; i <= 8; i++)
		assert_int_equal(lines_put(&lines, 0, item_of(0, i)), 0);
	for (uint32_t i = 13; i <= 16; i++)
		assert_int_equal(lines_put(&lines, LINES - 1, item_of(LINES - 1, i)), 0);
	assert_int_equal(lines_put(&lines, LINES - 1, item_of(LINES - 1, 17)), -ENOSPC);
	for (uint32_t i = 1; i <= 16; i++)
		assert_true(packet_finds(item_of(LINES - 1, i)));
	for (uint32_t i = 1; i <= 8; i++)
		assert_true(packet_finds(item_of(0, i)));
	for (uint32_t i = 1; i <= 16; i++)
		lines_take(&lines, LINES - 1, item_of(LINES - 1, i));
	for (int tick = 0; tick < 3; tick++)
		lines_tick(&lines);
	for (uint32_t i = 1; i <= 8; i++) {
		bool is_full;

		assert_true(in_line(0, item_of(0, i), &is_full));
		assert_false(in_line(1, item_of(0, i), &is_full));
	}
}

static void count(void *arg, uint64_t item)
{
	(void)item;
	++*(size_t *)arg;
}

/* Two thirds of the places in use, a tick now and then, and all checked after each step. */
static void test_whatever_comes_and_goes(void **state)
{
	static bool there[ITEMS];
	size_t used = 0, counted = 0;

	(void)state;
	start();
	memset(there, 0, sizeof(there));
	for (int step = 0; step < 20000; step++) {
		uint32_t number = (uint32_t)rand_r(&seed) % ITEMS;
		uint64_t item = item_of(number * 2654435761u % LINES, number + 1);

		if (there[number]) {
			lines_take(&lines, home(NULL, item), item);
			there[number] = false;
			used--;
		} else if (used < 340 && !lines_put(&lines, home(NULL, item), item)) {
			there[number] = true;
			used++;
		}
		if (!(rand_r(&seed) % 16))
			lines_tick(&lines);
		if (step % 16)
			continue;
		for (uint32_t i = 0; i < ITEMS; i++)
			assert_int_equal(packet_finds(item_of(i * 2654435761u % LINES, i + 1)),
					 there[i]);
	}
	lines_each(&lines, count, &counted);
	assert_int_equal(counted, used);
	assert_true(used > 250);
}

static bool stop;

/* Items 1 … 12 of line 7 never leave; others do, which moves them about. */
static void *look(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (uint32_t i = 1; i <= 12; i++) {
			if (!packet_finds(item_of(7, i)))
				++*(size_t *)arg;
		}
	}
	return NULL;
}

static void test_a_reader_never_misses_what_stays(void **state)
{
	size_t missed = 0;
	pthread_t reader;

	(void)state;
	start();
	for (uint32_t i = 101; i <= 103; i++)
		lines_put(&lines, 7, item_of(7, i));
	for (uint32_t i = 1; i <= 12; i++)
		assert_int_equal(lines_put(&lines, 7, item_of(7, i)), 0);
	stop = false;
	assert_int_equal(pthread_create(&reader, NULL, look, &missed), 0);
	for (int step = 0; step < 300000; step++) {
		uint32_t i = 101 + (uint32_t)rand_r(&seed) % 3;

		lines_take(&lines, 7, item_of(7, i));
		lines_tick(&lines);
		/* The grace that a tick of the daemon gives: longer than any look. */
		for (int wait = 0; wait < 200; wait++)
			__asm__ volatile("" ::: "memory");
		lines_put(&lines, 7, item_of(7, i));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	assert_int_equal(missed, 0);
}

static bool is_even(void *arg, uint64_t item)
{
	(void)arg;
	return !(item & 1);
}

static void test_what_a_crash_left_is_repaired(void **state)
{
	bool is_full;

	(void)state;
	start();
	for (uint32_t i = 2; i <= 24; i += 2)
		lines_put(&lines, 3, item_of(3, i));
	memory[3].item[0] = 0; /* a hole before what overflowed */
	memory[5].item[0] = item_of(3, 40); /* where nobody looks */
	memory[6].item[2] = item_of(6, 41); /* not wanted */
	memory[9].item[2] = item_of(LINES + 1, 42); /* unknown */
	memory[4].item[7] = memory[3].item[1]; /* a copy that was not taken away */
	lines_repair(&lines, is_even, NULL);
	lines_tick(&lines);
	for (uint32_t i = 4; i <= 24; i += 2)
		assert_true(packet_finds(item_of(3, i)));
	assert_false(in_line(5, item_of(3, 40), &is_full));
	assert_int_equal(memory[6].item[2], 0);
	assert_int_equal(memory[9].item[2], 0);
	assert_int_equal(memory[4].item[7], 0);
	assert_false(in_line(3, 0, &is_full));
	assert_true(is_full);
}

static void test_a_bit_stays_until_its_last_item_goes(void **state)
{
	struct bitmap bitmap;
	__u64 words[2] = { 1ULL << 40 };

	(void)state;
	bitmap_open(&bitmap, words, 128);
	bitmap_add(&bitmap, 70);
	bitmap_add(&bitmap, 70);
	bitmap_add(&bitmap, 71);
	bitmap_remove(&bitmap, 70);
	assert_int_equal(words[1], 3ULL << 6);
	bitmap_remove(&bitmap, 70);
	assert_int_equal(words[1], 1ULL << 7);
	bitmap_remove(&bitmap, 71);
	assert_int_equal(words[1], 0);
	/* So many that nobody counts them any more: it stays. */
	for (int i = 0; i < 300; i++)
		bitmap_add(&bitmap, 3);
	for (int i = 0; i < 300; i++)
		bitmap_remove(&bitmap, 3);
	bitmap_trim(&bitmap);
	assert_int_equal(words[0], 1ULL << 3);
	bitmap_close(&bitmap);
}

/* --- room --- */

static uint32_t home_of_random(const void *arg, uint64_t item)
{
	(void)arg;
	return sluice_scale(item, MANY);
}

/* The data plane has one item a line at most: half as many again find room, too. */
static void test_a_full_table_has_room_to_spare(void **state)
{
	struct lines many = { .lines = calloc(MANY, sizeof(struct sluice_line)),
			      .count = MANY,
			      .home = home_of_random };
	size_t counted = 0;

	(void)state;
	for (uint32_t i = 1; i <= MANY / 2 * 3; i++) {
		uint64_t item = sluice_hash(i, (uint64_t)seed << 32, 1);

		assert_int_equal(lines_put(&many, home_of_random(NULL, item), item), 0);
	}
	lines_each(&many, count, &counted);
	assert_int_equal(counted, MANY / 2 * 3);
	free(many.lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_crowded_line_overflows_and_comes_back),
		cmocka_unit_test(test_whatever_comes_and_goes),
		cmocka_unit_test(test_a_reader_never_misses_what_stays),
		cmocka_unit_test(test_what_a_crash_left_is_repaired),
		cmocka_unit_test(test_a_bit_stays_until_its_last_item_goes),
		cmocka_unit_test(test_a_full_table_has_room_to_spare),
	};
	const char *given = getenv("SEED");
	int result;

	seed = given ? (unsigned int)strtoul(given, NULL, 10) : 4711;
	print_message("SEED=%u\n", seed);
	result = cmocka_run_group_tests_name("dataplane.lines", tests, NULL, NULL);
	lines_close(&lines);
	return result;
}
