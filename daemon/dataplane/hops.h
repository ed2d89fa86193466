/* SPDX-License-Identifier: BSD-2-Clause */
/* Next hops, shared by the backends behind them and by the replies that leave by them. */
#ifndef SLUICE_DATAPLANE_HOPS_H
#define SLUICE_DATAPLANE_HOPS_H

#include "dataplane/internal.h"

struct hop {
	uint32_t address; /* the key begins here */
	unsigned int ifindex;
	uint32_t references;
	bool is_resolved;
	bool fixed; /* by the operator: permanent, or needs no resolution */
	bool has_mac;
	bool has_failed; /* and has not been resolved since */
	uint8_t mac[6];
	uint16_t index; /* that backends have; 0: none */
	uint16_t front; /* that flows have; 0: none */
	uint64_t used_ms; /* when flows were last seen to have it */
	TAILQ_ENTRY(hop) entry, front_entry;
};

/* The hop, asked for when it is new; give each back with hop_put (NULL is fine). */
struct hop *hop_get(struct dataplane *dataplane, unsigned int ifindex, uint32_t address);
void hop_put(struct dataplane *dataplane, struct hop *hop);
/* The word that packets get, 0 while it is not resolved or not behind one of our interfaces. */
uint64_t hop_word(const struct dataplane *dataplane, const struct hop *hop);
/* Writes it under the hop's indexes. */
void hop_publish(struct dataplane *dataplane, const struct hop *hop);
/* The interfaces' rows have changed: all words anew. */
void hops_publish(struct dataplane *dataplane);
/* Reads the state of every resolved hop anew. */
void hops_resync(struct dataplane *dataplane);
/* Asks for the unresolved ones, once a second. */
void hops_tick(struct dataplane *dataplane);

#endif
