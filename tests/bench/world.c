// SPDX-License-Identifier: BSD-2-Clause
#include "world.h"

#include "dataplane/direct.h"

#include "fill.h"
#include "frame.h"
#include "links.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CPUS_MAX 1024

int world_links(char *why, size_t why_size)
{
	static const char command[] = "ip route add 198.18.0.0/15 via 192.0.2.254";

	if (links_make(why, why_size))
		return -1;
	if (system(command)) {
		snprintf(why, why_size, "%s: failed", command);
		return -1;
	}
	return 0;
}

uint32_t world_ifindex(enum plan_side side)
{
	return if_nametoindex(side == PLAN_REPLY ? "back" : "front");
}

/* Tables by id have a power of two of rows. */
static uint32_t power_of_two(uint32_t least)
{
	uint32_t power = 1;

	while (power < least)
		power *= 2;
	return power;
}

static uint32_t service_rows(const struct world_size *size)
{
	return power_of_two(fill_services(size));
}

static uint32_t backend_rows(const struct world_size *size)
{
	return power_of_two(fill_backends(size));
}

static uint32_t ring_rows(const struct world_size *size)
{
	return power_of_two(fill_ring_lines(size));
}

static uint32_t member_rows(const struct world_size *size)
{
	return power_of_two(fill_services(size) * fill_member_lines(size));
}

static int set_sizes(struct sluice *skeleton, const struct world_size *size)
{
	const uint32_t bitmap_lines = FILL_BITS / SLUICE_BITMAP_LINE_BITS;
	const struct {
		struct bpf_map *map;
		uint32_t rows;
		size_t row_size;
	} tables[] = {
		{ skeleton->maps.vip_bitmap, bitmap_lines, sizeof(struct sluice_bitmap_line) },
		{ skeleton->maps.vips, FILL_VIP_LINES, sizeof(struct sluice_line) },
		{ skeleton->maps.services, service_rows(size), sizeof(struct sluice_service) },
		{ skeleton->maps.rings, ring_rows(size), sizeof(struct sluice_ring_line) },
		{ skeleton->maps.members, member_rows(size), sizeof(struct sluice_member_line) },
		{ skeleton->maps.backends, backend_rows(size), sizeof(struct sluice_backend) },
		{ skeleton->maps.loads, backend_rows(size), sizeof(struct sluice_load) },
		{ skeleton->maps.reverse_bitmap, bitmap_lines, sizeof(struct sluice_bitmap_line) },
		{ skeleton->maps.reverse, FILL_REVERSE_LINES, sizeof(struct sluice_line) },
		{ skeleton->maps.flows, 1u << size->flow_bits, sizeof(struct sluice_bucket) },
	};
	int error = bpf_map__set_max_entries(skeleton->maps.traffic, fill_backends(size));

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables) && !error; i++)
		error = direct_resize(tables[i].map, tables[i].rows, (uint32_t)tables[i].row_size);
	return error;
}

static int load(struct world *world)
{
	struct sluice_settings settings = {
		.ring_key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 },
		.half_open_s = 60,
		.closing_s = 15,
		.udp_s = sluice_flow_limit(120),
		.udp_grain_s = sluice_flow_grain(120),
		.live_s = 10,
		.mark_s = 1,
		.rebuild_window_s = 60,
		.flow_bits = world->size.flow_bits,
		.vip_lines = FILL_VIP_LINES,
		.vip_bits = FILL_BITS,
		.reverse_lines = FILL_REVERSE_LINES,
		.reverse_bits = FILL_BITS,
		.services_mask = service_rows(&world->size) - 1,
		.backends_mask = backend_rows(&world->size) - 1,
		.rings_mask = ring_rows(&world->size) - 1,
		.members_mask = member_rows(&world->size) - 1,
	};
	struct stat namespace;
	int error;

	if (!direct_prepare())
		world->skeleton = sluice__open();
	if (!world->skeleton)
		return -errno;
	if (stat("/proc/self/ns/net", &namespace))
		return -errno;
	settings.netns = (uint32_t) namespace.st_ino;
	memcpy((void *)&world->skeleton->rodata->settings, &settings, sizeof(settings));
	error = set_sizes(world->skeleton, &world->size);
	return error ?: sluice__load(world->skeleton);
}

