/* SPDX-License-Identifier: BSD-2-Clause */
/* Next hops and links as the daemon would have them in the maps. */
#ifndef SLUICE_TESTS_BPF_GIVEN_HOPS_H
#define SLUICE_TESTS_BPF_GIVEN_HOPS_H

#include "world.h"

/* What backends and flows have at first: an index, 0 for none. */
uint32_t given_hop(const struct given *given, const char *address);
/* What a flow has once the kernel was asked for the way to an address. */
uint32_t given_hop_learned(const struct given *given, const char *address);
/* The copies of what the links' lines say, where packets look first. */
void given_stations_put(struct sluice_state *kept);
/* Fills hops, known_hops, links and link_ports. */
void given_hops_put(const struct given *given);

#endif
