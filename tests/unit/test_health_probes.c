// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each kind of probe against real servers, good and bad, on loopback: what it comes to, in words; what
 * it asks; and that nothing of it is left behind.
 */
#include "base/choice.h"
#include "health_servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cmocka.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define TCP(...) .server = { .type = SOCK_STREAM, .family = 4, __VA_ARGS__ }
#define TCP6(...) .server = { .type = SOCK_STREAM, .family = 6, __VA_ARGS__ }
#define UDP(...) .server = { .type = SOCK_DGRAM, .family = 4, __VA_ARGS__ }
#define UDP6(...) .server = { .type = SOCK_DGRAM, .family = 6, __VA_ARGS__ }

static const struct row {
	const char *sentence;
	bool http;
	struct server server;
	const char *codes, *request, *expect;
	enum health_state state;
	const char *reason;
} rows[] = {
	{ .sentence = "TCP: it listens",
	  TCP(.port = 0),
	  .state = HEALTH_UP,
	  .reason = "connected" },
	{ .sentence = "TCP6: it listens",
	  TCP6(.port = 0),
	  .state = HEALTH_UP,
	  .reason = "connected" },
	{ .sentence = "TCP: no one listens",
	  TCP(.way = WAY_REFUSE),
	  .state = HEALTH_DOWN,
	  .reason = "refused" },
	{ .sentence = "TCP6: no one listens",
	  TCP6(.way = WAY_REFUSE),
	  .state = HEALTH_DOWN,
	  .reason = "refused" },
	{ .sentence = "TCP: silence",
	  TCP(.way = WAY_DROP),
	  .state = HEALTH_DOWN,
	  .reason = "timed out after 3 s" },
	{ .sentence = "HTTP: 200",
	  .http = true,
	  TCP(.reply = OK),
	  .state = HEALTH_UP,
	  .reason = "HTTP 200" },
	{ .sentence = "HTTP6: 200",
	  .http = true,
	  TCP6(.reply = OK),
	  .state = HEALTH_UP,
	  .reason = "HTTP 200" },
	{ .sentence = "HTTP: 200, and closes",
	  .http = true,
	  TCP(.reply = OK, .way = WAY_CLOSE),
	  .state = HEALTH_UP,
	  .reason = "HTTP 200" },
	{ .sentence = "HTTP: 503",
	  .http = true,
	  TCP(.reply = "HTTP/1.1 503 x\r\n\r\n"),
	  .state = HEALTH_DOWN,
	  .reason = "HTTP 503" },
	{ .sentence = "HTTP: 301",
	  .http = true,
	  TCP(.reply = "HTTP/1.0 301 x\r\n\r\n"),
	  .state = HEALTH_DOWN,
	  .reason = "HTTP 301" },
	{ .sentence = "HTTP: 301 and 3xx is good",
	  .http = true,
	  TCP(.reply = "HTTP/1.0 301 x\r\n\r\n"),
	  .codes = "http_2xx,http_3xx",
	  .state = HEALTH_UP,
	  .reason = "HTTP 301" },
	{ .sentence = "HTTP: 200 where only 4xx is good",
	  .http = true,
	  TCP(.reply = OK),
	  .codes = "http_4xx",
	  .state = HEALTH_DOWN,
	  .reason = "HTTP 200" },
	{ .sentence = "HTTP: an interim reply first",
	  .http = true,
	  TCP(.reply = "HTTP/1.1 103 x\r\nA: b\r\n\r\n" OK),
	  .state = HEALTH_UP,
	  .reason = "HTTP 200" },
	{ .sentence = "HTTP: no one listens",
	  .http = true,
	  TCP(.way = WAY_REFUSE),
	  .state = HEALTH_DOWN,
	  .reason = "refused" },
	{ .sentence = "HTTP6: no one listens",
	  .http = true,
	  TCP6(.way = WAY_REFUSE),
	  .state = HEALTH_DOWN,
	  .reason = "refused" },
	{ .sentence = "HTTP: no handshake",
	  .http = true,
	  TCP(.way = WAY_DROP),
	  .state = HEALTH_DOWN,
	  .reason = "timed out after 3 s" },
	{ .sentence = "HTTP: takes the request and says nothing",
	  .http = true,
	  TCP(.port = 0),
	  .state = HEALTH_DOWN,
	  .reason = "timed out after 3 s" },
	{ .sentence = "HTTP: garbage",
	  .http = true,
	  TCP(.reply = "220 mail ESMTP\r\n"),
	  .state = HEALTH_DOWN,
	  .reason = "no HTTP reply" },
	{ .sentence = "HTTP: closes without a word",
	  .http = true,
	  TCP(.way = WAY_CLOSE),
	  .state = HEALTH_DOWN,
	  .reason = "no HTTP reply" },
	{ .sentence = "HTTP: closes within the status line",
	  .http = true,
	  TCP(.reply = "HTTP/1.1 200", .way = WAY_CLOSE),
	  .state = HEALTH_DOWN,
	  .reason = "no HTTP reply" },
	{ .sentence = "HTTP: reset",
	  .http = true,
	  TCP(.way = WAY_RESET),
	  .state = HEALTH_DOWN,
	  .reason = "no HTTP reply" },
	{ .sentence = "HTTP: byte by byte",
	  .http = true,
	  TCP(.reply = "HTTP/1.1 200 OK\r\n", .way = WAY_BYTES),
	  .state = HEALTH_UP,
	  .reason = "HTTP 200" },
	{ .sentence = "HTTP: byte by byte, and no end of the line",
	  .http = true,
	  TCP(.reply = "HTTP/1.1 200 and so on and on and on and on and on and on and on and on",
	      .way = WAY_BYTES),
	  .state = HEALTH_DOWN,
	  .reason = "timed out after 3 s" },
	{ .sentence = "HTTP: a status line of 10 MB",
	  .http = true,
	  TCP(.reply = "HTTP/1.1 200 x", .way = WAY_FLOOD),
	  .state = HEALTH_DOWN,
	  .reason = "reply too long" },
	{ .sentence = "HTTP: a body of 10 MB",
	  .http = true,
	  TCP(.reply = OK "x", .way = WAY_FLOOD),
	  .state = HEALTH_UP,
	  .reason = "HTTP 200" },
	{ .sentence = "UDP: any answer",
	  UDP(.reply = "hello"),
	  .state = HEALTH_UP,
	  .reason = "answered" },
	{ .sentence = "UDP6: any answer",
	  UDP6(.reply = "hello"),
	  .state = HEALTH_UP,
	  .reason = "answered" },
	{ .sentence = "UDP: an empty answer",
	  UDP(.reply = ""),
	  .state = HEALTH_UP,
	  .reason = "answered" },
	{ .sentence = "UDP: silence", UDP(.port = 0), .state = HEALTH_UP, .reason = "not refused" },
	{ .sentence = "UDP: no one listens",
	  UDP(.way = WAY_REFUSE),
	  .state = HEALTH_DOWN,
	  .reason = "refused" },
	{ .sentence = "UDP6: no one listens",
	  UDP6(.way = WAY_REFUSE),
	  .state = HEALTH_DOWN,
	  .reason = "refused" },
	{ .sentence = "UDP: the answer expected",
	  UDP(.reply = "="),
	  .request = "ping",
	  .expect = "ping",
	  .state = HEALTH_UP,
	  .reason = "answered" },
	{ .sentence = "UDP: the answer expected, unasked",
	  UDP(.reply = "pong"),
	  .expect = "pong",
	  .state = HEALTH_UP,
	  .reason = "answered" },
	{ .sentence = "UDP: another answer",
	  UDP(.reply = "pong"),
	  .request = "ping",
	  .expect = "ping",
	  .state = HEALTH_DOWN,
	  .reason = "reply differs" },
	{ .sentence = "UDP: more than expected",
	  UDP(.reply = "pings"),
	  .request = "ping",
	  .expect = "ping",
	  .state = HEALTH_DOWN,
	  .reason = "reply differs" },
	{ .sentence = "UDP: less than expected",
	  UDP(.reply = "pin"),
	  .request = "ping",
	  .expect = "ping",
	  .state = HEALTH_DOWN,
	  .reason = "reply differs" },
	{ .sentence = "UDP: an empty answer instead",
	  UDP(.reply = ""),
	  .request = "ping",
	  .expect = "ping",
	  .state = HEALTH_DOWN,
	  .reason = "reply differs" },
	{ .sentence = "UDP: silence instead",
	  UDP(.port = 0),
	  .request = "ping",
	  .expect = "ping",
	  .state = HEALTH_DOWN,
	  .reason = "timed out after 3 s" },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static struct server servers[ROWS];
static struct world world;

static void watch_row(uint32_t number)
{
	const struct row *row = &rows[number];
	struct health_check check;

	servers[number] = row->server;
	server_open(&world, &servers[number]);
	check = check_of(&servers[number], 1, 3);
	if (row->http)
		check.type = HEALTH_HTTP;
	check.codes = row->codes ? row->codes : check.codes;
	check.request = row->request ? row->request : check.request;
	check.expect = row->expect ? row->expect : check.expect;
	health_watch(world.health, number, &check, HEALTH_UNKNOWN);
}

/* Every row once: all are probed side by side, a dozen times each, and none of them flaps. */
static void test_outcomes(void **state)
{
	unsigned int before = descriptors();
	struct health_report report;
	struct health_status status;

	(void)state;
	world_open(&world, 1000);
	for (uint32_t i = 0; i < ROWS; i++)
		watch_row(i);
	world_run(&world, ROWS + 1, 12 * SECOND_MS);
	assert_int_equal(world.count, ROWS);
	for (size_t i = 0; i < ROWS; i++) {
		const struct told *told = &world.told[i];
		const struct row *row = &rows[told->backend];

		if (told->state != row->state || strcmp(told->reason, row->reason) != 0)
			fail_msg("%s: %s (%d)", row->sentence, told->reason, told->state);
		assert_true(health_report(world.health, told->backend, &report));
		assert_int_equal(report.state, row->state);
		assert_string_equal(report.reason, row->reason);
		assert_int_equal(report.last_good, row->state == HEALTH_UP);
		assert_true(report.checks >= 5);
		assert_int_equal(report.failures, row->state == HEALTH_UP ? 0 : report.checks);
		assert_true(report.changed_ms > 0 && report.checked_ms > report.changed_ms);
	}
	health_status(world.health, &status);
	assert_int_equal(status.watched, ROWS);
	assert_int_equal(status.late, 0);
	assert_int_equal(status.unsent, 0);
	for (uint32_t i = 0; i < ROWS; i++) {
		/* What the server had in its hands, and not in ours: the socket's buffers, each time. */
		assert_true(servers[i].flooded <= (uint64_t)(servers[i].requests + 1) * (8u << 20));
		health_forget(world.health, i);
		server_close(&servers[i]);
	}
	health_status(world.health, &status);
	assert_int_equal(status.in_flight, 0);
	assert_int_equal(status.checks, 0);
	assert_int_equal(status.down, 0);
	world_close(&world);
	assert_int_equal(descriptors(), before);
}

static void ask(const char *host, enum health_method method, uint8_t family, const char *wanted)
{
	struct server server = { .reply = OK, .family = family };
	struct health_check check;

	world_open(&world, 10);
	server_open(&world, &server);
	check = check_of(&server, 1, 3);
	check.type = HEALTH_HTTP;
	check.method = (uint8_t)method;
	check.uri = "/health?a=b&c";
	check.host = host;
	health_watch(world.health, 1, &check, HEALTH_UNKNOWN);
	world_run(&world, 1, 1000);
	assert_int_equal(world.count, 1);
	assert_string_equal(server.request, wanted);
	world_close(&world);
	server_close(&server);
}

#define REST "\r\nUser-Agent: sluice-health\r\nAccept: */*\r\nConnection: close\r\n\r\n"

static void test_request(void **state)
{
	(void)state;
	ask("", HEALTH_HEAD, 4, "HEAD /health?a=b&c HTTP/1.1\r\nHost: 127.0.0.1" REST);
	ask("", HEALTH_GET, 6, "GET /health?a=b&c HTTP/1.1\r\nHost: [::1]" REST);
	ask("example.com", HEALTH_GET, 6, "GET /health?a=b&c HTTP/1.1\r\nHost: example.com" REST);
}

/* Without a descriptor there is no result, good or bad; with one it goes on. */
static void test_no_descriptor(void **state)
{
	struct server server = { 0 }, refusing = { .way = WAY_REFUSE };
	struct rlimit all, none;
	struct health_status status;
	struct health_check check;

	(void)state;
	world_open(&world, 100);
	server_open(&world, &server);
	server_open(&world, &refusing);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	none = (struct rlimit){ .rlim_cur = 3, .rlim_max = all.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	check = check_of(&server, 1, 3);
	health_watch(world.health, 1, &check, HEALTH_UP);
	check = check_of(&refusing, 1, 3);
	health_watch(world.health, 2, &check, HEALTH_UNKNOWN);
	world_run(&world, 1, 700);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_int_equal(world.count, 0);
	health_status(world.health, &status);
	assert_int_equal(status.probes, 0);
	/* Tried again, but not over and over. */
	assert_true(status.unsent >= 4 && status.unsent <= 20);
	world_run(&world, 1, 1000);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.told[0].backend, 2);
	health_status(world.health, &status);
	assert_true(status.late >= 1 && status.latest_ms >= 500);
	world_close(&world);
	server_close(&server);
	server_close(&refusing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
