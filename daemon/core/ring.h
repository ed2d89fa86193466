/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table from flow hash to member: Maglev (Eisenbud et al., NSDI 2016, section 3.4) with quotas.
 * Slots per member by largest remainder (at least one for a positive weight, none for zero), filled
 * in Maglev's turns within those quotas, so every share is within one slot of its ideal. A pure
 * function of (members' keys, weights, ring key): two gateways with one configuration agree.
 */
#ifndef SLUICE_CORE_RING_H
#define SLUICE_CORE_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring_member {
	uint8_t key[24]; /* identity: what two gateways agree on; unique */
	uint32_t weight;
	uint16_t index; /* what goes into the slots */
};

/* The smallest size that is at least 64 slots a usable member (positive weight); 0 without one. */
uint32_t ring_size(const struct ring_member *members, size_t count);

/* A number for all that the slots come from: as long as it is the same, they are. 0: no number, for
 * a ring of one member looks like another's. */
uint64_t ring_print(const struct ring_member *members, size_t count, const uint8_t ring_key[16]);
/* Fills `slots` (size from ring_size) with member indexes. Members are sorted by key inside, so
 * their order does not matter. 0, or -ERR_UNAVAILABLE without memory. */
int ring_build(const struct ring_member *members, size_t count, const uint8_t ring_key[16],
	       uint16_t *slots, uint32_t size);

#endif
