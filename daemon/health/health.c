// SPDX-License-Identifier: BSD-2-Clause
/* The table of what is watched. */
#include "health/health.h"

#include "base/memory.h"

struct health {
	struct event_base *base;
	struct health_limits limits;
	health_changed *changed;
	void *arg;
};

struct health *health_new(struct event_base *base, const struct health_limits *limits,
			  health_changed *changed, void *arg)
{
	struct health *health = memory_new(1, sizeof(*health));

	*health = (struct health){
		.base = base,
		.limits = *limits,
		.changed = changed,
		.arg = arg,
	};
	return health;
}

void health_free(struct health *health)
{
	free(health);
}

void health_watch(struct health *health, uint32_t backend, const struct health_check *check,
		  enum health_state known)
{
	(void)health;
	(void)backend;
	(void)check;
	(void)known;
}

void health_forget(struct health *health, uint32_t backend)
{
	(void)health;
	(void)backend;
}

bool health_report(const struct health *health, uint32_t backend, struct health_report *out)
{
	(void)health;
	(void)backend;
	*out = (struct health_report){ 0 };
	return false;
}

void health_status(const struct health *health, struct health_status *out)
{
	(void)health;
	*out = (struct health_status){ 0 };
}
