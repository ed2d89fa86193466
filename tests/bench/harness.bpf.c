// SPDX-License-Identifier: BSD-2-Clause
/*
 * The wrapper that makes each packet anew and tail-calls the program under test, and the yardsticks
 * that are timed under the same wrapper. The frame's layout is fixed: no VLAN, no IP options.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "plan.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define LINE_WORDS 8
#define MULTIPLIER 6364136223846793005ULL
#define INCREMENT 1442695040888963407ULL
#define FAMILY_INET 2 /* AF_INET, which no uapi header has */

struct plan plan;
__u64 cursor;
const volatile __u32 line_bits = 10;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

/* As large as the flow table. */
struct line {
	__u64 word[LINE_WORDS];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct line);
} lines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} few_keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} full_hash SEC(".maps");

struct headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

static __always_inline struct headers *headers_of(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return data + PLAN_FRAME > end ? NULL : data;
}

/* The next flow's number; `came` is what the last packet came out as. */
static __always_inline __u32 next_flow(__u64 came)
{
	__u64 at = plan.at + (came & plan.nothing);

	if (plan.order == PLAN_RANDOM) {
		at = at * MULTIPLIER + INCREMENT;
		plan.at = at;
		return (at >> 32) * plan.flows >> 32;
	}
	plan.at = at + 1 < plan.flows ? at + 1 : 0;
	return at;
}

static __always_inline void address_packet(struct headers *headers, __u32 index)
{
	struct plan_flow flow = plan_flow(index, plan.listeners, plan.members);

	if (plan.side == PLAN_REPLY) {
		headers->ip.saddr = bpf_htonl(flow.backend_address);
		headers->ip.daddr = bpf_htonl(flow.client);
		headers->tcp.dest = bpf_htons(flow.port);
		return;
	}
	headers->ip.saddr = bpf_htonl(flow.client);
	headers->tcp.source = bpf_htons(flow.port);
	headers->ip.daddr = bpf_htonl(plan.side == PLAN_CLIENT ? flow.vip : PLAN_ELSEWHERE + index);
}

SEC("xdp")
int harness_wrap(struct xdp_md *ctx)
{
	long grown = (long)ctx->data_end - (long)ctx->data - PLAN_FRAME;
	struct headers *headers;
	__u64 *words;
	__u32 index;

	/* A peer may have put a tunnel header in front. */
	if (grown && bpf_xdp_adjust_head(ctx, (int)grown))
		return XDP_ABORTED;
	headers = headers_of(ctx);
	if (!headers || !plan.listeners || !plan.members)
		return XDP_ABORTED;
	words = (__u64 *)headers;
	index = next_flow(words[0]);
#pragma unroll
	for (int i = 0; i < PLAN_FRAME / 8; i++)
		words[i] = plan.frame[i];
	address_packet(headers, index);
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_PASS;
}

SEC("xdp")
int yard_empty(struct xdp_md *ctx)
{
	return XDP_PASS;
}

static __always_inline __u64 key_of(const struct headers *headers)
{
	return (__u64)headers->ip.saddr | (__u64)headers->tcp.source << 32;
}

/* A yardstick leaves what it found where a program writes stations, so that its packets overlap no more
 * than those of a program that forwards: only then does its time come to the wrapper's as a whole. */
static __always_inline void leave(struct headers *headers, __u64 found)
{
	*(__u64 *)headers = found;
}

/* Each address is computed from the packet and the last value, so the misses cannot overlap. */
SEC("xdp")
int yard_line(struct xdp_md *ctx)
{
	struct headers *headers = headers_of(ctx);
	struct line *line;
	__u32 index;
	__u64 at;

	if (!headers)
		return XDP_ABORTED;
	at = (cursor + key_of(headers)) * MULTIPLIER + INCREMENT;
	index = at >> (64 - line_bits);
	line = bpf_map_lookup_elem(&lines, &index);
	if (!line)
		return XDP_ABORTED;
	cursor = at + line->word[at & (LINE_WORDS - 1)];
	leave(headers, cursor);
	return XDP_PASS;
}

static __always_inline __u64 *hash_hit(const struct headers *headers)
{
	__u64 key = key_of(headers);

	return bpf_map_lookup_elem(&few_keys, &key);
}

SEC("xdp")
int yard_hash_hit(struct xdp_md *ctx)
{
	struct headers *headers = headers_of(ctx);
	__u64 *value = headers ? hash_hit(headers) : NULL;

	if (!value)
		return XDP_ABORTED;
	leave(headers, *value);
	return XDP_PASS;
}

/* For what leaves packets as they are, which may overlap. */
SEC("xdp")
int yard_hash_look(struct xdp_md *ctx)
{
	struct headers *headers = headers_of(ctx);

	return headers && hash_hit(headers) ? XDP_PASS : XDP_ABORTED;
}

SEC("xdp")
int yard_hash_insert(struct xdp_md *ctx)
{
	struct headers *headers = headers_of(ctx);
	__u64 key, value = 1;
	long error;

	if (!headers)
		return XDP_ABORTED;
	key = key_of(headers);
	error = bpf_map_update_elem(&full_hash, &key, &value, BPF_ANY);
	leave(headers, error);
	return error ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp")
int yard_fib(struct xdp_md *ctx)
{
	struct headers *headers = headers_of(ctx);
	struct bpf_fib_lookup way = { .family = FAMILY_INET };

	if (!headers)
		return XDP_ABORTED;
	way.l4_protocol = headers->ip.protocol;
	way.sport = headers->tcp.source;
	way.dport = headers->tcp.dest;
	way.tot_len = bpf_ntohs(headers->ip.tot_len);
	way.ifindex = ctx->ingress_ifindex;
	way.ipv4_src = headers->ip.saddr;
	way.ipv4_dst = headers->ip.daddr;
	if (bpf_fib_lookup(ctx, &way, sizeof(way), 0))
		return XDP_ABORTED;
	leave(headers, way.dmac[0]);
	return XDP_PASS;
}
