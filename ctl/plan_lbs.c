// SPDX-License-Identifier: BSD-2-Clause
/* The load balancers of a plan, each with what is in it. */
#include "config_tree.h"
#include "plan_steps.h"

#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct planner {
	struct plan *plan;
	char *why;
	size_t why_size;
};

static const char *name_of(const cJSON *lb)
{
	const char *name = config_text(lb, "LoadBalancerName");

	return name ? name : config_key(lb);
}

/* "web (10.1.0.100)", malloc'ed. */
static char *full_name(const cJSON *lb)
{
	const char *name = config_text(lb, "LoadBalancerName");
	const char *address = config_text(lb, "Address");

	if (!name || !address)
		return format_text("%s", name ? name : address);
	return format_text("%s (%s)", name, address);
}

static struct plan_step *lb_step(const struct planner *planner, enum plan_phase phase,
				 const char *action, const cJSON *lb, const struct plan_id *id)
{
	struct plan_step *step = plan_add(planner->plan, phase, action, lb);

	plan_need(step, id, "LoadBalancerId", "");
	return step;
}

static bool is_word(const cJSON *object, const char *key, const char *word)
{
	const char *text = config_text(object, key);

	return text && !strcasecmp(text, word);
}

/* Where a server may be: rule 15 of the API lets the servers of a load balancer be in one network
 * only. */
static const char *network_of(const struct planner *planner, const cJSON *server)
{
	const cJSON *instance = config_find(planner->plan->instances, planner->plan->instance_count,
					    config_text(server, "ServerId"));
	const char *vpc = config_text(instance, "VpcId");

	return vpc ? vpc : "";
}

static const cJSON *first_server(const cJSON *lb)
{
	const cJSON *servers = config_get(lb, "BackendServers"), *group;

	cJSON_ArrayForEach(group, config_get(lb, "VServerGroups"))
	{
		if (!servers || !servers->child)
			servers = config_get(group, "BackendServers");
	}
	return servers ? servers->child : NULL;
}

/* An instance that is not wanted any more counts as one of another network: taking its server out
 * first harms less than a call that is refused. */
static bool changes_network(const struct planner *planner, const cJSON *current,
			    const cJSON *wanted)
{
	const cJSON *before = first_server(current), *after = first_server(wanted);

	return before && after &&
	       config_find(planner->plan->instances, planner->plan->instance_count,
			   config_text(before, "ServerId")) &&
	       strcmp(network_of(planner, before), network_of(planner, after)) != 0;
}

static void plan_content(const struct planner *planner, enum plan_phase phase, struct plan_id *id,
			 const cJSON *current, const cJSON *wanted)
{
	const struct plan_content content = {
		.of = name_of(wanted),
		.lb = id,
		.phase = phase,
		.remove_first = changes_network(planner, current, wanted),
	};
	const struct plan_servers servers = {
		.of = content.of,
		.lb = id,
		.lb_object = wanted,
		.remove_first = content.remove_first,
	};
	const struct plan_tags tags = {
		.type = "instance",
		.suffix = "",
		.of = content.of,
		.id = id,
		.lb = wanted,
	};
	int groups = cJSON_GetArraySize(config_get(wanted, "VServerGroups"));
	struct plan_id **ids = checked(calloc((size_t)groups + 1, sizeof(struct plan_id *)));

	plan_tags(planner->plan, phase, &tags, config_get(current, "Tags"),
		  config_get(wanted, "Tags"));
	plan_servers(planner->plan, phase, &servers, config_get(current, "BackendServers"),
		     config_get(wanted, "BackendServers"));
	plan_groups(planner->plan, &content, current, wanted, ids);
	plan_listeners(planner->plan, &content, current, wanted, ids);
	plan_old_groups(planner->plan, &content, current, wanted);
	free(ids);
}

static void create(const struct planner *planner, enum plan_phase phase, const cJSON *lb)
{
	struct plan_step *step = plan_add(planner->plan, phase, "CreateLoadBalancer", lb);
	struct plan_id *id = plan_id(planner->plan, NULL);
	char *name = full_name(lb);

	for (const struct config_field *field = config_lb.fields; field->key; field++) {
		const cJSON *value = config_get(lb, field->key);
		bool usual = field->fallback && cJSON_IsString(value) &&
			     !strcmp(value->valuestring, field->fallback);

		if (value && field->flags & CONFIG_CREATE && !usual)
			plan_set(step, field->key, value);
	}
	plan_line(step, '+', "load balancer %s", name);
	step->makes = id;
	step->makes_as = "LoadBalancerId";
	if (is_word(lb, "LoadBalancerStatus", "inactive")) {
		step = lb_step(planner, phase, "SetLoadBalancerStatus", lb, id);
		plan_set(step, "LoadBalancerStatus", config_get(lb, "LoadBalancerStatus"));
	}
	plan_content(planner, phase, id, NULL, lb);
	free(name);
}