int world_open(struct world **out, const struct world_size *size, char *why, size_t why_size)
{
	struct world *world = calloc(1, sizeof(*world));
	int error = -ENOMEM;

	if (!world)
		goto out;
	world->size = *size;
	error = load(world);
	if (error) {
		snprintf(why, why_size, "the program could not be loaded: %s", strerror(-error));
		goto out;
	}
	error = fill_all(world);
	if (error)
		snprintf(why, why_size, "the maps could not be filled: %s", strerror(-error));
out:
	if (error) {
		world_close(world);
		world = NULL;
	}
	*out = world;
	return error;
}

void world_close(struct world *world)
{
	if (!world)
		return;
	fill_release(world);
	sluice__destroy(world->skeleton);
	free(world);
}

int world_program(const struct world *world)
{
	return bpf_program__fd(world->skeleton->progs.sluice_xdp);
}

void world_template(const struct world *world, enum plan_side side, uint8_t flags,
		    struct plan *plan)
{
	struct frame frame = {
		.to_station = side == PLAN_REPLY ? STATION_BACK : STATION_FRONT,
		.from_station = side == PLAN_REPLY ? STATION_FIRST : STATION_ROUTER,
		.from = "198.18.0.0",
		.to = side == PLAN_REPLY ? "198.18.0.0" : "203.0.0.0",
		.from_port = side == PLAN_REPLY ? PLAN_BACKEND_PORT : PLAN_FIRST_PORT,
		.to_port = side == PLAN_REPLY ? PLAN_FIRST_PORT : PLAN_VIP_PORT,
		.flags = flags,
		.seq = 1000,
		.ack = 2000,
		.payload = 10,
	};
	uint8_t bytes[FRAME_MAX];

	*plan = (struct plan){
		.side = side,
		.listeners = world ? world->size.listeners : 1,
		.members = world ? world->size.members : 1,
	};
	frame_build(&frame, bytes);
	memcpy(plan->frame, bytes, sizeof(plan->frame));
}

void world_refill(struct world *world)
{
	fill_flows(world);
}

uint32_t world_homeless(const struct world *world)
{
	return world->homeless;
}

uint64_t world_bytes(const struct world *world)
{
	struct bpf_map *map;
	uint64_t bytes = 0;

	bpf_object__for_each_map(map, world->skeleton->obj)
	{
		uint64_t copies = bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY
					  ? (uint64_t)libbpf_num_possible_cpus()
					  : 1;

		bytes += (uint64_t)bpf_map__max_entries(map) * bpf_map__value_size(map) * copies;
	}
	return bytes;
}

/* All backends at once: there may be hundreds of thousands. */
static uint64_t count_forwarded(const struct world *world)
{
	uint32_t count = fill_backends(&world->size), position = 0;
	size_t values = (size_t)count * (size_t)libbpf_num_possible_cpus();
	struct sluice_traffic *traffic = calloc(values, sizeof(*traffic));
	uint32_t *ids = calloc(count, sizeof(*ids));
	uint64_t sum = 0;

	if (!traffic || !ids ||
	    (bpf_map_lookup_batch(bpf_map__fd(world->skeleton->maps.traffic), NULL, &position, ids,
				  traffic, &count, NULL) &&
	     errno != ENOENT))
		abort();
	for (size_t i = 0; i < values; i++)
		sum += traffic[i].packets_in + traffic[i].packets_out;
	free(ids);
	free(traffic);
	return sum;
}

void world_counts(const struct world *world, struct world_counts *counts)
{
	static uint64_t numbers[CPUS_MAX];
	int cpus = libbpf_num_possible_cpus();

	*counts = (struct world_counts){ .forwarded = count_forwarded(world) };
	if (cpus > CPUS_MAX)
		abort();
	for (uint32_t row = 0; row < SLUICE_COUNT_MAX; row++) {
		if (bpf_map_lookup_elem(bpf_map__fd(world->skeleton->maps.counters), &row, numbers))
			abort();
		for (int cpu = 0; cpu < cpus; cpu++)
			counts->counters[row] += numbers[cpu];
	}
}
