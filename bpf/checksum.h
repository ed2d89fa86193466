/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Internet checksums: updated for what changed (RFC 1624, equation 3), or made for a whole answer. */
#ifndef SLUICE_BPF_CHECKSUM_H
#define SLUICE_BPF_CHECKSUM_H

#include <linux/types.h>

/* A sum of 16-bit words, in whichever byte order, down to 16 bits with its carries. */
static inline __attribute__((always_inline)) __u16 checksum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

/* What replacing a 32-bit word adds to the complemented checksum; fits in 18 bits. */
static inline __attribute__((always_inline)) __u32 checksum_change32(__u32 from, __u32 to)
{
	__u64 change = (__u64)(__u32)~from + to;

	return (__u32)(change >> 16) + (__u32)(change & 0xffff);
}

static inline __attribute__((always_inline)) __u32 checksum_change16(__u16 from, __u16 to)
{
	return (~(__u32)from & 0xffff) + to;
}

/* The checksum after the changes summed up in `change`. */
static inline __attribute__((always_inline)) __u16 checksum_apply(__u16 check, __u32 change)
{
	return (__u16)~checksum_fold((~(__u32)check & 0xffff) + change);
}

/* The sum over `words` 16-bit words (a constant, so that the loop is bounded). */
static inline __attribute__((always_inline)) __u32 checksum_sum(const __u16 *data, int words)
{
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < words; i++)
		sum += data[i];
	return sum;
}

#endif
