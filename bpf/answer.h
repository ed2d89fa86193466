/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the answers to a refused packet share: they go back where it came from, tags and all. */
#ifndef SLUICE_BPF_ANSWER_H
#define SLUICE_BPF_ANSWER_H

#include "checksum.h"
#include "packet.h"

#define ANSWER_TTL 64
#define ANSWER_DONT_FRAGMENT bpf_htons(0x4000)

static __always_inline void answer_swap_stations(struct ethhdr *eth)
{
	__u8 station[ETH_ALEN];

	__builtin_memcpy(station, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, station, ETH_ALEN);
}

static __always_inline void answer_ip(struct iphdr *ip, __be32 from, __be32 to, __u8 protocol,
				      __u16 length)
{
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = 0;
	ip->tot_len = bpf_htons(length);
	ip->id = 0;
	ip->frag_off = ANSWER_DONT_FRAGMENT;
	ip->ttl = ANSWER_TTL;
	ip->protocol = protocol;
	ip->check = 0;
	ip->saddr = from;
	ip->daddr = to;
	ip->check = (__u16)~checksum_fold(checksum_sum((__u16 *)ip, sizeof(*ip) / 2));
}

/* Cuts the frame to its headers and the first `length` bytes of IP. */
static __always_inline bool answer_cut(struct packet *packet, __u32 length)
{
	int surplus = bpf_xdp_get_buff_len(packet->ctx) - packet->ip_offset - length;

	return surplus <= 0 || bpf_xdp_adjust_tail(packet->ctx, -surplus) == 0;
}

#endif
