/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ICMP port unreachable of a closed UDP port (RFC 1122, 3.2.2.1), quoting header and 8 bytes. */
#ifndef SLUICE_BPF_ICMP_H
#define SLUICE_BPF_ICMP_H

#include "answer.h"
#include "packet.h"

/* uapi's linux/icmp.h wants a C library, which this target has not. */
struct icmp_header {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__be32 unused;
};

#define ICMP_DEST_UNREACH 3
#define ICMP_PORT_UNREACH 3
#define ICMP_QUOTE (sizeof(struct iphdr) + sizeof(struct udphdr))
#define ICMP_ADDED (sizeof(struct iphdr) + sizeof(struct icmp_header))
#define ICMP_FRAME_MAX (sizeof(struct ethhdr) + 8) /* with two VLAN tags */

/* Puts an IP and an ICMP header before the datagram. False if there is no room for them. */
static __always_inline bool icmp_make(struct packet *packet)
{
	void *start;
	struct iphdr *ip, *quoted;
	struct icmp_header *icmp;

	if (!answer_cut(packet, ICMP_QUOTE) || bpf_xdp_adjust_head(packet->ctx, -(int)ICMP_ADDED))
		return false;
	start = (void *)(long)packet->ctx->data;
	ip = packet_ip(start, packet->ip_offset);
	icmp = (void *)(ip + 1);
	quoted = (void *)(icmp + 1);
	if (start + ICMP_FRAME_MAX + ICMP_ADDED > (void *)(long)packet->ctx->data_end ||
	    (void *)quoted + ICMP_QUOTE > (void *)(long)packet->ctx->data_end)
		return false;
	/* What is copied too much, if there are less than two tags, is written over at once. */
	__builtin_memcpy(start, start + ICMP_ADDED, ICMP_FRAME_MAX);
	answer_swap_stations(start);
	answer_ip(ip, quoted->daddr, quoted->saddr, IPPROTO_ICMP, ICMP_ADDED + ICMP_QUOTE);
	__builtin_memset(icmp, 0, sizeof(*icmp));
	icmp->type = ICMP_DEST_UNREACH;
	icmp->code = ICMP_PORT_UNREACH;
	icmp->checksum = (__u16)~checksum_fold(
		checksum_sum((__u16 *)icmp, (sizeof(*icmp) + ICMP_QUOTE) / 2));
	return true;
}

#endif
