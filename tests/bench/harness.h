/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wrapper program and the yardsticks, loaded. Lifecycle: harness_open, harness_time as often as
 * wanted, harness_close. Times are those that the kernel returns, of one packet, wrapper included.
 */
#ifndef SLUICE_TESTS_BENCH_HARNESS_H
#define SLUICE_TESTS_BENCH_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct harness;
struct plan;

enum yard {
	YARD_EMPTY,
	YARD_LINE,
	YARD_HASH_HIT,
	YARD_HASH_LOOK,
	YARD_HASH_INSERT,
	YARD_FIB,
	YARD_MAX
};

#define HARNESS_FEW_KEYS 32768u
/* The kernel returns whole nanoseconds: several calls make a run finer than that. */
#define HARNESS_CALLS 5u

struct harness_run {
	double ns;
	uint32_t verdict; /* of the last packet */
};

/* `line_bits`: log2 of the lines of the array that YARD_LINE walks; `full_keys`: size of the hash
 * that YARD_HASH_INSERT inserts into. A program array takes only programs that are alike in
 * `frags`. Negative with a sentence in `why`. */
int harness_open(struct harness **harness, uint32_t line_bits, uint32_t full_keys, bool frags,
		 char *why, size_t why_size);
void harness_close(struct harness *harness);

int harness_yard(const struct harness *harness, enum yard yard);
/* Times `program` (a descriptor; negative: the wrapper alone) over the plan's next packets, which
 * come in by `ifindex`; `packets` is a multiple of HARNESS_CALLS. 0 or negative errno. */
int harness_time(struct harness *harness, int program, struct plan *plan, uint32_t ifindex,
		 uint32_t packets, struct harness_run *run);

#endif
