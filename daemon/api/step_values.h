/* SPDX-License-Identifier: BSD-2-Clause */
/* The request of one step: its parameters, with what they take from earlier steps filled in. */
#ifndef SLUICE_API_STEP_VALUES_H
#define SLUICE_API_STEP_VALUES_H

#include "api/request.h"
#include "api/steps.h"

struct cJSON;

/* What a step may look like at all: an object of strings with an action that changes something, each
 * name once. Negative with *error set. */
int step_check(const struct cJSON *item, const struct action **action, struct error *error);
/* Fills the request out of a step that was checked; release in either case. */
int step_request(const struct steps *steps, const struct cJSON *item, struct request *request,
		 struct error *error);
void step_request_release(struct request *request);

#endif
