/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way out. A backend's next hop stands in its line, and a flow keeps that of its replies: an
 * index, whose word names station and link. Where none is known, or its link is down, the kernel's
 * own routes and neighbours are asked, and what they say is kept in the flow. What the kernel would
 * not forward is dropped under a reason.
 */
#ifndef SLUICE_BPF_HOP_H
#define SLUICE_BPF_HOP_H

#include "counters.h"
#include "flow.h"
#include "link.h"
#include "maps.h"
#include "packet.h"
#include "parse.h"

enum { HOP_FAMILY_INET = 2 }; /* AF_INET, which no uapi header has */

/* Tells the daemon of a neighbour, at most once a second for each. */
static __always_inline void hop_tell(__u64 now_s, enum sluice_event_kind kind, __u32 ifindex,
				     __be32 address)
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
	event->kind = kind;
	event->ifindex = ifindex;
	event->address = address;
	event->pad = 0;
	bpf_ringbuf_submit(event, 0);
}

/* The next hop of a packet to its backend, or of a reply. */
static __always_inline void hop_to_backend(struct packet *packet)
{
	packet->hop = READ_ONCE(packet->backend->hop);
}

static __always_inline void hop_to_client(struct packet *packet)
{
	packet->hop = packet->flow ? SLUICE_GET(packet->flow_word, FLOW_HOP) : 0;
}

/* Leaves by a link. Routes name VLANs by their own interfaces, which have no place in `links`: so a
 * frame with a VLAN id has no way out, and a priority tag alone stays on its link. */
static __always_inline bool hop_leave(struct packet *packet, __u32 link, __u32 ifindex)
{
	bool stays = ifindex == packet->ctx->ingress_ifindex;

	if (packet->ip_offset != sizeof(struct ethhdr) && (!stays || parse_is_in_vlan(packet)))
		return false;
	packet->verdict = stays ? XDP_TX : bpf_redirect_map(&link_ports, link, XDP_DROP);
	return packet->verdict != XDP_DROP;
}

static __always_inline enum step hop_ask_kernel(struct packet *packet, struct bpf_fib_lookup *way)
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
		return STEP_NEXT;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return packet_drop(packet, SLUICE_COUNT_MTU);
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		hop_tell(packet->now_s, SLUICE_EVENT_NEIGHBOUR, way->ifindex, way->ipv4_dst);
		return packet_drop(packet, SLUICE_COUNT_NO_NEIGHBOUR);
	default:
		return packet_drop(packet, SLUICE_COUNT_NO_ROUTE);
	}
}

/* Keeps a reply's next hop in its flow, or has the daemon give it an index. A route over a neighbour
 * of another family has none. */
static __always_inline void hop_learn(struct packet *packet, const struct bpf_fib_lookup *way)
{
	struct sluice_hop_key key = { .ifindex = way->ifindex, .address = way->ipv4_dst };
	__u32 *known;

	if (!packet->reply || !packet->flow || way->family != HOP_FAMILY_INET)
		return;
	known = bpf_map_lookup_elem(&known_hops, &key);
	flow_keep_hop(packet, known ? *known : 0);
	if (!known)
		hop_tell(packet->now_s, SLUICE_EVENT_HOP, key.ifindex, key.address);
}

static __always_inline enum step hop_send_by_routes(struct packet *packet)
{
	struct bpf_fib_lookup way = {};
	__u32 link;

	if (hop_ask_kernel(packet, &way) != STEP_NEXT)
		return STEP_DROP;
	link = link_index(way.ifindex);
	if (!link || !hop_leave(packet, link, way.ifindex))
		return packet_drop(packet, SLUICE_COUNT_NO_LINK);
	hop_learn(packet, &way);
	__builtin_memcpy(packet->eth->h_dest, way.dmac, ETH_ALEN);
	__builtin_memcpy(packet->eth->h_source, way.smac, ETH_ALEN);
	counters_traffic(packet);
	return STEP_SENT;
}

/* Both stations lie side by side in the frame, twelve bytes in two stores; through a pointer to
 * anything, since into a packed header the compiler would store each byte. */
static __always_inline void hop_write_stations(void *frame, __u64 to,
					       const struct sluice_link *link)
{
	__u64 from = READ_ONCE(link->station);

	*(__u64 *)frame = to | from << SLUICE_HOP_MAC_BITS;
	*(__u32 *)(frame + sizeof(__u64)) = from >> (64 - SLUICE_HOP_MAC_BITS);
}

/* Sends a rewritten packet. */
static __always_inline enum step hop_send(struct packet *packet)
{
	__u64 hop = READ_ONCE(*hops_at(packet->hop));
	struct sluice_link *link = hop ? link_up(SLUICE_GET(hop, HOP_LINK)) : NULL;

	if (!link)
		return hop_send_by_routes(packet);
	if (packet->length > READ_ONCE(link->mtu))
		return packet_drop(packet, SLUICE_COUNT_MTU);
	if (!hop_leave(packet, SLUICE_GET(hop, HOP_LINK), READ_ONCE(link->ifindex)))
		return packet_drop(packet, SLUICE_COUNT_NO_LINK);
	hop_write_stations(packet->eth, SLUICE_GET(hop, HOP_MAC), link);
	counters_traffic(packet);
	return STEP_SENT;
}

#endif
