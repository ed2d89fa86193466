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

/* One bit for each value of an address's hash: clear, and the address is not ours. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct sluice_bitmap_line);
} vip_bitmap SEC(".maps");

/* {address, port, protocol} to service, and {address} alone: which addresses are ours. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_line);
} vips SEC(".maps");

/* Listeners by service id: the word that a switch writes, and what does not change. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_service);
} services SEC(".maps");

/* Flow hash to member index, sixteen slots a line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_ring_line);
} rings SEC(".maps");

/* Member index to backend id, sixteen members a line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_member_line);
} members SEC(".maps");

/* Backends by id: state and generation in one word, address, port. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_backend);
} backends SEC(".maps");

/* What each backend bears, by its id: flows now, and ever. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_load);
} loads SEC(".maps");

/* One bit for each value of a place's hash: clear, and it is no backend's. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct sluice_bitmap_line);
} reverse_bitmap SEC(".maps");

/* {backend address, port, protocol} to the backends that have it: the first look at a reply. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_line);
} reverse SEC(".maps");

/* Live flows, four to a bucket: exact identity (word0), and backend, state, age, hop (word1). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sluice_bucket);
} flows SEC(".maps");

/* Next hops by index: station and link in one word. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLUICE_HOP_MAX + 1);
	__type(key, __u32);
	__type(value, __u64);
} hops SEC(".maps");

/* {interface, neighbour} to the index of a next hop, for what the kernel's routes say. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct sluice_hop_key);
	__type(value, __u32);
} known_hops SEC(".maps");

/* The interfaces that packets may leave by, from index 1. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLUICE_LINKS);
	__type(key, __u32);
	__type(value, struct sluice_link);
} links SEC(".maps");

/* The same interfaces, under the same indexes, as redirection wants them. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, SLUICE_LINKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bpf_devmap_val));
} link_ports SEC(".maps");

/* The gateway's own addresses, which are nobody's client. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLUICE_LOCAL_LINES);
	__type(key, __u32);
	__type(value, struct sluice_line);
} locals SEC(".maps");

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
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_state);
} state SEC(".maps");

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
