// SPDX-License-Identifier: BSD-2-Clause
/*
 * The flow table's protocol (bpf/table.h), step by step: before each look at a shared word and each
 * change of one, somebody else may do something. So two inserts of one flow meet at every moment there
 * is, in both orders, and what one finds of the other is written over at every moment after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "word.h"

static void step(void);

static inline bool step_swap(__u64 *word, __u64 from, __u64 to)
{
	step();
	return word_swap(word, from, to);
}

static inline __u64 step_exchange(__u64 *word, __u64 to)
{
	step();
	return word_exchange(word, to);
}

#undef READ_ONCE
#define READ_ONCE(x) (step(), *(const volatile __typeof__(x) *)&(x))
#define word_swap step_swap
#define word_exchange step_exchange

#include "table.h"

#define NOW_S 1000000
#define LIMIT_S 100
#define NEVER UINT32_MAX
#define MOMENTS 200 /* more than an insert has */

/* Backends, each of one writer. */
enum { OURS = 1, OTHERS, THIRDS, FILLERS, BACKENDS = FILLERS + SLUICE_FLOW_ENTRIES };

static const uint64_t key = 0x0001223344556677, third_key = 0x0001998877665544;
static struct sluice_bucket bucket;
static int64_t loads[BACKENDS];

/* What others do, and at which step of the insert under test. */
static struct {
	uint32_t now, other_at, third_at;
	bool active, at_count;
	enum table_result other, third; /* what they were told */
	bool has_other, has_third;
} race;

static uint64_t word(uint64_t backend, uint64_t state, uint64_t idle_s)
{
	return SLUICE_PUT(FLOW_BACKEND, backend) | SLUICE_PUT(FLOW_STATE, state) |
	       SLUICE_PUT(FLOW_SEEN, NOW_S - idle_s);
}

static void other_inserts(void)
{
	struct table_place place = { 0 };

	race.has_other = true;
	race.other =
		table_insert(&bucket, key, word(OTHERS, SLUICE_FLOW_HALF_OPEN, 0), NOW_S, &place);
}

/* Over the other's entry, which is half-open and so worth least. */
static void third_inserts(void)
{
	struct table_place place = { 0 };

	race.has_third = true;
	race.third = table_insert(&bucket, third_key, word(THIRDS, SLUICE_FLOW_ESTABLISHED, 0),
				  NOW_S, &place);
}

static void step(void)
{
	uint32_t now;

	if (!race.active)
		return;
	now = race.now++;
	race.active = false;
	if (now == race.other_at)
		other_inserts();
	if (now == race.third_at)
		third_inserts();
	race.active = true;
}

/* Called between claim and publication. */
TABLE_INLINE void table_count(__u32 backend, __s64 change)
{
	loads[backend] += change;
	assert_true(loads[backend] >= 0);
	if (!race.at_count || backend != OURS)
		return;
	race.at_count = race.active = false;
	other_inserts();
	race.active = true;
}

TABLE_INLINE bool table_outlived(__u64 word0, __u64 word1, __u32 age)
{
	(void)word0;
	(void)word1;
	return age > LIMIT_S;
}

/* A full bucket of flows that are alive, idle for so long: the first to go is that idle for longest. */
static void fill(const uint64_t idle_s[SLUICE_FLOW_ENTRIES])
{
	memset(loads, 0, sizeof(loads));
	for (uint64_t i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
		bucket.entry[i].word0 = 0x0002000000000001 + i;
		bucket.entry[i].word1 = word(FILLERS + i, SLUICE_FLOW_ESTABLISHED, idle_s[i]);
		loads[FILLERS + i] = 1;
	}
}

static const uint64_t others_first[] = { 30, 20, 10, 40 }, ours_first[] = { 40, 20, 10, 30 };

static enum table_result insert(const uint64_t idle_s[SLUICE_FLOW_ENTRIES], uint32_t other_at,
				uint32_t third_at, struct table_place *place)
{
	enum table_result result;

	fill(idle_s);
	memset(&race, 0, sizeof(race));
	race.other_at = other_at;
	race.third_at = third_at;
	race.at_count = other_at == NEVER;
	race.active = true;
	*place = (struct table_place){ 0 };
	result = table_insert(&bucket, key, word(OURS, SLUICE_FLOW_ESTABLISHED, 0), NOW_S, place);
	race.active = false;
	return result;
}

