// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sweeper: walks the flow table in slices, counts the live flows of each backend, removes what
 * expired long enough ago that no late packet wants it, well before its 16-bit stamp wraps, and
 * takes front hops that lead nowhere any more out of flows, so that their indexes can be used again.
 */
#include "dataplane/internal.h"

#include "base/config.h"
#include "base/memory.h"

#include <string.h>

#define SLICE 4096 /* entries between two looks at the clock */
#define BUDGET_MS 3 /* of the event loop's time a tick */
#define PERIOD_MS 1000 /* a sweep begins at most that often */
#define GRACE_S 60 /* an expired entry is removed after that long */

void flows_open(struct dataplane *dataplane)
{
	struct sweep *sweep = &dataplane->sweep;
	size_t backends = dataplane->tables[MAP_BACKENDS].size;

	sweep->counted = memory_new(backends, sizeof(*sweep->counted));
	sweep->counting = memory_new(backends, sizeof(*sweep->counting));
}

void flows_close(struct dataplane *dataplane)
{
	free(dataplane->sweep.counted);
	free(dataplane->sweep.counting);
}

static uint32_t limit_of(const struct dataplane *dataplane, uint64_t key, uint64_t value)
{
	const struct config *config = dataplane->config;
	uint64_t service = SLUICE_GET(key, FLOW_SERVICE);

	switch (SLUICE_GET(value, FLOW_STATE)) {
	case SLUICE_FLOW_HALF_OPEN:
	case SLUICE_FLOW_GUESSED:
		return config->timeouts.half_open;
	case SLUICE_FLOW_CLOSING:
		return config->timeouts.closing;
	case SLUICE_FLOW_UDP:
		return sluice_flow_limit(config->timeouts.udp);
	default:
		if (service >= dataplane->tables[MAP_SERVICES].size)
			return 0;
		return dataplane->services[service].established_s;
	}
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

static void look_at_hop(struct dataplane *dataplane, struct sluice_flow *entry, uint64_t value)
{
	uint64_t hop = SLUICE_GET(value, FLOW_HOP);

	if (hop && hop < dataplane->hops.size && dataplane->hops.words[hop])
		dataplane->hops.seen[hop] = 1;
	else if (hop)
		(void)flow_change(entry, value, SLUICE_SET(value, FLOW_HOP, 0), &dataplane->loads);
}

/* A killed flow answers the client until it would have expired. */
static bool is_killed(uint32_t backend, uint64_t value)
{
	return !backend && SLUICE_GET(value, FLOW_STATE) == SLUICE_FLOW_CLOSING;
}

/* A reset flow is kept as long as an established one, since the RST may have been forged, but a drain
 * waits for it no longer than for one that is closing. */
static bool is_live(const struct dataplane *dataplane, uint64_t value, uint32_t age, uint32_t limit)
{
	if (SLUICE_GET(value, FLOW_STATE) == SLUICE_FLOW_RESET &&
	    age > dataplane->config->timeouts.closing)
		return false;
	return age <= limit;
}

static void count(struct dataplane_flows *flows, uint64_t value)
{
	switch (SLUICE_GET(value, FLOW_STATE)) {
	case SLUICE_FLOW_HALF_OPEN:
		flows->half_open++;
		break;
	case SLUICE_FLOW_FIN_CLIENT:
	case SLUICE_FLOW_FIN_BACKEND:
	case SLUICE_FLOW_CLOSING:
	case SLUICE_FLOW_RESET:
		flows->closing++;
		break;
	default:
		flows->established++;
	}
}

static void judge(struct dataplane *dataplane, struct sluice_flow *entry, uint64_t now_s)
{
	struct sweep *sweep = &dataplane->sweep;
	uint64_t key, value;
	uint32_t backend, limit, age;

	if (!flow_read(entry, &key, &value))
		return;
	backend = backend_of(dataplane, key, value);
	limit = limit_of(dataplane, key,
			 is_killed(backend, value)
				 ? SLUICE_SET(value, FLOW_STATE, SLUICE_FLOW_ESTABLISHED)
				 : value);
	age = flow_age(value, now_s);
	sweep->total++;
	if (backend && is_live(dataplane, value, age, limit))
		count(&sweep->counting[backend], value);
	/* Unless a packet comes between. */
	if (((!backend && !is_killed(backend, value)) || age > limit + GRACE_S) &&
	    flow_change(entry, value, 0, &dataplane->loads))
		return;
	look_at_hop(dataplane, entry, value);
}

static void complete(struct dataplane *dataplane)
{
	struct sweep *sweep = &dataplane->sweep;
	struct dataplane_flows *counted = sweep->counting;

	sweep->counting = sweep->counted;
	sweep->counted = counted;
	sweep->last_total = sweep->total;
	sweep->under_way = false;
	sweep->complete++;
	hop_words_swept(dataplane);
}

static void begin(struct dataplane *dataplane, uint64_t now_ms)
{
	struct sweep *sweep = &dataplane->sweep;

	/* What was never written takes no memory: so zeros are not written over zeros. */
	for (uint32_t id = 0; id < dataplane->tables[MAP_BACKENDS].size; id++) {
		struct dataplane_flows *flows = &sweep->counting[id];

		if (flows->half_open | flows->established | flows->closing)
			*flows = (struct dataplane_flows){ 0 };
	}
	sweep->total = 0;
	sweep->began_ms = now_ms;
	sweep->under_way = true;
	sweep->position = 0;
}

static void sweep_slice(struct dataplane *dataplane, uint64_t now_s)
{
	struct sweep *sweep = &dataplane->sweep;
	uint64_t end = sweep->position + SLICE;

	if (end > dataplane->flow_count)
		end = dataplane->flow_count;
	while (sweep->position < end)
		judge(dataplane, &dataplane->flows[sweep->position++], now_s);
	if (sweep->position == dataplane->flow_count)
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

void dataplane_flows(const struct dataplane *dataplane, uint32_t backend,
		     struct dataplane_flows *out)
{
	*out = (struct dataplane_flows){ 0 };
	if (backend < dataplane->tables[MAP_BACKENDS].size)
		*out = dataplane->sweep.counted[backend];
}

uint32_t dataplane_active_flows(const struct dataplane *dataplane, uint32_t backend)
{
	struct dataplane_flows flows;

	dataplane_flows(dataplane, backend, &flows);
	return flows.half_open + flows.established + flows.closing;
}

uint64_t dataplane_sweeps(const struct dataplane *dataplane)
{
	return dataplane->sweep.complete;
}

void flows_empty(struct sluice_flow *entries, uint64_t count, const struct loads *loads)
{
	uint64_t key, value;

	for (uint64_t i = 0; i < count; i++) {
		if (flow_read(&entries[i], &key, &value))
			(void)flow_end(&entries[i], key, loads);
	}
}

uint64_t flows_count(const struct sluice_flow *entries, uint64_t count)
{
	uint64_t key, value, flows = 0;

	for (uint64_t i = 0; i < count; i++)
		flows += flow_read(&entries[i], &key, &value);
	return flows;
}
