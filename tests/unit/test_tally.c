// SPDX-License-Identifier: BSD-2-Clause
/* Hash tables, and what is built on them, beside plain arrays that know the truth. */
#include "base/shared_text.h"
#include "core/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEYS 300
#define STEPS 60000

static void start_random(void)
{
	unsigned int seed = (unsigned int)getpid();

	print_message("seed %u\n", seed);
	srandom(seed);
}

struct key {
	char text[8];
};

static size_t make_key(unsigned int number, struct key *key)
{
	memset(key, 0, sizeof(*key));
	return (size_t)snprintf(key->text, sizeof(key->text), "k%u", number);
}

/* Fills up and empties in turn, so that chains of all lengths lose items from their middle. */
static void test_tally_counts_as_an_array_does(void **state)
{
	static uint32_t truth[KEYS];
	struct tally tally = { 0 };

	(void)state;
	start_random();
	for (int step = 0; step < STEPS; step++) {
		unsigned int number = (unsigned int)random() % KEYS;
		bool add = random() % 10 < (step / 3000 % 2 ? 3 : 7);
		struct key key;
		size_t length = make_key(number, &key);

		if (add) {
			tally_add(&tally, &key, length);
			truth[number]++;
		} else if (truth[number]) {
			tally_remove(&tally, &key, length);
			truth[number]--;
		}
		number = (unsigned int)random() % KEYS;
		length = make_key(number, &key);
		assert_int_equal(tally_get(&tally, &key, length), truth[number]);
	}
	for (unsigned int number = 0; number < KEYS; number++) {
		struct key key;
		size_t length = make_key(number, &key);

		assert_int_equal(tally_get(&tally, &key, length), truth[number]);
		for (; truth[number]; truth[number]--)
			tally_remove(&tally, &key, length);
	}
	assert_int_equal(tally.table.count, 0);
	tally_free(&tally);
}

static void test_a_key_is_all_of_its_bytes(void **state)
{
	uint8_t key[255] = { 0 };
	struct tally tally = { 0 };

	(void)state;
	for (size_t length = 1; length <= sizeof(key); length++)
		tally_add(&tally, key, length);
	key[254] = 1;
	assert_int_equal(tally_get(&tally, key, 255), 0);
	assert_int_equal(tally_get(&tally, key, 254), 1);
	tally_add(&tally, key, 255);
	assert_int_equal(tally.table.count, 256);
	tally_free(&tally);
}

static void test_a_text_is_there_once(void **state)
{
	char here[] = "i-1", there[] = "i-1";
	const char *first = shared_text(here), *second = shared_text(there);
	const char *none = shared_text("");

	(void)state;
	assert_ptr_equal(first, second);
	assert_ptr_not_equal(first, here);
	here[0] = there[0] = 'x';
	assert_string_equal(first, "i-1");
	shared_text_drop(first);
	assert_string_equal(second, "i-1");
	assert_ptr_equal(shared_text_hold(second), second);
	shared_text_drop(second);
	assert_ptr_equal(shared_text("i-1"), second);
	shared_text_drop(second);
	shared_text_drop(second);
	assert_string_equal(none, "");
	shared_text_drop(shared_text_hold(none));
	shared_text_drop(none);
	shared_text_drop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tally_counts_as_an_array_does),
		cmocka_unit_test(test_a_key_is_all_of_its_bytes),
		cmocka_unit_test(test_a_text_is_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
