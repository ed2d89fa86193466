/* SPDX-License-Identifier: BSD-2-Clause */
/* Between world.c (the loaded program) and fill.c (what stands in its maps). */
#ifndef SLUICE_TESTS_BENCH_FILL_H
#define SLUICE_TESTS_BENCH_FILL_H

#include "world.h"

#include "sluice.skel.h"

#define FILL_VIP_LINES 65536u
#define FILL_REVERSE_LINES 131072u
#define FILL_BITS (1u << 21)

enum fill_memory {
	FILL_VIP_BITMAP,
	FILL_VIPS,
	FILL_SERVICES,
	FILL_RINGS,
	FILL_MEMBERS,
	FILL_BACKENDS,
	FILL_LOADS,
	FILL_REVERSE_BITMAP,
	FILL_REVERSE,
	FILL_FLOWS,
	FILL_HOPS,
	FILL_LINKS,
	FILL_STATE,
	FILL_MAX,
};

struct world {
	struct world_size size;
	struct sluice *skeleton;
	void *memory[FILL_MAX];
	size_t bytes[FILL_MAX];
	uint32_t homeless;
};

/* Numbers of ids and lines that a world of that size needs. */
uint32_t fill_services(const struct world_size *size);
uint32_t fill_backends(const struct world_size *size);
uint32_t fill_ring_lines(const struct world_size *size);
uint32_t fill_member_lines(const struct world_size *size);

/* Maps the tables and fills them. 0 or negative errno. */
int fill_all(struct world *world);
void fill_flows(struct world *world);
void fill_release(struct world *world);

#endif
