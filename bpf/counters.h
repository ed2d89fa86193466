/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting: every drop under its reason, and what each backend received and sent. */
#ifndef SLUICE_BPF_COUNTERS_H
#define SLUICE_BPF_COUNTERS_H

#include "maps.h"
#include "packet.h"

static __always_inline void counters_add(enum sluice_counter counter, __u64 number)
{
	__u32 index = counter;
	__u64 *count = bpf_map_lookup_elem(&counters, &index);

	if (count)
		*count += number;
}

/* A packet that is about to leave. */
static __always_inline void counters_traffic(const struct packet *packet)
{
	__u64 *way;

	if (!packet->traffic)
		return;
	/* Packets, and behind them bytes. */
	way = packet->reply ? &packet->traffic->packets_out : &packet->traffic->packets_in;
	way[0]++;
	way[1] += packet->length;
}

/* As table.h wants it. By atomics, since many CPUs send to one. */
static __always_inline void table_count(__u32 backend, __s64 change)
{
	__sync_fetch_and_add(&loads_at(backend)->active, change);
}

static __always_inline void counters_new_flow(__u32 backend)
{
	__sync_fetch_and_add(&loads_at(backend)->flows, 1);
	counters_add(SLUICE_COUNT_FLOW_NEW, 1);
}

#endif
