/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan put into practice by one call, which does all of it or nothing. */
#ifndef SLUICE_CTL_APPLY_H
#define SLUICE_CTL_APPLY_H

#include "plan.h"

struct ctl;
struct progress;

/* Executes a plan. EXIT_OK; EXIT_REFUSED: nothing is changed; EXIT_NO_DAEMON: all of it is done, or
 * nothing. After lines on stderr. */
int apply_run(struct ctl *ctl, struct progress *progress, const struct plan *plan);

/* Prints a plan's lines. */
void apply_show(const struct ctl *ctl, const struct plan *plan);

#endif
