// SPDX-License-Identifier: BSD-2-Clause
/* What stands in the maps: written through memory, by the layouts of sluice_maps.h. */
#include "fill.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define GENERATION 7
#define ESTABLISHED_S 900
#define PER_LINE 16 /* ring slots and members */
#define LINK_FRONT 1
#define LINK_BACK 2
#define FRONT_HOP 1 /* the clients' router */
#define BACK_HOPS 1000 /* the backends' hops, from 2 on */
#define TABLE_KEY 0x9ae16a3b2f90404fULL
#define MTU 1500

uint32_t fill_services(const struct world_size *size)
{
	return size->listeners + 1;
}

uint32_t fill_backends(const struct world_size *size)
{
	return size->listeners * size->members + 1;
}

uint32_t fill_member_lines(const struct world_size *size)
{
	return (size->members + PER_LINE - 1) / PER_LINE;
}

/* One ring for all: every listener has as many members of weight 1. */
static uint32_t ring_class(const struct world_size *size, uint32_t *slots)
{
	static const uint32_t sizes[SLUICE_RING_CLASSES] = SLUICE_RING_SIZES;
	uint32_t class = 1;

	while (class + 1 < SLUICE_RING_CLASSES && sizes[class] < size->members * 64)
		class ++;
	*slots = sizes[class];
	return class;
}

uint32_t fill_ring_lines(const struct world_size *size)
{
	uint32_t slots;

	ring_class(size, &slots);
	return (slots + PER_LINE - 1) / PER_LINE;
}

static int map_one(struct world *world, enum fill_memory which, const struct bpf_map *map)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = (size_t)bpf_map__max_entries(map) * bpf_map__value_size(map);
	void *memory;

	bytes = (bytes + page - 1) / page * page;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED)
		return -errno;
	world->memory[which] = memory;
	world->bytes[which] = bytes;
	return 0;
}

static int map_all(struct world *world)
{
	const struct bpf_map *maps[FILL_MAX] = {
		[FILL_VIP_BITMAP] = world->skeleton->maps.vip_bitmap,
		[FILL_VIPS] = world->skeleton->maps.vips,
		[FILL_SERVICES] = world->skeleton->maps.services,
		[FILL_RINGS] = world->skeleton->maps.rings,
		[FILL_MEMBERS] = world->skeleton->maps.members,
		[FILL_BACKENDS] = world->skeleton->maps.backends,
		[FILL_LOADS] = world->skeleton->maps.loads,
		[FILL_REVERSE_BITMAP] = world->skeleton->maps.reverse_bitmap,
		[FILL_REVERSE] = world->skeleton->maps.reverse,
		[FILL_FLOWS] = world->skeleton->maps.flows,
		[FILL_HOPS] = world->skeleton->maps.hops,
		[FILL_LINKS] = world->skeleton->maps.links,
		[FILL_STATE] = world->skeleton->maps.state,
	};
	int error = 0;

	for (enum fill_memory which = 0; which < FILL_MAX && !error; which++)
		error = map_one(world, which, maps[which]);
	return error;
}

static int fill_state(struct world *world)
{
	struct sluice_state *state = world->memory[FILL_STATE];

	state->flow_key[0] = 0x243f6a8885a308d3ULL;
	state->flow_key[1] = 0x13198a2e03707344ULL;
	state->table_key = TABLE_KEY;
	return 0;
}

static uint64_t mac_word(uint32_t last, uint32_t link)
{
	const uint8_t mac[8] = { 2, 0, 0, 1, (uint8_t)(last >> 8), (uint8_t)last };
	uint64_t word;

	memcpy(&word, mac, sizeof(word));
	return word | SLUICE_PUT(HOP_LINK, link);
}

static int fill_ways(struct world *world)
{
	struct sluice_link *links = world->memory[FILL_LINKS];
	struct sluice_state *state = world->memory[FILL_STATE];
	uint64_t *hops = world->memory[FILL_HOPS];
	const char *names[] = { [LINK_FRONT] = "front", [LINK_BACK] = "back" };
	struct sluice_hop_key key = { if_nametoindex("front"), inet_addr("192.0.2.254") };
	uint32_t index = FRONT_HOP;

	for (uint32_t link = LINK_FRONT; link <= LINK_BACK; link++) {
		struct bpf_devmap_val port = { .ifindex = if_nametoindex(names[link]) };

		links[link] = (struct sluice_link){
			.ifindex = port.ifindex,
			.mtu = MTU,
			.station = 2 | (uint64_t)link << 40, /* 02:00:00:00:00:xx */
			.flags = SLUICE_LINK_UP,
		};
		state->stations[port.ifindex % SLUICE_STATIONS] = links[link].station << 16 |
								  port.ifindex;
		if (bpf_map_update_elem(bpf_map__fd(world->skeleton->maps.link_ports), &link, &port,
					BPF_ANY))
			return -errno;
	}
	hops[FRONT_HOP] = mac_word(0xfffe, LINK_FRONT);
	for (uint32_t i = 0; i < BACK_HOPS; i++)
		hops[FRONT_HOP + 1 + i] = mac_word(i, LINK_BACK);
	return bpf_map_update_elem(bpf_map__fd(world->skeleton->maps.known_hops), &key, &index,
				   BPF_ANY)
		       ? -errno
		       : 0;
}

