/* SPDX-License-Identifier: BSD-2-Clause */
/* What a switch has changed for operators, noted in the journal: members, listeners, load balancers,
 * and whether instances run. */
#ifndef SLUICE_CORE_MEMBERSHIP_H
#define SLUICE_CORE_MEMBERSHIP_H

#include "core/model.h"

/* After the switch, before the model is replaced. */
void membership_note(const struct model_delta *deltas, size_t count);

#endif
