// SPDX-License-Identifier: BSD-2-Clause
/*
 * A queue in the order of time, and an epoll of our own within the loop's: so it is we who say how many
 * events are taken at a time.
 */
#include "health/arrivals.h"

#include "health/probe.h"

#include <event2/event.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Then it is the next ring of the timers, not the one after. */
#define LOOK_MS (TIMERS_GRAIN_MS / 2)

/* --- told by the kernel --- */

/* Its events are told once: ready() takes all there is. False: the kernel has no room for it. */
static bool tell_me(const struct arrivals *arrivals, struct probe *probe)
{
	struct epoll_event wanted = { .events = probe_awaits(probe) | EPOLLET, .data.ptr = probe };

	return !epoll_ctl(arrivals->epoll, EPOLL_CTL_ADD, probe->fd, &wanted);
}

static void on_events(evutil_socket_t fd, short what, void *arg)
{
	struct epoll_event events[TIMERS_SLICE];
	int count = epoll_wait(fd, events, TIMERS_SLICE, 0);

	(void)what;
	(void)arg;
	/* One that has come to its end is freed, and no other. */
	for (int i = 0; i < count; i++)
		probe_arrived(events[i].data.ptr);
}

/* --- looked at --- */

static void look_later(struct arrivals *arrivals, struct probe *probe, int64_t now)
{
	probe->look_ms = now + LOOK_MS;
	probe->way = PROBE_LOOKED_AT;
	TAILQ_INSERT_TAIL(&arrivals->fresh, probe, fresh);
	if (!arrivals->look.place)
		timers_set(&arrivals->looks, &arrivals->look, probe->look_ms);
}

static void look_at(struct arrivals *arrivals, struct probe *probe)
{
	TAILQ_REMOVE(&arrivals->fresh, probe, fresh);
	probe->way = PROBE_UNAWAITED;
	probe->looks++;
	if (!probe_arrived(probe))
		arrivals_await(arrivals, probe, false);
}

static void on_look(struct timer *timer)
{
	struct arrivals *arrivals =
		(struct arrivals *)((char *)timer - offsetof(struct arrivals, look));
	int64_t now = timers_now();
	struct probe *probe = TAILQ_FIRST(&arrivals->fresh);

	for (unsigned int left = TIMERS_SLICE; left && probe && probe->look_ms <= now; left--) {
		look_at(arrivals, probe);
		probe = TAILQ_FIRST(&arrivals->fresh);
	}
	if (!probe)
		return;
	timers_set(&arrivals->looks, &arrivals->look, probe->look_ms);
	timers_yield(&arrivals->looks);
}

void arrivals_await(struct arrivals *arrivals, struct probe *probe, bool scarce)
{
	bool quick = !scarce && probe->looks < probe_looks(probe);

	/* One that is quick is over long before its time. */
	if (!quick)
		timers_set(arrivals->timeouts, &probe->timer, probe->until_ms);
	if (!quick && tell_me(arrivals, probe))
		probe->way = PROBE_TOLD;
	else
		look_later(arrivals, probe, timers_now());
}

void arrivals_leave(struct arrivals *arrivals, struct probe *probe)
{
	if (probe->way == PROBE_LOOKED_AT)
		TAILQ_REMOVE(&arrivals->fresh, probe, fresh);
	else if (probe->way == PROBE_TOLD)
		epoll_ctl(arrivals->epoll, EPOLL_CTL_DEL, probe->fd, NULL);
	probe->way = PROBE_UNAWAITED;
}

int arrivals_open(struct arrivals *arrivals, struct event_base *base, struct timers *timeouts)
{
	*arrivals = (struct arrivals){ .timeouts = timeouts, .look = { .run = on_look } };
	TAILQ_INIT(&arrivals->fresh);
	arrivals->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (arrivals->epoll < 0)
		return -1;
	arrivals->event =
		event_new(base, arrivals->epoll, EV_READ | EV_PERSIST, on_events, arrivals);
	if (!timers_open(&arrivals->looks, base) && arrivals->event &&
	    !event_add(arrivals->event, NULL))
		return 0;
	arrivals_close(arrivals);
	return -1;
}

void arrivals_close(struct arrivals *arrivals)
{
	if (arrivals->event)
		event_free(arrivals->event);
	timers_close(&arrivals->looks);
	close(arrivals->epoll);
}
