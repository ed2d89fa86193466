/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The link line: an interface that packets may leave by. */
#ifndef SLUICE_BPF_LINK_H
#define SLUICE_BPF_LINK_H

#include "maps.h"
#include "packet.h"

/* The link of an index, NULL if there is none or it is down. */
static __always_inline struct sluice_link *link_up(__u32 index)
{
	struct sluice_link *link = bpf_map_lookup_elem(&links, &index);

	return link && READ_ONCE(link->flags) & SLUICE_LINK_UP ? link : NULL;
}

/* The line of an interface at this step of the search for it, NULL if it is not there. */
static __always_inline struct sluice_link *link_at(__u32 ifindex, __u32 step)
{
	__u32 index = sluice_link_index(ifindex, step);
	struct sluice_link *link = bpf_map_lookup_elem(&links, &index);

	return link && READ_ONCE(link->ifindex) == ifindex ? link : NULL;
}

/* The index of an interface among our links, 0 if it is not one of them. By itself, so that the
 * verifier looks at it once. */
__noinline int link_index(__u32 ifindex)
{
	for (__u32 step = 0; step < SLUICE_LINKS - 1; step++)
		if (link_at(ifindex, step))
			return sluice_link_index(ifindex, step);
	return 0;
}

/* False for a frame that is not for this station alone: to another one, flooded or because somebody
 * listens to all, or to a group. The kernel knows what to do with it. An interface that has no line
 * yet has its own station's frames, as far as anybody can tell. */
static __always_inline bool link_is_for_us(const struct packet *packet)
{
	__u32 ifindex = packet->ctx->ingress_ifindex, index;
	struct sluice_link *link = link_at(ifindex, 0);

	if (!link) {
		index = link_index(ifindex);
		link = bpf_map_lookup_elem(&links, &index);
		if (!index || !link)
			return !(packet->eth->h_dest[0] & 1);
	}
	/* With the two bytes that follow, which are cut off. */
	return (*(const __u64 *)packet->eth->h_dest ^ READ_ONCE(link->station))
		       << (64 - SLUICE_HOP_MAC_BITS) ==
	       0;
}

#endif
