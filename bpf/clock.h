/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The coarse clock: CLOCK_MONOTONIC in seconds, of which flows keep 16 bits. Reading jiffies is
 * nearly free and reading the clock is not, so the second is looked up anew only every few ticks
 * and kept in the state map, for all CPUs.
 */
#ifndef SLUICE_BPF_CLOCK_H
#define SLUICE_BPF_CLOCK_H

#include "maps.h"
#include "packet.h"

#define CLOCK_TICKS 8
#define CLOCK_NS_PER_S 1000000000ULL
/* CPUs may see the second change at slightly different times, so a stamp may lie ahead of us. */
#define CLOCK_SKEW_S 16

static __always_inline __u64 clock_now_s(void)
{
	__u32 zero = 0;
	struct sluice_state *kept = bpf_map_lookup_elem(&state, &zero);
	__u64 jiffies = bpf_jiffies64();
	__u64 now;

	if (!kept)
		return 0;
	/* Signed: a test holds the clock still by putting the tick ahead. */
	if ((__s64)(jiffies - READ_ONCE(kept->clock_jiffies)) < CLOCK_TICKS)
		return READ_ONCE(kept->clock_s);
	now = bpf_ktime_get_ns() / CLOCK_NS_PER_S;
	WRITE_ONCE(kept->clock_s, now);
	WRITE_ONCE(kept->clock_jiffies, jiffies);
	return now;
}

/* Seconds since a 16-bit stamp, right as long as less than 65,520 s went by. */
static __always_inline __u32 clock_age(__u64 now_s, __u16 stamp)
{
	__u16 age = (__u16)now_s - stamp;

	return age > 0xffff - CLOCK_SKEW_S ? 0 : age;
}

/* True while replies may rebuild their flows. */
static __always_inline bool clock_in_rebuild_window(__u64 now_s)
{
	__u32 zero = 0;
	struct sluice_state *kept = bpf_map_lookup_elem(&state, &zero);

	return kept && READ_ONCE(kept->rebuild_until_s) > now_s;
}

#endif
