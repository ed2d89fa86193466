// SPDX-License-Identifier: BSD-2-Clause
/*
 * Probes in a network of their own, with nothing but a loopback of few ports and an interface on which
 * no one answers: what can not be reached, and what can not be sent. Needs root.
 */
#include "base/choice.h"
#include "health_servers.h"

#include <fcntl.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77
#define PORTS 2

static struct world world;

static void set_port_range(const char *range)
{
	int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, range, strlen(range)), strlen(range));
	close(fd);
}

static void expect_unreachable(const char *address, int type, unsigned int timeout_ms)
{
	struct server nowhere = { .type = type == HEALTH_UDP ? SOCK_DGRAM : SOCK_STREAM,
				  .family = 4,
				  .port = 80 };
	struct health_check check = check_of(&nowhere, 50, 200);

	check.type = (uint8_t)type;
	assert_int_equal(address_parse(address, &check.address), 0);
	world_open(&world, 10);
	health_watch(world.health, 1, &check, HEALTH_UNKNOWN);
	world_run(&world, 1, timeout_ms);
	assert_int_equal(world.count, 1);
	assert_int_equal(world.told[0].state, HEALTH_DOWN);
	assert_string_equal(world.told[0].reason, "unreachable");
	world_close(&world);
}

/* No route at all: known at once. */
static void test_no_route(void **state)
{
	(void)state;
	expect_unreachable("192.0.2.1", HEALTH_TCP, 1000);
	expect_unreachable("192.0.2.1", HEALTH_HTTP, 1000);
	expect_unreachable("192.0.2.1", HEALTH_UDP, 1000);
	expect_unreachable("2001:db8::1", HEALTH_TCP, 1000);
	expect_unreachable("2001:db8::1", HEALTH_UDP, 1000);
}

/* A route, but no neighbour: the kernel asks three times, a second apart, and then tells. */
static void test_no_neighbour(void **state)
{
	(void)state;
	expect_unreachable("198.51.100.9", HEALTH_TCP, 6000);
	expect_unreachable("198.51.100.10", HEALTH_UDP, 6000);
}

static void test_no_port(void **state)
{
	struct server server = { .port = 8080, .reply = NULL }, other = { .port = 8081 };
	struct health_check check;
	struct health_status status;
	struct health_report report;

	(void)state;
	set_port_range("40000 40001");
	world_open(&world, 100);
	server_open(&world, &server);
	server_open(&world, &other);
	/* These hang, each on one of the ports there are. */
	for (uint32_t i = 0; i <= PORTS; i++) {
		check = check_of(&server, 1, 40);
		check.type = HEALTH_HTTP;
		check.rise = check.fall = 1;
		check.uri = (const char *[]){ "/1", "/2", "/3" }[i];
		health_watch(world.health, i, &check, HEALTH_UP);
	}
	check = check_of(&other, 1, 3);
	health_watch(world.health, 9, &check, HEALTH_UNKNOWN);
	world_run(&world, 1, 500);
	/* To another server the same ports are free: it is not held up. */
	assert_int_equal(world.count, 1);
	assert_int_equal(world.told[0].backend, 9);
	world_run(&world, 2, 600);
	assert_int_equal(world.count, 1);
	health_status(world.health, &status);
	assert_int_equal(status.in_flight, PORTS);
	assert_true(status.unsent >= 2 && status.unsent <= 8);
	assert_true(health_report(world.health, 9, &report));
	assert_true(report.checks >= 5);
	world_close(&world);
	server_close(&server);
	server_close(&other);
}

/* An interface with an address, behind which there is nothing. -1 if this machine has none. */
static int open_interface(void)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int open_network(void **state)
{
	(void)state;
	return system("ip link set lo up && ip address add 198.51.100.1/24 dev tap0 && "
		      "ip link set tap0 up");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_route),
		cmocka_unit_test(test_no_neighbour),
		cmocka_unit_test(test_no_port),
	};
	int fd, failed;

	if (unshare(CLONE_NEWNET)) {
		printf("no network of its own\n");
		return SKIPPED;
	}
	fd = open_interface();
	if (fd < 0) {
		printf("no tap interface\n");
		return SKIPPED;
	}
	failed = cmocka_run_group_tests(tests, open_network, NULL);
	close(fd);
	return failed;
}
