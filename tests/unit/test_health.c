// SPDX-License-Identifier: BSD-2-Clause
/*
 * States, thresholds, sharing, pace and bounds of health checks, with real servers on loopback and
 * seconds of SECOND_MS.
 */
#include "health/health.h"

#include "base/choice.h"
#include "health/timers.h"
#include "health_servers.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OK "HTTP/1.1 200 OK\r\n\r\n"
#define BAD "HTTP/1.1 500 no\r\n\r\n"

static struct world world;

static struct health_check http_of(const struct server *server, uint16_t interval_s,
				   uint16_t timeout_s)
{
	struct health_check check = check_of(server, interval_s, timeout_s);

	check.type = HEALTH_HTTP;
	return check;
}

static struct health_report report_of(uint32_t backend)
{
	struct health_report report;

	assert_true(health_report(world.health, backend, &report));
	return report;
}

static struct health_status status_now(void)
{
	struct health_status status;

	health_status(world.health, &status);
	return status;
}

/* --- thresholds --- */

/* What was known of it lets it take `wanted` results in a row the other way, no fewer, no more. */
static void expect_after(struct server *server, enum health_state known, const char *reply,
			 enum health_state state, unsigned int wanted)
{
	struct health_check check = http_of(server, 1, 3);
	unsigned int failures = state == HEALTH_DOWN ? wanted : 0;

	server->reply = reply;
	world.count = 0;
	health_watch(world.health, 7, &check, known);
	assert_int_equal(report_of(7).state, known);
	assert_int_equal(report_of(7).changed_ms, 0);
	assert_string_equal(report_of(7).reason, "");
	world_run(&world, 1, 30 * SECOND_MS);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.told[0].backend, 7);
	assert_int_equal(world.told[0].state, state);
	assert_int_equal(report_of(7).checks, wanted);
	assert_int_equal(report_of(7).failures, failures);
	assert_int_equal(status_now().down, state == HEALTH_DOWN);
	/* It stays so, and is not told again. */
	world_run(&world, 2, 5 * SECOND_MS);
	assert_int_equal(world.count, 1);
	health_forget(world.health, 7);
	assert_false(health_report(world.health, 7, &(struct health_report){ 0 }));
	assert_int_equal(status_now().down, 0);
}

static void test_thresholds(void **state)
{
	struct server server = { .reply = OK };

	(void)state;
	world_open(&world, 10);
	server_open(&world, &server);
	expect_after(&server, HEALTH_UNKNOWN, OK, HEALTH_UP, 1);
	expect_after(&server, HEALTH_UNKNOWN, BAD, HEALTH_DOWN, 1);
	expect_after(&server, HEALTH_UP, BAD, HEALTH_DOWN, 3);
	expect_after(&server, HEALTH_DOWN, OK, HEALTH_UP, 2);
	world_close(&world);
	server_close(&server);
}

/* Two bad ones and a good one, over and over: with a threshold of three nothing happens. */
static void test_edge(void **state)
{
	struct server server = { .reply = OK };
	struct health_check check;
	unsigned int seen = 0;

	(void)state;
	world_open(&world, 10);
	server_open(&world, &server);
	check = http_of(&server, 1, 3);
	health_watch(world.health, 1, &check, HEALTH_UP);
	while (seen < 12) {
		server.reply = seen % 3 == 2 ? OK : BAD;
		world_run(&world, 1, 2);
		if (server.requests > seen)
			seen = server.requests;
	}
	assert_int_equal(world.count, 0);
	assert_true(report_of(1).failures >= 6);
	/* One bad one more is one too many. */
	server.reply = BAD;
	world_run(&world, 1, 5 * SECOND_MS);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.told[0].state, HEALTH_DOWN);
	assert_string_equal(world.told[0].reason, "HTTP 500");
	world_close(&world);
	server_close(&server);
}

/* --- sharing and changing --- */

