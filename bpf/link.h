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

/* The index of an interface among our links, 0 if it is not one of them. Links are few, and only a
 * packet that asks the kernel for its way comes here. */
static __always_inline __u32 link_index(__u32 ifindex)
{
	for (__u32 index = 1; index < SLUICE_LINKS; index++) {
		__u32 key = index;
		struct sluice_link *link = bpf_map_lookup_elem(&links, &key);

		if (link && READ_ONCE(link->ifindex) == ifindex)
			return index;
	}
	return 0;
}

#endif
