// SPDX-License-Identifier: BSD-2-Clause
/*
 * A heap of four children each, which lie side by side; each timer knows its place in it, so that it can
 * leave.
 */
#include "health/timers.h"

#include "base/memory.h"

#include <event2/event.h>
#include <time.h>

#define ROOM_MIN 64
#define FAN 4
#define PARENT(place) (((place) + FAN - 2) / FAN)

struct timer_entry {
	int64_t at_ms;
	struct timer *timer;
};

int64_t timers_now(void)
{
	struct timespec now;

	/* The one that the event loop goes by: it rings neither early nor twice. */
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void put(struct timers *timers, size_t place, struct timer_entry entry)
{
	timers->heap[place] = entry;
	entry.timer->place = place;
}

/* 0: it has none. */
static size_t earliest_child(const struct timers *timers, size_t place)
{
	size_t first = FAN * (place - 1) + 2, earliest = first;

	if (first > timers->count)
		return 0;
	for (size_t child = first + 1; child < first + FAN && child <= timers->count; child++) {
		if (timers->heap[child].at_ms < timers->heap[earliest].at_ms)
			earliest = child;
	}
	return earliest;
}

/* Moves an entry from `place`, whose own is gone, to where it belongs. */
static void settle(struct timers *timers, size_t place, struct timer_entry entry)
{
	struct timer_entry *heap = timers->heap;

	for (; place > 1 && entry.at_ms < heap[PARENT(place)].at_ms; place = PARENT(place))
		put(timers, place, heap[PARENT(place)]);
	for (size_t child; (child = earliest_child(timers, place)); place = child) {
		if (entry.at_ms <= heap[child].at_ms)
			break;
		put(timers, place, heap[child]);
	}
	put(timers, place, entry);
}

/* The loop's timer rings at once if the earliest is due, or at the first point of the grid after it. */
static void arm(struct timers *timers)
{
	int64_t at = timers->count ? timers->heap[1].at_ms : INT64_MAX, now;
	struct timeval after;

	if (timers->rings_ms <= at || at == INT64_MAX)
		return;
	now = timers_now();
	if (at > now)
		at += TIMERS_GRAIN_MS - 1 - (at - 1) % TIMERS_GRAIN_MS;
	else
		at = now;
	if (timers->rings_ms <= at)
		return;
	after = (struct timeval){ .tv_sec = (at - now) / 1000,
				  .tv_usec = (at - now) % 1000 * 1000 };
	timers->rings_ms = event_add(timers->event, &after) ? INT64_MAX : at;
}

static void on_ring(evutil_socket_t fd, short what, void *arg)
{
	struct timers *timers = arg;
	int64_t now = timers_now();
	struct timer *timer;

	(void)fd;
	(void)what;
	timers->yields = false;
	for (unsigned int left = TIMERS_SLICE;
	     left && !timers->yields && timers->count && timers->heap[1].at_ms <= now; left--) {
		timer = timers->heap[1].timer;
		timers_cancel(timers, timer);
		timer->run(timer);
	}
	timers->rings_ms = INT64_MAX;
	arm(timers);
}

int timers_open(struct timers *timers, struct event_base *base)
{
	*timers = (struct timers){ .rings_ms = INT64_MAX };
	timers->event = event_new(base, -1, 0, on_ring, timers);
	return timers->event ? 0 : -1;
}

void timers_close(struct timers *timers)
{
	if (timers->event)
		event_free(timers->event);
	free(timers->heap);
	*timers = (struct timers){ 0 };
}

void timers_set(struct timers *timers, struct timer *timer, int64_t at_ms)
{
	struct timer_entry entry = { .at_ms = at_ms, .timer = timer };

	if (timer->place) {
		settle(timers, timer->place, entry);
	} else {
		if (timers->count + 1 >= timers->room) {
			timers->room = timers->room ? 2 * timers->room : ROOM_MIN;
			timers->heap =
				memory_resize(timers->heap, timers->room, sizeof(*timers->heap));
		}
		timers->count++;
		settle(timers, timers->count, entry);
	}
	arm(timers);
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
	struct timer_entry last;
	size_t place = timer->place;

	if (!place)
		return;
	timer->place = 0;
	last = timers->heap[timers->count--];
	if (last.timer != timer)
		settle(timers, place, last);
}

void timers_yield(struct timers *timers)
{
	timers->yields = true;
}
