/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry of the flow table, read and removed by the protocol of sluice_maps.h. */
#ifndef SLUICE_DATAPLANE_FLOW_ENTRY_H
#define SLUICE_DATAPLANE_FLOW_ENTRY_H

#include "sluice_maps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The loads of the table's backends. */
struct loads {
	struct sluice_load *items;
	uint32_t size;
};

/* Seconds since a word was last seen. */
uint32_t flow_age(uint64_t word1, uint64_t now_s);
/* False if it is free, or being written. */
bool flow_read(const struct sluice_flow *entry, uint64_t *word0, uint64_t *word1);
/* Puts another word in the place of the one that was read; false if a packet has changed it. A word
 * of 0 removes the flow. Its backend's load follows. */
bool flow_change(struct sluice_flow *entry, uint64_t from, uint64_t to, const struct loads *loads);
/* Ends a TCP flow: its word becomes that of a closing flow of a backend that is no more, to which the
 * program answers with a RST, and so until the flow would have expired. Removed, it would be taken
 * up again by the client's next segment. False if it has ended already. */
bool flow_kill(struct sluice_flow *entry, uint64_t word0, const struct loads *loads);
/* Removes the flow, whatever packets make of it meanwhile; false if somebody else has done so. */
bool flow_end(struct sluice_flow *entry, uint64_t word0, const struct loads *loads);

#endif
