/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures for people and for programs. */
#ifndef SLUICE_TESTS_BENCH_REPORT_H
#define SLUICE_TESTS_BENCH_REPORT_H

#include "machine.h"
#include "rows.h"
#include "run.h"

#include <stdio.h>

/* All that a run of the bench found out; results by group, in the order of its rows. */
struct report {
	struct machine machine;
	struct run_options options;
	struct result *results[16];
	const char *peer; /* as on the command line, NULL without one */
	struct result *peer_results;
};

void report_group(const struct report *report, size_t group);
void report_peer(const struct report *report);
void report_targets(const struct report *report);
/* Writes all of it and closes the file. Negative errno if that fails. */
int report_json(const struct report *report, FILE *file);

#endif
