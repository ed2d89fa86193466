/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows from a switch: drains, checks, the journal, VIPs that nobody has any more; before the
 * model is replaced, as it is told from both versions. For the core only. */
#ifndef SLUICE_CORE_FOLLOW_H
#define SLUICE_CORE_FOLLOW_H

#include "core/model.h"

struct drain;
struct upkeep;

struct follow {
	struct drain *drain;
	struct upkeep *upkeep;
	const struct model_delta *deltas;
	size_t count;
	bool all; /* as upkeep_follow has it */
	size_t done;
};

/* The next part; begins with done = 0. False if that was the last. */
bool follow_next(struct follow *follow);
/* Parts in all. */
size_t follow_parts(const struct follow *follow);

#endif
