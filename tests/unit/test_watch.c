// SPDX-License-Identifier: BSD-2-Clause
/* Which backends are watched, and with what check. */
#include "upkeep_fixture.h"

static void test_members_are_watched_with_the_listeners_check(void **state)
{
	const struct probed *it = &probed[backend_of(2)->id];
	struct address address = address_of("10.0.0.2");

	(void)state;
	assert_true(is_watched(1) && is_watched(2) && is_watched(3));
	assert_int_equal(it->times, 1);
	assert_int_equal(it->known, HEALTH_UNKNOWN);
	assert_int_equal(it->check.type, HEALTH_TCP);
	assert_true(address_equal(&it->check.address, &address));
	assert_int_equal(it->check.port, 8080);
	assert_int_equal(it->check.interval_s, 2);
	assert_int_equal(it->check.timeout_s, 5);
	assert_string_equal(it->host, "");
}

static void set_http(struct listener_record *listener)
{
	listener->health.type = HEALTH_HTTP;
	listener->health.port = 81;
	snprintf(listener->health.domain, sizeof(listener->health.domain), "example.com");
}

static void test_a_new_check_is_told_with_what_is_known(void **state)
{
	const struct probed *it = &probed[backend_of(1)->id];

	(void)state;
	result(1, HEALTH_DOWN);
	listener_alter(set_http);
	batch_ends();
	assert_int_equal(it->times, 2);
	assert_int_equal(it->known, HEALTH_DOWN);
	assert_int_equal(it->check.type, HEALTH_HTTP);
	assert_int_equal(it->check.port, 81);
	assert_string_equal(it->host, "example.com");
	/* And what has nothing to do with checks leaves them alone. */
	weight_set("i-1", 7);
	batch_ends();
	assert_int_equal(it->times, 2);
}

static void test_a_udp_listener_has_udp_checks(void **state)
{
	struct listener_record wanted = { .protocol = PROTOCOL_UDP,
					  .port = 53,
					  .backend_port = 8053,
					  .health = { .enabled = SWITCH_ON } };
	struct listener_key key = {
		.region = REGION, .lb_id = lb_id, .protocol = PROTOCOL_UDP, .port = 53
	};
	const struct listener_record *listener;
	const struct health_check *check;
	struct error error = { 0 };

	(void)state;
	snprintf(wanted.lb_id, sizeof(wanted.lb_id), "%s", lb_id);
	assert_int_equal(model_create_listener(model, REGION, &wanted, &error), 0);
	assert_int_equal(model_set_listener_status(model, &key, LISTENER_RUNNING, &error), 0);
	batch_ends();
	listener = lb_listener(the_lb(), PROTOCOL_UDP, 53);
	check = &probed[listener->backends[0].id].check;
	assert_true(probed[listener->backends[0].id].watched);
	assert_int_equal(check->type, HEALTH_UDP);
	assert_int_equal(check->port, 8053);
	assert_true(check->interval_s && check->timeout_s && check->rise && check->fall);
}

static void test_weight_zero_is_watched(void **state)
{
	(void)state;
	weight_set("i-1", 0);
	batch_ends();
	assert_true(is_watched(1));
}

static void test_a_removed_one_is_not_and_stays_down(void **state)
{
	uint32_t id = backend_of(1)->id;
	struct error error = { 0 };

	(void)state;
	result(1, HEALTH_DOWN);
	assert_int_equal(servers_remove(model, lb_id, "i-1"), 0);
	batch_ends();
	assert_false(probed[id].watched);
	assert_int_equal(known_of(1), HEALTH_DOWN);
	assert_int_equal(servers_add(model, lb_id, "i-1", &error), 0);
	batch_ends();
	assert_true(probed[id].watched);
	assert_int_equal(probed[id].known, HEALTH_DOWN);
}

static void test_a_stopped_instance_is_not_and_begins_anew(void **state)
{
	(void)state;
	result(1, HEALTH_DOWN);
	instance_status("i-1", INSTANCE_STOPPED);
	batch_ends();
	assert_false(is_watched(1));
	assert_true(is_watched(2));
	assert_int_equal(probed[backend_of(2)->id].times, 1);
	instance_status("i-1", INSTANCE_RUNNING);
	batch_ends();
	assert_true(is_watched(1));
	assert_int_equal(probed[backend_of(1)->id].known, HEALTH_UNKNOWN);
}

static void test_a_stopped_listener_has_no_checks(void **state)
{
	(void)state;
	result(1, HEALTH_DOWN);
	listener_status(LISTENER_STOPPED);
	batch_ends();
	assert_false(is_watched(1) || is_watched(2) || is_watched(3));
	listener_status(LISTENER_RUNNING);
	batch_ends();
	assert_true(is_watched(1) && is_watched(2) && is_watched(3));
	assert_int_equal(probed[backend_of(1)->id].known, HEALTH_UNKNOWN);
}

static void set_unchecked(struct listener_record *listener)
{
	listener->health.enabled = SWITCH_OFF;
}

static void test_without_checks_all_are_usable(void **state)
{
	(void)state;
	result(1, HEALTH_DOWN);
	listener_alter(set_unchecked);
	batch_ends();
	assert_false(is_watched(1) || is_watched(2));
	assert_int_equal(known_of(1), HEALTH_UNKNOWN);
	assert_int_equal(model_backend_state(model, the_lb(), the_listener(), backend_of(1)),
			 ACTIVE);
	/* A result that was on its way says nothing any more. */
	result(1, HEALTH_DOWN);
	upkeep_run(upkeep);
	assert_int_equal(known_of(1), HEALTH_UNKNOWN);
}

static void set_checked(struct listener_record *listener)
{
	listener->health.enabled = SWITCH_ON;
}

/* What was known when it was removed is old by the time that somebody looks again. */
static void test_who_comes_back_without_checks_begins_anew(void **state)
{
	struct error error = { 0 };

	(void)state;
	result(1, HEALTH_DOWN);
	assert_int_equal(servers_remove(model, lb_id, "i-1"), 0);
	batch_ends();
	listener_alter(set_unchecked);
	batch_ends();
	assert_int_equal(servers_add(model, lb_id, "i-1", &error), 0);
	batch_ends();
	assert_int_equal(model_backend_state(model, the_lb(), the_listener(), backend_of(1)),
			 ACTIVE);
	listener_alter(set_checked);
	batch_ends();
	assert_int_equal(probed[backend_of(1)->id].known, HEALTH_UNKNOWN);
	assert_int_equal(model_backend_state(model, the_lb(), the_listener(), backend_of(1)),
			 ACTIVE);
}

static void test_a_deleted_listener_is_forgotten(void **state)
{
	uint32_t id = backend_of(1)->id;
	struct error error = { 0 };

	(void)state;
	result(1, HEALTH_DOWN);
	assert_int_equal(model_delete_lb(model, REGION, lb_id, &error), 0);
	batch_ends();
	assert_false(probed[id].watched);
	upkeep_run(upkeep);
	assert_int_equal(published[1].times, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_members_are_watched_with_the_listeners_check),
		TEST(test_a_new_check_is_told_with_what_is_known),
		TEST(test_a_udp_listener_has_udp_checks),
		TEST(test_weight_zero_is_watched),
		TEST(test_a_removed_one_is_not_and_stays_down),
		TEST(test_a_stopped_instance_is_not_and_begins_anew),
		TEST(test_a_stopped_listener_has_no_checks),
		TEST(test_without_checks_all_are_usable),
		TEST(test_who_comes_back_without_checks_begins_anew),
		TEST(test_a_deleted_listener_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
