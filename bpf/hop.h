/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way out: the kernel's own routes and neighbours, asked for each packet. What it would not
 * forward is dropped under a reason.
 */
#ifndef SLUICE_BPF_HOP_H
#define SLUICE_BPF_HOP_H

#include "counters.h"
#include "maps.h"
#include "packet.h"

enum { HOP_FAMILY_INET = 2 }; /* AF_INET, which no uapi header has */

/* Asks the daemon to have a neighbour resolved, at most once a second for each. */
static __always_inline void hop_ask(__u64 now_s, __u32 ifindex, __be32 address)
{
	__u64 key = (__u64)ifindex << 32 | address;
	__u64 *last = bpf_map_lookup_elem(&asked, &key);
	struct sluice_event *event;

	if (last && *last == now_s)
		return;
	bpf_map_update_elem(&asked, &key, &now_s, BPF_ANY);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		counters_add(SLUICE_COUNT_EVENT_LOST, 1);
		return;
	}
	event->kind = SLUICE_EVENT_NEIGHBOUR;
	event->ifindex = ifindex;
	event->address = address;
	event->pad = 0;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline enum step hop_find(struct packet *packet, struct bpf_fib_lookup *way)
{
	struct udphdr *ports = (void *)(packet->ip + 1);

	way->family = HOP_FAMILY_INET;
	way->l4_protocol = packet->protocol;
	way->sport = ports->source;
	way->dport = ports->dest;
	way->tot_len = packet->length;
	way->ifindex = packet->ctx->ingress_ifindex;
	way->tos = packet->ip->tos;
	way->ipv4_src = packet->ip->saddr;
	way->ipv4_dst = packet->ip->daddr;
	switch (bpf_fib_lookup(packet->ctx, way, sizeof(*way), 0)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		return STEP_SEND;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return packet_drop(packet, SLUICE_COUNT_MTU);
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		hop_ask(packet->now_s, way->ifindex, way->ipv4_dst);
		return packet_drop(packet, SLUICE_COUNT_NO_NEIGHBOUR);
	default:
		return packet_drop(packet, SLUICE_COUNT_NO_ROUTE);
	}
}

/* Sends a rewritten packet. Routes name VLANs by their own interfaces, which have no place in
 * `links`: so a frame with a VLAN id has no way out, and a priority tag alone stays on its link. */
static __always_inline int hop_send(struct packet *packet)
{
	struct bpf_fib_lookup way = {};
	enum step step = hop_find(packet, &way);
	int verdict = XDP_TX;

	if (step != STEP_SEND)
		return XDP_DROP;
	packet->reason = SLUICE_COUNT_NO_LINK;
	if (packet->vlan)
		return XDP_DROP;
	if (way.ifindex != packet->ctx->ingress_ifindex) {
		if (packet->tagged)
			return XDP_DROP;
		verdict = bpf_redirect_map(&links, way.ifindex, XDP_DROP);
		if (verdict != XDP_REDIRECT)
			return XDP_DROP;
	}
	__builtin_memcpy(packet->eth->h_dest, way.dmac, ETH_ALEN);
	__builtin_memcpy(packet->eth->h_source, way.smac, ETH_ALEN);
	counters_traffic(packet);
	return verdict;
}

#endif
