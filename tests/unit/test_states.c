// SPDX-License-Identifier: BSD-2-Clause
/* The state of a backend, as a table; and what is taken over from the last daemon. */
#include "health_fixture.h"

#include "sluice_maps.h"

enum { UNKNOWN = HEALTH_UNKNOWN, UP = HEALTH_UP, DOWN = HEALTH_DOWN };
enum {
	ACTIVE = SLUICE_BACKEND_ACTIVE,
	DRAINS = SLUICE_BACKEND_DRAINING,
	IS_DOWN = SLUICE_BACKEND_DOWN
};

/* What a row does not say: a running member of weight 100, of which nothing is known, in a listener
 * without ConnectionDrain. */
struct rule {
	const char *sentence;
	bool removed, stopped, weightless, drain, expired, unchecked;
	int health;
	unsigned int state;
	bool timed;
};

static const struct rule rules[] = {
	{ "nothing known is usable", .state = ACTIVE },
	{ "up", .health = UP, .state = ACTIVE },
	{ "down", .health = DOWN, .state = IS_DOWN },
	{ "down, to be drained", .health = DOWN, .drain = true, .state = DRAINS, .timed = true },
	{ "down, and the drain is over", .health = DOWN, .drain = true, .expired = true,
	  .state = IS_DOWN, .timed = true },
	{ "up again: an old end of a drain says nothing", .health = UP, .drain = true,
	  .expired = true, .state = ACTIVE },
	{ "what is not checked is usable", .unchecked = true, .health = DOWN, .state = ACTIVE },
	{ "weight 0", .weightless = true, .state = DRAINS },
	{ "weight 0 drains without end", .weightless = true, .drain = true, .state = DRAINS },
	{ "weight 0 and up", .weightless = true, .health = UP, .state = DRAINS },
	{ "weight 0 and down", .weightless = true, .health = DOWN, .state = IS_DOWN },
	{ "weight 0 and down, to be drained", .weightless = true, .health = DOWN, .drain = true,
	  .state = DRAINS, .timed = true },
	{ "its instance does not run", .stopped = true, .state = IS_DOWN },
	{ "… to be drained", .stopped = true, .drain = true, .state = DRAINS, .timed = true },
	{ "… and the drain is over", .stopped = true, .drain = true, .expired = true,
	  .state = IS_DOWN, .timed = true },
	{ "… whatever was known before", .stopped = true, .health = UP, .state = IS_DOWN },
	{ "removed", .removed = true, .state = DRAINS },
	{ "removed, with an end", .removed = true, .drain = true, .state = DRAINS, .timed = true },
	{ "removed, and that end has come", .removed = true, .drain = true, .expired = true,
	  .state = IS_DOWN, .timed = true },
	{ "removed without an end: one that once was says nothing", .removed = true,
	  .expired = true, .state = DRAINS },
	{ "removed while it was down: stays down", .removed = true, .health = DOWN,
	  .state = IS_DOWN },
	{ "removed while it was down, to be drained", .removed = true, .health = DOWN,
	  .drain = true, .state = DRAINS, .timed = true },
};

static const struct rule *current;

static void set_listener(struct listener_record *listener)
{
	listener->connection_drain = current->drain ? SWITCH_ON : SWITCH_OFF;
	listener->drain_timeout_s = current->drain ? 10 : 0;
	listener->health.enabled = current->unchecked ? SWITCH_OFF : SWITCH_ON;
}

static void make(const struct rule *rule)
{
	uint32_t id = backend_of(1)->id;

	current = rule;
	listener_alter(set_listener);
	model_commit(model);
	if (rule->weightless)
		weight_set("i-1", 0);
	if (rule->stopped)
		instance_status("i-1", INSTANCE_STOPPED);
	if (rule->removed)
		assert_int_equal(servers_remove(model, lb_id, "i-1"), 0);
	model_commit(model);
	vitals_set_health(&model->vitals, id, (enum health_state)rule->health);
	vitals_set_expired(&model->vitals, id, rule->expired);
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct backend_view view;

		checked_setup(NULL);
		make(&rules[i]);
		model_backend_view(model, MODEL_COMMITTED, the_lb(), the_listener(), backend_of(1),
				   false, &view);
		if (view.state != rules[i].state || view.timed != rules[i].timed)
			fail_msg("%s: state %u, timed %d", rules[i].sentence, view.state,
				 view.timed);
		assert_int_equal(model_backend_state(model, the_lb(), the_listener(),
						     backend_of(1)),
				 view.state);
		assert_int_equal(model_backend_state(model, the_lb(), the_listener(),
						     backend_of(2)),
				 ACTIVE);
		checked_teardown(NULL);
	}
}

/* A protocol has no say in it. */
static void set_udp(struct listener_record *listener)
{
	listener->health.enabled = SWITCH_ON;
	listener->connection_drain = SWITCH_ON;
	listener->drain_timeout_s = 10;
	listener->protocol = PROTOCOL_UDP;
}

static void test_udp_alike(void **state)
{
	struct backend_view view;

	(void)state;
	listener_alter(set_udp);
	model_commit(model);
	vitals_set_health(&model->vitals, backend_of(1)->id, HEALTH_DOWN);
	model_backend_view(model, MODEL_COMMITTED, the_lb(),
			   lb_listener(the_lb(), PROTOCOL_UDP, 80), backend_of(1), false, &view);
	assert_int_equal(view.state, DRAINS);
	assert_true(view.timed);
}

/* --- all of them --- */

static void all_down(void)
{
	for (unsigned int last = 1; last <= 3; last++)
		vitals_set_health(&model->vitals, backend_of(last)->id, HEALTH_DOWN);
}

