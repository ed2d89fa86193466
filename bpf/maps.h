/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map of the packet program. Keys, values and who writes them are in sluice_maps.h; sizes
 * here are small defaults that the loader sets before load. All are pinned under their names.
 */
#ifndef SLUICE_BPF_MAPS_H
#define SLUICE_BPF_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "sluice_maps.h"

/* Set before load, so that the verifier sees constants. */
const volatile struct sluice_settings settings;

/* Keeps the compiler from knowing that there is only the map's definition behind this symbol. */
static __always_inline void *maps_address(void *map)
{
	asm volatile("" : "+r"(map));
	return map;
}

/*
 * A table is one value that holds all of its rows, and the loader makes the program address it
 * directly (daemon/dataplane/direct.h): a row costs an addition, where a lookup stores the index, calls,
 * checks and loads. NAME_at(index) is a row. Where the index is an id, which comes from another table, it
 * is cut to the number of rows, a power of two; else the verifier sees by itself that it is in bounds.
 */
#define MAPS_TABLE(name, item, rows, bounded)                   \
	struct {                                                \
		__uint(type, BPF_MAP_TYPE_ARRAY);               \
		__uint(map_flags, BPF_F_MMAPABLE);              \
		__uint(max_entries, 1);                         \
		__uint(key_size, sizeof(__u32));                \
		__uint(value_size, (rows) * sizeof(item));      \
	} name SEC(".maps");                                    \
	static __always_inline item *name##_at(__u64 index)     \
	{                                                       \
		return (item *)maps_address(&name) + (bounded); \
	}

/* One bit for each value of an address's hash: clear, and the address is not ours. */
MAPS_TABLE(vip_bitmap, struct sluice_bitmap_line, 2, index)

/* {address, port, protocol} to service, and {address} alone: which addresses are ours. */
MAPS_TABLE(vips, struct sluice_line, 1024, index)

/* Listeners by service id: the word that a switch writes, and what does not change. */
MAPS_TABLE(services, struct sluice_service, 1024, (index)&settings.services_mask)

/* Flow hash to member index, sixteen slots a line. */
MAPS_TABLE(rings, struct sluice_ring_line, 1024, (index)&settings.rings_mask)

/* Member index to backend id, sixteen members a line. */
MAPS_TABLE(members, struct sluice_member_line, 1024, (index)&settings.members_mask)

/* Backends by id: state and generation in one word, address, port. */
MAPS_TABLE(backends, struct sluice_backend, 1024, (index)&settings.backends_mask)

/* What each backend bears, by its id: flows now, and ever. */
MAPS_TABLE(loads, struct sluice_load, 1024, (index)&settings.backends_mask)

/* One bit for each value of a place's hash: clear, and it is no backend's. */
MAPS_TABLE(reverse_bitmap, struct sluice_bitmap_line, 2, index)

/* {backend address, port, protocol} to the backends that have it: the first look at a reply. */
MAPS_TABLE(reverse, struct sluice_line, 1024, index)

/* Live flows, four to a bucket: exact identity (word0), and backend, state, age, hop (word1). */
MAPS_TABLE(flows, struct sluice_bucket, 1024, index)

/* Next hops by index: station and link in one word. */
MAPS_TABLE(hops, __u64, SLUICE_HOP_ROWS, index % SLUICE_HOP_ROWS)

/* {interface, neighbour} to the index of a next hop, for what the kernel's routes say. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct sluice_hop_key);
	__type(value, __u32);
} known_hops SEC(".maps");

/* The interfaces that packets may leave by, from index 1. */
MAPS_TABLE(links, struct sluice_link, SLUICE_LINK_ROWS, index % SLUICE_LINK_ROWS)

/* The same interfaces, under the same indexes, as redirection wants them. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, SLUICE_LINKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bpf_devmap_val));
} link_ports SEC(".maps");

/* The gateway's own addresses, which are nobody's client. */
MAPS_TABLE(locals, struct sluice_line, SLUICE_LOCAL_LINES, index)

/* Connections past the VIPs that opened while replies may rebuild flows. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct sluice_direct);
	__type(value, __u64);
} direct SEC(".maps");

/* Packets and bytes by backend id; ids beyond its size are not counted. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_traffic);
} traffic SEC(".maps");

/* One number for each reason to drop, and for each event worth counting. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLUICE_COUNT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Keys, the coarse clock, the rebuild window, and whose ids these maps hold. */
MAPS_TABLE(state, struct sluice_state, 1, index)

/* What the program asks of the daemon (struct sluice_event). */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

/* {interface, next hop} to the second in which the daemon was last asked for it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} asked SEC(".maps");

#endif
