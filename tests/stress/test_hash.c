// SPDX-License-Identifier: BSD-2-Clause
/*
 * The hash that places flows, and the one that chooses a ring slot. (1) Tuples as they really come are
 * spread over buckets and slots at least as evenly as chance would, whatever the key. (2) Somebody who
 * knows the function but not the key, and chooses tuples by structure, gets no more of them into one
 * bucket than chance gives him. (3) What one VIP gives to clients tells nothing of another's.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "hash.h"
#include "table.h"

#define BITS 12 /* 4,096 buckets */
#define BUCKETS (1u << BITS)
#define TUPLES (8 * BUCKETS)
#define KEYS 400
#define CHI_DEVIATIONS 6.5 /* with 400 keys and 7 kinds of tuples: p of a false alarm below 1e-6 */
#define DIFFERENCE_KEYS 65536u /* two tuples meet 16 times by chance */
#define DIFFERENCE_LIMIT 3.5 /* 56 times: below 1e-10 */

TABLE_INLINE void table_count(__u32 backend, __s64 change)
{
	(void)backend;
	(void)change;
}

TABLE_INLINE bool table_outlived(__u64 word0, __u64 word1, __u32 age)
{
	(void)word0;
	(void)word1;
	return age > 0;
}

/* Fixed, so that a failure repeats. */
static uint64_t random_next(void)
{
	static uint64_t seed = 0x2545f4914f6cdd1dULL;
	uint64_t mixed;

	seed += 0x9e3779b97f4a7c15ULL;
	mixed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
	return mixed ^ mixed >> 31;
}

static uint64_t key_of(uint32_t client, uint32_t port, uint32_t service)
{
	return table_key(htonl(client), htons((uint16_t)port), (__u16)service);
}

static uint64_t sequential_ports(uint32_t i)
{
	return key_of(0xc6336407, 1024 + i, 1);
}

static uint64_t sequential_addresses(uint32_t i)
{
	return key_of(0x0a000000 + i, 40000, 1);
}

static uint64_t even_ports(uint32_t i) /* what Linux gives to connect() */
{
	return key_of(0xc6336407 + (i >> 14), 32768 + (i & 0x3fff) * 2, 1);
}

static uint64_t few_ports_many_addresses(uint32_t i)
{
	return key_of(0x0a000000 + i / 8, 40000 + i % 8, 1);
}

static uint64_t one_address_of_each_network(uint32_t i)
{
	return key_of((i << 8) + 0x0a000001, 40000, 1);
}

static uint64_t many_services(uint32_t i)
{
	return key_of(0xc6336407, 40000 + i % 4, 1 + i / 4);
}

static uint64_t one_client_of_each_port(uint32_t i)
{
	return key_of(0x0a000000 + i % 0x2000, 1024 + i, 1 + i % 3);
}

static const struct {
	const char *name;
	uint64_t (*tuple)(uint32_t i);
} kinds[] = {
	{ "sequential ports", sequential_ports },
	{ "sequential addresses", sequential_addresses },
	{ "even ports", even_ports },
	{ "few ports, many addresses", few_ports_many_addresses },
	{ "one address of each network", one_address_of_each_network },
	{ "many services", many_services },
	{ "address and port together", one_client_of_each_port },
};

/* The control: one multiplication less. Some keys spread sequential ports badly. */
static uint32_t weak_index(uint64_t word, uint64_t key0, uint64_t key1)
{
	word = (word ^ key0) * (key1 | 1);
	word ^= word >> 32;
	return (uint32_t)(word * 0x9e3779b97f4a7c15ULL >> (64 - BITS));
}

static uint32_t real_index(uint64_t word, uint64_t key0, uint64_t key1)
{
	return table_index(word, key0, key1, BITS);
}

/* What chooses a ring slot, with a tuple's service for the VIP's port. */
static uint32_t ring_index_at(uint64_t word, uint64_t key0, uint64_t key1, uint32_t vip)
{
	return (uint32_t)(hash_flow(key0, key1, (__u32)word, (__u16)(word >> 32), vip,
				    (__u16)(word >> 48), IPPROTO_TCP) >>
			  (64 - BITS));
}

static uint32_t ring_index(uint64_t word, uint64_t key0, uint64_t key1)
{
	return ring_index_at(word, key0, key1, htonl(0xcb007164));
}

static double chi_square(uint64_t (*tuple)(uint32_t),
			 uint32_t (*index)(uint64_t, uint64_t, uint64_t), uint64_t key0,
			 uint64_t key1)
{
	static uint32_t counts[BUCKETS];
	double sum = 0, expected = (double)TUPLES / BUCKETS;

	for (uint32_t i = 0; i < BUCKETS; i++)
		counts[i] = 0;
	for (uint32_t i = 0; i < TUPLES; i++)
		counts[index(tuple(i), key0, key1)]++;
	for (uint32_t i = 0; i < BUCKETS; i++)
		sum += (counts[i] - expected) * (counts[i] - expected) / expected;
	return sum;
}

/* For how many keys a kind of tuples is spread worse than chance would; more even is fine. */
static int keys_above(size_t kind, uint32_t (*index)(uint64_t, uint64_t, uint64_t))
{
	double freedom = BUCKETS - 1, limit = freedom + CHI_DEVIATIONS * sqrt(2 * freedom);
	double worst = 0, sum = 0;
	int above = 0;

	for (int k = 0; k < KEYS; k++) {
		double chi = chi_square(kinds[kind].tuple, index, random_next(), random_next());

		worst = chi > worst ? chi : worst;
		sum += chi;
		above += chi > limit;
	}
	print_message("%-28s chi-square: mean %.0f, worst %.0f, limit %.0f, above it %d\n",
		      kinds[kind].name, sum / KEYS, worst, limit, above);
	return above;
}

