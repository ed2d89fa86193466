/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many timers behind a single one of the event loop, which rings on a grid of TIMERS_GRAIN_MS: what
 * is due about the same time is done in one turn, instead of waking the process for each.
 */
#ifndef SLUICE_HEALTH_TIMERS_H
#define SLUICE_HEALTH_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMERS_GRAIN_MS 10
#define TIMERS_SLICE 64 /* run in one turn of the loop: others on it have their turn as well */

struct event;
struct event_base;

struct timer {
	void (*run)(struct timer *timer); /* may set, cancel and free any timer, itself too */
	size_t place; /* in the heap, from 1; 0: not set */
};

struct timers {
	struct timer_entry *heap; /* the earliest first; [0] is not used */
	size_t count, room;
	struct event *event;
	int64_t rings_ms; /* when the loop's timer rings; INT64_MAX: not at all */
	bool yields; /* the rest is for the next turn */
};

/* Milliseconds of a clock that no one sets. */
int64_t timers_now(void);

/* -1 without memory. */
int timers_open(struct timers *timers, struct event_base *base);
/* Timers that are still set are forgotten. */
void timers_close(struct timers *timers);
/* Sets it, or sets it anew. It runs from the loop, never from within this call. */
void timers_set(struct timers *timers, struct timer *timer, int64_t at_ms);
/* Not set: fine. */
void timers_cancel(struct timers *timers, struct timer *timer);
/* For a timer that runs, and has done much: what else is due, itself too, is for the next turn. */
void timers_yield(struct timers *timers);

#endif
