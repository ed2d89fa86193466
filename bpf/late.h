/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops after the verdict. What happens to a redirected packet once the program has returned is only
 * told by tracepoints; their arguments are read through the kernel's own type information (CO-RE),
 * so these structs name only what is looked at. Both programs are optional: without them the two
 * counters stay at zero.
 */
#ifndef SLUICE_BPF_LATE_H
#define SLUICE_BPF_LATE_H

#include <bpf/bpf_core_read.h>

#include "counters.h"
#include "link.h"
#include "maps.h"

struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct net {
	struct ns_common ns;
} __attribute__((preserve_access_index));

struct possible_net {
	struct net *net;
} __attribute__((preserve_access_index));

struct net_device {
	int ifindex;
	struct possible_net nd_net;
} __attribute__((preserve_access_index));

/* xdp_redirect_err(dev, prog, target, error, map type, map id, index): ours if it came in by one of
 * our links, where no other program can be. The map itself must not be named here: a device map
 * belongs to the programs of one type. */
enum { LATE_REDIRECT_FROM };
/* xdp_devmap_xmit(from, to, sent, drops, error): ours if both are among our links, which are named
 * by numbers that another network namespace has too. */
enum { LATE_TRANSMIT_FROM, LATE_TRANSMIT_TO, LATE_TRANSMIT_SENT, LATE_TRANSMIT_DROPS };

static __always_inline bool late_is_link(__u64 device)
{
	const struct net_device *link = (const struct net_device *)device;
	__u32 ifindex = BPF_CORE_READ(link, ifindex);

	return BPF_CORE_READ(link, nd_net.net, ns.inum) == settings.netns && link_index(ifindex);
}

SEC("raw_tp/xdp_redirect_err")
int sluice_redirect_error(struct bpf_raw_tracepoint_args *ctx)
{
	if (late_is_link(ctx->args[LATE_REDIRECT_FROM]))
		counters_add(SLUICE_COUNT_REDIRECT_ERROR, 1);
	return 0;
}

SEC("raw_tp/xdp_devmap_xmit")
int sluice_transmit_error(struct bpf_raw_tracepoint_args *ctx)
{
	int drops = (int)ctx->args[LATE_TRANSMIT_DROPS];

	if (drops > 0 && late_is_link(ctx->args[LATE_TRANSMIT_FROM]) &&
	    late_is_link(ctx->args[LATE_TRANSMIT_TO]))
		counters_add(SLUICE_COUNT_TRANSMIT_ERROR, drops);
	return 0;
}

#endif
