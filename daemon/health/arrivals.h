/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a probe learns that something has come. Most servers answer at once, and it is cheaper to look at
 * many sockets a moment later than to have the kernel tell of each: so a probe is looked at once or
 * twice, and only if that decides nothing does it wait to be told. Nobody else on the event loop waits
 * for more than SLICE of them.
 */
#ifndef SLUICE_HEALTH_ARRIVALS_H
#define SLUICE_HEALTH_ARRIVALS_H

#include "health/timers.h"

#include <stdbool.h>
#include <sys/queue.h>

struct event;
struct event_base;
struct probe;

struct arrivals {
	struct timers *timeouts;
	struct timers looks; /* of its own: nothing that is overdue is before it */
	struct timer look;
	TAILQ_HEAD(, probe) fresh; /* to be looked at: who comes first is first */
	int epoll;
	struct event *event;
};

/* -1 without descriptors or memory. Keeps `timeouts`. */
int arrivals_open(struct arrivals *arrivals, struct event_base *base, struct timers *timeouts);
/* No probe may be awaited any more. */
void arrivals_close(struct arrivals *arrivals);

/* Calls probe_arrived when something may have come. `scarce`: no time is lost by looking first. */
void arrivals_await(struct arrivals *arrivals, struct probe *probe, bool scarce);
/* Not awaited: fine. Before its socket is closed. */
void arrivals_leave(struct arrivals *arrivals, struct probe *probe);

#endif
