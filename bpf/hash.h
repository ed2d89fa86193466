/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hash that chooses a ring slot, keyed by the ring key, over client, VIP and protocol as on the
 * wire. It depends on nothing that differs between two gateways, so both choose the same member.
 */
#ifndef SLUICE_BPF_HASH_H
#define SLUICE_BPF_HASH_H

#include <linux/types.h>

#include "sluice_hash.h"

/* The top bits are the good ones. Of two VIPs, what one gives to a client tells nothing of what the
 * other gives: the second step mixes VIP and client. */
static inline __attribute__((always_inline)) __u64 hash_flow(__u64 key0, __u64 key1, __u32 client,
							     __u16 client_port, __u32 vip,
							     __u16 vip_port, __u8 protocol)
{
	__u64 hash =
		sluice_hash(client | (__u64)client_port << 32 | (__u64)vip_port << 48, key0, key1);

	return sluice_hash(hash ^ (vip | (__u64)protocol << 32), key1, key0);
}

#endif