/* An item stands in its home line, or in the next one while that is full. */
static int put_item(struct sluice_line *lines, uint32_t home, uint32_t first, uint32_t count,
		    uint64_t item)
{
	for (uint32_t step = 0; step < 2; step++) {
		struct sluice_line *line = &lines[first + (home - first + step) % count];

		for (int i = 0; i < SLUICE_LINE_ITEMS; i++) {
			if (!line->item[i]) {
				line->item[i] = item;
				return 0;
			}
		}
	}
	return -ENOSPC;
}

static void set_bit(struct sluice_bitmap_line *bitmap, uint32_t bit)
{
	uint32_t within = bit % SLUICE_BITMAP_LINE_BITS;

	bitmap[bit / SLUICE_BITMAP_LINE_BITS].word[within / 64] |= 1ULL << within % 64;
}

static int put_vip(struct world *world, uint32_t address, uint16_t port, uint64_t service)
{
	uint32_t half = FILL_VIP_LINES / 2;
	uint64_t hash = sluice_hash_vip(address, port, TABLE_KEY);

	return put_item(world->memory[FILL_VIPS], sluice_scale(hash, half), 0, half,
			SLUICE_PUT(VIP_ADDRESS, address) | SLUICE_PUT(VIP_PORT, port) |
				SLUICE_PUT(VIP_SERVICE, service));
}

static int fill_listeners(struct world *world)
{
	struct sluice_service *services = world->memory[FILL_SERVICES];
	struct sluice_member_line *members = world->memory[FILL_MEMBERS];
	uint32_t slots, class = ring_class(&world->size, &slots);
	int error = 0;

	for (uint32_t i = 0; i < world->size.listeners && !error; i++) {
		struct plan_flow flow = plan_flow(i, world->size.listeners, world->size.members);
		uint32_t address = htonl(flow.vip), line = i * fill_member_lines(&world->size);
		uint16_t port = htons(PLAN_VIP_PORT);

		services[i + 1] = (struct sluice_service){
			.word = SLUICE_PUT(SERVICE_CLASS, class) |
				SLUICE_PUT(SERVICE_STATE, SLUICE_SERVICE_RUNNING) |
				SLUICE_PUT(SERVICE_MEMBERS, line) | SLUICE_PUT(SERVICE_VERSION, 1),
			.vip = address,
			.port = port,
			.protocol = IPPROTO_TCP,
			.established_s = (uint16_t)sluice_flow_limit(ESTABLISHED_S),
			.grain_s = (uint16_t)sluice_flow_grain(ESTABLISHED_S),
		};
		for (uint32_t m = 0; m < world->size.members; m++)
			members[line + m / PER_LINE].backend[m % PER_LINE] =
				i * world->size.members + m + 1;
		set_bit(world->memory[FILL_VIP_BITMAP],
			sluice_scale(sluice_hash_address(address, TABLE_KEY), FILL_BITS));
		error = put_vip(world, address, 0, SLUICE_VIP_DROP_UNMATCHED);
		error = error ?: put_vip(world, address, port, i + 1);
	}
	return error;
}

static int fill_ring(struct world *world)
{
	struct sluice_ring_line *rings = world->memory[FILL_RINGS];
	uint32_t slots;

	ring_class(&world->size, &slots);
	for (uint32_t slot = 0; slot < slots; slot++) {
		uint32_t member = slot % world->size.members;

		rings[slot / PER_LINE].slot[slot % PER_LINE] = member << 16 | member;
	}
	return 0;
}

