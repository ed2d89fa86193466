// SPDX-License-Identifier: BSD-2-Clause
/* What becomes of results, of drains that end, and of both while something is in the way. */
#include "upkeep_fixture.h"

#include "base/journal.h"

/* --- results --- */

static void test_a_dead_server_leaves_the_ring_and_comes_back_as_it_was(void **state)
{
	static struct published whole;
	uint32_t id = backend_of(2)->id;

	(void)state;
	result(1, HEALTH_DOWN);
	results(1, HEALTH_UP);
	whole = *ring();
	assert_true(ring_has(id));
	result(2, HEALTH_DOWN);
	assert_int_equal(switches, 1);
	upkeep_run(upkeep);
	assert_int_equal(switches, 2);
	assert_int_equal(state_of(2), DOWN);
	assert_int_equal(words[id].health, HEALTH_DOWN);
	assert_false(ring_has(id));
	upkeep_run(upkeep);
	assert_int_equal(switches, 2);
	results(2, HEALTH_UP);
	assert_int_equal(state_of(2), ACTIVE);
	assert_int_equal(ring()->ring_size, whole.ring_size);
	assert_memory_equal(ring()->ring, whole.ring, sizeof(whole.ring));
}

static void test_many_results_are_one_switch(void **state)
{
	(void)state;
	result(1, HEALTH_DOWN);
	result(2, HEALTH_DOWN);
	results(3, HEALTH_DOWN);
	assert_int_equal(switches, 1);
	assert_int_equal(ring()->ring_size, 0);
}

/* Ten thousand servers that are found well at the start must not build ten thousand rings. */
static void test_a_first_good_result_is_a_word(void **state)
{
	(void)state;
	results(1, HEALTH_UP);
	assert_int_equal(switches, 0);
	assert_int_equal(words[backend_of(1)->id].health, HEALTH_UP);
	assert_int_equal(state_of(1), ACTIVE);
}

/* --- no room --- */

static void test_without_room_the_words_alone(void **state)
{
	(void)state;
	no_room = the_listener()->service;
	results(2, HEALTH_DOWN);
	assert_int_equal(switches, 0);
	assert_int_equal(state_of(2), DOWN);
	/* One more, before it is tried again. */
	results(3, HEALTH_DOWN);
	assert_int_equal(state_of(3), DOWN);
	no_room = 0;
	upkeep_run(upkeep);
	assert_int_equal(switches, 0);
	now_ms += 50;
	upkeep_run(upkeep);
	assert_int_equal(switches, 1);
	assert_false(ring_has(backend_of(2)->id));
	assert_true(ring_has(backend_of(1)->id));
}

/* Its words are then those of before the result, and it can not wait for its turn. */
static void test_a_batch_that_ends_without_room(void **state)
{
	uint32_t id = backend_of(2)->id;

	(void)state;
	no_room = the_listener()->service;
	results(3, HEALTH_DOWN);
	weight_set("i-1", 50);
	results(2, HEALTH_DOWN);
	assert_int_equal(state_of(2), DOWN);
	words[id].state = ACTIVE;
	batch_ends();
	upkeep_run(upkeep);
	assert_int_equal(state_of(2), DOWN);
}

/* --- drains with an end --- */

static void set_drain(struct listener_record *listener)
{
	listener->connection_drain = SWITCH_ON;
	listener->drain_timeout_s = 10;
}

static void drained(void)
{
	listener_alter(set_drain);
	batch_ends();
}

static void test_a_drain_ends(void **state)
{
	(void)state;
	drained();
	results(1, HEALTH_DOWN);
	assert_int_equal(state_of(1), DRAINS);
	assert_true(words[backend_of(1)->id].keep);
	sweep_after(9999);
	assert_int_equal(state_of(1), DRAINS);
	sweep_after(1);
	assert_int_equal(state_of(1), DOWN);
	sweep_after(100000);
	assert_int_equal(state_of(1), DOWN);
	results(1, HEALTH_UP);
	assert_int_equal(state_of(1), ACTIVE);
	/* The next one has all of its time. */
	results(1, HEALTH_DOWN);
	sweep_after(9999);
	assert_int_equal(state_of(1), DRAINS);
	sweep_after(1);
	assert_int_equal(state_of(1), DOWN);
}

static void test_who_comes_back_in_time_is_not_taken_down(void **state)
{
	(void)state;
	drained();
	results(1, HEALTH_DOWN);
	sweep_after(6000);
	results(1, HEALTH_UP);
	sweep_after(6000);
	assert_int_equal(state_of(1), ACTIVE);
	results(1, HEALTH_DOWN);
	sweep_after(6000);
	assert_int_equal(state_of(1), DRAINS);
	sweep_after(4000);
	assert_int_equal(state_of(1), DOWN);
}

/* While the end of the first drain is still to come. */
static void test_a_second_drain_has_all_of_its_time(void **state)
{
	(void)state;
	drained();
	results(1, HEALTH_DOWN);
	sweep_after(6000);
	results(1, HEALTH_UP);
	sweep_after(1000);
	results(1, HEALTH_DOWN);
	sweep_after(9999);
	assert_int_equal(state_of(1), DRAINS);
	sweep_after(1);
	assert_int_equal(state_of(1), DOWN);
}

static void test_removal_and_a_stopped_instance_end_alike(void **state)
{
	(void)state;
	drained();
	assert_int_equal(servers_remove(model, lb_id, "i-1"), 0);
	instance_status("i-2", INSTANCE_STOPPED);
	batch_ends();
	/* Another reason does not begin it anew. */
	sweep_after(5000);
	weight_set("i-3", 1);
	batch_ends();
	sweep_after(5000);
	assert_int_equal(state_of(1), DOWN);
	assert_int_equal(state_of(2), DOWN);
	assert_int_equal(state_of(3), ACTIVE);
}

