// SPDX-License-Identifier: BSD-2-Clause
/* One pass after another over the batch, a delta a part. */
#include "core/follow.h"

#include "core/drain.h"
#include "core/membership.h"
#include "core/upkeep.h"

static void pass_drain(struct follow *follow, const struct model_delta *delta)
{
	if (delta->lb_old != delta->lb_new)
		drain_follow(follow->drain, delta->lb_old, delta->lb_new);
}

static void pass_upkeep(struct follow *follow, const struct model_delta *delta)
{
	upkeep_follow(follow->upkeep, delta->lb_old, delta->lb_new, follow->all);
}

static void pass_membership(struct follow *follow, const struct model_delta *delta)
{
	(void)follow;
	membership_note(delta, 1);
}

static void pass_vip(struct follow *follow, const struct model_delta *delta)
{
	if (delta->lb_old && !delta->lb_new)
		drain_vip(follow->drain, &delta->lb_old->record.vip);
}

static void (*const passes[])(struct follow *follow, const struct model_delta *delta) = {
	pass_drain,
	pass_upkeep,
	pass_membership,
	pass_vip,
};

size_t follow_parts(const struct follow *follow)
{
	return sizeof(passes) / sizeof(*passes) * follow->count;
}

bool follow_next(struct follow *follow)
{
	passes[follow->done / follow->count](follow, &follow->deltas[follow->done % follow->count]);
	return ++follow->done < follow_parts(follow);
}
