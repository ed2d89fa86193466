// SPDX-License-Identifier: BSD-2-Clause
/* The maps' sizes, as the configuration has them, and what they take together. */
#include "dataplane/map_rows.h"

#include "base/config.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <string.h>

/*
 * All tables have a power of two of rows. Where the row is an id the program cuts it to that by a mask
 * (bpf/maps.h); elsewhere it computes a number below the size, of which verifiers, that of Linux 6.1
 * more than later ones, know the upper end exactly only if it is one less than a power of two.
 */
static uint32_t power_of_two(uint64_t least)
{
	uint32_t power = 1;

	while (power < least)
		power *= 2;
	return power;
}

/* Eight items a line, of which a quarter at most is in use, even if all are of one protocol. */
static uint32_t vip_lines(const struct config *config)
{
	return power_of_two(config->tables.vips);
}

static uint32_t bitmap_lines(uint64_t bits)
{
	return power_of_two((bits + SLUICE_BITMAP_LINE_BITS - 1) / SLUICE_BITMAP_LINE_BITS);
}

/* Sixteen bits an address, if each has a listener. */
static uint32_t vip_bitmap_lines(const struct config *config)
{
	return bitmap_lines(8ULL * config->tables.vips);
}

static uint32_t reverse_bitmap_lines(const struct config *config)
{
	return bitmap_lines(16ULL * config->tables.backends);
}

static uint32_t service_count(const struct config *config)
{
	return power_of_two(config->tables.services + 1); /* id 0 is never used */
}

static uint32_t backend_count(const struct config *config)
{
	return power_of_two(config->tables.backends);
}

/* An even number: see sluice_reverse_tag. */
static uint32_t reverse_lines(const struct config *config)
{
	return power_of_two(config->tables.backends);
}

static uint32_t ring_lines(const struct config *config)
{
	return power_of_two(config->tables.ring_lines);
}

static uint32_t member_lines(const struct config *config)
{
	return power_of_two(config->tables.member_lines);
}

static uint32_t counted_backends(const struct config *config)
{
	return config->tables.counted_backends;
}

/* The power of two that is not below the wanted number of flows. */
static uint32_t bucket_count(const struct config *config)
{
	return power_of_two((config->tables.flows + SLUICE_FLOW_ENTRIES - 1) / SLUICE_FLOW_ENTRIES);
}

const struct map_row map_rows[MAP_COUNT] = {
	[MAP_VIP_BITMAP] = { "vip_bitmap", vip_bitmap_lines, sizeof(struct sluice_bitmap_line),
			     .is_table = true },
	[MAP_VIPS] = { "vips", vip_lines, sizeof(struct sluice_line), .is_table = true },
	[MAP_SERVICES] = { "services", service_count, sizeof(struct sluice_service),
			   .is_table = true },
	[MAP_RINGS] = { "rings", ring_lines, sizeof(struct sluice_ring_line), .is_table = true },
	[MAP_MEMBERS] = { "members", member_lines, sizeof(struct sluice_member_line),
			  .is_table = true },
	[MAP_BACKENDS] = { "backends", backend_count, sizeof(struct sluice_backend),
			   .is_table = true },
	[MAP_LOADS] = { "loads", backend_count, sizeof(struct sluice_load), .is_table = true },
	[MAP_REVERSE_BITMAP] = { "reverse_bitmap", reverse_bitmap_lines,
				 sizeof(struct sluice_bitmap_line), .is_table = true },
	[MAP_REVERSE] = { "reverse", reverse_lines, sizeof(struct sluice_line), .is_table = true },
	[MAP_FLOWS] = { "flows", bucket_count, sizeof(struct sluice_bucket), .is_table = true },
	[MAP_HOPS] = { "hops", NULL, sizeof(__u64), .is_table = true },
	[MAP_KNOWN_HOPS] = { "known_hops", NULL, sizeof(struct sluice_hop_key) + sizeof(__u32) },
	[MAP_LINKS] = { "links", NULL, sizeof(struct sluice_link), .is_table = true },
	[MAP_LINK_PORTS] = { "link_ports", NULL, sizeof(struct bpf_devmap_val) },
	[MAP_LOCALS] = { "locals", NULL, sizeof(struct sluice_line), .is_table = true },
	[MAP_DIRECT] = { "direct", NULL, sizeof(struct sluice_direct) + sizeof(__u64) },
	[MAP_TRAFFIC] = { "traffic", counted_backends, sizeof(struct sluice_traffic),
			  .per_cpu = true },
	[MAP_COUNTERS] = { "counters", NULL, sizeof(__u64), .per_cpu = true },
	[MAP_EVENTS] = { "events", NULL, 1 },
	[MAP_STATE] = { "state", NULL, sizeof(struct sluice_state), .is_table = true },
};

void maps_memory(const struct dataplane *dataplane, struct dataplane_memory *out)
{
	uint64_t cpus = (uint64_t)libbpf_num_possible_cpus();

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < MAP_COUNT; i++)
		out->total += map_rows[i].value * dataplane->tables[i].size *
			      (map_rows[i].per_cpu ? cpus : 1);
	out->per_flow = sizeof(struct sluice_flow);
	out->per_slot = sizeof(__u32);
	/* Two items in the VIP table, its address included, each with room around it. */
	out->per_listener = sizeof(struct sluice_service) + 2 * sizeof(struct sluice_line) + 2;
	out->per_backend = sizeof(struct sluice_backend) + sizeof(struct sluice_load) +
			   sizeof(struct sluice_line) + 2 + sizeof(__u32) +
			   cpus * sizeof(struct sluice_traffic);
}
