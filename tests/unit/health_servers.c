// SPDX-License-Identifier: BSD-2-Clause
/* Every call must succeed: a server that did not come up would make a test pass for nothing. */
#include "health_servers.h"

#include "base/choice.h"
#include "health/internal.h"
#include "health/timers.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define FLOOD (10u << 20)
#define BYTE_US 1000

struct connection {
	struct server *server;
	struct event *reads, *writes;
	int fd;
	size_t sent;
	LIST_ENTRY(connection) link;
};

static void end(struct connection *connection, bool reset)
{
	const struct linger none = { .l_onoff = 1 };

	if (reset)
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	event_free(connection->reads);
	event_free(connection->writes);
	close(connection->fd);
	LIST_REMOVE(connection, link);
	free(connection);
}

/* The bytes that come next; at least one. */
static size_t next_bytes(const struct connection *connection, char *out, size_t room)
{
	const char *reply = connection->server->reply;
	size_t length = strlen(reply), size = 0;

	while (size < room) {
		size_t at = connection->sent + size;

		if (connection->server->way == WAY_BYTES) {
			out[0] = reply[at % length];
			return 1;
		}
		if (at >= length && connection->server->way != WAY_FLOOD)
			return size;
		out[size++] = reply[at < length ? at : length - 1];
	}
	return size;
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval pause = { .tv_usec = BYTE_US };
	struct connection *connection = arg;
	struct server *server = connection->server;
	char bytes[16384];
	size_t size = next_bytes(connection, bytes, sizeof(bytes));
	ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

	(void)what;
	if (sent < 0) {
		end(connection, false);
		return;
	}
	connection->sent += (size_t)sent;
	if (server->way == WAY_FLOOD)
		server->flooded += (uint64_t)sent;
	if (server->way == WAY_BYTES)
		event_add(connection->writes, &pause);
	else if (server->way == WAY_FLOOD && connection->sent < FLOOD)
		event_add(connection->writes, NULL);
	else if (server->way == WAY_CLOSE)
		end(connection, false);
}

static void on_read(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval now = { 0 };
	struct connection *connection = arg;
	struct server *server = connection->server;
	ssize_t size = recv(fd, server->request, sizeof(server->request) - 1, 0);

	(void)what;
	if (size <= 0) {
		end(connection, false);
		return;
	}
	server->request[size] = '\0';
	server->requests++;
	if (server->way == WAY_RESET || (server->way == WAY_CLOSE && !server->reply))
		end(connection, server->way == WAY_RESET);
	else if (server->reply && *server->reply)
		event_add(connection->writes, server->way == WAY_BYTES ? &now : NULL);
}

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct server *server = arg;
	struct event_base *base = event_get_base(server->event);
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct connection *connection;

	(void)what;
	if (fd < 0)
		return;
	connection = calloc(1, sizeof(*connection));
	assert_non_null(connection);
	connection->server = server;
	connection->fd = fd;
	connection->reads = event_new(base, fd, EV_READ | EV_PERSIST, on_read, connection);
	connection->writes = event_new(base, fd, server->way == WAY_BYTES ? EV_TIMEOUT : EV_WRITE,
				       on_write, connection);
	LIST_INSERT_HEAD(&server->connections, connection, link);
	event_add(connection->reads, NULL);
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	ssize_t size = recvfrom(fd, server->request, sizeof(server->request) - 1, 0,
				(struct sockaddr *)&from, &length);
	const char *reply = server->reply;

	(void)what;
	if (size < 0)
		return;
	server->request[size] = '\0';
	server->requests++;
	if (reply && !strcmp(reply, "="))
		sendto(fd, server->request, (size_t)size, 0, (struct sockaddr *)&from, length);
	else if (reply)
		sendto(fd, reply, strlen(reply), 0, (struct sockaddr *)&from, length);
}

static socklen_t local_address(const struct server *server, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (server->family == 4) {
		*four = (struct sockaddr_in){ .sin_family = AF_INET,
					      .sin_port = htons(server->port) };
		return sizeof(*four);
	}
	*six = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(server->port) };
	return sizeof(*six);
}

static void bind_port(struct server *server)
{
	const int on = 1;
	struct sockaddr_storage address;
	socklen_t size = local_address(server, &address);
	struct sockaddr_in *any = (struct sockaddr_in *)&address;

	server->fd = socket(address.ss_family, server->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(server->fd >= 0);
	setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, size), 0);
	size = sizeof(address);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
	/* The port has the same place in both families. */
	server->port = ntohs(any->sin_port);
}

