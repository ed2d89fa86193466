/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine that the figures are from. */
#ifndef SLUICE_TESTS_BENCH_MACHINE_H
#define SLUICE_TESTS_BENCH_MACHINE_H

#include <stddef.h>

struct machine {
	char kernel[160];
	char cpu[160];
	char governor[64];
	char load[64]; /* what else ran, when we began */
	int cpus; /* on line */
	int pinned; /* the one that we run on */
};

/* Pins the process to a CPU (negative: the last one) and describes the machine. Negative with a
 * sentence in `why`. */
int machine_take(struct machine *machine, int cpu, char *why, size_t why_size);

#endif
