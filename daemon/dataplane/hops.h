/* SPDX-License-Identifier: BSD-2-Clause */
/* Next hops, shared by the backends behind them. */
#ifndef SLUICE_DATAPLANE_HOPS_H
#define SLUICE_DATAPLANE_HOPS_H

#include "dataplane/internal.h"

struct hop {
	uint32_t address; /* the key begins here */
	unsigned int ifindex;
	uint32_t references;
	bool is_resolved;
	bool fixed; /* by the operator: permanent, or needs no resolution */
	TAILQ_ENTRY(hop) entry;
};

/* The hop, asked for when it is new; give each back with hop_put (NULL is fine). */
struct hop *hop_get(struct dataplane *dataplane, unsigned int ifindex, uint32_t address);
void hop_put(struct dataplane *dataplane, struct hop *hop);
/* Reads the state of every resolved hop anew. */
void hops_resync(struct dataplane *dataplane);
/* Asks for the unresolved ones, once a second. */
void hops_tick(struct dataplane *dataplane);

#endif
