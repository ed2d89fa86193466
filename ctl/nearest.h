/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody meant who mistyped a word. */
#ifndef SLUICE_CTL_NEAREST_H
#define SLUICE_CTL_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *typed;
	const char *best; /* NULL: nothing is near enough */
	size_t distance;
};

/* Looks at one candidate (borrowed), case aside. Call it for all of them, then read `best`. */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
