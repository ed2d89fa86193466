/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Servers of every kind, good and bad, on the loop of the test itself; and a prober whose seconds are
 * short, with a record of what it told.
 */
#ifndef SLUICE_TESTS_HEALTH_SERVERS_H
#define SLUICE_TESTS_HEALTH_SERVERS_H

#include "health/health.h"

#include <sys/queue.h>

#define SECOND_MS 50
#define TOLD_MAX 4096

struct event;

enum server_way {
	WAY_WHOLE, /* sends its reply once it has been asked */
	WAY_CLOSE, /* and closes */
	WAY_BYTES, /* sends it byte by byte, a millisecond apart, over and over */
	WAY_FLOOD, /* sends the last byte of it for 10 MB more */
	WAY_RESET, /* ends the connection with a reset instead */
	WAY_REFUSE, /* the port is taken, and no one listens */
	WAY_DROP /* TCP: the handshake is never answered */
};

struct server {
	const char *reply; /* "" or NULL: none. UDP: "=" sends back what came */
	enum server_way way;
	int type; /* SOCK_STREAM, SOCK_DGRAM */
	uint8_t family; /* 4 or 6 */
	uint16_t port; /* chosen when it is opened with 0 */
	/* Seen so far. */
	char request[1024]; /* the last one */
	unsigned int requests;
	uint64_t flooded; /* bytes sent of a flood */
	int fd, fillers[8];
	struct event *event;
	LIST_HEAD(, connection) connections;
};

struct told {
	uint32_t backend;
	enum health_state state;
	char reason[96];
	int64_t at_ms;
};

struct world {
	struct event_base *base;
	struct health *health;
	struct told told[TOLD_MAX];
	size_t count;
	uint32_t most_in_flight;
	unsigned int held_up_ms; /* the longest time in which world_run had no turn */
	/* What a test does in the midst of being told. */
	void (*meanwhile)(struct world *world, const struct told *told);
};

void world_open(struct world *world, uint32_t probes);
void world_close(struct world *world);
/* Runs the loop until so many have been told, or the time is over. */
void world_run(struct world *world, size_t told, unsigned int ms);
/* Descriptors that this process has open. */
unsigned int descriptors(void);

void server_open(struct world *world, struct server *server);
/* Its connections go with it; once more is fine. */
void server_close(struct server *server);
/* A check of it, with an interval and a timeout of these seconds; rise 2, fall 3. */
struct health_check check_of(const struct server *server, uint16_t interval_s, uint16_t timeout_s);

#endif
