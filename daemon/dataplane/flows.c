// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sweeper: walks the flow table in slices, counts the live flows of each backend, and clears
 * what expired long enough ago that no late packet wants it, well before its 16-bit stamp wraps.
 */
#include "dataplane/internal.h"

#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#define SLICE 4096 /* entries a system call */
#define BUDGET_MS 3 /* of the event loop's time a tick */
#define PERIOD_MS 1000 /* a sweep begins at most that often */
#define GRACE_S 60 /* an expired entry is cleared after that long */
/* A stamp may be ahead of us: the program's clock is a little faster than our reading of it. */
#define AHEAD_S 256

void flows_open(struct dataplane *dataplane)
{
	struct sweep *sweep = &dataplane->sweep;
	size_t backends = dataplane->tables[MAP_BACKENDS].size;

	sweep->slice = SLICE;
	sweep->keys = memory_new(SLICE, sizeof(*sweep->keys));
	sweep->values = memory_new(SLICE, sizeof(*sweep->values));
	sweep->counted = memory_new(backends, sizeof(*sweep->counted));
	sweep->counting = memory_new(backends, sizeof(*sweep->counting));
}

void flows_close(struct dataplane *dataplane)
{
	free(dataplane->sweep.keys);
	free(dataplane->sweep.values);
	free(dataplane->sweep.counted);
	free(dataplane->sweep.counting);
}

static uint32_t limit_of(const struct dataplane *dataplane, uint64_t key, uint64_t value)
{
	const struct config *config = dataplane->config;
	uint64_t service = SLUICE_GET(key, FLOW_SERVICE);

	switch (SLUICE_GET(value, FLOW_STATE)) {
	case SLUICE_FLOW_HALF_OPEN:
		return config->timeouts.half_open;
	case SLUICE_FLOW_CLOSING:
		return config->timeouts.closing;
	case SLUICE_FLOW_UDP:
		return config->timeouts.udp;
	default:
		if (service >= dataplane->tables[MAP_SERVICES].size)
			return 0;
		return dataplane->services[service].established_s;
	}
}

static uint32_t age_of(uint64_t value, uint64_t now_s)
{
	uint16_t age = (uint16_t)(now_s - SLUICE_GET(value, FLOW_SEEN));

	return age > UINT16_MAX - AHEAD_S ? 0 : age;
}

/* The backend that the flow is on, 0 if that is gone, or has become another. */
static uint32_t backend_of(const struct dataplane *dataplane, uint64_t key, uint64_t value)
{
	uint32_t id = (uint32_t)SLUICE_GET(value, FLOW_BACKEND);
	uint64_t word;

	if (id >= dataplane->tables[MAP_BACKENDS].size)
		return 0;
	word = dataplane->backends[id].word;
	if (SLUICE_GET(word, BACKEND_STATE) == SLUICE_BACKEND_GONE ||
	    SLUICE_GET(word, BACKEND_GENERATION) != SLUICE_GET(value, FLOW_GENERATION) ||
	    SLUICE_GET(word, BACKEND_SERVICE) != SLUICE_GET(key, FLOW_SERVICE))
		return 0;
	return id;
}

/* Unless a packet has changed it since it was read. */
static void clear(const struct dataplane *dataplane, uint64_t key, uint64_t value)
{
	int fd = dataplane->tables[MAP_FLOWS].fd;
	uint64_t now;

	if (!bpf_map_lookup_elem(fd, &key, &now) && now == value)
		(void)bpf_map_delete_elem(fd, &key);
}

static void judge(struct dataplane *dataplane, uint64_t key, uint64_t value, uint64_t now_s)
{
	struct sweep *sweep = &dataplane->sweep;
	uint32_t backend = backend_of(dataplane, key, value);
	uint32_t limit = limit_of(dataplane, key, value), age = age_of(value, now_s);

	sweep->total++;
	if (backend && age <= limit)
		sweep->counting[backend]++;
	else if (!backend || age > limit + GRACE_S)
		clear(dataplane, key, value);
}

static void complete(struct dataplane *dataplane)
{
	struct sweep *sweep = &dataplane->sweep;
	uint32_t *counted = sweep->counting;

	sweep->counting = sweep->counted;
	sweep->counted = counted;
	sweep->last_total = sweep->total;
	sweep->under_way = false;
	sweep->complete++;
}

static void begin(struct dataplane *dataplane, uint64_t now_ms)
{
	struct sweep *sweep = &dataplane->sweep;

	memset(sweep->counting, 0, dataplane->tables[MAP_BACKENDS].size * sizeof(*sweep->counting));
	sweep->total = 0;
	sweep->began_ms = now_ms;
	sweep->under_way = true;
	sweep->started = false;
}

/* A bucket with more entries than a slice has room for would never be passed. */
static void widen(struct sweep *sweep)
{
	sweep->slice *= 2;
	sweep->keys = memory_resize(sweep->keys, sweep->slice, sizeof(*sweep->keys));
	sweep->values = memory_resize(sweep->values, sweep->slice, sizeof(*sweep->values));
}

static void sweep_slice(struct dataplane *dataplane, uint64_t now_s)
{
	struct sweep *sweep = &dataplane->sweep;
	__u32 count = sweep->slice;
	int error = bpf_map_lookup_batch(dataplane->tables[MAP_FLOWS].fd,
					 sweep->started ? &sweep->position : NULL, &sweep->position,
					 sweep->keys, sweep->values, &count, NULL);

	if (error && errno == ENOSPC) {
		widen(sweep);
		return;
	}
	if (error && errno != ENOENT) {
		log_warning(DOMAIN, "cannot read the flow table: %m");
		sweep->under_way = false;
		return;
	}
	error = error ? -ENOENT : 0;
	sweep->started = true;
	for (uint32_t i = 0; i < count; i++)
		judge(dataplane, sweep->keys[i], sweep->values[i], now_s);
	if (error)
		complete(dataplane);
}

void flows_tick(struct dataplane *dataplane)
{
	struct sweep *sweep = &dataplane->sweep;
	uint64_t now_ms = dp_now_ms(), until_ms = now_ms + BUDGET_MS;

	if (!sweep->under_way && sweep->complete && now_ms < sweep->began_ms + PERIOD_MS)
		return;
	if (!sweep->under_way)
		begin(dataplane, now_ms);
	while (sweep->under_way && dp_now_ms() < until_ms)
		sweep_slice(dataplane, now_ms / 1000);
}

uint32_t dataplane_active_flows(const struct dataplane *dataplane, uint32_t backend)
{
	return backend < dataplane->tables[MAP_BACKENDS].size ? dataplane->sweep.counted[backend]
							      : 0;
}

uint64_t dataplane_sweeps(const struct dataplane *dataplane)
{
	return dataplane->sweep.complete;
}
