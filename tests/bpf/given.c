// SPDX-License-Identifier: BSD-2-Clause
/* What stands in the maps when a row's frame comes in. */
#include "world_maps.h"

#include "frame.h"
#include "given_hops.h"
#include "given_lines.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "sluice.skel.h"

#define RING_CLASS 1
#define RING_LINES 17 /* 257 slots */
#define SLOTS_PER_LINE 16
#define CLOCK_FAR_AHEAD (1ULL << 62)
#define EVENT_ROUNDS 4096
#define FILLER_PORT 1000

static void update(const struct bpf_map *map, const void *key, const void *value)
{
	world_must(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), bpf_map__name(map));
}

static void clear(const struct bpf_map *map)
{
	uint8_t key[sizeof(struct sluice_direct)];

	while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
		world_must(bpf_map_delete_elem(bpf_map__fd(map), key), bpf_map__name(map));
}

static void clear_per_cpu(const struct bpf_map *map, uint32_t entries, size_t value_size)
{
	void *zero = calloc((size_t)world_cpus(), value_size);

	for (uint32_t key = 0; key < entries; key++)
		update(map, &key, zero);
	free(zero);
}

static uint64_t service_word(const struct given *given, uint16_t service)
{
	static const uint64_t states[] = {
		[RUNNING] = SLUICE_SERVICE_RUNNING,
		[STOPPED] = SLUICE_SERVICE_STOPPED,
		[DELETED] = SLUICE_SERVICE_DELETED,
		[ABSENT] = SLUICE_SERVICE_ABSENT,
	};

	bool twin_deleted = service == WORLD_TWIN && given->twin_deleted;

	return SLUICE_PUT(SERVICE_RING, 0) |
	       SLUICE_PUT(SERVICE_CLASS, given->no_ring ? 0 : RING_CLASS) |
	       SLUICE_PUT(SERVICE_STATE, states[twin_deleted ? DELETED : given->listener]) |
	       SLUICE_PUT(SERVICE_REJECT, !given->drops) | SLUICE_PUT(SERVICE_MEMBERS, service) |
	       SLUICE_PUT(SERVICE_VERSION, 1);
}

static void put_backend(const struct given *given, uint16_t service, int which, uint8_t protocol)
{
	const char *address = which == 2 ? WORLD_SECOND : given->first_at ?: WORLD_FIRST;
	int now = which == 2 ? (int)given->second : (int)given->first;
	static const uint64_t states[] = {
		[USUAL] = SLUICE_BACKEND_ACTIVE,
		[DRAINING] = SLUICE_BACKEND_DRAINING,
		[DOWN] = SLUICE_BACKEND_DOWN,
		[GONE] = SLUICE_BACKEND_GONE,
	};
	uint32_t id = world_backend(service, which);
	struct sluice_backend backend = {
		.word = SLUICE_PUT(BACKEND_STATE, states[now]) |
			SLUICE_PUT(BACKEND_GENERATION, WORLD_GENERATION) |
			SLUICE_PUT(BACKEND_SERVICE, now == GONE ? 0 : service) |
			SLUICE_PUT(BACKEND_HEALTH, SLUICE_MASK(BACKEND_HEALTH)) |
			SLUICE_PUT(BACKEND_KEEP, given->keep),
		.address = frame_address(address),
		.port = htons(WORLD_BACKEND_PORT),
		.hop = (uint16_t)given_hop(given, address),
		.protocol = protocol,
		.shared = !given->no_twin && !given->unshared,
	};

	((struct sluice_backend *)world_memory(MAP_BACKENDS))[id] = backend;
}

static void put_reverse(const struct given *given, uint16_t service, uint8_t protocol)
{
	given_lines_reverse(given, given->first_at ?: WORLD_FIRST, WORLD_BACKEND_PORT, protocol,
			    world_backend(service, 1), service);
	given_lines_reverse(given, WORLD_SECOND, WORLD_BACKEND_PORT, protocol,
			    world_backend(service, 2), service);
}

static void put_strangers(const struct given *given, uint8_t protocol)
{
	for (int i = 0; i < given->strangers; i++) {
		uint16_t service = (uint16_t)(WORLD_STRANGERS + i);

		put_backend(given, service, 1, protocol);
		given_lines_reverse(given, given->first_at ?: WORLD_FIRST, WORLD_BACKEND_PORT,
				    protocol, world_backend(service, 1), service);
	}
	if (given->stranger_left)
		((struct sluice_backend *)world_memory(
			MAP_BACKENDS))[world_backend(WORLD_STRANGERS, 1)]
			.address = frame_address(WORLD_NEAR);
}

