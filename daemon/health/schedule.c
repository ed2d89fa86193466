// SPDX-License-Identifier: BSD-2-Clause
/*
 * The rhythm: due_ms moves on by whole intervals, from a start that a check's own hash spreads over
 * its first interval, however many begin together. planned_ms is due_ms or, for a first probe, earlier.
 */
#include "health/schedule.h"

#include "health/probe.h"

#include <string.h>

#define FIRST_US 200 /* between first probes: 1,000 within 200 ms */
#define LATE_MS 500
#define RETRY_MS 250 /* without a free port to that server */
#define PAUSE_MS 100 /* without a descriptor or memory */

static int64_t interval_ms(const struct check *check)
{
	return (int64_t)check->spec.interval_s * check->schedule->second_ms;
}

/* --- the queue --- */

static void enqueue(struct schedule *schedule, struct check *check)
{
	if (check->waiting)
		return;
	TAILQ_INSERT_TAIL(&schedule->waiting, check, queue);
	check->waiting = true;
	timers_cancel(&schedule->timers, &check->timer);
}

static void dequeue(struct schedule *schedule, struct check *check)
{
	if (!check->waiting)
		return;
	TAILQ_REMOVE(&schedule->waiting, check, queue);
	check->waiting = false;
}

/* The next regular start that still lies ahead. */
static void plan_next(struct schedule *schedule, struct check *check, int64_t now)
{
	int64_t interval = interval_ms(check);

	if (check->due_ms <= now)
		check->due_ms += (now - check->due_ms) / interval * interval + interval;
	check->planned_ms = check->due_ms;
	timers_set(&schedule->timers, &check->timer, check->planned_ms);
}

static bool may_overlap(const struct schedule *schedule, const struct check *check)
{
	unsigned int most = check->spec.fall > check->spec.rise ? check->spec.fall
								: check->spec.rise;

	return check->in_flight < most && schedule->in_flight < schedule->limit / 2;
}

/* It is time for a probe of this check. */
static void want(struct schedule *schedule, struct check *check, int64_t now)
{
	/* A first one is expected at no certain time: what comes before the loop runs is no delay. */
	if (!check->begun)
		check->planned_ms = now;
	check->owed = check->in_flight && !may_overlap(schedule, check);
	if (check->owed)
		plan_next(schedule, check, now);
	else
		enqueue(schedule, check);
}

/* --- beginning --- */

static void note_lateness(struct schedule *schedule, int64_t late_ms)
{
	schedule->late += late_ms > LATE_MS;
	if (late_ms > schedule->latest_ms)
		schedule->latest_ms = late_ms;
}

static void begun(struct schedule *schedule, struct check *check, int64_t now)
{
	schedule->probes++;
	note_lateness(schedule, now - check->planned_ms);
	plan_next(schedule, check, now);
}

/* Tries to begin the probe that a check has waited for. */
static void begin(struct schedule *schedule, struct check *check, int64_t now)
{
	struct outcome outcome;

	dequeue(schedule, check);
	switch (probe_begin(schedule, check, &outcome)) {
	case PROBE_FLIES:
		begun(schedule, check, now);
		check->in_flight++;
		schedule->in_flight++;
		break;
	case PROBE_OVER:
		begun(schedule, check, now);
		schedule->result(schedule->arg, check, check->begun, outcome);
		break;
	case PROBE_NO_PORT:
		schedule->unsent++;
		timers_set(&schedule->timers, &check->timer, now + RETRY_MS);
		break;
	case PROBE_NO_ROOM:
		schedule->unsent++;
		enqueue(schedule, check);
		schedule->paused_ms = now + PAUSE_MS;
		break;
	}
}