/* Whoever is cut off at last does not hear of a server that is not there any more. */
static void test_who_is_removed_while_it_is_stopped_stays_down(void **state)
{
	struct error error = { 0 };

	(void)state;
	instance_status("i-1", INSTANCE_STOPPED);
	batch_ends();
	assert_int_equal(servers_remove(model, lb_id, "i-1"), 0);
	assert_int_equal(model_backend_state(model, the_lb(), the_listener(), backend_of(1)), DOWN);
	batch_ends();
	assert_int_equal(model_backend_state(model, the_lb(), the_listener(), backend_of(1)), DOWN);
	/* Back in full, and from there it drains as any other. */
	instance_status("i-1", INSTANCE_RUNNING);
	assert_int_equal(servers_add(model, lb_id, "i-1", &error), 0);
	batch_ends();
	assert_int_equal(model_backend_state(model, the_lb(), the_listener(), backend_of(1)),
			 ACTIVE);
	assert_int_equal(servers_remove(model, lb_id, "i-1"), 0);
	batch_ends();
	assert_int_equal(model_backend_state(model, the_lb(), the_listener(), backend_of(1)),
			 DRAINS);
}

static void set_patient(struct listener_record *listener)
{
	listener->drain_timeout_s = 20;
}

static void test_another_timeout_counts_from_the_same_begin(void **state)
{
	(void)state;
	drained();
	results(1, HEALTH_DOWN);
	listener_alter(set_patient);
	batch_ends();
	sweep_after(19999);
	assert_int_equal(state_of(1), DRAINS);
	sweep_after(1);
	assert_int_equal(state_of(1), DOWN);
}

static void test_weight_zero_has_no_end(void **state)
{
	(void)state;
	drained();
	weight_set("i-1", 0);
	batch_ends();
	sweep_after(1000000);
	assert_int_equal(model_backend_state(model, the_lb(), the_listener(), backend_of(1)),
			 DRAINS);
	assert_int_equal(switches, 0);
}

/* --- all of them --- */

static void test_all_unhealthy(void **state)
{
	uint64_t begin = journal_last();

	(void)state;
	for (int serve = 0; serve < 2; serve++) {
		config.all_unhealthy = serve ? ALL_UNHEALTHY_SERVE : ALL_UNHEALTHY_REJECT;
		result(1, HEALTH_DOWN);
		result(2, HEALTH_DOWN);
		upkeep_run(upkeep);
		assert_string_equal(last_event(begin), "");
		result(3, HEALTH_DOWN);
		upkeep_run(upkeep);
		assert_non_null(strstr(last_event(begin), serve ? "all are served" : "NoBackend"));
		assert_int_equal(state_of(1), serve ? ACTIVE : DOWN);
		assert_int_equal(words[backend_of(1)->id].health, HEALTH_DOWN);
		assert_int_equal(ring_has(backend_of(1)->id), serve);
		begin = journal_last();
		result(2, HEALTH_UP);
		upkeep_run(upkeep);
		assert_non_null(strstr(last_event(begin), "any more"));
		assert_int_equal(state_of(1), DOWN);
		assert_int_equal(state_of(2), ACTIVE);
		assert_int_equal(state_of(3), DOWN);
		result(1, HEALTH_UP);
		result(3, HEALTH_UP);
		upkeep_run(upkeep);
		begin = journal_last();
	}
}

static void test_events_say_who(void **state)
{
	struct journal_entry entry;
	char subject[JOURNAL_SUBJECT];

	(void)state;
	result(2, HEALTH_DOWN);
	assert_int_equal(journal_read(journal_last() - 1, &entry, 1), 1);
	snprintf(subject, sizeof(subject), "%s tcp/80 i-2 10.0.0.2:8080", lb_id);
	assert_string_equal(entry.subject, subject);
	assert_string_equal(entry.text, "down: refused");
	assert_int_equal(entry.kind, JOURNAL_HEALTH);
}

/* --- restart --- */

static void test_a_start_watches_with_what_is_known(void **state)
{
	static const uint8_t ring_key[16];

	(void)state;
	vitals_set_health(&model->vitals, backend_of(1)->id, HEALTH_DOWN);
	vitals_set_health(&model->vitals, backend_of(2)->id, HEALTH_UP);
	upkeep_free(upkeep);
	upkeep = upkeep_new(model, NULL, NULL, ring_key);
	upkeep_follow(upkeep, NULL, the_lb(), true);
	assert_int_equal(probed[backend_of(1)->id].known, HEALTH_DOWN);
	assert_int_equal(probed[backend_of(2)->id].known, HEALTH_UP);
	assert_int_equal(probed[backend_of(3)->id].known, HEALTH_UNKNOWN);
	upkeep_run(upkeep);
	assert_int_equal(switches, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_dead_server_leaves_the_ring_and_comes_back_as_it_was),
		TEST(test_many_results_are_one_switch),
		TEST(test_a_first_good_result_is_a_word),
		TEST(test_without_room_the_words_alone),
		TEST(test_a_batch_that_ends_without_room),
		TEST(test_a_drain_ends),
		TEST(test_who_comes_back_in_time_is_not_taken_down),
		TEST(test_a_second_drain_has_all_of_its_time),
		TEST(test_removal_and_a_stopped_instance_end_alike),
		TEST(test_who_is_removed_while_it_is_stopped_stays_down),
		TEST(test_another_timeout_counts_from_the_same_begin),
		TEST(test_weight_zero_has_no_end),
		TEST(test_all_unhealthy),
		TEST(test_events_say_who),
		TEST(test_a_start_watches_with_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
