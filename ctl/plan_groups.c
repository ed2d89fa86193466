// SPDX-License-Identifier: BSD-2-Clause
/* The VServer groups of one load balancer. */
#include "config_tree.h"
#include "plan_steps.h"

#include "format.h"

#include <stdlib.h>
#include <string.h>

static struct plan_id *create(struct plan *plan, const struct plan_content *content,
			      const cJSON *lb, const cJSON *group)
{
	struct plan_step *step = plan_add(plan, content->phase, "CreateVServerGroup", lb);
	const char *name = config_text(group, "VServerGroupName");
	char *plain = format_text("%.*s", (int)strcspn(name, "#"), name);

	plan_need(step, content->lb, "LoadBalancerId", "");
	parameters_set(&step->parameters, "VServerGroupName", plain);
	plan_line(step, '+', "group %s of %s", name, content->of);
	step->makes = plan_id(plan, NULL);
	step->makes_as = "VServerGroupId";
	free(plain);
	return step->makes;
}

static void fill(struct plan *plan, const struct plan_content *content, const cJSON *lb,
		 const cJSON *current, const cJSON *wanted, struct plan_id *id)
{
	char *of = format_text("%s/%s", content->of, config_text(wanted, "VServerGroupName"));
	const struct plan_servers servers = {
		.of = of,
		.lb = content->lb,
		.group = id,
		.lb_object = lb,
		.remove_first = content->remove_first,
	};
	const struct plan_tags tags = {
		.type = "vservergroup",
		.suffix = "",
		.of = of,
		.id = id,
		.lb = lb,
	};

	plan_servers(plan, content->phase, &servers, config_get(current, "BackendServers"),
		     config_get(wanted, "BackendServers"));
	plan_tags(plan, content->phase, &tags, config_get(current, "Tags"),
		  config_get(wanted, "Tags"));
	free(of);
}

void plan_groups(struct plan *plan, const struct plan_content *content, const cJSON *current,
		 const cJSON *wanted, struct plan_id **ids)
{
	const cJSON *there = config_get(current, "VServerGroups"), *group;

	cJSON_ArrayForEach(group, config_get(wanted, "VServerGroups"))
	{
		const cJSON *same = config_find_in(there, config_key(group));

		*ids = same ? plan_id(plan, config_id(same)) : create(plan, content, wanted, group);
		fill(plan, content, wanted, same, group, *ids);
		ids++;
	}
}

void plan_old_groups(struct plan *plan, const struct plan_content *content, const cJSON *current,
		     const cJSON *wanted)
{
	const cJSON *group;

	cJSON_ArrayForEach(group, config_get(current, "VServerGroups"))
	{
		struct plan_step *step;

		if (config_find_in(config_get(wanted, "VServerGroups"), config_key(group)))
			continue;
		step = plan_add(plan, PHASE_REMOVE, "DeleteVServerGroup", wanted);
		plan_need(step, plan_id(plan, config_id(group)), "VServerGroupId", "");
		plan_line(step, '-', "group %s of %s", config_key(group), content->of);
	}
}
