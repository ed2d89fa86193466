/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of ApplyChanges: steps, each an action with its parameters as an object of strings.
 *
 *   [{"Action": "CreateLoadBalancer", "LoadBalancerName": "web"},
 *    {"Action": "TagResources", "ResourceType": "listener",
 *     "$ResourceId.1": "${1.LoadBalancerId}_tcp_80", …}]
 *
 * A parameter whose name begins with a dollar sign, which no parameter's own name does, has in its
 * value ${N.FIELD} for what step N, which must come before, answers as FIELD. All other values are
 * what they are, whatever they hold.
 */
#ifndef SLUICE_API_STEPS_H
#define SLUICE_API_STEPS_H

#include "api/action.h"
#include "api/json.h"

struct step {
	const struct action *action;
	char target[RECORD_ID]; /* as the audit line has it */
	size_t answer, answer_length; /* where its answer is in the list's */
};

/* Begins as zeros but for items.text, items.length and the token. */
struct steps {
	struct json_items items;
	const char *token; /* the list's own, which no step may have; NULL or "": none */
	struct step *list;
	size_t count, room; /* of those read */
	size_t judged;
	size_t failed; /* the step, from 1, that an error is about; 0: none */
	bool read; /* all of them */
	char *answers; /* objects with a comma between them */
	size_t length, answers_room;
};

/* Reads one step, or judges one of those read, which stages it: 1: there is more, 0: that was all,
 * negative with *error set, which names the step. All are read before the first is judged. */
int steps_next(struct steps *steps, const struct call *whole, struct model *model,
	       struct error *error);
/* Back to where the first is judged, for another batch. */
void steps_rewind(struct steps *steps);
void steps_release(struct steps *steps);

#endif