/* A queue that is full answers no further handshake. */
static void fill_queue(struct server *server)
{
	struct sockaddr_storage address;
	socklen_t size = local_address(server, &address);

	for (size_t i = 0; i < sizeof(server->fillers) / sizeof(*server->fillers); i++) {
		int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		assert_true(fd >= 0);
		assert_true(!connect(fd, (struct sockaddr *)&address, size) ||
			    errno == EINPROGRESS);
		server->fillers[i] = fd;
	}
}

void server_open(struct world *world, struct server *server)
{
	if (!server->type)
		server->type = SOCK_STREAM;
	if (!server->family)
		server->family = 4;
	LIST_INIT(&server->connections);
	memset(server->fillers, -1, sizeof(server->fillers));
	bind_port(server);
	if (server->way == WAY_REFUSE) {
		/* A datagram socket that is connected elsewhere takes nothing from others. */
		struct sockaddr_storage elsewhere;
		socklen_t size = local_address(server, &elsewhere);

		if (server->type == SOCK_DGRAM)
			assert_int_equal(connect(server->fd, (struct sockaddr *)&elsewhere, size),
					 0);
		return;
	}
	if (server->type == SOCK_STREAM)
		assert_int_equal(listen(server->fd, server->way == WAY_DROP ? 0 : 4096), 0);
	if (server->way == WAY_DROP) {
		fill_queue(server);
		return;
	}
	server->event = event_new(world->base, server->fd, EV_READ | EV_PERSIST,
				  server->type == SOCK_STREAM ? on_accept : on_datagram, server);
	assert_int_equal(event_add(server->event, NULL), 0);
}

void server_close(struct server *server)
{
	if (server->fd < 0)
		return;
	while (!LIST_EMPTY(&server->connections))
		end(LIST_FIRST(&server->connections), false);
	if (server->event)
		event_free(server->event);
	server->event = NULL;
	for (size_t i = 0; i < sizeof(server->fillers) / sizeof(*server->fillers); i++) {
		if (server->fillers[i] >= 0)
			close(server->fillers[i]);
	}
	close(server->fd);
	server->fd = -1;
}

struct health_check check_of(const struct server *server, uint16_t interval_s, uint16_t timeout_s)
{
	struct health_check check = { .type = server->type == SOCK_DGRAM ? HEALTH_UDP : HEALTH_TCP,
				      .port = server->port,
				      .interval_s = interval_s,
				      .timeout_s = timeout_s,
				      .rise = 2,
				      .fall = 3,
				      .uri = "/",
				      .host = "",
				      .codes = "http_2xx",
				      .request = "",
				      .expect = "" };

	assert_int_equal(address_parse(server->family == 6 ? "::1" : "127.0.0.1", &check.address),
			 0);
	return check;
}

/* --- the prober --- */

static void on_told(void *arg, uint32_t backend, enum health_state state, const char *reason)
{
	struct world *world = arg;
	struct told *told = &world->told[world->count];

	assert_true(world->count < TOLD_MAX);
	world->count++;
	*told = (struct told){ .backend = backend, .state = state, .at_ms = timers_now() };
	snprintf(told->reason, sizeof(told->reason), "%s", reason);
	if (world->meanwhile)
		world->meanwhile(world, told);
}

void world_open(struct world *world, uint32_t probes)
{
	const struct health_limits limits = { .probes = probes };

	memset(world, 0, sizeof(*world));
	world->base = event_base_new();
	assert_non_null(world->base);
	world->health = health_new(world->base, &limits, on_told, world);
	assert_non_null(world->health);
	health_set_second(world->health, SECOND_MS);
}

void world_close(struct world *world)
{
	health_free(world->health);
	event_base_free(world->base);
}

void world_run(struct world *world, size_t told, unsigned int ms)
{
	const struct timeval tick = { .tv_usec = 2000 };
	int64_t before = timers_now(), until = before + ms;
	struct health_status status;

	while (world->count < told && timers_now() < until) {
		event_base_loopexit(world->base, &tick);
		event_base_dispatch(world->base);
		health_status(world->health, &status);
		if (status.in_flight > world->most_in_flight)
			world->most_in_flight = status.in_flight;
		if (timers_now() - before > world->held_up_ms)
			world->held_up_ms = (unsigned int)(timers_now() - before);
		before = timers_now();
	}
}

unsigned int descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}
