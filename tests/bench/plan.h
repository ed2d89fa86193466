/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets a row sends: shared by the wrapper program, which makes them, and by the world,
 * which puts their flows, listeners and backends into the maps.
 */
#ifndef SLUICE_TESTS_BENCH_PLAN_H
#define SLUICE_TESTS_BENCH_PLAN_H

#include <linux/types.h>

#define PLAN_FRAME 64 /* bytes: Ethernet, IPv4, TCP without options, ten bytes of payload */

#define PLAN_CLIENTS 0xc6120000u /* 198.18.0.0/15, host order */
#define PLAN_ELSEWHERE 0x64400000u /* 100.64.0.0/10: neither a VIP nor a backend */
#define PLAN_VIPS 0xcb000000u /* 203.0.0.0 and on, one for each listener */
#define PLAN_BACKENDS 0x0a000001u /* 10.0.0.1 and on */
#define PLAN_VIP_PORT 80
#define PLAN_BACKEND_PORT 8080
#define PLAN_PORT_BITS 14 /* that many client ports, then the next address */
#define PLAN_FIRST_PORT 1024u

enum plan_order { PLAN_SEQUENTIAL, PLAN_RANDOM };
enum plan_side { PLAN_CLIENT, PLAN_REPLY, PLAN_NOT_OURS };

struct plan {
	__u64 frame[PLAN_FRAME / 8]; /* the template, restored before each packet */
	__u32 flows; /* how many there are to choose from */
	__u32 order; /* enum plan_order */
	__u32 side; /* enum plan_side */
	__u32 listeners, members; /* of the world: flow i is at listener i % listeners … */
	__u32 pad;
	__u64 at; /* the generator's state */
	/* 0, which the compiler does not know. What the last packet came out as, masked by it, goes
	 * into the choice of the next one: so packets cannot overlap in the pipeline. */
	__u64 nothing;
};

struct plan_flow {
	__u32 client, vip, backend_address; /* host order */
	__u32 port; /* the client's */
	__u32 listener, backend; /* indexes from 0 */
};

static inline __attribute__((always_inline)) struct plan_flow plan_flow(__u32 index,
									__u32 listeners,
									__u32 members)
{
	struct plan_flow flow;

	flow.client = PLAN_CLIENTS + (index >> PLAN_PORT_BITS);
	flow.port = PLAN_FIRST_PORT + (index & ((1u << PLAN_PORT_BITS) - 1));
	flow.listener = index % listeners;
	flow.backend = flow.listener * members + index / listeners % members;
	flow.vip = PLAN_VIPS + flow.listener;
	flow.backend_address = PLAN_BACKENDS + flow.backend;
	return flow;
}

#endif