static unsigned int state_of(unsigned int last)
{
	return model_backend_state(model, the_lb(), the_listener(), backend_of(last));
}

static void test_all_unhealthy_is_rejected(void **state)
{
	(void)state;
	all_down();
	assert_true(model_all_unhealthy(model, MODEL_COMMITTED, the_lb(), the_listener()));
	assert_false(model_serves_all(model, MODEL_COMMITTED, the_lb(), the_listener()));
	assert_int_equal(state_of(1), IS_DOWN);
	vitals_set_health(&model->vitals, backend_of(2)->id, HEALTH_UP);
	assert_false(model_all_unhealthy(model, MODEL_COMMITTED, the_lb(), the_listener()));
}

static void test_all_unhealthy_is_served(void **state)
{
	(void)state;
	config.all_unhealthy = ALL_UNHEALTHY_SERVE;
	weight_set("i-2", 0);
	model_commit(model);
	all_down();
	assert_int_equal(state_of(1), ACTIVE);
	/* Weight 0 is what the operator wants, healthy or not. */
	assert_int_equal(state_of(2), IS_DOWN);
	instance_status("i-3", INSTANCE_STOPPED);
	model_commit(model);
	assert_int_equal(state_of(1), ACTIVE);
	assert_int_equal(state_of(3), IS_DOWN);
	/* One is up: the others are down again. */
	instance_status("i-3", INSTANCE_RUNNING);
	model_commit(model);
	vitals_set_health(&model->vitals, backend_of(3)->id, HEALTH_UP);
	assert_int_equal(state_of(1), IS_DOWN);
	assert_int_equal(state_of(3), ACTIVE);
}

static void test_who_does_not_count_for_all(void **state)
{
	(void)state;
	/* Nobody who could take traffic: that is not what checks say. */
	weight_set("i-1", 0);
	weight_set("i-2", 0);
	weight_set("i-3", 0);
	model_commit(model);
	all_down();
	assert_false(model_all_unhealthy(model, MODEL_COMMITTED, the_lb(), the_listener()));
	/* The one of which nothing is known is usable. */
	weight_set("i-1", 100);
	weight_set("i-2", 100);
	model_commit(model);
	assert_true(model_all_unhealthy(model, MODEL_COMMITTED, the_lb(), the_listener()));
	vitals_set_health(&model->vitals, backend_of(1)->id, HEALTH_UNKNOWN);
	assert_false(model_all_unhealthy(model, MODEL_COMMITTED, the_lb(), the_listener()));
}

/* --- restart --- */

static struct backend_known known[PROBED];

static struct backend_known tell_known(void *arg, uint32_t backend)
{
	(void)arg;
	return backend < PROBED ? known[backend] : (struct backend_known){ 0 };
}

static void set_drain(struct listener_record *listener)
{
	listener->connection_drain = SWITCH_ON;
	listener->drain_timeout_s = 10;
}

static void test_a_restart_takes_over_what_was_known(void **state)
{
	struct model *first = model;

	(void)state;
	listener_alter(set_drain);
	model_commit(model);
	for (unsigned int last = 1; last <= 3; last++)
		known[backend_of(last)->id].generation = backend_of(last)->generation;
	known[backend_of(1)->id].health = HEALTH_DOWN;
	known[backend_of(1)->id].down = true;
	known[backend_of(2)->id].health = HEALTH_DOWN;
	known[backend_of(3)->id].health = HEALTH_UP;
	model = model_reloaded(first);
	model_recall(model, tell_known, NULL);
	assert_int_equal(state_of(1), IS_DOWN); /* its drain was over */
	assert_int_equal(state_of(2), DRAINS);
	assert_int_equal(state_of(3), ACTIVE);
	model_free(model);
	/* What is said of another generation is not of this one. */
	model = first;
	known[backend_of(1)->id].generation++;
	model = model_reloaded(first);
	model_recall(model, tell_known, NULL);
	assert_int_equal(state_of(1), ACTIVE);
	model_free(model);
	model = first;
}

/* An id that is given out again begins as unknown. */
static void test_an_id_given_out_again_is_unknown(void **state)
{
	uint32_t id = backend_of(3)->id;
	struct error error = { 0 };

	(void)state;
	all_down();
	vitals_set_expired(&model->vitals, id, true);
	assert_int_equal(servers_remove(model, lb_id, "i-3"), 0);
	model_commit(model);
	assert_int_equal(model_release_backend(model, lb_id, PROTOCOL_TCP, 80, id), 0);
	model_commit(model);
	model_free_backend(model, id);
	assert_int_equal(servers_add(model, lb_id, "i-3", &error), 0);
	model_commit(model);
	assert_int_equal(backend_of(3)->id, id);
	assert_int_equal(vitals_health(&model->vitals, id), HEALTH_UNKNOWN);
	assert_false(vitals_expired(&model->vitals, id));
	assert_int_equal(state_of(3), ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test_setup_teardown(test_udp_alike, checked_setup, checked_teardown),
		cmocka_unit_test_setup_teardown(test_all_unhealthy_is_rejected, checked_setup,
						checked_teardown),
		cmocka_unit_test_setup_teardown(test_all_unhealthy_is_served, checked_setup,
						checked_teardown),
		cmocka_unit_test_setup_teardown(test_who_does_not_count_for_all, checked_setup,
						checked_teardown),
		cmocka_unit_test_setup_teardown(test_a_restart_takes_over_what_was_known,
						checked_setup, checked_teardown),
		cmocka_unit_test_setup_teardown(test_an_id_given_out_again_is_unknown,
						checked_setup, checked_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