static void test_equal_checks_are_one(void **state)
{
	struct server server = { .reply = OK };
	struct health_check check, other;
	char again[] = "/";

	(void)state;
	world_open(&world, 10);
	server_open(&world, &server);
	check = other = http_of(&server, 1, 3);
	other.uri = again;
	health_watch(world.health, 1, &check, HEALTH_UNKNOWN);
	health_watch(world.health, 0xfffff, &other, HEALTH_UNKNOWN);
	other.uri = "/other";
	health_watch(world.health, 3, &other, HEALTH_UNKNOWN);
	/* What does not count for TCP makes no difference. */
	check.type = other.type = HEALTH_TCP;
	health_watch(world.health, 4, &check, HEALTH_UNKNOWN);
	health_watch(world.health, 5, &other, HEALTH_UNKNOWN);
	assert_int_equal(status_now().watched, 5);
	assert_int_equal(status_now().checks, 3);
	world_run(&world, 5, 1000);
	assert_int_equal(world.count, 5);
	world_run(&world, 6, 6 * SECOND_MS);
	assert_int_equal(report_of(1).checks, report_of(0xfffff).checks);
	assert_true(server.requests <= report_of(1).checks + report_of(3).checks + 2);
	health_forget(world.health, 1);
	health_forget(world.health, 4);
	health_forget(world.health, 4);
	assert_int_equal(status_now().checks, 3);
	health_forget(world.health, 0xfffff);
	assert_int_equal(status_now().checks, 2);
	world_close(&world);
	server_close(&server);
}

/* A second backend joins while the only probe that may fly is out: its end is not the second's. */
static void test_result_of_before(void **state)
{
	struct server server = { 0 };
	struct health_check check;

	(void)state;
	world_open(&world, 10);
	server_open(&world, &server);
	check = http_of(&server, 1, 4);
	check.fall = check.rise = 1;
	health_watch(world.health, 1, &check, HEALTH_UP);
	world_run(&world, 1, SECOND_MS);
	assert_int_equal(status_now().in_flight, 1);
	health_watch(world.health, 2, &check, HEALTH_UNKNOWN);
	world_run(&world, 1, 10 * SECOND_MS);
	assert_int_equal(world.told[0].backend, 1);
	assert_string_equal(world.told[0].reason, "timed out after 4 s");
	assert_int_equal(report_of(2).checks, 0);
	server.reply = OK;
	world_run(&world, 3, 10 * SECOND_MS);
	assert_int_equal(world.count, 3);
	assert_int_equal(report_of(2).failures, 0);
	assert_int_equal(report_of(2).state, HEALTH_UP);
	world_close(&world);
	server_close(&server);
}

/* Checked otherwise: what is known stays, the row begins anew, and what is out counts no more. */
static void test_change(void **state)
{
	struct server good = { .reply = OK }, bad = { .reply = BAD }, hangs = { 0 };
	struct health_check check;
	uint64_t before;

	(void)state;
	world_open(&world, 10);
	server_open(&world, &good);
	server_open(&world, &bad);
	server_open(&world, &hangs);
	check = http_of(&bad, 1, 3);
	health_watch(world.health, 1, &check, HEALTH_UP);
	while (report_of(1).failures < 2)
		world_run(&world, 1, 2);
	assert_int_equal(world.count, 0);
	check = http_of(&hangs, 1, 30);
	health_watch(world.health, 1, &check, HEALTH_DOWN);
	assert_int_equal(report_of(1).state, HEALTH_UP);
	while (!hangs.requests)
		world_run(&world, 1, 2);
	check = http_of(&good, 1, 3);
	health_watch(world.health, 1, &check, HEALTH_DOWN);
	assert_int_equal(status_now().in_flight, 0);
	check = http_of(&bad, 2, 3);
	health_watch(world.health, 1, &check, HEALTH_DOWN);
	before = report_of(1).failures;
	/* The same once more changes nothing, in the midst of a row. */
	while (report_of(1).failures < before + 1)
		world_run(&world, 1, 2);
	health_watch(world.health, 1, &check, HEALTH_UP);
	world_run(&world, 1, 20 * SECOND_MS);
	assert_int_equal(world.count, 1);
	assert_int_equal(report_of(1).failures, before + 3);
	world_close(&world);
	server_close(&good);
	server_close(&bad);
	server_close(&hangs);
}

/* --- being told --- */

static struct health_check meanwhile_check;

static void forget_all_but(struct world *told_world, const struct told *told)
{
	for (uint32_t i = 1; i <= 20; i++) {
		if (i != told->backend || i % 2)
			health_forget(told_world->health, i);
	}
	health_watch(told_world->health, 100, &meanwhile_check, HEALTH_UP);
	health_watch(told_world->health, 101, &meanwhile_check, HEALTH_UNKNOWN);
	told_world->meanwhile = NULL;
}

