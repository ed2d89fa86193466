/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where things stand in the tables of sluice_maps.h: the hashes, the same on both sides. */
#ifndef SLUICE_HASH_H
#define SLUICE_HASH_H

#include <linux/types.h>

/*
 * Three multiplications with a fold after each of the first two; the key is in the first. The top bits
 * are the good ones. With one multiplication less, some keys put sequential ports or services into a
 * few lines (tests/stress/test_hash.c).
 */
static inline __attribute__((always_inline)) __u64 sluice_hash(__u64 word, __u64 key0, __u64 key1)
{
	word = (word ^ key0) * (key1 | 1);
	word ^= word >> 32;
	word *= 0xd6e8feb86659fd93ULL;
	word ^= word >> 32;
	return word * 0x9e3779b97f4a7c15ULL;
}

static inline __attribute__((always_inline)) __u64 sluice_hash_address(__be32 address, __u64 key)
{
	return sluice_hash((__u64)address, key, key);
}

/* Of a hash, that of the same and a small number: numbers spread evenly from there on (Knuth, The Art of
 * Computer Programming 3, 6.4, Theorem S). The number may come late: the rest does not wait for it. */
static inline __attribute__((always_inline)) __u64 sluice_hash_and(__u64 hash, __u16 number)
{
	return hash + number * 0x9e3779b97f4a7c15ULL;
}

/* Of a flow's word0: client's address and port, and service. Clients that meet in a bucket at one service
 * meet at all. */
static inline __attribute__((always_inline)) __u64 sluice_hash_flow(__u64 word0, __u64 key0,
								    __u64 key1)
{
	return sluice_hash_and(sluice_hash(word0 & 0xffffffffffffULL, key0, key1),
			       (__u16)(word0 >> 48));
}

static inline __attribute__((always_inline)) __u64 sluice_hash_vip(__be32 address, __be16 port,
								   __u64 key)
{
	return sluice_hash_and(sluice_hash_address(address, key), port);
}

static inline __attribute__((always_inline)) __u64 sluice_hash_reverse(__be32 address, __be16 port,
								       __u8 protocol, __u64 key)
{
	return sluice_hash((__u64)address | (__u64)port << 32 | (__u64)protocol << 48, key, key);
}

/* Scales a hash to 0 … size - 1 by its top 32 bits. */
static inline __attribute__((always_inline)) __u32 sluice_scale(__u64 hash, __u32 size)
{
	return (__u32)(((hash >> 32) * size) >> 32);
}

/* The low bits of an item in `reverse`, more of them than its tag has. With the home line's parity in
 * it, what spilled into a line is never taken for what is at home there. */
static inline __attribute__((always_inline)) __u64 sluice_reverse_tag(__u64 hash, __u32 home)
{
	return hash << 1 | (home & 1);
}

#endif
