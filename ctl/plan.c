// SPDX-License-Identifier: BSD-2-Clause
/* See plan.h. The plan as a whole; its parts are in plan_*.c. */
#include "plan.h"

#include "config_tree.h"
#include "format.h"
#include "plan_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one current load balancer with this name that no wanted one has by its address; NULL if
 * there is none. `count` is how many there are. */
static const cJSON *find_named(const cJSON *lbs, cJSON *const *wanted, size_t wanted_count,
			       const char *name, size_t *count)
{
	const cJSON *lb, *found = NULL;

	*count = 0;
	cJSON_ArrayForEach(lb, lbs)
	{
		const char *has = config_text(lb, "LoadBalancerName");

		if (!has || strcmp(has, name) != 0 ||
		    config_find(wanted, wanted_count, config_key(lb)))
			continue;
		(*count)++;
		found = lb;
	}
	return found;
}

/* Load balancers without an address are those that have the name. */
static int adopt_addresses(const cJSON *current, cJSON *wanted, char *why, size_t why_size)
{
	cJSON *list = config_get(wanted, "LoadBalancers");
	size_t count, same;
	cJSON **items = config_items(list, &count);
	int result = 0;

	for (size_t i = 0; i < count && !result; i++) {
		const char *name = config_text(items[i], "LoadBalancerName");
		const cJSON *found = NULL;

		if (config_get(items[i], "Address"))
			continue;
		found = find_named(config_get(current, "LoadBalancers"), items, count, name, &same);
		if (same > 1) {
			snprintf(why, why_size,
				 "%zu load balancers are called %s: give the Address of the one "
				 "that is meant",
				 same, name);
			result = -1;
		} else if (found) {
			checked(cJSON_AddStringToObject(items[i], "Address",
							config_text(found, "Address")));
		}
	}
	for (size_t i = 0; i < count; i++) {
		const char *address = config_text(items[i], "Address");

		if (address)
			config_set_key(items[i], format_text("%s", address));
	}
	config_sort(list);
	free(items);
	return result;
}

struct plan *plan_make(const cJSON *current, cJSON *wanted, char *why, size_t why_size)
{
	struct plan *plan = checked(calloc(1, sizeof(*plan)));
	cJSON *left = checked(cJSON_Duplicate(current, true));
	int result = adopt_addresses(current, wanted, why, why_size);

	plan->instances = config_items(config_get(wanted, "Instances"), &plan->instance_count);
	if (!result) {
		plan_instances(plan, left, wanted);
		result = plan_lbs(plan, left, wanted, why, why_size);
		plan_late_servers(plan);
	}
	free(plan->instances);
	plan->instances = NULL;
	cJSON_Delete(left);
	if (!result)
		return plan;
	plan_free(plan);
	return NULL;
}

static void free_step(struct plan_step *step)
{
	free(step->lines);
	free(step->action);
	free(step->needs[0].suffix);
	free(step->needs[1].suffix);
	parameters_clear(&step->parameters);
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t phase = 0; phase < PHASE_COUNT; phase++) {
		for (size_t i = 0; i < plan->phases[phase].count; i++)
			free_step(&plan->phases[phase].steps[i]);
		free(plan->phases[phase].steps);
	}
	for (size_t i = 0; i < plan->id_count; i++) {
		free(plan->ids[i]->id);
		free(plan->ids[i]);
	}
	free(plan->ids);
	free(plan);
}

size_t plan_calls(const struct plan *plan)
{
	size_t count = 0;

	for (size_t phase = 0; phase < PHASE_COUNT; phase++)
		count += plan->phases[phase].count;
	return count;
}

const struct plan_step *plan_next(const struct plan *plan, size_t *phase, size_t *index)
{
	while (*phase < PHASE_COUNT && *index == plan->phases[*phase].count) {
		(*phase)++;
		*index = 0;
	}
	return *phase < PHASE_COUNT ? &plan->phases[*phase].steps[(*index)++] : NULL;
}
