/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The RST that a closed port would send (RFC 9293, 3.10.7.1), made out of the segment it answers. */
#ifndef SLUICE_BPF_RESET_H
#define SLUICE_BPF_RESET_H

#include "answer.h"
#include "packet.h"

#define RESET_LENGTH (sizeof(struct iphdr) + sizeof(struct tcphdr))

struct reset {
	__be32 from, to;
	__be16 from_port, to_port;
	__be32 seq, ack_seq;
	bool ack;
};

static __always_inline struct reset reset_for(const struct packet *packet)
{
	const struct tcphdr *tcp = (void *)(packet->ip + 1);
	struct reset reset = {
		.from = packet->ip->daddr,
		.to = packet->ip->saddr,
		.from_port = tcp->dest,
		.to_port = tcp->source,
	};
	__u32 taken =
		packet->data + !!(packet->flags & PACKET_SYN) + !!(packet->flags & PACKET_FIN);

	if (packet->flags & PACKET_ACK) {
		reset.seq = tcp->ack_seq;
	} else {
		reset.ack = true;
		reset.ack_seq = bpf_htonl(bpf_ntohl(tcp->seq) + taken);
	}
	return reset;
}

static __always_inline void reset_tcp(struct tcphdr *tcp, const struct reset *reset)
{
	__u32 sum = bpf_htons(IPPROTO_TCP) + bpf_htons(sizeof(*tcp));

	__builtin_memset(tcp, 0, sizeof(*tcp));
	tcp->source = reset->from_port;
	tcp->dest = reset->to_port;
	tcp->seq = reset->seq;
	tcp->ack_seq = reset->ack_seq;
	tcp->doff = sizeof(*tcp) / 4;
	tcp->rst = 1;
	tcp->ack = reset->ack;
	sum += checksum_sum((__u16 *)&reset->from, 2) + checksum_sum((__u16 *)&reset->to, 2);
	sum += checksum_sum((__u16 *)tcp, sizeof(*tcp) / 2);
	tcp->check = (__u16)~checksum_fold(sum);
}

/* Turns the segment into its RST. False if the frame could not be cut. */
static __always_inline bool reset_make(struct packet *packet)
{
	struct reset reset;
	struct ethhdr *eth;
	struct iphdr *ip;

	/* Looked at before; Linux 6.1's verifier has forgotten it by here. */
	if ((void *)(packet->ip + 1) + sizeof(struct tcphdr) > packet->end)
		return false;
	reset = reset_for(packet);
	if (!answer_cut(packet, RESET_LENGTH))
		return false;
	eth = (void *)(long)packet->ctx->data;
	ip = packet_ip(eth, packet->ip_offset);
	if ((void *)(eth + 1) > (void *)(long)packet->ctx->data_end ||
	    (void *)ip + RESET_LENGTH > (void *)(long)packet->ctx->data_end)
		return false;
	answer_swap_stations(eth);
	answer_ip(ip, reset.from, reset.to, IPPROTO_TCP, RESET_LENGTH);
	reset_tcp((void *)(ip + 1), &reset);
	return true;
}

#endif