/* Twenty change in one turn; who is told of the first forgets them all, and watches others. */
static void test_forget_while_told(void **state)
{
	struct server server = { .way = WAY_REFUSE }, good = { .reply = OK };
	struct health_check check;

	(void)state;
	world_open(&world, 10);
	server_open(&world, &server);
	server_open(&world, &good);
	check = check_of(&server, 1, 3);
	meanwhile_check = http_of(&good, 1, 3);
	for (uint32_t i = 1; i <= 20; i++)
		health_watch(world.health, i, &check, HEALTH_UNKNOWN);
	/* Refused at once: but not from within the call. */
	assert_int_equal(world.count, 0);
	world.meanwhile = forget_all_but;
	world_run(&world, 2, 20 * SECOND_MS);
	assert_int_equal(world.count, 2);
	assert_int_equal(world.told[0].state, HEALTH_DOWN);
	assert_int_equal(world.told[1].backend, 101);
	assert_int_equal(world.told[1].state, HEALTH_UP);
	assert_int_equal(status_now().watched, world.told[0].backend % 2 ? 2 : 3);
	world_close(&world);
	server_close(&server);
	server_close(&good);
}

/* --- pace and bounds --- */

/* A server that hangs is found out after interval × fall + timeout, not timeout × fall. */
static void test_overlap(void **state)
{
	struct server server = { 0 };
	struct health_check check;
	int64_t began = timers_now(), took;

	(void)state;
	world_open(&world, 100);
	server_open(&world, &server);
	check = http_of(&server, 1, 8);
	health_watch(world.health, 1, &check, HEALTH_UP);
	world_run(&world, 1, 40 * SECOND_MS);
	assert_int_equal(world.count, 1);
	took = world.told[0].at_ms - began;
	print_message("found out after %.1f s\n", (double)took / SECOND_MS);
	assert_true(took >= 8 * SECOND_MS);
	assert_true(took <= (3 + 8 + 1) * SECOND_MS);
	world_run(&world, 2, 20 * SECOND_MS);
	assert_int_equal(world.most_in_flight, 3);
	world_close(&world);
	server_close(&server);
}

#define HANGING 40
#define GOOD 20
#define PLACES 50

static uint64_t fewest_checks(uint32_t first, uint32_t count)
{
	uint64_t fewest = UINT64_MAX;

	for (uint32_t i = first; i < first + count; i++) {
		if (report_of(i).checks < fewest)
			fewest = report_of(i).checks;
	}
	return fewest;
}

/* Many that hang take no more than half of the places twice; all others stay on time. */
static void test_hanging_delay_no_others(void **state)
{
	struct server hanging[HANGING] = { 0 }, good = { .reply = OK };
	struct health_check check;
	unsigned int patience = 40;

	(void)state;
	world_open(&world, PLACES);
	server_open(&world, &good);
	for (uint32_t i = 0; i < HANGING; i++) {
		server_open(&world, &hanging[i]);
		check = http_of(&hanging[i], 1, 30);
		health_watch(world.health, i, &check, HEALTH_UP);
	}
	world_run(&world, 1, 3 * SECOND_MS);
	for (uint32_t i = 0; i < GOOD; i++) {
		check = http_of(&good, 1, 3);
		check.uri = (const char *[]){ "/a", "/b", "/c", "/d" }[i % 4];
		check.rise = (uint8_t)(i / 4 + 2);
		health_watch(world.health, 1000 + i, &check, HEALTH_UNKNOWN);
	}
	world.held_up_ms = 0;
	world_run(&world, GOOD, 40 * SECOND_MS);
	assert_int_equal(world.count, GOOD);
	while (fewest_checks(1000, GOOD) < 10 && patience--)
		world_run(&world, GOOD + 1, SECOND_MS);
	assert_true(fewest_checks(1000, GOOD) >= 10);
	assert_true(world.most_in_flight >= HANGING && world.most_in_flight <= PLACES);
	/* The first who hangs leaves its place after 30 seconds. This process may not have been run. */
	print_message("the latest after %u ms, held up for %u ms\n", status_now().latest_ms,
		      world.held_up_ms);
	assert_true(status_now().latest_ms < SECOND_MS + 2 * world.held_up_ms);
	world_close(&world);
	server_close(&good);
	for (uint32_t i = 0; i < HANGING; i++)
		server_close(&hanging[i]);
}