static void put_service(const struct given *given, uint16_t service, uint16_t port,
			uint8_t protocol)
{
	struct sluice_service value = {
		.word = service_word(given, service),
		.vip = frame_address(WORLD_VIP),
		.port = htons(port),
		.protocol = protocol,
		.established_s = (uint16_t)sluice_flow_limit(WORLD_ESTABLISHED_S),
		.grain_s = (uint16_t)sluice_flow_grain(WORLD_ESTABLISHED_S),
	};
	struct sluice_member_line member = { { world_backend(service, 1),
					       world_backend(service, 2) } };

	given_lines_vip(given, WORLD_VIP, port, protocol, service);
	put_backend(given, service, 1, protocol);
	put_backend(given, service, 2, protocol);
	((struct sluice_member_line *)world_memory(MAP_MEMBERS))[service] = member;
	((struct sluice_service *)world_memory(MAP_SERVICES))[service] = value;
}

static void put_ring(const struct given *given)
{
	uint16_t now = given->ring_names_nobody ? SLUICE_RING_SLOT_NONE : given->ring_now;
	uint16_t before = given->ring_names_nobody ? SLUICE_RING_SLOT_NONE : given->ring_before;
	struct sluice_ring_line *lines = world_memory(MAP_RINGS);

	for (size_t i = 0; i < RING_LINES * SLOTS_PER_LINE; i++)
		lines[i / SLOTS_PER_LINE].slot[i % SLOTS_PER_LINE] =
			(uint32_t)before << 16 | (given->ring_alternates ? (i + 1) % 2 : now);
}

static void count(uint64_t word)
{
	uint64_t backend = SLUICE_GET(word, FLOW_BACKEND);

	if (backend < WORLD_BACKENDS && world_counts(word))
		((struct sluice_load *)world_memory(MAP_LOADS))[backend].active++;
}

static void put_entry(uint64_t key, struct sluice_bucket *bucket, uint64_t word)
{
	for (size_t i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
		if (!bucket->entry[i].word0) {
			bucket->entry[i] = (struct sluice_flow){ key, word };
			count(word);
			return;
		}
	}
	world_must(1, "a bucket is full");
}

static void put_flow(const struct given *given, const struct world_flow *flow, uint16_t service)
{
	const char *client = given->flow_client ?: WORLD_CLIENT;
	uint16_t owner = flow->of_twin ? WORLD_TWIN : service;
	uint64_t now_s = given->now_s ?: WORLD_NOW_S;
	uint64_t generation = WORLD_GENERATION - (flow->old_generation ? 1 : 0);
	uint64_t key = world_flow_key(client, WORLD_CLIENT_PORT, owner);
	uint64_t backend = flow->backend ? world_backend(owner, flow->backend)
					 : WORLD_BACKENDS - 1; /* of nobody */
	uint64_t word =
		SLUICE_PUT(FLOW_BACKEND, backend) | SLUICE_PUT(FLOW_GENERATION, generation) |
		SLUICE_PUT(FLOW_STATE, flow->state) | SLUICE_PUT(FLOW_SEEN, now_s - flow->idle_s) |
		SLUICE_PUT(FLOW_HOP, given_hop(given, client));

	if (flow->state)
		put_entry(key, world_bucket(key), word);
}

/* Entries of other clients, all of the row's service and its second backend. */
static struct sluice_flow filler_entry(const struct given *given, int index, uint16_t service)
{
	const struct world_filler *filler = &given->bucket[index];
	uint64_t word1 = SLUICE_PUT(FLOW_BACKEND, world_backend(service, 2)) |
			 SLUICE_PUT(FLOW_GENERATION, WORLD_GENERATION) |
			 SLUICE_PUT(FLOW_STATE, filler->state) |
			 SLUICE_PUT(FLOW_SEEN, WORLD_NOW_S - filler->idle_s);
	uint64_t word0 = world_flow_key("203.0.113.1", (uint16_t)(FILLER_PORT + index), service);

	return (struct sluice_flow){ .word0 = filler->busy ? SLUICE_FLOW_BUSY : word0,
				     .word1 = filler->state ? word1 : 0 };
}

static struct sluice_bucket *filler_bucket(const struct given *given, uint16_t service)
{
	return world_bucket(
		world_flow_key(given->flow_client ?: WORLD_CLIENT, WORLD_CLIENT_PORT, service));
}

static void put_fillers(const struct given *given, uint16_t service)
{
	struct sluice_bucket *bucket = filler_bucket(given, service);

	for (int i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
		struct sluice_flow entry = filler_entry(given, i, service);

		if (!entry.word1)
			continue;
		bucket->entry[i] = entry;
		count(entry.word1);
	}
}

bool world_filler(const struct given *given, int index, uint16_t service)
{
	struct sluice_flow entry = filler_entry(given, index, service);
	const struct sluice_flow *now = &filler_bucket(given, service)->entry[index];

	return now->word0 == entry.word0 && now->word1 == entry.word1;
}

static struct sluice_state *kept_state(void)
{
	return world_memory(MAP_STATE);
}