static uint32_t entries_of(uint64_t wanted, uint64_t backend)
{
	uint32_t count = 0;

	for (size_t i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
		const struct sluice_flow *entry = &bucket.entry[i];

		count += entry->word0 == wanted && entry->word1 &&
			 (!backend || SLUICE_GET(entry->word1, FLOW_BACKEND) == backend);
	}
	return count;
}

/* Whoever met whom, the loads are the entries, and none is a chimera of two flows. */
static void check_bucket(void)
{
	int64_t counted[BACKENDS] = { 0 };

	for (size_t i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
		const struct sluice_flow *entry = &bucket.entry[i];
		uint64_t backend = SLUICE_GET(entry->word1, FLOW_BACKEND);

		assert_int_not_equal(entry->word0, SLUICE_FLOW_BUSY);
		if (!entry->word1)
			continue;
		assert_in_range(backend, OURS, BACKENDS - 1);
		assert_int_equal(entry->word0 == key, backend == OURS || backend == OTHERS);
		assert_int_equal(entry->word0 == third_key, backend == THIRDS);
		counted[backend]++;
	}
	assert_memory_equal(counted, loads, sizeof(loads));
}

static void test_the_others_is_first_and_holds(void **state)
{
	struct table_place place;

	(void)state;
	assert_int_equal(insert(others_first, NEVER, NEVER, &place), TABLE_THERE);
	assert_int_equal(race.other, TABLE_INSERTED);
	assert_ptr_equal(place.entry, &bucket.entry[0]);
	assert_int_equal(place.word1, bucket.entry[0].word1);
	assert_int_equal(SLUICE_GET(place.word1, FLOW_BACKEND), OTHERS);
	assert_int_equal(bucket.entry[3].word1, 0);
	check_bucket();
}

static void test_ours_is_first_and_holds(void **state)
{
	struct table_place place;

	(void)state;
	assert_int_equal(insert(ours_first, NEVER, NEVER, &place), TABLE_INSERTED);
	assert_int_equal(race.other, TABLE_INSERTED);
	assert_ptr_equal(place.entry, &bucket.entry[0]);
	assert_int_equal(SLUICE_GET(bucket.entry[0].word1, FLOW_BACKEND), OURS);
	assert_int_equal(bucket.entry[3].word1, 0);
	check_bucket();
}

/* Two inserts of one flow, at every moment of ours. */
static void test_they_meet_at_any_moment(void **state)
{
	const uint64_t *const fillings[] = { others_first, ours_first };
	uint32_t met = 0, there = 0;

	(void)state;
	for (size_t filling = 0; filling < 2; filling++) {
		for (uint32_t at = 0; at < MOMENTS; at++) {
			struct table_place place;
			enum table_result result = insert(fillings[filling], at, NEVER, &place);

			check_bucket();
			assert_int_equal(entries_of(key, 0), 1);
			if (result == TABLE_THERE)
				assert_int_equal(SLUICE_GET(place.word1, FLOW_BACKEND), OTHERS);
			met += race.has_other;
			there += result == TABLE_THERE;
		}
	}
	/* The moments are all of ours, and no more. */
	assert_in_range(met, 20, 2 * MOMENTS - 2);
	assert_in_range(there, 1, met - 1);
}

/* What is found of the other is another flow's at the next moment: it is neither believed nor ended. */
static void check_overwritten(const uint64_t *filling, uint32_t at, uint32_t *met)
{
	struct table_place place;
	enum table_result result = insert(filling, NEVER, at, &place);

	check_bucket();
	if (result == TABLE_THERE)
		assert_int_equal(SLUICE_GET(place.word1, FLOW_BACKEND), OTHERS);
	if (!race.has_third || !race.has_other)
		return;
	++*met;
	assert_int_equal(race.third, TABLE_INSERTED);
	assert_int_equal(entries_of(third_key, THIRDS), 1);
}

static void test_what_is_found_is_written_over(void **state)
{
	uint32_t met = 0;

	(void)state;
	for (uint32_t at = 0; at < MOMENTS; at++) {
		check_overwritten(others_first, at, &met);
		check_overwritten(ours_first, at, &met);
	}
	assert_in_range(met, 10, 2 * MOMENTS - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_others_is_first_and_holds),
		cmocka_unit_test(test_ours_is_first_and_holds),
		cmocka_unit_test(test_they_meet_at_any_moment),
		cmocka_unit_test(test_what_is_found_is_written_over),
	};

	return cmocka_run_group_tests_name("stress.meeting", tests, NULL, NULL);
}
