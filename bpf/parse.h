/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From frame to headers. A packet that turns out not to be ours must not have cost much, so this
 * comes in three steps: is it IPv4, which ports, and (only once it is ours) does it make sense.
 */
#ifndef SLUICE_BPF_PARSE_H
#define SLUICE_BPF_PARSE_H

#include "packet.h"

#define IP_MORE_FRAGMENTS bpf_htons(0x2000)
#define IP_FRAGMENT_OFFSET bpf_htons(0x1fff)
#define VLAN_ID bpf_htons(0x0fff)
#define PARSE_TCP_FLAGS 13 /* where they are in the header */

struct vlan_tag {
	__be16 control;
	__be16 next;
};

/* Finds the IPv4 header behind at most two VLAN tags. False: not for us to judge. */
static __always_inline bool parse_ip(struct packet *packet, struct xdp_md *ctx)
{
	void *start = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = start;
	struct vlan_tag *tag = (void *)(eth + 1);
	__u64 offset = sizeof(*eth), id = 0, zero;
	__be16 type;

	if ((void *)tag > end)
		return false;
	type = *(const __be16 *)(start + offsetof(struct ethhdr, h_proto)); /* packed in there */
#pragma unroll
	for (int i = 0; i < 2; i++) {
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(tag + 1) > end)
			return false;
		id |= tag->control & VLAN_ID;
		type = tag->next;
		tag++;
		offset += sizeof(*tag);
	}
	zero = word_unknown_zero(type);
	packet->ip_offset = (offset + zero) & PACKET_OFFSET_MAX;
	packet->vlan = id + zero;
	packet->ctx = ctx;
	packet->end = end;
	packet->eth = eth;
	packet->ip = packet_ip(start, packet->ip_offset);
	if (type != bpf_htons(ETH_P_IP) || (void *)(packet->ip + 1) > end)
		return false;
	packet->protocol = packet->ip->protocol;
	return packet->ip->version == 4;
}

static __always_inline bool parse_is_transport(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP;
}

/* A fragment that does not hold the ports. */
static __always_inline bool parse_is_later_fragment(const struct packet *packet)
{
	return packet->ip->frag_off & IP_FRAGMENT_OFFSET;
}

/* Reads the ports, wherever IP options push them. False if the frame does not hold them. */
static __always_inline bool parse_ports(struct packet *packet)
{
	__u32 header = packet->ip->ihl * 4;
	__be16 *ports = (void *)packet->ip + header;

	if (header < sizeof(struct iphdr) || (void *)(ports + 2) > packet->end)
		return false;
	packet->source = ports[0];
	packet->dest = ports[1];
	return true;
}

static __always_inline enum step parse_tcp(struct packet *packet)
{
	struct tcphdr *tcp = (void *)(packet->ip + 1);
	__u32 header;

	if ((void *)(tcp + 1) > packet->end)
		return packet_drop(packet, SLUICE_COUNT_MALFORMED);
	header = tcp->doff * 4;
	if (header < sizeof(*tcp) || sizeof(struct iphdr) + header > packet->length)
		return packet_drop(packet, SLUICE_COUNT_MALFORMED);
	packet->flags = ((const __u8 *)tcp)[PARSE_TCP_FLAGS];
	packet->data = packet->length - sizeof(struct iphdr) - header;
	return STEP_NEXT;
}

static __always_inline enum step parse_udp(struct packet *packet)
{
	struct udphdr *udp = (void *)(packet->ip + 1);
	__u32 length;

	if ((void *)(udp + 1) > packet->end)
		return packet_drop(packet, SLUICE_COUNT_MALFORMED);
	length = bpf_ntohs(udp->len);
	if (length < sizeof(*udp) || sizeof(struct iphdr) + length > packet->length)
		return packet_drop(packet, SLUICE_COUNT_MALFORMED);
	return STEP_NEXT;
}

/* True if the frame has as many bytes as the IP header says. Most have them in the first buffer, which
 * spares a call. */
static __always_inline bool parse_is_complete(const struct packet *packet)
{
	return (void *)packet->ip + packet->length <= packet->end ||
	       packet->ip_offset + packet->length <= bpf_xdp_get_buff_len(packet->ctx);
}

/* The compiler knows that a swapped number is short, and Linux 6.1's verifier does not. */
static __always_inline __u32 parse_length(__be16 swapped)
{
	__u32 length = bpf_ntohs(swapped);

	asm volatile("" : "+r"(length));
	return length & 0xffff;
}

/* The rest of the headers of a packet that is ours: whole, without options, free of contradictions. */
static __always_inline enum step parse_whole(struct packet *packet)
{
	struct iphdr *ip = packet->ip;

	if (ip->frag_off & (IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET))
		return packet_drop(packet, SLUICE_COUNT_FRAGMENT);
	if (ip->ihl != sizeof(*ip) / 4)
		return packet_drop(packet, SLUICE_COUNT_IP_OPTIONS);
	packet->length = parse_length(ip->tot_len);
	if (!parse_is_complete(packet))
		return packet_drop(packet, SLUICE_COUNT_MALFORMED);
	return packet_is_tcp(packet) ? parse_tcp(packet) : parse_udp(packet);
}

#endif
