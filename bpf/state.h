/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state line: the keys of the tables' hashes, the rebuild window, and the coarse clock, that is
 * CLOCK_MONOTONIC in seconds, of which flows keep 16 bits. Reading jiffies is nearly free and reading
 * the clock is not, so the second is looked up anew only every few ticks and kept for all CPUs.
 */
#ifndef SLUICE_BPF_STATE_H
#define SLUICE_BPF_STATE_H

#include "maps.h"
#include "packet.h"

#define STATE_TICKS 8
#define STATE_NS_PER_S 1000000000ULL

static __always_inline struct sluice_state *state_line(void)
{
	return state_at(0);
}

static __always_inline __u64 state_now_s(struct sluice_state *kept)
{
	__u64 jiffies = bpf_jiffies64();
	__u64 now;

	/* Signed: a test holds the clock still by putting the tick ahead. */
	if ((__s64)(jiffies - READ_ONCE(kept->clock_jiffies)) < STATE_TICKS)
		return READ_ONCE(kept->clock_s);
	now = bpf_ktime_get_ns() / STATE_NS_PER_S;
	WRITE_ONCE(kept->clock_s, now);
	WRITE_ONCE(kept->clock_jiffies, jiffies);
	return now;
}

/* True while replies may rebuild their flows. */
static __always_inline bool state_in_rebuild_window(const struct packet *packet)
{
	return READ_ONCE(packet->state->rebuild_until_s) > packet->now_s;
}

/* The table has lost a flow that was alive. */
static __always_inline void state_open_rebuild_window(struct sluice_state *kept, __u64 now_s)
{
	__u64 until = now_s + settings.rebuild_window_s;

	if (READ_ONCE(kept->rebuild_until_s) < until)
		WRITE_ONCE(kept->rebuild_until_s, until);
}

#endif
