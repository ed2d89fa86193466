// SPDX-License-Identifier: BSD-2-Clause
/* The ring's promises as properties over random weights; a failure prints its seed. */
#include "core/ring.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define MEMBERS_MAX 1000
#define SLOTS_MAX 131101

static const uint8_t key_a[16] = "ring key for one";
static const uint8_t key_b[16] = "and for another!";
static struct ring_member members[MEMBERS_MAX];
static uint16_t slots[SLOTS_MAX], other_slots[SLOTS_MAX];
static uint32_t shares[MEMBERS_MAX];

static void make_members(size_t count)
{
	memset(members, 0, sizeof(members));
	for (size_t i = 0; i < count; i++) {
		members[i].index = (uint16_t)i;
		members[i].weight = 100;
		members[i].key[0] = 4;
		members[i].key[3] = (uint8_t)(i >> 8);
		members[i].key[4] = (uint8_t)i;
	}
}

static uint32_t build(size_t count, const uint8_t *key, uint16_t *out)
{
	uint32_t size = ring_size(members, count);

	assert_int_equal(ring_build(members, count, key, out, size), 0);
	return size;
}

static void count_shares(uint32_t size)
{
	memset(shares, 0, sizeof(shares));
	for (uint32_t i = 0; i < size; i++) {
		assert_in_range(slots[i], 0, MEMBERS_MAX - 1);
		shares[slots[i]]++;
	}
}

/* Every share within one slot of weight / total, at least one slot for a weight, none without. */
static void check_shares(size_t count, uint32_t size, unsigned int seed)
{
	double total = 0;

	for (size_t i = 0; i < count; i++)
		total += members[i].weight;
	count_shares(size);
	for (size_t i = 0; i < count; i++) {
		double ideal = size * (double)members[i].weight / total;
		bool good = members[i].weight ? shares[i] >= 1 && fabs(shares[i] - ideal) <= 1.0
					      : shares[i] == 0;

		if (!good)
			fail_msg("seed %u: member %zu of %zu, weight %u: %u slots, ideal %f", seed,
				 i, count, members[i].weight, shares[i], ideal);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		size_t count;
		uint32_t size;
	} rows[] = { { 1, 257 },   { 4, 257 },    { 5, 1031 },    { 16, 1031 },   { 17, 4099 },
		     { 64, 4099 }, { 65, 16411 }, { 256, 16411 }, { 257, 65537 }, { 1000, 65537 } };

	(void)state;
	make_members(MEMBERS_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ring_size(members, rows[i].count), rows[i].size);
	members[0].weight = 0;
	assert_int_equal(ring_size(members, 1), 0);
	assert_int_equal(ring_size(members, 5), 257);
	assert_int_equal(ring_size(members, 0), 0);
}

static void test_shares_of_random_weights(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);

	(void)state;
	for (int round = 0; round < 300; round++, seed++) {
		size_t count;
		uint32_t size;

		srand(seed);
		count = (size_t)(rand() % 300) + 1;
		make_members(count);
		for (size_t i = 0; i < count; i++)
			members[i].weight = (uint32_t)(rand() % 3 ? rand() % 101 : rand() % 2);
		size = ring_size(members, count);
		if (!size)
			continue;
		build(count, key_a, slots);
		check_shares(count, size, seed);
	}
}

static void test_one_heavy_beside_many_light(void **state)
{
	(void)state;
	make_members(MEMBERS_MAX);
	for (size_t i = 1; i < MEMBERS_MAX; i++)
		members[i].weight = 1;
	check_shares(MEMBERS_MAX, build(MEMBERS_MAX, key_a, slots), 0);
}

/* 999 of 100 and one of 1: the light one is owed less than a slot and gets one. */
static void test_one_light_beside_many_heavy(void **state)
{
	(void)state;
	make_members(MEMBERS_MAX);
	members[7].weight = 1;
	check_shares(MEMBERS_MAX, build(MEMBERS_MAX, key_a, slots), 0);
}