static void put_clock(uint64_t now_s, uint64_t jiffies)
{
	kept_state()->clock_s = now_s;
	kept_state()->clock_jiffies = jiffies;
}

void world_clock(uint64_t now_s)
{
	put_clock(now_s, CLOCK_FAR_AHEAD);
}

void world_clock_runs(void)
{
	put_clock(0, 0);
}

uint64_t world_clock_kept(void)
{
	return kept_state()->clock_s;
}

static void put_state(const struct given *given)
{
	*kept_state() = (struct sluice_state){
		.flow_key = { 0x9ae16a3b2f90404f, 0xc949d7c7509e6557 },
		.table_key = 0x2545f4914f6cdd1d,
		.rebuild_until_s = given->may_rebuild ? UINT64_MAX : 0,
	};
	if (!given->no_hops && !given->no_links)
		given_stations_put(kept_state());
	world_clock(given->now_s ?: WORLD_NOW_S);
}

/* Every entry is being written by somebody. */
static void fill_flow_table(void)
{
	struct sluice_flow *flows = world_memory(MAP_FLOWS);

	for (size_t i = 0; i < world_memory_size(MAP_FLOWS) / sizeof(*flows); i++)
		flows[i].word0 = SLUICE_FLOW_BUSY;
}

static void clear_flows(void)
{
	memset(world_memory(MAP_FLOWS), 0, world_memory_size(MAP_FLOWS));
	memset(world_memory(MAP_LOADS), 0, world_memory_size(MAP_LOADS));
}

/* One event a second fits; so let some time go by, without anybody listening. */
static void fill_events(void)
{
	struct frame frame = { .to_station = STATION_FRONT,
			       .from = WORLD_CLIENT,
			       .to = WORLD_VIP,
			       .to_port = WORLD_TCP_PORT,
			       .flags = SYN };
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&frame, in);

	for (uint64_t i = 0; i < EVENT_ROUNDS && !world_counter(SLUICE_COUNT_EVENT_LOST); i++) {
		world_clock(i);
		world_run(in, length, LINK_FRONT, out, 0);
	}
	clear_flows();
}

static void put_direct(const struct given *given)
{
	struct sluice_direct key =
		world_direct_key(WORLD_FIRST, WORLD_BACKEND_PORT, WORLD_CLIENT, WORLD_CLIENT_PORT);
	uint64_t seen_s = WORLD_NOW_S - given->direct_s;

	clear(world_skeleton()->maps.direct);
	if (given->direct_s)
		update(world_skeleton()->maps.direct, &key, &seen_s);
}

void world_reset(const struct given *given, uint16_t service)
{
	uint8_t protocol = service == WORLD_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	struct sluice_event unused;

	put_state(given);
	clear_flows();
	given_lines_clear(given);
	given_hops_put(given);
	clear(world_skeleton()->maps.asked);
	put_direct(given);
	world_events(&unused);
	given_lines_local(given, WORLD_GATEWAY);
	given_lines_local(given, WORLD_GATEWAY_BACK);
	given_lines_vip(given, WORLD_VIP, 0, 0, SLUICE_VIP_DROP_UNMATCHED);
	given_lines_vip(given, WORLD_OPEN_VIP, 0, 0, SLUICE_VIP_PASS_UNMATCHED);
	given_lines_vip(given, WORLD_OPEN_VIP, WORLD_TCP_PORT, IPPROTO_TCP, WORLD_TCP);
	put_service(given, WORLD_TCP, WORLD_TCP_PORT, IPPROTO_TCP);
	put_service(given, WORLD_UDP, WORLD_UDP_PORT, IPPROTO_UDP);
	put_service(given, WORLD_TWIN, WORLD_TWIN_PORT, protocol);
	/* Each comes before the last: finding the row's own takes as many tries as there are. */
	put_reverse(given, service, protocol);
	if (!given->no_twin)
		put_reverse(given, WORLD_TWIN, protocol);
	put_strangers(given, protocol);
	put_ring(given);
	clear_per_cpu(world_skeleton()->maps.counters, SLUICE_COUNT_MAX, sizeof(uint64_t));
	if (given->full_events)
		fill_events();
	put_fillers(given, service);
	put_flow(given, &given->flow, service);
	put_flow(given, &given->beside, service);
	put_state(given);
	if (given->full_table)
		fill_flow_table();
	clear_per_cpu(world_skeleton()->maps.counters, SLUICE_COUNT_MAX, sizeof(uint64_t));
	clear_per_cpu(world_skeleton()->maps.traffic, world_backend(WORLD_TWIN, 2) + 1,
		      sizeof(struct sluice_traffic));
}

void world_ring_slot(uint32_t index, uint16_t now, uint16_t before)
{
	struct sluice_ring_line *lines = world_memory(MAP_RINGS);

	lines[index / SLOTS_PER_LINE].slot[index % SLOTS_PER_LINE] = (uint32_t)before << 16 | now;
}
