/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet on its way through the program: what the steps have found out so far. Each step returns
 * what comes next; a drop or an answer carries its reason in the packet.
 */
#ifndef SLUICE_BPF_PACKET_H
#define SLUICE_BPF_PACKET_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "sluice_maps.h"

#include "word.h"

/* What 64-bit shifts of host-order words assume of addresses "as on the wire". */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "flow words are laid out for amd64");

enum step {
	STEP_NEXT, /* this step has nothing against it */
	STEP_OTHER, /* not to a VIP after all */
	STEP_NEW, /* no flow that still counts: schedule one */
	STEP_SENT, /* rewritten, and on its way by packet.verdict */
	STEP_PASS, /* not ours, untouched */
	STEP_DROP, /* counted under packet.reason */
	STEP_ANSWER, /* RST or ICMP back to the sender, counted under packet.reason */
};

/* TCP's flags, as they lie in its header. */
enum packet_flag { PACKET_FIN = 1, PACKET_SYN = 2, PACKET_RST = 4, PACKET_ACK = 16 };

#define PACKET_OFFSET_MAX 31 /* a mask, so that the verifier sees the bound */

struct packet {
	struct xdp_md *ctx;
	void *end;
	struct ethhdr *eth;
	struct iphdr *ip;
	__u32 ip_offset; /* from the start of the frame, at most PACKET_OFFSET_MAX */

	__u8 protocol;
	__be16 source; /* ports */
	__be16 dest;
	__u64 dest_hash; /* of the destination's address */
	__u32 length; /* of the IP packet */
	__u32 data; /* bytes behind the TCP header */
	__u8 flags; /* enum packet_flag */

	bool reply; /* comes from a backend */
	__u16 service_id;
	__u64 service_word; /* read once, so that one packet sees one state of its listener */
	struct sluice_service *service;
	__u32 backend_id;
	struct sluice_backend *backend;
	__u64 backend_word; /* read once, too */
	struct sluice_traffic *traffic; /* its counters, NULL if it has none */
	__u64 flow_key; /* word0 of its flow */
	struct sluice_bucket *bucket; /* where that belongs */
	struct sluice_flow *flow; /* its entry, if it has one */
	__u64 flow_word; /* word1 of it as last read or written */
	__u32 hop; /* index of its next hop, 0 if that is not known */

	struct sluice_state *state;
	__u64 now_s; /* state.h; set once the packet may be ours */

	int verdict; /* XDP_TX or XDP_REDIRECT */
	enum sluice_counter reason;
};

static __always_inline enum step packet_drop(struct packet *packet, enum sluice_counter reason)
{
	asm volatile("" : "+r"(reason));
	packet->reason = reason;
	return STEP_DROP;
}

static __always_inline enum step packet_answer(struct packet *packet, enum sluice_counter reason)
{
	asm volatile("" : "+r"(reason));
	packet->reason = reason;
	return STEP_ANSWER;
}

/* Where the IP header is in a frame. One pointer, whose bound is checked once: the compiler must not
 * compute it again. */
static __always_inline struct iphdr *packet_ip(void *frame, __u64 offset)
{
	void *ip = frame + (offset & PACKET_OFFSET_MAX);

	asm volatile("" : "+r"(ip));
	return ip;
}

/* A SYN that opens a connection. */
static __always_inline bool packet_is_syn(const struct packet *packet)
{
	return (packet->flags & (PACKET_SYN | PACKET_ACK | PACKET_RST)) == PACKET_SYN;
}

static __always_inline bool packet_is_tcp(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP;
}

#endif
