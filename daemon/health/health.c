// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is watched: backends by id, each with its state, at the check that it shares with its equals.
 * Changes are told from an event of their own, at the end of the turn of the loop that they came up
 * in, so that whoever is told may watch and forget what he likes.
 */
#include "health/health.h"

#include "base/memory.h"
#include "health/internal.h"
#include "health/schedule.h"

#include <event2/event.h>
#include <time.h>

struct watch {
	struct table_link link; /* by id; first */
	uint32_t backend;
	uint8_t state, told; /* enum health_state */
	uint8_t row; /* results in a row that speak against the state */
	bool untold; /* in the list of those */
	struct outcome last;
	struct check *check;
	uint64_t since; /* probes of the check up to this one began before it was watched so */
	int64_t changed_ms, checked_ms;
	uint64_t checks, failures;
	LIST_ENTRY(watch) of_check;
	TAILQ_ENTRY(watch) to_tell;
};

struct health {
	struct schedule schedule;
	struct table watches, checks;
	TAILQ_HEAD(, watch) untold;
	struct event *tell;
	uint32_t down;
	health_changed *changed;
	void *arg;
};

static struct watch *find(const struct health *health, uint32_t backend)
{
	/* An id and its hash are one to one. */
	return (struct watch *)table_first(&health->watches, table_mix(backend));
}

/* --- states --- */

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void enter(struct health *health, struct watch *watch, enum health_state state)
{
	health->down -= watch->state == HEALTH_DOWN;
	health->down += state == HEALTH_DOWN;
	watch->state = (uint8_t)state;
	watch->row = 0;
}

static void change(struct health *health, struct watch *watch, enum health_state state)
{
	enter(health, watch, state);
	watch->changed_ms = watch->checked_ms;
	if (watch->untold)
		return;
	TAILQ_INSERT_TAIL(&health->untold, watch, to_tell);
	watch->untold = true;
	event_active(health->tell, EV_TIMEOUT, 0);
}

static void judge(struct health *health, struct watch *watch, struct outcome outcome)
{
	const struct health_check *spec = &watch->check->spec;
	enum health_state towards = outcome.good ? HEALTH_UP : HEALTH_DOWN;

	watch->last = outcome;
	watch->checked_ms = wall_ms();
	watch->checks++;
	watch->failures += !outcome.good;
	if (watch->state == towards)
		watch->row = 0;
	else if (watch->state == HEALTH_UNKNOWN ||
		 ++watch->row >= (outcome.good ? spec->rise : spec->fall))
		change(health, watch, towards);
}

static void on_result(void *arg, struct check *check, uint64_t number, struct outcome outcome)
{
	struct health *health = arg;
	struct watch *watch;

	LIST_FOREACH(watch, &check->watches, of_check)
	{
		if (number > watch->since)
			judge(health, watch, outcome);
	}
}

static void on_tell(evutil_socket_t fd, short what, void *arg)
{
	struct health *health = arg;
	struct watch *watch;
	char reason[sizeof(((struct health_report *)0)->reason)];

	(void)fd;
	(void)what;
	while ((watch = TAILQ_FIRST(&health->untold))) {
		TAILQ_REMOVE(&health->untold, watch, to_tell);
		watch->untold = false;
		if (watch->told == watch->state)
			continue;
		watch->told = watch->state;
		outcome_reason(watch->last, reason, sizeof(reason));
		health->changed(health->arg, watch->backend, watch->state, reason);
	}
}

/* --- who is checked how --- */

static struct check *obtain_check(struct health *health, const struct health_check *settled)
{
	uint64_t hash = check_hash(settled);
	struct table_link *link = table_first(&health->checks, hash);
	struct check *check;

	while (link && !check_equal(&((struct check *)link)->spec, settled))
		link = table_next(link);
	if (link)
		return (struct check *)link;
	check = check_new(settled);
	table_insert(&health->checks, &check->link, hash);
	schedule_start(&health->schedule, check);
	return check;
}