/* With fewer places than are needed all take their turn, and it is counted that they are late. */
static void test_places(void **state)
{
	struct server hanging[8] = { 0 };
	struct health_check check;

	(void)state;
	world_open(&world, 2);
	for (uint32_t i = 0; i < 8; i++) {
		server_open(&world, &hanging[i]);
		check = http_of(&hanging[i], 1, 4);
		health_watch(world.health, i, &check, HEALTH_UNKNOWN);
	}
	world_run(&world, 8, 40 * SECOND_MS);
	assert_int_equal(world.count, 8);
	assert_int_equal(world.most_in_flight, 2);
	assert_true(status_now().late >= 2);
	assert_true(status_now().latest_ms >= 500);
	/* One that is forgotten leaves its place to the next. */
	for (uint32_t i = 0; i < 7; i++)
		health_forget(world.health, i);
	world_run(&world, 9, 2 * SECOND_MS);
	assert_int_equal(status_now().in_flight, 1);
	world_close(&world);
	for (uint32_t i = 0; i < 8; i++)
		server_close(&hanging[i]);
}

#define MANY 1000

/* A thousand begin within 200 ms, one after the other, and then come evenly over the interval. */
static void test_spread(void **state)
{
	struct server server = { 0 };
	struct health_check check;
	uint64_t before, last, part, most = 0;
	int64_t began;

	(void)state;
	world_open(&world, 2 * MANY);
	server_open(&world, &server);
	check = check_of(&server, 20, 30);
	began = timers_now();
	for (uint32_t i = 0; i < MANY; i++) {
		check.address.bytes[2] = (uint8_t)(1 + i / 100);
		check.address.bytes[3] = (uint8_t)(1 + i % 100);
		health_watch(world.health, i, &check, HEALTH_UNKNOWN);
	}
	world_run(&world, 100, 1000);
	assert_true(timers_now() - began < 100);
	world_run(&world, MANY, 1000);
	assert_int_equal(world.count, MANY);
	print_message("%d after %d ms\n", MANY, (int)(world.told[MANY - 1].at_ms - began));
	assert_true(world.told[MANY - 1].at_ms - began < 400);
	assert_true(world.told[MANY - 1].at_ms - world.told[0].at_ms > 120);
	before = status_now().probes;
	for (size_t i = 0; i < 5; i++) {
		last = status_now().probes;
		world_run(&world, MANY + 1, 4 * SECOND_MS);
		part = status_now().probes - last;
		most = part > most ? part : most;
	}
	/* One interval has passed: about all of them, and about a fifth in each fifth. */
	assert_true(status_now().probes - before > MANY * 8 / 10);
	assert_true(status_now().probes - before < MANY * 12 / 10);
	assert_true(most < MANY * 3 / 10);
	assert_int_equal(world.count, MANY);
	world_close(&world);
	server_close(&server);
}

/* While thousands wait for their first probe, one more that shares a check puts it off no further. */
static void test_a_newcomer_delays_nobody(void **state)
{
	enum { CHECKS = 16, CROWD = 2400, INTERVAL = 10 };
	struct server server = { .way = WAY_REFUSE };
	struct health_check check;
	uint64_t probes = 0;

	(void)state;
	world_open(&world, 100);
	server_open(&world, &server);
	check = check_of(&server, INTERVAL, 1);
	for (uint32_t i = 0; i < CHECKS; i++) {
		check.address.bytes[3] = (uint8_t)(1 + i);
		health_watch(world.health, i, &check, HEALTH_UNKNOWN);
	}
	world_run(&world, CHECKS, INTERVAL * SECOND_MS);
	for (uint32_t i = 0; i < CROWD; i++) {
		check.address.bytes[2] = (uint8_t)(1 + i / 100);
		check.address.bytes[3] = (uint8_t)(1 + i % 100);
		health_watch(world.health, 1000 + i, &check, HEALTH_UNKNOWN);
	}
	check.address.bytes[2] = 0;
	for (uint32_t i = 0; i < CHECKS; i++) {
		check.address.bytes[3] = (uint8_t)(1 + i);
		health_watch(world.health, 100 + i, &check, HEALTH_UNKNOWN);
	}
	/* Shorter than the crowd's queue, and nearly an interval. */
	world_run(&world, TOLD_MAX, INTERVAL * SECOND_MS * 9 / 10);
	for (uint32_t i = 0; i < CHECKS; i++)
		probes += report_of(i).checks;
	assert_true(probes > CHECKS + CHECKS / 2);
	world_close(&world);
	server_close(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_edge),
		cmocka_unit_test(test_equal_checks_are_one),
		cmocka_unit_test(test_result_of_before),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_forget_while_told),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_hanging_delay_no_others),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_a_newcomer_delays_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
