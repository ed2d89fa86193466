/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A check: what is probed and how, when it is probed next, and whose state its results decide.
 * Backends with equal parameters share one.
 */
#ifndef SLUICE_HEALTH_CHECK_H
#define SLUICE_HEALTH_CHECK_H

#include "health/health.h"
#include "health/table.h"
#include "health/timers.h"

#include <sys/queue.h>

struct probe;
struct schedule;
struct watch;

struct check {
	struct table_link link; /* by parameters; first */
	struct health_check spec; /* settled; its texts are this check's own */
	char *text; /* where they are */
	uint8_t codes; /* bit n: a status code of n hundred is good */
	LIST_HEAD(, watch) watches;
	/* The schedule's. */
	struct schedule *schedule;
	struct timer timer;
	int64_t planned_ms; /* the next start */
	int64_t due_ms; /* the next start of the regular rhythm: not before planned_ms */
	uint64_t begun; /* probes so far, which numbers them */
	unsigned int in_flight;
	bool waiting; /* in the queue of those that are due */
	bool owed; /* was due while too many of its probes were in flight */
	TAILQ_ENTRY(check) queue;
	LIST_HEAD(, probe) probes;
};

/* Only what counts for its type, within bounds: equal checks are equal field by field. The texts
 * are still those of `wanted`. */
struct health_check check_settle(const struct health_check *wanted);
uint64_t check_hash(const struct health_check *settled);
bool check_equal(const struct health_check *a, const struct health_check *b);
/* Has no watch, and is not scheduled. */
struct check *check_new(const struct health_check *settled);
/* Must not be scheduled any more. */
void check_free(struct check *check);

#endif
