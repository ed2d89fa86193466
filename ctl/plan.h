/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way from one configuration to another: calls of the API in an order in which each is allowed.
 * What is new comes first, then what changes, then what is made anew, and last what is removed.
 */
#ifndef SLUICE_CTL_PLAN_H
#define SLUICE_CTL_PLAN_H

#include "parameters.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* In their order. */
enum plan_phase {
	PHASE_FREE, /* what stands in the way of the inventory's changes */
	PHASE_INSTANCES,
	PHASE_CHANGE, /* load balancers, groups and servers */
	PHASE_STOPPED, /* servers that do not run: the API adds only those that do */
	PHASE_LISTEN, /* listeners, when their servers are there */
	PHASE_LATE, /* what is made anew */
	PHASE_REMOVE,
	PHASE_FORGET, /* instances that nothing uses any more */
	PHASE_COUNT,
};

/* An id that may be known only when the plan is executed. */
struct plan_id {
	char *id; /* NULL: not made yet */
	size_t step; /* that makes it, from 1, and answers it as this field */
	const char *field;
};

/* It becomes this parameter, with this text behind it. */
struct plan_need {
	const struct plan_id *id;
	const char *as;
	char *suffix;
};

/* One call. */
struct plan_step {
	/* What it means to people: lines, each "+ ", "~ " or "- " and a description. "": the lines
	 * of another step tell it. */
	char *lines;
	char *action;
	struct parameters parameters;
	struct plan_need needs[2]; /* an id of NULL: none */
	struct plan_id *makes; /* takes the answer's id, under this name */
	const char *makes_as;
};

struct plan_list {
	struct plan_step *steps;
	size_t count, room;
};

struct plan {
	struct plan_list phases[PHASE_COUNT];
	struct plan_id **ids;
	size_t id_count;
	/* While it is made: the wanted inventory, sorted, and what waits for its instance. */
	cJSON **instances;
	size_t instance_count;
	struct plan_late_server *late;
	size_t late_count;
};

/* NULL with one line in `why` if there is no way. The load balancers of `wanted` that are named
 * without an address get the address of the one that they mean. */
struct plan *plan_make(const cJSON *current, cJSON *wanted, char *why, size_t why_size);
void plan_free(struct plan *plan);

size_t plan_calls(const struct plan *plan);
/* The step after `phase` and `index`, which begin with 0; NULL at the end. */
const struct plan_step *plan_next(const struct plan *plan, size_t *phase, size_t *index);

#endif
