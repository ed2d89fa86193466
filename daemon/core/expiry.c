// SPDX-License-Identifier: BSD-2-Clause
/* A minute late is early enough: what has expired is not looked at meanwhile. */
#include "core/expiry.h"

#include "base/log.h"
#include "base/memory.h"
#include "core/commit.h"

#define SWEEP_SECONDS 60

struct expiry {
	struct change change; /* first: commit hands this back */
	struct commit *commit;
	unsigned int seconds;
	bool submitted;
};

static int on_apply(struct change *change, struct model *model, struct error *error)
{
	size_t count = model_expire_tokens(model);

	(void)change;
	(void)error;
	if (count)
		log_debug("core", "client tokens expired count=%zu", count);
	return 0;
}

static void on_done(struct change *change, const struct error *error)
{
	(void)error;
	((struct expiry *)change)->submitted = false;
}

struct expiry *expiry_new(struct commit *commit)
{
	struct expiry *expiry = memory_new(1, sizeof(*expiry));

	expiry->commit = commit;
	expiry->change.apply = on_apply;
	expiry->change.done = on_done;
	return expiry;
}

void expiry_free(struct expiry *expiry)
{
	free(expiry);
}

void expiry_sweep(struct expiry *expiry)
{
	if (++expiry->seconds % SWEEP_SECONDS || expiry->submitted)
		return;
	expiry->submitted = true;
	commit_submit(expiry->commit, &expiry->change);
}
