/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connections of the socket, counted and timed: evhttp counts none and times single reads only,
 * so a client that sends a byte now and then would hold its place for ever. A connection is ended
 * by shutting its socket down; evhttp sees that and frees it.
 */
#ifndef SLUICE_API_HTTP_CONNECTIONS_H
#define SLUICE_API_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define CONNECTIONS_MAX 64 /* that are served */
#define CONNECTIONS_EXCESS 16 /* more, that are told there are too many */

struct bufferevent;
struct connection;
struct connections;
struct event_base;

/* So many at a time may send a request of more than LARGE_BYTES; a further one is refused. */
#define CONNECTIONS_LARGE 2
#define LARGE_BYTES ((1 << 20) + (64 << 10)) /* the largest other body, and headers */

struct connection_calls {
	/* Once for a connection, when its first bytes are there and not looked at yet. */
	void (*begins)(void *arg, struct bufferevent *events);
	/* In the middle of a large request too many, of which evhttp sees no more: for an answer
	 * past evhttp, by connection_write. */
	void (*too_large)(void *arg, struct bufferevent *events);
	void *arg;
};

/* NULL without memory. */
struct connections *connections_new(struct event_base *base, const struct connection_calls *calls);
/* After evhttp has let go of all of them. NULL is fine. */
void connections_free(struct connections *connections);

/* The bufferevent of a connection that was just accepted; NULL if none is free. */
struct bufferevent *connections_accept(struct connections *connections);
bool connections_full(const struct connections *connections);
/* Call a few times a second: forgets those that ended, ends those that are late. */
void connections_sweep(struct connections *connections);

struct connection *connections_find(struct connections *connections,
				    const struct bufferevent *events);
/* True if it is one of the excess. */
bool connection_is_excess(const struct connection *connection);
/* A whole request is there, and is being worked on: no limit of ours runs. */
void connection_busy(struct connection *connection);
/* Its answer is on the way out. */
void connection_answered(struct connection *connection);
/* Writes at once what ends the talk: short, as a client that leaves no room for it is cut. */
void connection_write(struct bufferevent *events, const char *text, size_t length);

#endif
