/* SPDX-License-Identifier: BSD-2-Clause */
/* Between world.c (the program, running it, asking it) and given.c (what stands in the maps). */
#ifndef SLUICE_TESTS_BPF_WORLD_MAPS_H
#define SLUICE_TESTS_BPF_WORLD_MAPS_H

#include <stdbool.h>

#include "world.h"

struct bpf_map;
struct sluice;

#define WORLD_FLOW_BITS 8
#define WORLD_LINES 512 /* of vips, and of reverse */
#define WORLD_BITS 4096 /* of their bitmaps */

/* The maps that are written and read in place. */
enum world_map {
	MAP_VIP_BITMAP,
	MAP_VIPS,
	MAP_SERVICES,
	MAP_RINGS,
	MAP_MEMBERS,
	MAP_REVERSE_BITMAP,
	MAP_REVERSE,
	MAP_BACKENDS,
	MAP_FLOWS,
	MAP_LOADS,
	MAP_HOPS,
	MAP_LINKS,
	MAP_LOCALS,
	MAP_STATE,
	WORLD_MAPS,
};

struct sluice *world_skeleton(void);
int world_cpus(void);
/* The memory of a map, and its size. */
void *world_memory(enum world_map map);
size_t world_memory_size(enum world_map map);
/* The key of a client at a service, and the bucket where it belongs. */
uint64_t world_flow_key(const char *client, uint16_t port, uint16_t service);
struct sluice_bucket *world_bucket(uint64_t key);
/* The key in `direct` of a backend's segments. */
struct sluice_direct world_direct_key(const char *backend, uint16_t port, const char *client,
				      uint16_t client_port);
/* Ends the test program with a sentence if a step that can not fail did. */
void world_must(int error, const char *what);

#endif
