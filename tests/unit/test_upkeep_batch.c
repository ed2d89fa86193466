// SPDX-License-Identifier: BSD-2-Clause
/*
 * Results that come in while a batch is judged, prepared or written: what it has staged may yet be
 * undone, and is neither published nor told before its end.
 */
#include "upkeep_fixture.h"

#include "base/journal.h"

/* --- listeners that a batch has, and those that it has not --- */

static void test_others_do_not_wait_for_a_batch(void **state)
{
	char other[RECORD_ID];
	struct error error = { 0 };

	(void)state;
	snprintf(other, sizeof(other), "%s", lb_make(model, "", 0));
	results(2, HEALTH_DOWN);
	assert_int_equal(state_of(2), DOWN);
	assert_int_equal(switches, 1);
	assert_int_equal(servers_add(model, other, "i-1", &error), 0);
	batch_ends();
	assert_int_equal(switches, 1);
}

static void test_its_own_wait_but_get_nothing_new(void **state)
{
	(void)state;
	weight_set("i-1", 50);
	results(2, HEALTH_DOWN);
	assert_int_equal(switches, 0);
	assert_int_equal(state_of(2), DOWN);
	/* A weight or an instance that the disk may yet refuse is not to be seen. */
	weight_set("i-3", 0);
	upkeep_run(upkeep);
	assert_int_equal(state_of(3), ACTIVE);
	batch_ends();
	upkeep_run(upkeep);
	assert_int_equal(switches, 1);
	assert_false(ring_has(backend_of(2)->id));
}

static void test_after_a_batch_that_failed(void **state)
{
	(void)state;
	weight_set("i-1", 50);
	results(2, HEALTH_DOWN);
	results(2, HEALTH_UP);
	assert_int_equal(state_of(2), DOWN);
	model_rollback(model);
	upkeep_run(upkeep);
	assert_int_equal(switches, 1);
	assert_int_equal(state_of(2), ACTIVE);
	assert_true(ring_has(backend_of(2)->id));
}

/* --- instances that a batch changes --- */

static unsigned int told_of(unsigned int last)
{
	return model_backend_state(model, the_lb(), the_listener(), backend_of(last));
}

/* A word that goes down resets the flows of a server that may well go on. */
static void test_who_is_to_stop_goes_on_until_then(void **state)
{
	(void)state;
	instance_status("i-1", INSTANCE_STOPPED);
	result(1, HEALTH_UP);
	assert_int_equal(state_of(1), ACTIVE);
	upkeep_run(upkeep);
	assert_int_equal(state_of(1), ACTIVE);
	assert_int_equal(words[backend_of(1)->id].health, HEALTH_UP);
	assert_int_equal(told_of(1), ACTIVE);
	assert_int_equal(switches, 0);
	batch_ends();
	assert_false(is_watched(1));
	assert_int_equal(told_of(1), DOWN);
	upkeep_run(upkeep);
	assert_int_equal(state_of(1), DOWN);
	assert_false(ring_has(backend_of(1)->id));
}

static void test_who_was_to_stop_goes_on_after_a_failure(void **state)
{
	(void)state;
	instance_status("i-1", INSTANCE_STOPPED);
	results(1, HEALTH_UP);
	model_rollback(model);
	upkeep_run(upkeep);
	assert_int_equal(state_of(1), ACTIVE);
	assert_int_equal(words[backend_of(1)->id].health, HEALTH_UP);
	assert_true(is_watched(1));
	assert_true(ring_has(backend_of(1)->id));
}

/* Between the switch of a large batch and its end, the loop takes turns. */
static void test_who_is_started_stays_up_while_the_batch_is_followed(void **state)
{
	(void)state;
	instance_status("i-1", INSTANCE_STOPPED);
	batch_ends();
	instance_status("i-1", INSTANCE_RUNNING);
	batch_follows();
	assert_true(is_watched(1));
	words[backend_of(1)->id].state = ACTIVE;
	result(1, HEALTH_UP);
	assert_int_equal(state_of(1), ACTIVE);
	model_commit(model);
	upkeep_run(upkeep);
	assert_int_equal(state_of(1), ACTIVE);
	assert_int_equal(words[backend_of(1)->id].health, HEALTH_UP);
	assert_true(ring_has(backend_of(1)->id));
}

static void test_who_is_back_stays_up_while_the_batch_is_followed(void **state)
{
	struct error error = { 0 };

	(void)state;
	instance_status("i-1", INSTANCE_STOPPED);
	batch_ends();
	assert_int_equal(servers_remove(model, lb_id, "i-1"), 0);
	batch_ends();
	instance_status("i-1", INSTANCE_RUNNING);
	assert_int_equal(servers_add(model, lb_id, "i-1", &error), 0);
	batch_follows();
	words[backend_of(1)->id].state = ACTIVE;
	result(1, HEALTH_UP);
	assert_int_equal(state_of(1), ACTIVE);
	model_commit(model);
	upkeep_run(upkeep);
	assert_true(ring_has(backend_of(1)->id));
}

/* The one that is to stop still counts among those that could take traffic. */
static void test_not_all_are_unhealthy_before_its_end(void **state)
{
	uint64_t begin = journal_last();

	(void)state;
	config.all_unhealthy = ALL_UNHEALTHY_SERVE;
	results(1, HEALTH_DOWN);
	instance_status("i-3", INSTANCE_STOPPED);
	results(2, HEALTH_DOWN);
	assert_int_equal(state_of(2), DOWN);
	assert_int_equal(told_of(2), DOWN);
	assert_int_equal(state_of(3), ACTIVE);
	assert_string_equal(last_event(begin), "");
	batch_ends();
	assert_non_null(strstr(last_event(begin), "all are served"));
	upkeep_run(upkeep);
	assert_int_equal(state_of(2), ACTIVE);
	assert_int_equal(state_of(3), DOWN);
}

static void set_drain(struct listener_record *listener)
{
	listener->connection_drain = SWITCH_ON;
	listener->drain_timeout_s = 10;
}

static void test_a_drain_goes_on_though_its_instance_is_to_run(void **state)
{
	(void)state;
	listener_alter(set_drain);
	instance_status("i-1", INSTANCE_STOPPED);
	batch_ends();
	sweep_after(6000);
	instance_status("i-1", INSTANCE_RUNNING);
	results(2, HEALTH_DOWN);
	model_rollback(model);
	upkeep_run(upkeep);
	sweep_after(3999);
	assert_int_equal(state_of(1), DRAINS);
	sweep_after(1);
	assert_int_equal(state_of(1), DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_others_do_not_wait_for_a_batch),
		TEST(test_its_own_wait_but_get_nothing_new),
		TEST(test_after_a_batch_that_failed),
		TEST(test_who_is_to_stop_goes_on_until_then),
		TEST(test_who_was_to_stop_goes_on_after_a_failure),
		TEST(test_who_is_started_stays_up_while_the_batch_is_followed),
		TEST(test_who_is_back_stays_up_while_the_batch_is_followed),
		TEST(test_not_all_are_unhealthy_before_its_end),
		TEST(test_a_drain_goes_on_though_its_instance_is_to_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