static void real_tuples_are_spread(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
		assert_int_equal(keys_above(kind, real_index), 0);
}

static void clients_are_spread_over_the_ring(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
		assert_int_equal(keys_above(kind, ring_index), 0);
}

/* Clients that one VIP sends to one slot are scattered by its neighbour. */
static void vips_choose_independently(void **state)
{
	(void)state;
	for (uint32_t bit = 0; bit < 32; bit++) {
		uint32_t met = 0;

		for (uint32_t k = 0; k < DIFFERENCE_KEYS; k++) {
			uint64_t key0 = random_next(), key1 = random_next(), tuple = random_next();
			uint32_t vip = (uint32_t)random_next();

			met += ring_index_at(tuple, key0, key1, vip) ==
			       ring_index_at(tuple, key0, key1, vip ^ 1u << bit);
		}
		assert_true(met * (double)BUCKETS / DIFFERENCE_KEYS < DIFFERENCE_LIMIT);
	}
}

static void weak_hash_is_rejected(void **state)
{
	(void)state;
	assert_string_equal(kinds[0].name, "sequential ports");
	assert_true(keys_above(0, weak_index) > 0);
}

/* How often, over many keys, two tuples of that difference meet in one bucket, times BUCKETS: 1 is
 * chance. */
static double meetings(uint64_t difference)
{
	uint32_t met = 0;

	for (uint32_t k = 0; k < DIFFERENCE_KEYS; k++) {
		uint64_t key0 = random_next(), key1 = random_next(), tuple = random_next();

		met += table_index(tuple, key0, key1, BITS) ==
		       table_index(tuple ^ difference, key0, key1, BITS);
	}
	return met * (double)BUCKETS / DIFFERENCE_KEYS;
}

static void check_difference(uint64_t difference)
{
	double often = meetings(difference);

	if (often >= DIFFERENCE_LIMIT)
		fail_msg("difference %016llx: %.2f times chance", (unsigned long long)difference,
			 often);
}

/* All differences of one and two bits, and such as an attacker would try: carries, strides. */
static void chosen_differences_do_not_meet(void **state)
{
	static const uint64_t structured[] = {
		0x0000000000ffffffULL, 0xffffffffffffffffULL, 0x0000ffff00000000ULL,
		0xffff000000000000ULL, 0x00000000ffffffffULL, 0x0101010101010101ULL,
		0x8000000080000000ULL, 0x0001000100010001ULL, 0xc000000000000000ULL,
		0xe000000000000000ULL, 0xffffffff00000000ULL, 0x8080808080808080ULL,
	};

	(void)state;
	for (int i = 0; i < 64; i++) {
		for (int j = i; j < 64; j++)
			check_difference(1ULL << i | 1ULL << j);
	}
	for (size_t i = 0; i < sizeof(structured) / sizeof(*structured); i++)
		check_difference(structured[i]);
}

/* A set of tuples chosen without the key: the fullest bucket, over many keys. */
static uint32_t fullest(const uint64_t *tuples, uint32_t count, uint64_t key0, uint64_t key1)
{
	static uint32_t counts[BUCKETS];
	uint32_t most = 0;

	for (uint32_t i = 0; i < BUCKETS; i++)
		counts[i] = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t now = ++counts[table_index(tuples[i], key0, key1, BITS)];

		most = now > most ? now : most;
	}
	return most;
}

static void check_set(const char *name, const uint64_t *tuples, uint32_t count)
{
	/* 4,096 at random into 4,096 buckets: 6 or 7 in the fullest, above 16 once in 10^11. */
	uint32_t worst = 0;

	assert_true(count <= BUCKETS);
	for (uint32_t k = 0; k < 4000; k++) {
		uint32_t now = fullest(tuples, count, random_next(), random_next());

		worst = now > worst ? now : worst;
	}
	print_message("%-28s %u tuples: fullest bucket over 4,000 keys: %u\n", name, count, worst);
	assert_true(worst <= 16);
}

static void check_stride(uint32_t shift)
{
	static uint64_t tuples[BUCKETS];

	for (uint64_t i = 0; i < BUCKETS; i++)
		tuples[i] = ((i << shift) & 0xffffffffffffULL) + (i >> (48 - shift)) + (1ULL << 48);
	check_set("a stride", tuples, BUCKETS);
}

static void chosen_sets_do_not_meet(void **state)
{
	static uint64_t tuples[BUCKETS];
	uint32_t count = 0;

	(void)state;
	for (int i = 0; i < 48; i++) {
		for (int j = i; j < 48; j++)
			tuples[count++] = 1ULL << i | 1ULL << j | 1ULL << 48;
	}
	check_set("weights of one and two", tuples, count);
	for (uint32_t shift = 0; shift < 48; shift += 6)
		check_stride(shift);
	/* Multiples of the inverse of the last factor would cancel it. */
	for (uint64_t i = 0; i < BUCKETS; i++)
		tuples[i] = i * 0xf1de83e19937733dULL;
	check_set("multiples of the inverse", tuples, BUCKETS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_tuples_are_spread),
		cmocka_unit_test(clients_are_spread_over_the_ring),
		cmocka_unit_test(vips_choose_independently),
		cmocka_unit_test(weak_hash_is_rejected),
		cmocka_unit_test(chosen_differences_do_not_meet),
		cmocka_unit_test(chosen_sets_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
