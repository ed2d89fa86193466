// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes packets of a few flows, both ways, in random order with random flags, tail-calls the real
 * program, and judges what came out of the one before: a client's packet goes to its flow's backend
 * or nowhere, a reply comes from the VIP or stays as it was.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "plan.h"
#include "race.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct race race;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

struct headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

enum { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

static __always_inline __u64 random_next(void)
{
	__u64 seed = race.seed;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	race.seed = seed;
	return seed;
}

static __always_inline void misdirected(__u32 flow, __u32 address)
{
	race.misdirected++;
	race.wrong_flow = flow;
	race.wrong_address = address;
}

static __always_inline void judge_client(const struct headers *headers, __u32 flow)
{
	__u32 to = headers->ip.daddr;

	if (to == race.vip) {
		race.stayed++;
		return;
	}
	if (race.learn)
		race.expected[flow] = to;
	if (to == race.expected[flow])
		race.forwarded++;
	else if (headers->ip.saddr == race.vip)
		race.answered++;
	else
		misdirected(flow, to);
}

static __always_inline void judge_reply(const struct headers *headers, __u32 flow)
{
	__u32 from = headers->ip.saddr;

	if (from == race.vip)
		race.replied++;
	else if (from == race.expected[flow])
		race.passed++;
	else
		misdirected(flow, from);
}

static __always_inline __u8 some_flags(__u64 chance)
{
	if (race.learn || chance % 8 < 2)
		return FLAG_SYN;
	if (chance % 8 == 2)
		return FLAG_FIN | FLAG_ACK;
	return chance % 64 == 3 ? FLAG_RST : FLAG_ACK;
}

SEC("xdp")
int race_wrap(struct xdp_md *ctx)
{
	long grown = (long)ctx->data_end - (long)ctx->data - PLAN_FRAME;
	__u64 chance = random_next();
	__u32 flow = chance >> 40, kind = chance >> 39 & 1, last;
	struct headers *headers;
	struct plan_flow tuple;
	void *data, *end;

	/* A RST is shorter than what it answers. */
	if (grown && bpf_xdp_adjust_tail(ctx, (int)-grown))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + PLAN_FRAME > end)
		return XDP_ABORTED;
	headers = data;
	last = race.last_flow;
	if (last < RACE_FLOWS) {
		if (race.last_kind == RACE_CLIENT)
			judge_client(headers, last);
		else
			judge_reply(headers, last);
	}
	flow %= RACE_FLOWS;
	if (race.learn) {
		flow = (last + 1) % RACE_FLOWS;
		kind = RACE_CLIENT;
	}
#pragma unroll
	for (int i = 0; i < 8; i++)
		((__u64 *)data)[i] = race.frames[kind & 1][i];
	tuple = plan_flow(flow, 1, 1);
	if (kind == RACE_CLIENT) {
		headers->ip.saddr = bpf_htonl(tuple.client);
		headers->tcp.source = bpf_htons(tuple.port);
	} else {
		headers->ip.saddr = race.expected[flow];
		headers->ip.daddr = bpf_htonl(tuple.client);
		headers->tcp.dest = bpf_htons(tuple.port);
	}
	((__u8 *)&headers->tcp)[13] = some_flags(chance >> 20);
	race.last_flow = flow;
	race.last_kind = kind;
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_PASS;
}
