/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tables of lines: what stands in an item's home line or, while that one is full, in the next; and
 * the bitmap before it, whose clear bit ends most looks at once.
 */
#ifndef SLUICE_BPF_LINE_H
#define SLUICE_BPF_LINE_H

#include "maps.h"
#include "word.h"

#define LINE_WORD_BITS 64

/* The bit of a hash in a bitmap of `bits` bits. */
static __always_inline bool line_bit(const struct sluice_bitmap_line *bitmap, __u64 hash,
				     __u32 bits)
{
	__u32 bit = sluice_scale(hash, bits);
	/* The words of all lines, one behind the other. */
	const __u64 *words = bitmap->word;

	return READ_ONCE(words[bit / LINE_WORD_BITS]) >> bit % LINE_WORD_BITS & 1;
}

/* The item whose low bits are `wanted`, up to the `above` highest; 0 if it is not in this line. */
static __always_inline __u64 line_item(const struct sluice_line *line, __u64 wanted, int above)
{
#pragma unroll
	for (int i = 0; i < SLUICE_LINE_ITEMS; i++) {
		__u64 item = READ_ONCE(line->item[i]);

		if (item << above == wanted << above && item)
			return item;
	}
	return 0;
}

/* True if what belongs here may stand in the next line. */
static __always_inline bool line_is_full(const struct sluice_line *line)
{
#pragma unroll
	for (int i = 0; i < SLUICE_LINE_ITEMS; i++)
		if (!READ_ONCE(line->item[i]))
			return false;
	return true;
}

/* The item whose low bits are `wanted`, in its home line or, while that is full, in the next; 0 for
 * none. */
static __always_inline __u64 line_find(const struct sluice_line *table, __u32 home, __u32 next,
				       __u64 wanted, int above)
{
	__u64 item = line_item(table + home, wanted, above);

	if (item || !line_is_full(table + home))
		return item;
	return line_item(table + next, wanted, above);
}

#endif
