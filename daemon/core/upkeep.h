/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps what is published in step with what is known: results of health checks and ends of drains
 * change the states of backends, of which the disk need not know. What changes in one turn of the
 * loop is published in one switch, also while a batch is on its way to disk; only listeners of load
 * balancers that are in the batch wait for its end, and are told meanwhile who is down.
 */
#ifndef SLUICE_CORE_UPKEEP_H
#define SLUICE_CORE_UPKEEP_H

#include "core/model.h"

struct dataplane;
struct upkeep;

/* Keeps the pointers. */
struct upkeep *upkeep_new(struct model *model, struct dataplane *dataplane, struct health *health,
			  const uint8_t ring_key[16]);
void upkeep_free(struct upkeep *upkeep);

/* After a switch, before the model is replaced: watches what is to be watched, notes who leaves.
 * `all`: listeners that have not changed themselves publish anew too. */
void upkeep_follow(struct upkeep *upkeep, const struct load_balancer *lb_old,
		   const struct load_balancer *lb_new, bool all);
/* A backend's health has changed. */
void upkeep_result(struct upkeep *upkeep, uint32_t backend, enum health_state state,
		   const char *reason);
/* Publishes what has changed; once per turn of the loop. */
void upkeep_run(struct upkeep *upkeep);
/* Looks for drains whose time is over; once a second. */
void upkeep_sweep(struct upkeep *upkeep);

#endif
