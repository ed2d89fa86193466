/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real program in a world of a given size: listeners, backends, hops and flows put into its maps
 * as the daemon would. Lifecycle: world_links once, then world_open, runs and questions,
 * world_close.
 */
#ifndef SLUICE_TESTS_BENCH_WORLD_H
#define SLUICE_TESTS_BENCH_WORLD_H

#include "plan.h"
#include "sluice_maps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

struct world_size {
	uint32_t flow_bits; /* log2 of the flow table's buckets */
	uint32_t listeners, members;
	uint32_t flows; /* established, of plan_flow 0 … flows - 1 */
	bool full; /* and no free entry is left */
	bool backends_down; /* the control: nothing can be forwarded */
};

/* Leaves the process's network namespace for one with links, routes and neighbours. */
int world_links(char *why, size_t why_size);
uint32_t world_ifindex(enum plan_side side);

int world_open(struct world **world, const struct world_size *size, char *why, size_t why_size);
void world_close(struct world *world);

int world_program(const struct world *world);
/* A packet of that side as a template; `flags` are those of TCP. */
void world_template(const struct world *world, enum plan_side side, uint8_t flags,
		    struct plan *plan);
/* Puts the flows into the table anew. */
void world_refill(struct world *world);
/* Flows that found their bucket full. */
uint32_t world_homeless(const struct world *world);
/* Bytes of all maps. */
uint64_t world_bytes(const struct world *world);

struct world_counts {
	uint64_t forwarded; /* packets in any backend's traffic */
	uint64_t counters[SLUICE_COUNT_MAX];
};
void world_counts(const struct world *world, struct world_counts *counts);

#endif
