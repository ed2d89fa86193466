// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets that are used again, as the network sees them: in a network of its own, whose loopback is
 * listened to. Needs root.
 */
#include "base/choice.h"
#include "health_servers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77
#define SERVERS 8 /* addresses of one server */
#define NEAR (1u << 22) /* as far as counting on would come */

static struct world world;

static void set_timestamps(const char *value)
{
	int fd = open("/proc/sys/net/ipv4/tcp_timestamps", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, value, 1), 1);
	close(fd);
}

static int listen_to_network(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
	const int size = 8 << 20;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

/* Where the next connection to the server begins to count. False: no more has been heard. */
static bool next_start(int fd, uint16_t port, uint32_t *start)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet;
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);

	while (recvfrom(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&from, &size) > 0) {
		*start = ntohl(packet.tcp.seq);
		if (from.sll_pkttype == PACKET_HOST && packet.ip.protocol == IPPROTO_TCP &&
		    packet.tcp.dest == htons(port) && packet.tcp.syn)
			return true;
	}
	return false;
}

/* How many connections there were; each must begin to count far from where the one before it did. */
static unsigned int hear(int fd, uint16_t port)
{
	unsigned int count = 0, close_by = 0;
	uint32_t last = 0, start;

	while (next_start(fd, port, &start)) {
		close_by += count++ && start - last + NEAR < 2 * NEAR;
		last = start;
	}
	print_message("%u connections, %u of them near the one before\n", count, close_by);
	assert_true(close_by <= 2 + count / 64);
	return count;
}

/* Returns how many sockets have been kept when nothing is under way. */
static unsigned int probe_all(int type, uint32_t places, const char *timestamps)
{
	struct server server = { .reply = "HTTP/1.1 200 OK\r\n\r\n", .way = WAY_CLOSE };
	struct health_check check;
	struct health_status status;
	unsigned int before, kept;
	int fd = listen_to_network();

	set_timestamps(timestamps);
	world_open(&world, places);
	before = descriptors();
	server_open(&world, &server);
	for (uint32_t i = 0; i < SERVERS; i++) {
		check = check_of(&server, 2, 3);
		check.type = (uint8_t)type;
		check.address.bytes[3] = (uint8_t)(1 + i);
		health_watch(world.health, i, &check, HEALTH_UNKNOWN);
	}
	world_run(&world, SERVERS + 1, 20 * SECOND_MS);
	assert_int_equal(world.count, SERVERS);
	health_status(world.health, &status);
	assert_int_equal(status.down, 0);
	for (unsigned int patience = 1000; patience && status.in_flight; patience--) {
		world_run(&world, SERVERS + 1, 1);
		health_status(world.health, &status);
	}
	for (uint32_t i = 0; i < SERVERS; i++)
		health_forget(world.health, i);
	/* Its ends of the connections are in this process too. */
	server_close(&server);
	kept = descriptors() - before;
	assert_true(hear(fd, server.port) >= 3 * SERVERS);
	world_close(&world);
	close(fd);
	return kept;
}

/* No server can tell by what it has seen how the gateway counts towards another. */
static void test_used_again(void **state)
{
	unsigned int tcp, http;

	(void)state;
	tcp = probe_all(HEALTH_TCP, 1000, "1");
	http = probe_all(HEALTH_HTTP, 1000, "1");
	print_message("%u and %u sockets kept\n", tcp, http);
	/* Probes of a check may overlap. */
	assert_in_range(tcp, 1, 3 * SERVERS);
	assert_in_range(http, 1, 3 * SERVERS);
}

/* Where there are no timestamps, the kernel would count on: no socket is used again. */
static void test_no_timestamps(void **state)
{
	(void)state;
	assert_int_equal(probe_all(HEALTH_TCP, 1000, "0"), 0);
	assert_int_equal(probe_all(HEALTH_HTTP, 1000, "0"), 0);
}

/* Those that are kept take no more descriptors than probes may. */
static void test_places(void **state)
{
	(void)state;
	assert_in_range(probe_all(HEALTH_TCP, 2, "1"), 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used_again),
		cmocka_unit_test(test_no_timestamps),
		cmocka_unit_test(test_places),
	};

	if (unshare(CLONE_NEWNET) || system("ip link set lo up")) {
		printf("no network of its own\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