static void test_pure_function_of_its_input(void **state)
{
	uint32_t size;
	size_t same = 0;

	(void)state;
	make_members(10);
	size = build(10, key_a, slots);
	for (size_t i = 0; i < 5; i++) {
		struct ring_member swapped = members[i];

		members[i] = members[9 - i];
		members[9 - i] = swapped;
	}
	build(10, key_a, other_slots);
	assert_memory_equal(slots, other_slots, size * sizeof(slots[0]));
	build(10, key_b, other_slots);
	for (uint32_t i = 0; i < size; i++)
		same += slots[i] == other_slots[i];
	/* another key is another ring: equal slots only by chance, a tenth of them */
	assert_in_range(same, 0, size / 5);
}

/* When one of N leaves, survivors keep nearly all of their slots. */
static void test_little_moves_when_one_leaves(void **state)
{
	static const struct {
		size_t count;
		double bound; /* of the survivors' slots */
	} rows[] = { { 10, 0.15 }, { 100, 0.15 }, { 1000, 0.15 } };

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		size_t count = rows[row].count, moved = 0;
		uint32_t size;

		make_members(count);
		size = build(count, key_a, slots);
		members[count / 2].weight = 0;
		assert_int_equal(ring_build(members, count, key_a, other_slots, size), 0);
		for (uint32_t i = 0; i < size; i++)
			moved += slots[i] != count / 2 && slots[i] != other_slots[i];
		print_message("one of %zu leaves: %.2f%% of the survivors' slots move\n", count,
			      100.0 * (double)moved / size);
		assert_true((double)moved / size < rows[row].bound);
	}
}

/* Two gateways of different versions, too: other slots need another RING_RULES, and this row. */
static void test_slots_are_the_same_in_every_version(void **state)
{
	static const struct {
		size_t count;
		uint64_t sum;
	} rows[] = { { 3, 0xdb7115c13af01c92ULL },
		     { 30, 0x490cf1d2af35933dULL },
		     { 300, 0x7839dbccf36314dbULL } };

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		uint64_t sum = 0;
		uint32_t size;

		make_members(rows[row].count);
		for (size_t i = 0; i < rows[row].count; i++)
			members[i].weight = 1 + (uint32_t)(i * 7 % 100);
		size = build(rows[row].count, key_a, slots);
		for (uint32_t i = 0; i < size; i++)
			sum = (sum ^ slots[i]) * 0x100000001b3ULL;
		assert_int_equal(sum, rows[row].sum);
	}
}

static void test_print_tells_what_the_slots_come_from(void **state)
{
	uint64_t print;

	(void)state;
	make_members(4);
	members[3].weight = 0;
	print = ring_print(members, 4, key_a);
	assert_true(print == ring_print(members, 3, key_a) && print);
	assert_true(print != ring_print(members, 3, key_b));
	assert_true(print != ring_print(members, 2, key_a));
	members[1].weight = 99;
	assert_true(print != ring_print(members, 3, key_a));
	members[1].weight = 100;
	members[1].index = 3;
	assert_true(print != ring_print(members, 3, key_a));
	members[1].index = 1;
	members[1].key[23] = 1;
	assert_true(print != ring_print(members, 3, key_a));
	members[1].key[23] = 0;
	assert_true(print == ring_print(members, 3, key_a));
	/* One member's ring is the same whoever it is, and is shared. */
	assert_int_equal(ring_print(members, 1, key_a), 0);
	assert_int_equal(ring_print(members, 0, key_a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_shares_of_random_weights),
		cmocka_unit_test(test_one_heavy_beside_many_light),
		cmocka_unit_test(test_one_light_beside_many_heavy),
		cmocka_unit_test(test_pure_function_of_its_input),
		cmocka_unit_test(test_little_moves_when_one_leaves),
		cmocka_unit_test(test_slots_are_the_same_in_every_version),
		cmocka_unit_test(test_print_tells_what_the_slots_come_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
