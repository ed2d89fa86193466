// SPDX-License-Identifier: BSD-2-Clause
/* What stands in the maps when a row's frame comes in. */
#include "world_maps.h"

#include "frame.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "sluice.skel.h"

#define RING_CLASS 1
#define RING_LINES 17 /* 257 slots */
#define SLOTS_PER_LINE 16
#define CLOCK_FAR_AHEAD (1ULL << 62)
#define EVENT_ROUNDS 4096

static void update(const struct bpf_map *map, const void *key, const void *value)
{
	world_must(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), bpf_map__name(map));
}

static void clear(const struct bpf_map *map)
{
	uint8_t key[16];

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

	return SLUICE_PUT(SERVICE_RING, 0) |
	       SLUICE_PUT(SERVICE_CLASS, given->no_ring ? 0 : RING_CLASS) |
	       SLUICE_PUT(SERVICE_STATE, states[given->listener]) |
	       SLUICE_PUT(SERVICE_REJECT, !given->drops) | SLUICE_PUT(SERVICE_MEMBERS, service) |
	       SLUICE_PUT(SERVICE_VERSION, 1);
}

static void put_vip(const char *address, uint16_t port, uint8_t protocol, uint16_t service,
		    uint16_t flags)
{
	struct sluice_vip_key key = { frame_address(address), htons(port), protocol, 0 };
	struct sluice_vip value = { service, flags };

	update(world_skeleton()->maps.vips, &key, &value);
}

static void put_backend(uint16_t service, int which, const char *address, uint16_t port, int now)
{
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
			SLUICE_PUT(BACKEND_SERVICE, now == GONE ? 0 : service),
		.address = frame_address(address),
		.port = htons(port),
	};

	update(world_skeleton()->maps.backends, &id, &backend);
}

static void put_reverse(const char *address, uint8_t protocol, uint16_t first, uint16_t second)
{
	struct sluice_reverse_key key = { frame_address(address), htons(WORLD_BACKEND_PORT),
					  protocol, 0 };
	struct sluice_reverse value = { { first, second } };

	update(world_skeleton()->maps.reverse, &key, &value);
}

static void put_reverses(const struct given *given, uint16_t service, uint8_t protocol)
{
	const char *first_at = given->first_at ?: WORLD_FIRST;

	/* The twin comes first, so that finding the other takes a second try. */
	if (given->no_twin) {
		put_reverse(first_at, protocol, service, 0);
		put_reverse(WORLD_SECOND, protocol, service, 0);
	} else {
		put_reverse(first_at, protocol, WORLD_TWIN, service);
		put_reverse(WORLD_SECOND, protocol, WORLD_TWIN, service);
	}
}

static void put_service(const struct given *given, uint16_t service, uint16_t port,
			uint8_t protocol)
{
	const char *first_at = given->first_at ?: WORLD_FIRST;
	uint32_t id = service;
	struct sluice_service value = {
		.word = service_word(given, service),
		.vip = frame_address(WORLD_VIP),
		.port = htons(port),
		.protocol = protocol,
		.established_s = WORLD_ESTABLISHED_S,
	};
	struct sluice_member_line member = { { world_backend(service, 1),
					       world_backend(service, 2) } };

	put_vip(WORLD_VIP, port, protocol, service, 0);
	put_backend(service, 1, first_at, WORLD_BACKEND_PORT, given->first);
	put_backend(service, 2, WORLD_SECOND, WORLD_BACKEND_PORT, given->second);
	update(world_skeleton()->maps.members, &id, &member);
	update(world_skeleton()->maps.services, &id, &value);
}

static void put_ring(const struct given *given)
{
	uint16_t now = given->ring_names_nobody ? SLUICE_RING_SLOT_NONE : given->ring_now;
	uint16_t before = given->ring_names_nobody ? SLUICE_RING_SLOT_NONE : given->ring_before;

	struct sluice_ring_line line;

	for (size_t i = 0; i < SLOTS_PER_LINE; i++)
		line.slot[i] = (uint32_t)before << 16 | now;
	for (uint32_t key = 0; key < RING_LINES; key++)
		update(world_skeleton()->maps.rings, &key, &line);
}