static void begin_waiting(struct schedule *schedule, unsigned int most)
{
	int64_t now;

	if (TAILQ_EMPTY(&schedule->waiting))
		return;
	now = timers_now();
	for (; most && now >= schedule->paused_ms && schedule->in_flight < schedule->limit &&
	       !TAILQ_EMPTY(&schedule->waiting);
	     most--)
		begin(schedule, TAILQ_FIRST(&schedule->waiting), now);
	/* Without a place, the end of a probe goes on. */
	if (!TAILQ_EMPTY(&schedule->waiting) && schedule->in_flight < schedule->limit)
		timers_set(&schedule->timers, &schedule->again,
			   now < schedule->paused_ms ? schedule->paused_ms : now);
}

static void on_again(struct timer *timer)
{
	struct schedule *schedule =
		(struct schedule *)((char *)timer - offsetof(struct schedule, again));

	begin_waiting(schedule, TIMERS_SLICE);
	timers_yield(&schedule->timers);
}

static void on_time(struct timer *timer)
{
	struct check *check = (struct check *)((char *)timer - offsetof(struct check, timer));
	struct schedule *schedule = check->schedule;

	want(schedule, check, timers_now());
	begin_waiting(schedule, 1);
}

/* --- the ends --- */

static void drop(struct schedule *schedule, struct probe *probe)
{
	probe->check->in_flight--;
	schedule->in_flight--;
	probe_free(probe);
}

void schedule_over(struct schedule *schedule, struct probe *probe, struct outcome outcome)
{
	struct check *check = probe->check;
	uint64_t number = probe->number;

	drop(schedule, probe);
	if (check->owed) {
		check->planned_ms = timers_now();
		want(schedule, check, check->planned_ms);
	}
	schedule->result(schedule->arg, check, number, outcome);
	begin_waiting(schedule, 1);
}

/* When the next first probe may begin: one after the other, but within the interval. */
static int64_t first_ms(struct schedule *schedule, const struct check *check, int64_t now)
{
	int64_t wait;

	if (schedule->first_us < now * 1000)
		schedule->first_us = now * 1000;
	wait = schedule->first_us / 1000 - now;
	if (wait >= interval_ms(check))
		return now + (int64_t)(check->link.hash >> 8) % interval_ms(check);
	schedule->first_us += FIRST_US;
	return now + wait;
}

void schedule_start(struct schedule *schedule, struct check *check)
{
	check->schedule = schedule;
	check->timer.run = on_time;
	check->planned_ms = first_ms(schedule, check, timers_now());
	check->due_ms =
		check->planned_ms + 1 + (int64_t)(check->link.hash >> 8) % interval_ms(check);
	timers_set(&schedule->timers, &check->timer, check->planned_ms);
}

void schedule_hurry(struct schedule *schedule, struct check *check)
{
	int64_t now = timers_now();

	/* One that has begun nothing yet is as early as it can be, and so is one before the queue's end. */
	if (check->waiting || !check->begun || check->planned_ms <= now ||
	    check->planned_ms <= schedule->first_us / 1000)
		return;
	check->planned_ms = first_ms(schedule, check, now);
	timers_set(&schedule->timers, &check->timer, check->planned_ms);
}

void schedule_stop(struct schedule *schedule, struct check *check)
{
	dequeue(schedule, check);
	timers_cancel(&schedule->timers, &check->timer);
	while (!LIST_EMPTY(&check->probes))
		drop(schedule, LIST_FIRST(&check->probes));
	if (!TAILQ_EMPTY(&schedule->waiting))
		timers_set(&schedule->timers, &schedule->again, timers_now());
}

int schedule_open(struct schedule *schedule, struct event_base *base, uint32_t limit,
		  schedule_result *result, void *arg)
{
	*schedule = (struct schedule){
		.again = { .run = on_again },
		.second_ms = 1000,
		.limit = limit ? limit : 1,
		.result = result,
		.arg = arg,
	};
	TAILQ_INIT(&schedule->waiting);
	if (timers_open(&schedule->timers, base))
		return -1;
	if (!arrivals_open(&schedule->arrivals, base, &schedule->timers))
		return 0;
	timers_close(&schedule->timers);
	return -1;
}

void schedule_close(struct schedule *schedule)
{
	arrivals_close(&schedule->arrivals);
	timers_close(&schedule->timers);
}