static void release_check(struct health *health, struct check *check)
{
	if (!LIST_EMPTY(&check->watches))
		return;
	schedule_stop(&health->schedule, check);
	table_remove(&health->checks, &check->link);
	check_free(check);
}

static struct watch *new_watch(struct health *health, uint32_t backend, enum health_state known)
{
	struct watch *watch = memory_new(1, sizeof(*watch));

	watch->backend = backend;
	watch->told = (uint8_t)known;
	enter(health, watch, known);
	table_insert(&health->watches, &watch->link, table_mix(backend));
	return watch;
}

static void attach(struct health *health, struct watch *watch, struct check *check)
{
	watch->check = check;
	watch->since = check->begun;
	watch->row = 0;
	LIST_INSERT_HEAD(&check->watches, watch, of_check);
	if (watch->state == HEALTH_UNKNOWN)
		schedule_hurry(&health->schedule, check);
}

void health_watch(struct health *health, uint32_t backend, const struct health_check *check,
		  enum health_state known)
{
	struct health_check settled = check_settle(check);
	struct watch *watch = find(health, backend);
	struct check *before;

	if (!watch) {
		watch = new_watch(health, backend, known);
		attach(health, watch, obtain_check(health, &settled));
	} else if (!check_equal(&watch->check->spec, &settled)) {
		before = watch->check;
		LIST_REMOVE(watch, of_check);
		attach(health, watch, obtain_check(health, &settled));
		release_check(health, before);
	}
}

static void free_watch(struct health *health, struct watch *watch)
{
	enter(health, watch, HEALTH_UNKNOWN);
	if (watch->untold)
		TAILQ_REMOVE(&health->untold, watch, to_tell);
	LIST_REMOVE(watch, of_check);
	release_check(health, watch->check);
	free(watch);
}

void health_forget(struct health *health, uint32_t backend)
{
	struct watch *watch = find(health, backend);

	if (!watch)
		return;
	table_remove(&health->watches, &watch->link);
	free_watch(health, watch);
}

/* --- what is seen of it --- */

bool health_report(const struct health *health, uint32_t backend, struct health_report *out)
{
	const struct watch *watch = find(health, backend);

	*out = (struct health_report){ 0 };
	if (!watch)
		return false;
	*out = (struct health_report){
		.state = watch->state,
		.changed_ms = watch->changed_ms,
		.checked_ms = watch->checked_ms,
		.last_good = watch->last.good,
		.checks = watch->checks,
		.failures = watch->failures,
	};
	outcome_reason(watch->last, out->reason, sizeof(out->reason));
	return true;
}

void health_status(const struct health *health, struct health_status *out)
{
	const struct schedule *schedule = &health->schedule;

	*out = (struct health_status){
		.watched = (uint32_t)health->watches.count,
		.checks = (uint32_t)health->checks.count,
		.down = health->down,
		.in_flight = schedule->in_flight,
		.probes = schedule->probes,
		.late = schedule->late,
		.unsent = schedule->unsent,
		.latest_ms = (uint32_t)schedule->latest_ms,
	};
}

/* --- life --- */

void health_set_second(struct health *health, unsigned int ms)
{
	health->schedule.second_ms = ms;
}

struct health *health_new(struct event_base *base, const struct health_limits *limits,
			  health_changed *changed, void *arg)
{
	struct health *health = memory_new(1, sizeof(*health));

	health->changed = changed;
	health->arg = arg;
	TAILQ_INIT(&health->untold);
	health->tell = event_new(base, -1, 0, on_tell, health);
	if (health->tell &&
	    !schedule_open(&health->schedule, base, limits->probes, on_result, health))
		return health;
	if (health->tell)
		event_free(health->tell);
	free(health);
	return NULL;
}

static void release_watch(struct table_link *link, void *arg)
{
	free_watch(arg, (struct watch *)link);
}

void health_free(struct health *health)
{
	if (!health)
		return;
	table_drain(&health->watches, release_watch, health);
	table_close(&health->checks);
	schedule_close(&health->schedule);
	event_free(health->tell);
	free(health);
}
