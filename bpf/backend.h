/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The backend line: one 8-byte word says whether it still is the one that a flow means. */
#ifndef SLUICE_BPF_BACKEND_H
#define SLUICE_BPF_BACKEND_H

#include "maps.h"
#include "packet.h"

/* NULL for "none" and for ids that the map does not hold. */
static __always_inline struct sluice_backend *backend_line(__u32 id)
{
	return id ? bpf_map_lookup_elem(&backends, &id) : NULL;
}

/* State of a backend word as seen by a service; GONE if it belongs to another by now. */
static __always_inline __u32 backend_state_for(__u64 word, __u16 service)
{
	if (SLUICE_GET(word, BACKEND_SERVICE) != service)
		return SLUICE_BACKEND_GONE;
	return SLUICE_GET(word, BACKEND_STATE);
}

/* State of the backend that a flow word names; GONE if the id has a new generation. */
static __always_inline __u32 backend_state_of_flow(struct sluice_backend *backend, __u64 flow,
						   __u16 service)
{
	__u64 word = READ_ONCE(backend->word);

	if (SLUICE_GET(word, BACKEND_GENERATION) != SLUICE_GET(flow, FLOW_GENERATION))
		return SLUICE_BACKEND_GONE;
	return backend_state_for(word, service);
}

#endif
