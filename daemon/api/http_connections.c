// SPDX-License-Identifier: BSD-2-Clause
/*
 * evhttp owns each connection's bufferevent and tells nobody when it frees one. So we hold a
 * reference of our own, and know by the callbacks, which bufferevent_free takes away.
 */
#include "api/http_connections.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define REQUEST_MS 10000 /* from a request's first byte to its last */
#define ANSWER_MS 60000 /* for the client to take an answer */
#define PLACES (CONNECTIONS_MAX + CONNECTIONS_EXCESS)

enum connection_state { CONNECTION_IDLE, CONNECTION_READING, CONNECTION_BUSY, CONNECTION_WRITING };

struct connection {
	struct connections *owner;
	struct bufferevent *events; /* NULL: the place is free */
	enum connection_state state;
	bool excess, begun, large, refused;
	int64_t since_ms; /* when the state began */
	size_t bytes; /* of the request */
};

struct connections {
	struct event_base *base;
	struct connection_calls calls;
	struct connection places[PLACES];
	unsigned int used, large;
};

static void forget_request(struct connection *connection)
{
	connection->owner->large -= connection->large;
	connection->large = false;
	connection->bytes = 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void enter(struct connection *connection, enum connection_state state)
{
	if (state != CONNECTION_READING && state != CONNECTION_BUSY)
		forget_request(connection);
	connection->state = state;
	connection->since_ms = now_ms();
}

static bool output_is_empty(const struct connection *connection)
{
	return !evbuffer_get_length(bufferevent_get_output(connection->events));
}

/* What many large requests would take of memory is what one client after the other may have. Who is
 * refused may go on sending for a while, as many look for an answer only after that. */
static void count_bytes(struct connection *connection, size_t added)
{
	struct connections *connections = connection->owner;

	connection->bytes += added;
	if (connection->large || connection->bytes <= LARGE_BYTES)
		return;
	if (connections->large == CONNECTIONS_LARGE) {
		connection->refused = true;
		connections->calls.too_large(connections->calls.arg, connection->events);
		return;
	}
	connection->large = true;
	connections->large++;
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct connection *connection = arg;

	if (!info->n_added)
		return;
	if (!connection->begun)
		connection->owner->calls.begins(connection->owner->calls.arg, connection->events);
	connection->begun = true;
	if (!connection->refused)
		count_bytes(connection, info->n_added);
	if (connection->refused)
		evbuffer_drain(input, evbuffer_get_length(input));
	if (connection->state == CONNECTION_IDLE ||
	    (connection->state == CONNECTION_WRITING && output_is_empty(connection)))
		enter(connection, CONNECTION_READING);
}

struct connections *connections_new(struct event_base *base, const struct connection_calls *calls)
{
	struct connections *connections = calloc(1, sizeof(*connections));

	if (!connections)
		return NULL;
	connections->base = base;
	connections->calls = *calls;
	return connections;
}

static void release(struct connections *connections, struct connection *connection)
{
	evbuffer_remove_cb(bufferevent_get_input(connection->events), on_input, connection);
	bufferevent_decref(connection->events);
	forget_request(connection);
	*connection = (struct connection){ 0 };
	connections->used--;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	for (unsigned int i = 0; i < PLACES; i++) {
		if (connections->places[i].events)
			release(connections, &connections->places[i]);
	}
	free(connections);
}

static bool has_ended(const struct connection *connection)
{
	bufferevent_event_cb event = NULL;

	bufferevent_getcb(connection->events, NULL, NULL, &event, NULL);
	return !event;
}

static void forget_ended(struct connections *connections)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		if (connections->places[i].events && has_ended(&connections->places[i]))
			release(connections, &connections->places[i]);
	}
}

struct bufferevent *connections_accept(struct connections *connections)
{
	struct connection *connection = connections->places;
	struct bufferevent *events;

	forget_ended(connections);
	if (connections_full(connections))
		return NULL;
	/* evhttp closes the descriptor itself. */
	events = bufferevent_socket_new(connections->base, -1, 0);
	if (!events)
		return NULL;
	while (connection->events)
		connection++;
	connection->owner = connections;
	connection->events = events;
	connection->excess = connections->used++ >= CONNECTIONS_MAX;
	bufferevent_incref(events);
	evbuffer_add_cb(bufferevent_get_input(events), on_input, connection);
	/* The excess is timed from the start: it is there to be told, not to stay. */
	enter(connection, connection->excess ? CONNECTION_READING : CONNECTION_IDLE);
	return events;
}

bool connections_full(const struct connections *connections)
{
	return connections->used == PLACES;
}

static bool is_late(const struct connection *connection, int64_t now)
{
	int64_t spent = now - connection->since_ms;

	return (connection->state == CONNECTION_READING && spent > REQUEST_MS) ||
	       (connection->state == CONNECTION_WRITING && spent > ANSWER_MS);
}

void connections_sweep(struct connections *connections)
{
	int64_t now = now_ms();

	forget_ended(connections);
	for (unsigned int i = 0; i < PLACES; i++) {
		struct connection *connection = &connections->places[i];

		if (!connection->events)
			continue;
		if (connection->state == CONNECTION_WRITING && output_is_empty(connection))
			enter(connection, CONNECTION_IDLE);
		if (is_late(connection, now))
			shutdown(bufferevent_getfd(connection->events), SHUT_RDWR);
	}
}

struct connection *connections_find(struct connections *connections,
				    const struct bufferevent *events)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		if (connections->places[i].events == events)
			return &connections->places[i];
	}
	return NULL;
}

bool connection_is_excess(const struct connection *connection)
{
	return connection->excess;
}

void connection_busy(struct connection *connection)
{
	enter(connection, CONNECTION_BUSY);
}

void connection_answered(struct connection *connection)
{
	enter(connection, CONNECTION_WRITING);
}

void connection_write(struct bufferevent *events, const char *text, size_t length)
{
	int fd = bufferevent_getfd(events);

	if (send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length)
		shutdown(fd, SHUT_RDWR);
}
