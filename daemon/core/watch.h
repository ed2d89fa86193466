/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which backends are checked: members of running listeners that want it, as long as their instance
 * runs. Follows every switch, and turns the prober's results into what is known.
 */
#ifndef SLUICE_CORE_WATCH_H
#define SLUICE_CORE_WATCH_H

#include "core/places.h"
#include "core/vitals.h"

struct watch;

/* Keeps the pointers. */
struct watch *watch_new(struct model *model, struct health *health, struct places *places);
void watch_free(struct watch *watch);

/* After the switch of a listener, before the model is replaced. `before` is NULL for a new one, and at
 * start; the same as `after` where something else has changed (an instance, the load balancer). */
void watch_follow(struct watch *watch, const struct load_balancer *lb,
		  const struct listener_record *before, const struct listener_record *after);
/* The listener is gone. */
void watch_forget(struct watch *watch, const struct listener_record *before);
/* A result that changes a backend's state: its service, 0 if it is not watched (any more). */
uint16_t watch_result(struct watch *watch, uint32_t backend, enum health_state state,
		      const char *reason);
/* After a listener is published, by the version that `lb` is of: tells when it enters or leaves the
 * state that all of its servers are unhealthy. */
void watch_listener(struct watch *watch, enum model_side side, const struct load_balancer *lb,
		    const struct listener_record *listener);

#endif
