/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that are never translated: fragments, IP options, headers cut short, other protocols. To a
 * listener, or of a flow, they are dropped under a reason: the stack would answer them with a RST.
 */
#ifndef SLUICE_BPF_ODD_H
#define SLUICE_BPF_ODD_H

#include "counters.h"
#include "link.h"
#include "packet.h"
#include "parse.h"
#include "reverse.h"
#include "vip.h"

#define ODD_MORE_FRAGMENTS bpf_htons(0x2000)
#define ODD_FRAGMENT_OFFSET bpf_htons(0x1fff)

/* A fragment that does not hold the ports. */
static __always_inline bool odd_is_later_fragment(const struct packet *packet)
{
	return packet->ip->frag_off & ODD_FRAGMENT_OFFSET;
}

static __always_inline bool odd_is_transport(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP;
}

/* Reads the ports, wherever IP options push them. False if the packet has none, or not whole. */
static __always_inline bool odd_ports(struct packet *packet)
{
	__u32 header = packet->ip->ihl * 4;
	__be16 *ports = (void *)packet->ip + header;

	if (!odd_is_transport(packet) || odd_is_later_fragment(packet) ||
	    header < sizeof(struct iphdr) || (void *)(ports + 2) > packet->end)
		return false;
	packet->source = ports[0];
	packet->dest = ports[1];
	return true;
}

/* A packet of a listener or a flow. */
static __always_inline enum step odd_refuse(struct packet *packet)
{
	if (SLUICE_GET(packet->service_word, SERVICE_STATE) == SLUICE_SERVICE_STOPPED)
		return packet_drop(packet, SLUICE_COUNT_LISTENER_STOPPED);
	if (packet->ip->frag_off & (ODD_MORE_FRAGMENTS | ODD_FRAGMENT_OFFSET))
		return packet_drop(packet, SLUICE_COUNT_FRAGMENT);
	return packet_drop(packet, packet->ip->ihl == sizeof(struct iphdr) / 4
					   ? SLUICE_COUNT_MALFORMED
					   : SLUICE_COUNT_IP_OPTIONS);
}

/* To an address of which it is not yet certain that it is ours, and to no listener. A later fragment
 * names no port: it goes to the stack only where the stack may own ports, and waits there for a first
 * one that we have dropped. */
static __always_inline enum step odd_unmatched(struct packet *packet, bool ports)
{
	__u32 address = vip_address(packet->dest_hash, packet->ip->daddr);
	bool later = odd_is_transport(packet) && odd_is_later_fragment(packet);

	if (!address)
		return STEP_OTHER;
	if (packet->protocol == IPPROTO_ICMP)
		return STEP_PASS;
	if (odd_is_transport(packet) && !later && !ports)
		return packet_drop(packet, SLUICE_COUNT_MALFORMED);
	if (address == SLUICE_VIP_PASS_UNMATCHED)
		return STEP_PASS;
	return packet_drop(packet, later ? SLUICE_COUNT_FRAGMENT : SLUICE_COUNT_NO_LISTENER);
}

static __always_inline enum step odd_of_client(struct packet *packet, bool ports)
{
	if (!link_is_for_us(packet))
		return STEP_PASS;
	if (ports && vip_has_listener(packet))
		return odd_refuse(packet);
	return odd_unmatched(packet, ports);
}

static __always_inline enum step odd_of_backend(struct packet *packet)
{
	__u64 other = 0;

	return reverse_match(packet, &other) > REVERSE_NONE ? odd_refuse(packet) : STEP_PASS;
}

/* The verdict on a packet that is not plain. By itself, so that what is common has a short way. */
__noinline int odd_packet(struct xdp_md *ctx)
{
	struct packet packet = {};
	enum step step = STEP_OTHER;
	bool ports;

	packet.state = state_line();
	if (!parse_frame(&packet, ctx) || (void *)(packet.ip + 1) > packet.end ||
	    packet.ip->version != 4)
		return XDP_PASS;
	packet.protocol = packet.ip->protocol;
	ports = odd_ports(&packet);
	packet.dest_hash = vip_hash(&packet, packet.ip->daddr);
	if (vip_maybe(packet.dest_hash))
		step = odd_of_client(&packet, ports);
	if (step == STEP_OTHER && ports)
		step = odd_of_backend(&packet);
	if (step != STEP_DROP)
		return XDP_PASS;
	counters_add(packet.reason, 1);
	return XDP_DROP;
}

#endif
