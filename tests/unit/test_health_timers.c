// SPDX-License-Identifier: BSD-2-Clause
/* Timers and tables of the prober: random operations, held against a plain list. */
#include "health/table.h"
#include "health/timers.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define COUNT 2000
#define OPERATIONS 20000
#define WITHIN_MS 300

struct alarm {
	struct timer timer; /* first */
	int64_t at_ms;
	bool set;
};

static struct {
	struct timers timers;
	struct alarm alarms[COUNT];
	size_t rung;
	int64_t last_ms, latest_ms;
} world;

static void on_ring(struct timer *timer)
{
	struct alarm *alarm = (struct alarm *)timer;
	int64_t now = timers_now();

	assert_true(alarm->set);
	assert_true(alarm->at_ms <= now);
	assert_true(alarm->at_ms >= world.last_ms);
	world.last_ms = alarm->at_ms;
	if (now - alarm->at_ms > world.latest_ms)
		world.latest_ms = now - alarm->at_ms;
	alarm->set = false;
	world.rung++;
}

static size_t churn(int64_t now)
{
	size_t set = 0;

	for (size_t i = 0; i < OPERATIONS; i++) {
		struct alarm *alarm = &world.alarms[random() % COUNT];

		alarm->set = random() % 3;
		alarm->at_ms = now + random() % WITHIN_MS;
		if (alarm->set)
			timers_set(&world.timers, &alarm->timer, alarm->at_ms);
		else
			timers_cancel(&world.timers, &alarm->timer);
	}
	for (size_t i = 0; i < COUNT; i++)
		set += world.alarms[i].set;
	return set;
}

static void test_timers(void **state)
{
	struct event_base *base = event_base_new();
	size_t set;

	(void)state;
	assert_non_null(base);
	assert_int_equal(timers_open(&world.timers, base), 0);
	for (size_t i = 0; i < COUNT; i++)
		world.alarms[i].timer.run = on_ring;
	set = churn(timers_now());
	/* The loop ends by itself: nothing but these timers keeps it. */
	event_base_dispatch(base);
	assert_int_equal(world.rung, set);
	assert_int_equal(world.timers.count, 0);
	print_message("%zu rang, the latest %d ms after its time\n", set, (int)world.latest_ms);
	timers_close(&world.timers);
	event_base_free(base);
}

struct entry {
	struct table_link link; /* first */
	bool in;
};

static void on_drained(struct table_link *link, void *arg)
{
	struct entry *entry = (struct entry *)link;

	assert_true(entry->in);
	entry->in = false;
	++*(size_t *)arg;
}

static bool finds(const struct table *table, const struct entry *entry, uint64_t hash)
{
	struct table_link *link = table_first(table, hash);

	while (link && link != &entry->link)
		link = table_next(link);
	return link;
}

/* Three entries to a hash. */
static void test_table(void **state)
{
	static struct entry entries[COUNT];
	struct table table = { 0 };
	size_t in = 0, drained = 0;

	(void)state;
	for (size_t i = 0; i < OPERATIONS; i++) {
		size_t number = (size_t)random() % COUNT;
		struct entry *entry = &entries[number];
		uint64_t hash = table_mix(number / 3);

		assert_int_equal(finds(&table, entry, hash), entry->in);
		/* First it fills, then it empties, so that it grows and shrinks. */
		if (entry->in && (i > OPERATIONS / 2 || !(random() % 4)))
			table_remove(&table, &entry->link);
		else if (!entry->in && (i < OPERATIONS / 2 || !(random() % 16)))
			table_insert(&table, &entry->link, hash);
		else
			continue;
		entry->in = !entry->in;
		in = entry->in ? in + 1 : in - 1;
		assert_int_equal(table.count, in);
		assert_true(table.size <= 16 || table.size <= 16 * in);
	}
	assert_true(in > 0);
	table_drain(&table, on_drained, &drained);
	assert_int_equal(drained, in);
	assert_int_equal(table.count, 0);
	table_close(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_table),
	};
	unsigned int seed = (unsigned int)time(NULL);

	printf("seed %u\n", seed);
	srandom(seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
