/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Words that other CPUs or the daemon write meanwhile: read and written exactly once, or changed by
 * an atomic that is a full barrier. Compiles for the program and natively, for whoever shares a map.
 */
#ifndef SLUICE_BPF_WORD_H
#define SLUICE_BPF_WORD_H

#include <stdbool.h>

#include <linux/types.h>

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

/* True if the word was `from` and now is `to`. */
static inline __attribute__((always_inline)) bool word_swap(__u64 *word, __u64 from, __u64 to)
{
	return __sync_val_compare_and_swap(word, from, to) == from;
}

/* Writes a word, and tells what it was. */
static inline __attribute__((always_inline)) __u64 word_exchange(__u64 *word, __u64 to)
{
	return __sync_lock_test_and_set(word, to);
}

/* 0, which the verifier takes for unknown. Added to what differs from path to path, it lets the verifier
 * see one state of it instead of many. `any` is something that it does not know. */
static inline __attribute__((always_inline)) __u64 word_unknown_zero(__u64 any)
{
	__u64 same = any, zero;

	__asm__ volatile("" : "+r"(same));
	zero = any - same;
	__asm__ volatile("" : "+r"(zero));
	return zero;
}

#endif
