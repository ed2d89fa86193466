// SPDX-License-Identifier: BSD-2-Clause
/* See nearest.h. Distance: letters to insert, remove, replace or swap with their neighbour. */
#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define WORD_MAX 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		last[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *oldest = before;

		now[0] = i;
		for (size_t j = 1; j <= width; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1,
				       last[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[width];
}

/* The beginning of a word is near, and so is one mistake in three letters. */
void nearest_offer(struct nearest *nearest, const char *candidate)
{
	size_t length = strlen(nearest->typed), found;

	if (!length || length > WORD_MAX || strlen(candidate) > WORD_MAX)
		return;
	found = distance(nearest->typed, candidate);
	if (length > 1 && !strncasecmp(nearest->typed, candidate, length))
		found = least(found, 1);
	if (found > (length + 2) / 3 || (nearest->best && found >= nearest->distance))
		return;
	nearest->best = candidate;
	nearest->distance = found;
}
