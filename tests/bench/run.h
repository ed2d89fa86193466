/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the rows of a group. */
#ifndef SLUICE_TESTS_BENCH_RUN_H
#define SLUICE_TESTS_BENCH_RUN_H

#include "rows.h"

struct run_options {
	uint32_t runs; /* of each row */
	uint32_t packets; /* of each run */
	uint32_t shrink; /* tables, flows and keys are smaller by that many powers of two */
	bool control; /* all backends down: the checks must notice */
};

struct peer {
	int program;
	bool frags;
};

/* Times all rows of a group into results[0 … count - 1]. A row whose packets did not take the way
 * that it is about is an error. Negative with a sentence in `why`. */
int run_group(const struct group *group, const struct run_options *options, struct result *results,
	      char *why, size_t why_size);
/* Times a foreign program on the packets of the rows that time ours. */
int run_peer(const struct group *group, const struct run_options *options, const struct peer *peer,
	     struct result *results, char *why, size_t why_size);

double result_median(const struct result *result);
double result_min(const struct result *result);
double result_max(const struct result *result);

#endif
