/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan put into practice: call after call, and back again if one fails. */
#ifndef SLUICE_CTL_APPLY_H
#define SLUICE_CTL_APPLY_H

#include "plan.h"

struct ctl;
struct progress;

/* Executes a plan. If a call fails, the configuration is read again and led back to `before`.
 * EXIT_OK; EXIT_REFUSED: all is as before; EXIT_HALFWAY: it is not, and stderr says what is to be
 * done. */
int apply_run(struct ctl *ctl, struct progress *progress, const struct plan *plan, cJSON *before);

/* Prints a plan's lines. */
void apply_show(const struct ctl *ctl, const struct plan *plan);

#endif