static void put_flow(const struct given *given, const struct world_flow *flow, uint16_t service)
{
	uint16_t owner = flow->of_twin ? WORLD_TWIN : service;
	uint64_t now_s = given->now_s ?: WORLD_NOW_S;
	uint64_t generation = WORLD_GENERATION - (flow->old_generation ? 1 : 0);
	uint64_t key = SLUICE_PUT(FLOW_ADDRESS, frame_address(given->flow_client ?: WORLD_CLIENT)) |
		       SLUICE_PUT(FLOW_PORT, htons(WORLD_CLIENT_PORT)) |
		       SLUICE_PUT(FLOW_SERVICE, owner);
	uint64_t backend = flow->backend ? world_backend(owner, flow->backend)
					 : SLUICE_MASK(FLOW_BACKEND);
	uint64_t word =
		SLUICE_PUT(FLOW_BACKEND, backend) | SLUICE_PUT(FLOW_GENERATION, generation) |
		SLUICE_PUT(FLOW_STATE, flow->state) | SLUICE_PUT(FLOW_SEEN, now_s - flow->idle_s);

	if (flow->state)
		update(world_skeleton()->maps.flows, &key, &word);
}

static struct sluice_state *kept_state(void)
{
	static struct sluice_state kept;
	uint32_t zero = 0;

	world_must(bpf_map_lookup_elem(bpf_map__fd(world_skeleton()->maps.state), &zero, &kept),
		   "state");
	return &kept;
}

static void put_clock(uint64_t now_s, uint64_t jiffies)
{
	struct sluice_state *kept = kept_state();
	uint32_t zero = 0;

	kept->clock_s = now_s;
	kept->clock_jiffies = jiffies;
	update(world_skeleton()->maps.state, &zero, kept);
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
	struct sluice_state value = { .rebuild_until_s = given->may_rebuild ? UINT64_MAX : 0 };
	uint32_t zero = 0;

	update(world_skeleton()->maps.state, &zero, &value);
	world_clock(given->now_s ?: WORLD_NOW_S);
}

static void fill_flow_table(void)
{
	uint64_t key = UINT64_MAX, word = 1;

	update(world_skeleton()->maps.flows, &key, &word);
}

/* One event a second fits; so let some time go by, without anybody listening. */
static void fill_events(void)
{
	struct frame frame = {
		.from = WORLD_CLIENT, .to = WORLD_VIP, .to_port = WORLD_TCP_PORT, .flags = SYN
	};
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&frame, in);

	for (uint64_t i = 0; i < EVENT_ROUNDS && !world_counter(SLUICE_COUNT_EVENT_LOST); i++) {
		world_clock(i);
		world_run(in, length, LINK_FRONT, out, 0);
	}
	clear(world_skeleton()->maps.flows);
}

void world_reset(const struct given *given, uint16_t service)
{
	uint8_t protocol = service == WORLD_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	struct sluice_event unused;

	world_choose(given->full_table);
	clear(world_skeleton()->maps.vips);
	clear(world_skeleton()->maps.reverse);
	clear(world_skeleton()->maps.flows);
	clear(world_skeleton()->maps.asked);
	world_events(&unused);
	put_vip(WORLD_VIP, 0, 0, 0, 0);
	put_vip(WORLD_OPEN_VIP, 0, 0, 0, SLUICE_VIP_PASS_UNMATCHED);
	put_vip(WORLD_OPEN_VIP, WORLD_TCP_PORT, IPPROTO_TCP, WORLD_TCP, 0);
	put_service(given, WORLD_TCP, WORLD_TCP_PORT, IPPROTO_TCP);
	put_service(given, WORLD_UDP, WORLD_UDP_PORT, IPPROTO_UDP);
	put_service(given, WORLD_TWIN, WORLD_TWIN_PORT, protocol);
	put_reverses(given, service, protocol);
	put_ring(given);
	put_state(given);
	clear_per_cpu(world_skeleton()->maps.counters, SLUICE_COUNT_MAX, sizeof(uint64_t));
	if (given->full_events)
		fill_events();
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
	static struct sluice_ring_line line;
	uint32_t key = index / SLOTS_PER_LINE;

	world_must(bpf_map_lookup_elem(bpf_map__fd(world_skeleton()->maps.rings), &key, &line),
		   "rings");
	line.slot[index % SLOTS_PER_LINE] = (uint32_t)before << 16 | now;
	update(world_skeleton()->maps.rings, &key, &line);
}
