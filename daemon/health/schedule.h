/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When probes begin. Each check has a rhythm of its own; those that are due queue for one of a bounded
 * number of places. Probes of one check overlap, so that a server that hangs is found out as soon as
 * its threshold allows, but only while there is room, so that it makes no other check late.
 */
#ifndef SLUICE_HEALTH_SCHEDULE_H
#define SLUICE_HEALTH_SCHEDULE_H

#include "health/arrivals.h"
#include "health/check.h"
#include "health/outcome.h"

struct event_base;

/* Probe `number` of the check has come to its end. Must neither start nor stop checks. */
typedef void schedule_result(void *arg, struct check *check, uint64_t number,
			     struct outcome outcome);

struct schedule {
	struct timers timers;
	struct arrivals arrivals;
	struct timer again; /* there are checks that wait for more than a free place */
	TAILQ_HEAD(, check) waiting;
	unsigned int second_ms; /* how long a second of a check lasts: a test may be in a hurry */
	uint32_t limit, in_flight;
	int64_t first_us; /* when the next first probe may begin */
	int64_t paused_ms; /* nothing begins before */
	uint64_t probes, late, unsent;
	int64_t latest_ms;
	schedule_result *result;
	void *arg;
};

/* -1 without memory. */
int schedule_open(struct schedule *schedule, struct event_base *base, uint32_t limit,
		  schedule_result *result, void *arg);
/* All checks must be stopped. */
void schedule_close(struct schedule *schedule);

/* The first probe goes out at once, or a little later if thousands begin together. */
void schedule_start(struct schedule *schedule, struct check *check);
/* Its probes in flight end without a result. */
void schedule_stop(struct schedule *schedule, struct check *check);
/* One probe more, as early as a first one; the rhythm stays. */
void schedule_hurry(struct schedule *schedule, struct check *check);

/* For the probes: one has an outcome. Frees it. */
void schedule_over(struct schedule *schedule, struct probe *probe, struct outcome outcome);

#endif
