// SPDX-License-Identifier: BSD-2-Clause
/* What the journal keeps, in which order, and what it says of what it does not keep. */
#include "base/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ALL ((size_t)JOURNAL_KINDS * JOURNAL_ENTRIES)

static struct journal_entry read[ALL];

static int clear(void **state)
{
	(void)state;
	journal_clear();
	return 0;
}

static void wait_for_another_second(void)
{
	struct timespec now, until;

	clock_gettime(CLOCK_MONOTONIC, &now);
	until = (struct timespec){ .tv_sec = now.tv_sec + 1 };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(journal_last(), 0);
	assert_int_equal(journal_read(0, read, ALL), 0);
	assert_int_equal(journal_read(UINT64_MAX, read, ALL), 0);
}

static void test_kinds_are_numbered_together(void **state)
{
	struct timespec before, after;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &before);
	journal_note(JOURNAL_HEALTH, "a", "down: %s", "refused");
	journal_note(JOURNAL_LINK, "eth0", "up");
	journal_note(JOURNAL_HEALTH, "b", "up");
	clock_gettime(CLOCK_REALTIME, &after);
	assert_int_equal(journal_last(), 3);
	assert_int_equal(journal_read(0, read, ALL), 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(read[i].number, i + 1);
		assert_in_range(read[i].at_ms, before.tv_sec * 1000, after.tv_sec * 1000 + 1000);
	}
	assert_string_equal(read[0].subject, "a");
	assert_string_equal(read[0].text, "down: refused");
	assert_int_equal(read[1].kind, JOURNAL_LINK);
	assert_string_equal(read[2].subject, "b");
	assert_int_equal(journal_read(2, read, ALL), 1);
	assert_int_equal(read[0].number, 3);
	assert_int_equal(journal_read(3, read, ALL), 0);
	assert_int_equal(journal_read(0, read, 2), 2);
	assert_int_equal(read[1].number, 2);
}

static void test_the_last_thousand_of_a_kind_are_kept(void **state)
{
	(void)state;
	journal_note(JOURNAL_MEMBERSHIP, "kept", "before the flood");
	for (unsigned int i = 0; i < JOURNAL_ENTRIES + 7; i++)
		journal_note(JOURNAL_HEALTH, "s", "%u", i);
	assert_int_equal(journal_last(), JOURNAL_ENTRIES + 8);
	assert_int_equal(journal_read(0, read, ALL), JOURNAL_ENTRIES + 1);
	assert_string_equal(read[0].subject, "kept");
	assert_string_equal(read[1].text, "7");
	assert_int_equal(read[1].number, 9);
	assert_string_equal(read[JOURNAL_ENTRIES].text, "1006");
	assert_int_equal(journal_read(JOURNAL_ENTRIES + 7, read, ALL), 1);
}

static void test_hostile_text(void **state)
{
	char big[1000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	journal_note(JOURNAL_HEALTH, "a\nb\x1b[2J\xff", "%s\r\n%s", "\x9b", "\xc3\xa9");
	journal_note(JOURNAL_HEALTH, big, "%s", big);
	/* A character is not cut in its middle. */
	memcpy(big + JOURNAL_TEXT - 2, "\xc3\xa9", 2);
	journal_note(JOURNAL_HEALTH, "c", "%s", big);
	assert_int_equal(journal_read(0, read, ALL), 3);
	assert_string_equal(read[0].subject, "a?b?[2J?");
	assert_string_equal(read[0].text, "???\xc3\xa9");
	assert_int_equal(strlen(read[1].subject), JOURNAL_SUBJECT - 1);
	assert_int_equal(strlen(read[1].text), JOURNAL_TEXT - 1);
	assert_int_equal(strlen(read[2].text), JOURNAL_TEXT - 2);
}

static void flood(enum journal_kind kind, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		journal_note(kind, "n", "%u", i);
}

static void test_rates(void **state)
{
	size_t count;

	(void)state;
	wait_for_another_second();
	flood(JOURNAL_NEIGHBOUR, JOURNAL_RATE + 70);
	flood(JOURNAL_HEALTH, JOURNAL_RATE + 70);
	journal_note(JOURNAL_LINK, "eth0", "down");
	count = journal_read(0, read, ALL);
	assert_int_equal(count, 2 * JOURNAL_RATE + 70 + 1);
	assert_string_equal(read[JOURNAL_RATE - 1].text, "49");
	wait_for_another_second();
	/* Nothing need follow for the rest to be told. */
	assert_int_equal(journal_last(), count + 1);
	assert_int_equal(journal_read(count, read, ALL), 1);
	assert_int_equal(read[0].kind, JOURNAL_NEIGHBOUR);
	assert_string_equal(read[0].text, "70 more changes within a second");
	flood(JOURNAL_NEIGHBOUR, 1);
	assert_int_equal(journal_last(), count + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_empty, clear),
		cmocka_unit_test_setup(test_kinds_are_numbered_together, clear),
		cmocka_unit_test_setup(test_the_last_thousand_of_a_kind_are_kept, clear),
		cmocka_unit_test_setup(test_hostile_text, clear),
		cmocka_unit_test_setup(test_rates, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
