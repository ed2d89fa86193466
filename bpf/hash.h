/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hash that chooses a ring slot: SipHash-1-3 with the ring key over the 13 bytes client address,
 * client port, VIP port, VIP, protocol, all as on the wire. It depends on nothing that differs
 * between two gateways, so both choose the same member.
 */
#ifndef SLUICE_BPF_HASH_H
#define SLUICE_BPF_HASH_H

#include <linux/types.h>

#define HASH_LENGTH 13ULL

struct hash_sip {
	__u64 v0, v1, v2, v3;
};

static inline __attribute__((always_inline)) __u64 hash_rotate(__u64 word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline __attribute__((always_inline)) void hash_round(struct hash_sip *sip)
{
	sip->v0 += sip->v1;
	sip->v1 = hash_rotate(sip->v1, 13) ^ sip->v0;
	sip->v0 = hash_rotate(sip->v0, 32);
	sip->v2 += sip->v3;
	sip->v3 = hash_rotate(sip->v3, 16) ^ sip->v2;
	sip->v0 += sip->v3;
	sip->v3 = hash_rotate(sip->v3, 21) ^ sip->v0;
	sip->v2 += sip->v1;
	sip->v1 = hash_rotate(sip->v1, 17) ^ sip->v2;
	sip->v2 = hash_rotate(sip->v2, 32);
}

static inline __attribute__((always_inline)) void hash_word(struct hash_sip *sip, __u64 word)
{
	sip->v3 ^= word;
	hash_round(sip);
	sip->v0 ^= word;
}

/* Addresses and ports as on the wire, in words as amd64 loads them. */
static inline __attribute__((always_inline)) __u64 hash_flow(__u64 key0, __u64 key1, __u32 client,
							     __u16 client_port, __u32 vip,
							     __u16 vip_port, __u8 protocol)
{
	struct hash_sip sip = {
		.v0 = key0 ^ 0x736f6d6570736575ULL,
		.v1 = key1 ^ 0x646f72616e646f6dULL,
		.v2 = key0 ^ 0x6c7967656e657261ULL,
		.v3 = key1 ^ 0x7465646279746573ULL,
	};

	hash_word(&sip, client | (__u64)client_port << 32 | (__u64)vip_port << 48);
	hash_word(&sip, vip | (__u64)protocol << 32 | HASH_LENGTH << 56);
	sip.v2 ^= 0xff;
	hash_round(&sip);
	hash_round(&sip);
	hash_round(&sip);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

/* Scales a hash to 0 … size - 1 without a division. */
static inline __attribute__((always_inline)) __u32 hash_scale(__u64 hash, __u32 size)
{
	return (__u32)(((hash >> 32) * size) >> 32);
}

#endif
