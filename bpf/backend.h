/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The backend line: one 8-byte word says whether it still is the one that a flow means. */
#ifndef SLUICE_BPF_BACKEND_H
#define SLUICE_BPF_BACKEND_H

#include "maps.h"
#include "packet.h"

/* Notes a backend and its word; false for "none". */
static __always_inline bool backend_look(struct packet *packet, __u32 id)
{
	packet->backend_id = id;
	packet->backend = backends_at(id);
	packet->backend_word = READ_ONCE(packet->backend->word);
	return id;
}

/* The same for the backend that the packet goes to or comes from. Its counters are far away where there
 * are many backends, so they are found here, where other lines are waited for. */
static __always_inline bool backend_take(struct packet *packet, __u32 id)
{
	packet->traffic = bpf_map_lookup_elem(&traffic, &id);
	return backend_look(packet, id);
}

/* State of the noted backend; GONE if it belongs to another service than the packet by now. */
static __always_inline __u32 backend_state(const struct packet *packet)
{
	if (SLUICE_GET(packet->backend_word, BACKEND_SERVICE) != packet->service_id)
		return SLUICE_BACKEND_GONE;
	return SLUICE_GET(packet->backend_word, BACKEND_STATE);
}

/* The same as a flow sees it; GONE also if the id has a new generation. */
static __always_inline __u32 backend_state_for(const struct packet *packet, __u64 flow)
{
	__u64 expected = SLUICE_PUT(BACKEND_GENERATION, SLUICE_GET(flow, FLOW_GENERATION)) |
			 SLUICE_PUT(BACKEND_SERVICE, packet->service_id);
	__u64 owner = SLUICE_PUT(BACKEND_GENERATION, ~0ULL) | SLUICE_PUT(BACKEND_SERVICE, ~0ULL);

	if ((packet->backend_word ^ expected) & owner)
		return SLUICE_BACKEND_GONE;
	return SLUICE_GET(packet->backend_word, BACKEND_STATE);
}

#endif
