/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The link line: an interface that packets may leave by. */
#ifndef SLUICE_BPF_LINK_H
#define SLUICE_BPF_LINK_H

#include "maps.h"
#include "packet.h"

/* The link of an index, NULL if there is none or it is down. */
static __always_inline struct sluice_link *link_up(__u32 index)
{
	struct sluice_link *link = links_at(index);

	return READ_ONCE(link->flags) & SLUICE_LINK_UP ? link : NULL;
}

/* The index of an interface among our links, 0 if it is not one of them. Links are few, and only a
 * packet that asks the kernel for its way comes here, or one whose station is not clear at once. By
 * itself, as the next one, so that the verifier looks at it once. */
__noinline int link_index(__u32 ifindex)
{
	for (__u32 index = 1; index < SLUICE_LINKS; index++) {
		if (READ_ONCE(links_at(index)->ifindex) == ifindex)
			return index;
	}
	return 0;
}

/* True if an interface is the station that a frame begins with. One that has no line yet has its own
 * frames, as far as anybody can tell, but for those to a group. */
__noinline int link_is_station(__u32 ifindex, __u64 frame)
{
	__u32 index = link_index(ifindex);

	if (!index)
		return !(frame & 1);
	return (frame ^ READ_ONCE(links_at(index)->station)) << (64 - SLUICE_HOP_MAC_BITS) == 0;
}

/* False for a frame that is not for this station alone: to another one, flooded or because somebody
 * listens to all, or to a group. The kernel knows what to do with it. */
static __always_inline bool link_is_for_us(const struct packet *packet)
{
	__u32 ifindex = packet->ctx->ingress_ifindex;
	/* By way of a pointer to anything: of a packed header the compiler would load each byte. */
	const void *start = packet->eth;
	__u64 frame = *(const __u64 *)start;

	return READ_ONCE(packet->state->stations[ifindex % SLUICE_STATIONS]) ==
		       (frame << (64 - SLUICE_HOP_MAC_BITS) | (__u16)ifindex) ||
	       link_is_station(ifindex, frame);
}

#endif
