/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is timed, as tables: a group is a world and the rows that are timed in it, one after another
 * in each run, so that a drift of the machine meets them all. A target compares rows of one group.
 */
#ifndef SLUICE_TESTS_BENCH_ROWS_H
#define SLUICE_TESTS_BENCH_ROWS_H

#include "harness.h"
#include "plan.h"
#include "world.h"

#define RUNS_MAX 99

enum subject { SUBJECT_YARD, SUBJECT_PROGRAM };

enum expect {
	EXPECT_NOTHING, /* no counter moves */
	EXPECT_FORWARDED, /* each packet is in a backend's traffic, nothing is dropped */
	EXPECT_NEW, /* and each is a new flow */
};

struct row {
	const char *key; /* for targets and JSON */
	const char *name;
	enum subject subject;
	enum yard yard;
	enum plan_side side;
	enum plan_order order;
	uint32_t flows;
	enum expect expect;
	uint32_t verdict;
};

struct group {
	const char *key, *name;
	struct world_size size;
	bool quick; /* timed in a quick run, too */
	const struct row *rows;
	size_t count;
};

/* measured <= one * a + line * b, of rows in one group. A `one` of NULL is none. */
struct target {
	const char *name;
	const char *group, *row;
	const char *first;
	double first_factor;
	const char *second;
	double second_factor;
};

extern const struct group groups[];
extern const size_t group_count;
extern const struct target targets[];
extern const size_t target_count;

/* What one row gave. */
struct result {
	double ns[RUNS_MAX]; /* net of the wrapper */
	double wrapper_ns; /* median of the wrapper alone */
	uint32_t runs;
	uint32_t verdict;
	double homeless; /* share of packets whose flow was not in the table */
};

#endif