static int put_backend(struct world *world, uint32_t index)
{
	struct sluice_backend *backends = world->memory[FILL_BACKENDS];
	uint32_t id = index + 1, service = index / world->size.members + 1;
	uint32_t address = htonl(PLAN_BACKENDS + index);
	uint16_t port = htons(PLAN_BACKEND_PORT);
	uint64_t hash = sluice_hash_reverse(address, port, IPPROTO_TCP, TABLE_KEY);
	uint32_t home = sluice_scale(hash, FILL_REVERSE_LINES);

	backends[id] = (struct sluice_backend){
		.word = SLUICE_PUT(BACKEND_STATE, world->size.backends_down
							  ? SLUICE_BACKEND_DOWN
							  : SLUICE_BACKEND_ACTIVE) |
			SLUICE_PUT(BACKEND_GENERATION, GENERATION) |
			SLUICE_PUT(BACKEND_SERVICE, service),
		.address = address,
		.port = port,
		.hop = (uint16_t)(FRONT_HOP + 1 + index % BACK_HOPS),
		.protocol = IPPROTO_TCP,
	};
	set_bit(world->memory[FILL_REVERSE_BITMAP], sluice_scale(hash, FILL_BITS));
	return put_item(world->memory[FILL_REVERSE], home, 0, FILL_REVERSE_LINES,
			SLUICE_PUT(REVERSE_TAG, sluice_reverse_tag(hash, home)) |
				SLUICE_PUT(REVERSE_BACKEND, id) |
				SLUICE_PUT(REVERSE_SERVICE, service));
}

static int fill_servers(struct world *world)
{
	int error = 0;

	for (uint32_t i = 0; i + 1 < fill_backends(&world->size) && !error; i++)
		error = put_backend(world, i);
	return error;
}

static uint64_t flow_word(uint32_t backend)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return SLUICE_PUT(FLOW_BACKEND, backend) | SLUICE_PUT(FLOW_GENERATION, GENERATION) |
	       SLUICE_PUT(FLOW_STATE, SLUICE_FLOW_ESTABLISHED) | SLUICE_PUT(FLOW_SEEN, now.tv_sec);
}

static void put_flow(struct world *world, uint32_t index)
{
	const struct sluice_state *state = world->memory[FILL_STATE];
	struct sluice_load *loads = world->memory[FILL_LOADS];
	struct sluice_bucket *flows = world->memory[FILL_FLOWS];
	struct plan_flow flow = plan_flow(index, world->size.listeners, world->size.members);
	uint64_t word0 = SLUICE_PUT(FLOW_ADDRESS, htonl(flow.client)) |
			 SLUICE_PUT(FLOW_PORT, htons((uint16_t)flow.port)) |
			 SLUICE_PUT(FLOW_SERVICE, flow.listener + 1);
	uint64_t hash = sluice_hash_flow(word0, state->flow_key[0], state->flow_key[1]);
	struct sluice_bucket *bucket = &flows[hash >> (64 - world->size.flow_bits)];

	for (int i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
		if (bucket->entry[i].word0)
			continue;
		bucket->entry[i].word1 = flow_word(flow.backend + 1);
		bucket->entry[i].word0 = word0;
		loads[flow.backend + 1].active++;
		return;
	}
	world->homeless++;
}

/* Live flows in every place, of clients that send nothing. */
static void stuff(struct world *world)
{
	struct sluice_load *loads = world->memory[FILL_LOADS];
	struct sluice_bucket *flows = world->memory[FILL_FLOWS];
	uint64_t word1 = flow_word(1);

	for (uint32_t bucket = 0; bucket < 1u << world->size.flow_bits; bucket++) {
		for (uint32_t i = 0; i < SLUICE_FLOW_ENTRIES; i++) {
			uint32_t number = bucket * SLUICE_FLOW_ENTRIES + i;

			flows[bucket].entry[i].word1 = word1;
			flows[bucket].entry[i].word0 = SLUICE_PUT(FLOW_ADDRESS, number) |
						       SLUICE_PUT(FLOW_SERVICE, 1);
		}
	}
	loads[1].active += (uint64_t)SLUICE_FLOW_ENTRIES << world->size.flow_bits;
}

void fill_flows(struct world *world)
{
	memset(world->memory[FILL_LOADS], 0, world->bytes[FILL_LOADS]);
	memset(world->memory[FILL_FLOWS], 0, world->bytes[FILL_FLOWS]);
	world->homeless = 0;
	if (world->size.full)
		stuff(world);
	for (uint32_t i = 0; i < world->size.flows; i++)
		put_flow(world, i);
}

int fill_all(struct world *world)
{
	int error = map_all(world);

	error = error ?: fill_state(world);
	error = error ?: fill_ways(world);
	error = error ?: fill_listeners(world);
	error = error ?: fill_ring(world);
	error = error ?: fill_servers(world);
	if (!error)
		fill_flows(world);
	return error;
}

void fill_release(struct world *world)
{
	for (enum fill_memory which = 0; which < FILL_MAX; which++) {
		if (world->memory[which])
			munmap(world->memory[which], world->bytes[which]);
	}
}
