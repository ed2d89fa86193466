// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the packet program cannot do itself: resolve a next hop, or give it an index. Packets choose
 * what is asked for, so asking is limited: each neighbour once a second, and so many in all.
 */
#include "dataplane/internal.h"

#include "base/log.h"

#include <bpf/libbpf.h>

#define ASK_MS 1000
#define ASKS_A_SECOND 512

static bool was_just_asked(struct events *events, const struct sluice_event *event, uint64_t now_ms)
{
	uint32_t slot = (event->address * 0x9e3779b1u ^ event->ifindex ^ event->kind << 16) >> 16;

	slot %= EVENT_MEMORY;
	if (events->recent[slot].kind == event->kind &&
	    events->recent[slot].ifindex == event->ifindex &&
	    events->recent[slot].address == event->address &&
	    now_ms < events->recent[slot].at_ms + ASK_MS)
		return true;
	events->recent[slot].kind = event->kind;
	events->recent[slot].ifindex = event->ifindex;
	events->recent[slot].address = event->address;
	events->recent[slot].at_ms = now_ms;
	return false;
}

static int on_event(void *arg, void *data, size_t size)
{
	struct dataplane *dataplane = arg;
	struct events *events = &dataplane->events;
	const struct sluice_event *event = data;
	uint64_t now_ms = dp_now_ms();
	int error;

	if (size < sizeof(*event) ||
	    (event->kind != SLUICE_EVENT_NEIGHBOUR && event->kind != SLUICE_EVENT_HOP))
		return 0;
	if (was_just_asked(events, event, now_ms))
		return 0;
	if (events->second != now_ms / 1000) {
		events->second = now_ms / 1000;
		events->asked = 0;
	}
	if (events->asked++ >= ASKS_A_SECOND)
		return 0;
	if (event->kind == SLUICE_EVENT_HOP) {
		front_learn(dataplane, event->ifindex, event->address);
		return 0;
	}
	error = neighbours_ask(dataplane, event->ifindex, event->address);
	if (error)
		log_debug(DOMAIN, "cannot ask for a neighbour ifindex=%u error=%d", event->ifindex,
			  -error);
	return 0;
}

int events_open(struct dataplane *dataplane)
{
	dataplane->events.ring =
		ring_buffer__new(dataplane->tables[MAP_EVENTS].fd, on_event, dataplane, NULL);
	return dataplane->events.ring ? 0 : -1;
}

void events_close(struct dataplane *dataplane)
{
	ring_buffer__free(dataplane->events.ring);
}

int events_fd(const struct dataplane *dataplane)
{
	return ring_buffer__epoll_fd(dataplane->events.ring);
}

void events_readable(struct dataplane *dataplane)
{
	ring_buffer__consume(dataplane->events.ring);
}
