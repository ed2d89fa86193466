/* SPDX-License-Identifier: BSD-2-Clause */
/* Drains that have an end: when a backend began to leave, and what happens when its time is over. */
#ifndef SLUICE_CORE_DEADLINES_H
#define SLUICE_CORE_DEADLINES_H

#include "core/vitals.h"

struct deadlines;

/* Keeps the pointer. */
struct deadlines *deadlines_new(struct vitals *vitals);
void deadlines_free(struct deadlines *deadlines);

/* The backend leaves, from the first time that this is said on: `timeout_s` after that its drain is
 * over. The service is told to `over`. */
void deadlines_set(struct deadlines *deadlines, uint32_t backend, uint16_t service,
		   uint16_t timeout_s, int64_t now_ms);
/* It does not leave any more. */
void deadlines_clear(struct deadlines *deadlines, uint32_t backend);

/* over(arg, service): one of its backends has come to the end of its drain. */
typedef void deadline_over(void *arg, uint16_t service);
void deadlines_sweep(struct deadlines *deadlines, int64_t now_ms, deadline_over *over, void *arg);

#endif
