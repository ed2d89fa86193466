/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From frame to headers. A packet that turns out not to be ours must not have cost much, so this
 * comes in steps: is it IPv4, is it plain, and (only once it is ours) does it make sense. What is not
 * plain is never translated: odd.h knows what becomes of it.
 */
#ifndef SLUICE_BPF_PARSE_H
#define SLUICE_BPF_PARSE_H

#include "packet.h"

#define VLAN_ID bpf_htons(0x0fff)
#define PARSE_TCP_FLAGS 13 /* where they are in the header */

/* The first eight bytes of most IP headers: version 4, no options, not a fragment. */
#define PARSE_PLAIN_MASK 0xff3f0000000000ffULL
#define PARSE_PLAIN 0x45ULL

struct vlan_tag {
	__be16 control;
	__be16 next;
};

/* Finds the IPv4 header behind at most two VLAN tags. False: not for us to judge. */
static __always_inline bool parse_frame(struct packet *packet, struct xdp_md *ctx)
{
	void *start = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = start;
	struct vlan_tag *tag = (void *)(eth + 1);
	__u64 offset = sizeof(*eth);
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
		type = tag->next;
		tag++;
		offset += sizeof(*tag);
	}
	packet->ip_offset = (offset + word_unknown_zero(type)) & PACKET_OFFSET_MAX;
	packet->ctx = ctx;
	packet->end = end;
	packet->eth = eth;
	packet->ip = packet_ip(start, packet->ip_offset);
	return type == bpf_htons(ETH_P_IP);
}

/* True if a VLAN tag with an id stands before the IP header, which is known to follow a tag. */
static __always_inline bool parse_is_in_vlan(const struct packet *packet)
{
	const struct vlan_tag *tag = (const void *)(packet->eth + 1);

	if ((void *)(tag + 2) > packet->end)
		return true;
	if (tag->control & VLAN_ID)
		return true;
	return packet->ip_offset > sizeof(struct ethhdr) + sizeof(*tag) && tag[1].control & VLAN_ID;
}

/* True for a TCP or UDP packet without IP options that is not a fragment: its ports are read, and the
 * IP header and 8 bytes behind it are there. */
static __always_inline bool parse_is_plain(struct packet *packet)
{
	const struct udphdr *ports = (void *)(packet->ip + 1);

	if ((void *)(ports + 1) > packet->end ||
	    (*(const __u64 *)packet->ip & PARSE_PLAIN_MASK) != PARSE_PLAIN)
		return false;
	if (packet->ip->protocol != IPPROTO_TCP && packet->ip->protocol != IPPROTO_UDP)
		return false;
	packet->source = ports->source;
	packet->dest = ports->dest;
	/* Read once more, or the verifier would follow each of the two through all of the program. */
	packet->protocol = READ_ONCE(packet->ip->protocol);
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
	__u32 length = bpf_ntohs(udp->len);

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

/* The rest of the headers of a packet that is ours: whole, and free of contradictions. */
static __always_inline enum step parse_whole(struct packet *packet)
{
	packet->length = parse_length(packet->ip->tot_len);
	if (!parse_is_complete(packet))
		return packet_drop(packet, SLUICE_COUNT_MALFORMED);
	return packet_is_tcp(packet) ? parse_tcp(packet) : parse_udp(packet);
}

#endif