/* Delete protection is respected. */
static int remove_one(const struct planner *planner, enum plan_phase phase, const cJSON *lb,
		      const char *why)
{
	struct plan_id *id = plan_id(planner->plan, config_id(lb));
	char *name = full_name(lb);
	struct plan_step *step;
	int result = 0;

	if (is_word(lb, "DeleteProtection", "on")) {
		snprintf(planner->why, planner->why_size,
			 "load balancer %s would be deleted%s%s, but its DeleteProtection is on",
			 name, why ? " and made anew: " : "", why ? why : "");
		result = -1;
	}
	step = lb_step(planner, phase, "DeleteLoadBalancer", lb, id);
	plan_line(step, '-', "load balancer %s%s%s", name, why ? ", to be made anew: " : "",
		  why ? why : "");
	free(name);
	return result;
}

/* The field that cannot be changed as it should; NULL: there is none. A bandwidth can be set, but
 * has no value that means none. */
static const char *find_obstacle(const cJSON *current, const cJSON *wanted)
{
	for (const struct config_field *field = config_lb.fields; field->key; field++) {
		const cJSON *value = config_get(wanted, field->key);

		if (!(field->flags & CONFIG_CREATE) || plan_same(field, current, wanted) ||
		    (field->flags & CONFIG_FREE && !value))
			continue;
		if (!field->setter)
			return field->key;
		if (!value && !strcmp(field->key, "Bandwidth"))
			return field->key;
	}
	return NULL;
}

static bool is_first_of_setter(const struct config_field *field)
{
	for (const struct config_field *other = config_lb.fields; other < field; other++) {
		if (other->setter && field->setter && !strcmp(other->setter, field->setter))
			return false;
	}
	return field->setter;
}

/* A specification cannot be taken away, but who is charged otherwise has none. */
static void clear_spec(const struct planner *planner, const struct plan_id *id, const cJSON *wanted,
		       const char *line)
{
	static const char *const types[] = { "PayByCLCU", "PayBySpec" };

	if (is_word(wanted, "InstanceChargeType", "PayByCLCU"))
		return;
	for (size_t i = 0; i < 2; i++) {
		struct plan_step *step = lb_step(planner, PHASE_CHANGE,
						 "ModifyLoadBalancerInstanceChargeType", wanted,
						 id);

		parameters_set(&step->parameters, "InstanceChargeType", types[i]);
		if (!i)
			plan_line(step, '~', "%s", line);
	}
}

/* One call for the fields that are set together. */
static void set_together(const struct planner *planner, const char *setter, const cJSON *current,
			 const cJSON *wanted, const char *line)
{
	struct plan_id *id = plan_id(planner->plan, config_id(current));
	struct plan_step *step;

	if (!strcmp(setter, "ModifyLoadBalancerInstanceSpec") &&
	    !config_get(wanted, "LoadBalancerSpec")) {
		clear_spec(planner, id, wanted, line);
		return;
	}
	step = lb_step(planner, PHASE_CHANGE, setter, wanted, id);
	for (const struct config_field *field = config_lb.fields; field->key; field++) {
		if (field->setter && !strcmp(field->setter, setter))
			plan_set(step, field->key, config_get(wanted, field->key));
	}
	/* The name of a load balancer without one is its id. */
	if (!strcmp(setter, "SetLoadBalancerName") && !config_get(wanted, "LoadBalancerName"))
		parameters_set(&step->parameters, "LoadBalancerName", config_id(current));
	plan_line(step, '~', "%s", line);
}

static void change(const struct planner *planner, const cJSON *current, const cJSON *wanted)
{
	for (const struct config_field *field = config_lb.fields; field->key; field++) {
		char *changes, *line;

		if (!is_first_of_setter(field))
			continue;
		changes = plan_changes(&config_lb, field->setter, current, wanted);
		line = format_text("load balancer %s: %s", name_of(current), changes);
		if (changes[0])
			set_together(planner, field->setter, current, wanted, line);
		free(line);
		free(changes);
	}
	plan_content(planner, PHASE_CHANGE, plan_id(planner->plan, config_id(current)), current,
		     wanted);
}

static int change_or_anew(const struct planner *planner, const cJSON *current, const cJSON *wanted)
{
	const char *obstacle = find_obstacle(current, wanted);
	char *why;
	int result;

	if (!obstacle) {
		change(planner, current, wanted);
		return 0;
	}
	why = format_text("%s cannot be changed so", obstacle);
	result = remove_one(planner, PHASE_LATE, current, why);
	create(planner, PHASE_LATE, wanted);
	free(why);
	return result;
}

static int plan_all(const struct planner *planner, const cJSON *current, const cJSON *wanted)
{
	size_t there_count, count;
	cJSON **there = config_items(config_get(current, "LoadBalancers"), &there_count);
	cJSON **items = config_items(config_get(wanted, "LoadBalancers"), &count);
	int result = 0;

	for (size_t i = 0; i < count && !result; i++) {
		const cJSON *same = config_find(there, there_count, config_key(items[i]));

		if (same)
			result = change_or_anew(planner, same, items[i]);
		else
			create(planner, PHASE_CHANGE, items[i]);
	}
	for (size_t i = 0; i < there_count && !result; i++) {
		if (!config_find(items, count, config_key(there[i])))
			result = remove_one(planner, PHASE_REMOVE, there[i], NULL);
	}
	free(items);
	free(there);
	return result;
}

int plan_lbs(struct plan *plan, const cJSON *current, const cJSON *wanted, char *why,
	     size_t why_size)
{
	const struct planner planner = { .plan = plan, .why = why, .why_size = why_size };

	return plan_all(&planner, current, wanted);
}
