/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One probe: a socket, what the loop is to tell about it, and a time by which it is over. What is said
 * on the socket is its kind's, a row for each type of check.
 */
#ifndef SLUICE_HEALTH_PROBE_H
#define SLUICE_HEALTH_PROBE_H

#include "health/check.h"
#include "health/http_reply.h"
#include "health/outcome.h"

#include <event2/event_struct.h>

struct probe {
	struct check *check;
	uint64_t number; /* of this check's probes */
	int64_t began_ms;
	int fd;
	uint16_t sent; /* bytes of the request */
	struct http_reply reply;
	struct timer timer;
	struct event event;
	LIST_ENTRY(probe) link;
};

struct probe_kind {
	int socket_type;
	short awaits; /* EV_READ, EV_WRITE, EV_ET: what of the socket decides, or leads on */
	/* Options, before it connects. */
	void (*prepare)(int fd, const struct check *check);
	/* It is connecting; what can be said at once. 0 or an errno; NULL: nothing. */
	int (*open)(struct probe *probe);
	/* Some of what was awaited has happened. False: not decided yet. */
	bool (*ready)(struct probe *probe, short what, struct outcome *outcome);
	/* What it means if nothing has decided in time. */
	struct outcome (*silent)(const struct probe *probe);
};

extern const struct probe_kind probe_tcp, probe_http, probe_udp;

enum probe_start {
	PROBE_FLIES,
	PROBE_OVER, /* there is an outcome already */
	PROBE_NO_PORT, /* not sent: no free port to that server */
	PROBE_NO_ROOM /* not sent: no descriptor or memory */
};

/* A probe that flies is in the check's list, and ends in schedule_over or in probe_free. */
enum probe_start probe_begin(struct schedule *schedule, struct check *check,
			     struct outcome *outcome);
/* Closes its socket. */
void probe_free(struct probe *probe);

/* For the kinds. */
/* What an error of its socket means. */
struct outcome probe_error(const struct probe *probe, int error);
/* It took too long. */
struct outcome probe_timed_out(const struct probe *probe);
/* TCP at its cheapest: what would only confirm the handshake waits for what is to be sent, and the
 * connection ends with a reset, which leaves nothing behind on either side. */
void probe_prepare_tcp(int fd, const struct check *check);

#endif
