// SPDX-License-Identifier: BSD-2-Clause
/*
 * The prober on a loop that it shares: after the loop was held up, beside others, and before it runs.
 */
#include "health/health.h"

#include "base/choice.h"
#include "health/timers.h"
#include "health_servers.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct world world;

static struct health_status status_now(void)
{
	struct health_status status;

	health_status(world.health, &status);
	return status;
}

#define HELD_UP 256 /* more than are looked at, or heard of, in a few turns */
#define TIMEOUT_S 20

static void turn(unsigned int held_up_ms)
{
	usleep(held_up_ms * 1000);
	event_base_loop(world.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Answers them all, in the order in which they came, once the last has come. */
static void answer_all(int fd)
{
	static struct sockaddr_in from[HELD_UP];
	const struct timeval patience = { .tv_sec = 10 };
	char request[16];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (size_t i = 0; i < HELD_UP; i++) {
		socklen_t size = sizeof(*from);

		if (recvfrom(fd, request, sizeof(request), 0, (struct sockaddr *)&from[i], &size) <
		    0)
			_exit(1);
	}
	for (size_t i = 0; i < HELD_UP; i++)
		sendto(fd, "yes", 3, 0, (struct sockaddr *)&from[i], sizeof(*from));
	_exit(0);
}

/* A process that answers while this one is held up; returns its port. */
static uint16_t start_answering(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&own, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	if (!fork())
		answer_all(fd);
	close(fd);
	return ntohs(own.sin_port);
}

/* The loop is held up for longer than the probes may take: what has answered meanwhile has. */
static void test_held_up(void **state)
{
	struct server server = { .type = SOCK_DGRAM, .family = 4 };
	struct health_check check;
	char requests[HELD_UP][8];
	unsigned int patience = 5000;
	int status;

	(void)state;
	server.port = start_answering();
	world_open(&world, 2 * HELD_UP);
	check = check_of(&server, 60000, TIMEOUT_S);
	check.expect = "yes";
	for (uint32_t i = 0; i < HELD_UP; i++) {
		snprintf(requests[i], sizeof(requests[i]), "%u", i);
		check.request = requests[i];
		health_watch(world.health, i, &check, HEALTH_UNKNOWN);
	}
	/* With the last request, the answers begin to come. */
	while (status_now().probes < HELD_UP && patience--)
		turn(1);
	assert_int_equal(wait(&status) < 0 ? 1 : status, 0);
	usleep((TIMEOUT_S + 2) * SECOND_MS * 1000);
	world_run(&world, HELD_UP, 4000);
	assert_int_equal(world.count, HELD_UP);
	for (uint32_t i = 0; i < HELD_UP; i++)
		assert_int_equal(world.told[i].state, HEALTH_UP);
	world_close(&world);
}

/* As above, but before anything was asked: a server that takes a moment is then given its time. */
static void test_asked_late(void **state)
{
	struct server server = { .reply = "HTTP/1.1 200 OK\r\n\r\n", .way = WAY_BYTES };
	struct health_check check;
	unsigned int patience = 1000;

	(void)state;
	world_open(&world, 10);
	server_open(&world, &server);
	check = check_of(&server, 60000, TIMEOUT_S);
	check.type = HEALTH_HTTP;
	health_watch(world.health, 1, &check, HEALTH_UNKNOWN);
	while (!status_now().probes && patience--)
		turn(1);
	assert_int_equal(server.requests, 0);
	usleep((TIMEOUT_S + 2) * SECOND_MS * 1000);
	world_run(&world, 1, 4000);
	assert_int_equal(world.count, 1);
	assert_string_equal(world.told[0].reason, "HTTP 200");
	world_close(&world);
	server_close(&server);
}

#define MANY 1000

/* Another one on the loop, who always has something to do, and what is done between his turns. */
static struct {
	uint64_t turns, begun, most_begun;
	size_t told, most_told;
} other;

static void on_other(evutil_socket_t fd, short what, void *arg)
{
	uint64_t begun = status_now().probes;

	(void)fd;
	(void)what;
	(void)arg;
	other.turns++;
	if (begun - other.begun > other.most_begun)
		other.most_begun = begun - other.begun;
	if (world.count - other.told > other.most_told)
		other.most_told = world.count - other.told;
	other.begun = begun;
	other.told = world.count;
}

/* As many backends of one server, each at an address of its own. */
static void watch_many(struct health_check check)
{
	for (uint32_t i = 0; i < MANY; i++) {
		check.address.bytes[2] = (uint8_t)(1 + i / 100);
		check.address.bytes[3] = (uint8_t)(1 + i % 100);
		health_watch(world.health, i, &check, HEALTH_UNKNOWN);
	}
}

/* A loop that was held up has a thousand probes to begin, and later a thousand results: no other waits
 * for more than a few of them. */
static void test_others_have_their_turn(void **state)
{
	struct server server = { 0 };
	struct event *event;
	int pipe_fds[2];

	(void)state;
	world_open(&world, MANY);
	server_open(&world, &server);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(write(pipe_fds[1], "", 1), 1);
	event = event_new(world.base, pipe_fds[0], EV_READ | EV_PERSIST, on_other, NULL);
	assert_int_equal(event_add(event, NULL), 0);
	memset(&other, 0, sizeof(other));
	watch_many(check_of(&server, 100, 100));
	usleep(300000);
	for (unsigned int turns = 1000; turns && status_now().probes < MANY; turns--)
		turn(0);
	usleep(50000);
	for (unsigned int turns = 1000; turns && world.count < MANY; turns--)
		turn(0);
	assert_int_equal(world.count, MANY);
	print_message("between two of %u turns %u begin and %u end\n", (unsigned int)other.turns,
		      (unsigned int)other.most_begun, (unsigned int)other.most_told);
	assert_true(other.most_begun <= 2 * TIMERS_SLICE);
	/* Some by a look, some by what the kernel tells. */
	assert_true(other.most_told <= 2 * TIMERS_SLICE);
	event_free(event);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	world_close(&world);
	server_close(&server);
}

/* However many are overdue, those that have begun are looked at: they do not pile up to the limit. */
static void test_ends_keep_up(void **state)
{
	struct server server = { 0 };
	uint32_t most = 0;

	(void)state;
	world_open(&world, MANY);
	server_open(&world, &server);
	watch_many(check_of(&server, 60000, 60000));
	usleep(300000);
	for (unsigned int turns = 1000; turns && world.count < MANY; turns--) {
		turn(TIMERS_GRAIN_MS);
		most = status_now().in_flight > most ? status_now().in_flight : most;
	}
	assert_int_equal(world.count, MANY);
	print_message("%u at a time\n", most);
	assert_true(most <= 4 * TIMERS_SLICE);
	world_close(&world);
	server_close(&server);
}

/* What is watched before the loop runs is not late for that: so it is after each start. */
static void test_start_is_not_late(void **state)
{
	struct server server = { 0 };
	struct health_check check;

	(void)state;
	world_open(&world, 100);
	server_open(&world, &server);
	check = check_of(&server, 100, 3);
	for (uint32_t i = 0; i < 20; i++) {
		check.address.bytes[3] = (uint8_t)(1 + i);
		health_watch(world.health, i, &check, HEALTH_UP);
	}
	usleep(700000);
	for (unsigned int patience = 100; patience && status_now().probes < 20; patience--)
		world_run(&world, 1, SECOND_MS);
	assert_true(status_now().probes >= 20);
	assert_int_equal(status_now().late, 0);
	assert_true(status_now().latest_ms < 500);
	world_close(&world);
	server_close(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held_up),
		cmocka_unit_test(test_asked_late),
		cmocka_unit_test(test_others_have_their_turn),
		cmocka_unit_test(test_ends_keep_up),
		cmocka_unit_test(test_start_is_not_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
