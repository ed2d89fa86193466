// SPDX-License-Identifier: BSD-2-Clause
/* The listeners of one load balancer. */
#include "config_tree.h"
#include "plan_steps.h"

#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One listener on its way. */
struct work {
	struct plan *plan;
	const struct plan_content *content;
	const cJSON *lb; /* wanted */
	struct plan_id *const *groups;
	enum plan_phase phase;
	char *name; /* "tcp/80 of web" */
};

static int port_of(const cJSON *listener)
{
	return (int)config_get(listener, "ListenerPort")->valuedouble;
}

static bool is_udp(const cJSON *listener)
{
	return !strcmp(config_text(listener, "ListenerProtocol"), "udp");
}

static bool is_running(const cJSON *listener)
{
	return listener && !strcasecmp(config_text(listener, "Status"), "running");
}

/* `action` has "%s" for the protocol, or takes it as a parameter. */
static struct plan_step *add_step(const struct work *work, const char *action,
				  const cJSON *listener)
{
	const char *hole = strstr(action, "%s");
	char *name = hole ? format_text("%.*s%s%s", (int)(hole - action), action,
					is_udp(listener) ? "UDP" : "TCP", hole + 2)
			  : format_text("%s", action);
	struct plan_step *step = plan_add(work->plan, work->phase, name, work->lb);

	plan_need(step, work->content->lb, "LoadBalancerId", "");
	plan_set(step, "ListenerPort", config_get(listener, "ListenerPort"));
	if (!hole)
		plan_set(step, "ListenerProtocol", config_get(listener, "ListenerProtocol"));
	free(name);
	return step;
}

/* The listener's group, among those of the load balancer. */
static void set_group(const struct work *work, struct plan_step *step, const cJSON *listener)
{
	const char *name = config_text(listener, "VServerGroupName");
	const cJSON *group;
	size_t index = 0;

	cJSON_ArrayForEach(group, config_get(work->lb, "VServerGroups"))
	{
		if (name && !strcmp(config_key(group), name))
			plan_need(step, work->groups[index], "VServerGroupId", "");
		index++;
	}
}

static bool is_usual(const struct config_field *field, const cJSON *value)
{
	if (cJSON_IsNumber(value))
		return field->fallback && value->valuedouble == strtod(field->fallback, NULL);
	if (cJSON_IsBool(value))
		return field->fallback && cJSON_IsTrue(value) == !strcmp(field->fallback, "true");
	return field->fallback && !strcmp(value->valuestring, field->fallback);
}

static void set_status(const struct work *work, const cJSON *listener, const char *line)
{
	struct plan_step *step = add_step(work,
					  is_running(listener) ? "StartLoadBalancerListener"
							       : "StopLoadBalancerListener",
					  listener);

	if (line)
		plan_line(step, '~', "%s", line);
}

static void set_tags(const struct work *work, const cJSON *current, const cJSON *wanted)
{
	char suffix[32];
	char *of = format_text("listener %s", work->name);
	const struct plan_tags tags = {
		.type = "listener",
		.suffix = suffix,
		.of = of,
		.id = work->content->lb,
		.lb = work->lb,
	};

	snprintf(suffix, sizeof(suffix), "_%s_%d", is_udp(wanted) ? "udp" : "tcp", port_of(wanted));
	plan_tags(work->plan, work->phase, &tags, config_get(current, "Tags"),
		  config_get(wanted, "Tags"));
	free(of);
}

static void create(const struct work *work, const cJSON *listener)
{
	struct plan_step *step = add_step(work, "CreateLoadBalancer%sListener", listener);
	const char *proxy = config_text(listener, "SynProxy");

	for (const struct config_field *field = config_listener.fields; field->key; field++) {
		const cJSON *value = config_get(listener, field->key);
		bool required = !strcmp(field->key, "Bandwidth");

		if (value && field->flags & CONFIG_CREATE && config_applies(field, listener) &&
		    (required || !is_usual(field, value)))
			plan_set(step, field->key, value);
	}
	set_group(work, step, listener);
	plan_line(step, '+', "listener %s, %s", work->name, config_text(listener, "Status"));
	if (proxy && strcasecmp(proxy, "disable") != 0) {
		step = add_step(work, "SetLoadBalancer%sListenerAttribute", listener);
		parameters_set(&step->parameters, "SynProxy", proxy);
	}
	set_tags(work, NULL, listener);
	if (is_running(listener))
		set_status(work, listener, NULL);
}

static void remove_one(const struct work *work, const cJSON *listener, const char *why)
{
	struct plan_step *step = add_step(work, "DeleteLoadBalancerListener", listener);

	plan_line(step, '-', "listener %s%s%s", work->name, why ? ", to be made anew: " : "",
		  why ? why : "");
}

/* Set together, as one is nothing without the other. */
static bool is_bundle(const char *setter)
{
	return !strcmp(setter, "acl") || !strcmp(setter, "drain");
}

/* The API sets these, but has no value that means none. */
static bool has_no_none(const struct config_field *field)
{
	if (!strcmp(field->key, "HealthCheckURI"))
		return true; /* "/" is what it is until it is set: it cannot be set to that */
	return field->setter && !field->fallback && field->type < CONFIG_TAGS &&
	       !is_bundle(field->setter) && strcmp(field->setter, "group") != 0;
}

/* The field that is to be as if it had never been set. */
static const char *find_cleared(const cJSON *current, const cJSON *wanted)
{
	for (const struct config_field *field = config_listener.fields; field->key; field++) {
		const cJSON *value = config_get(wanted, field->key);

		if (has_no_none(field) && config_applies(field, wanted) &&
		    !plan_same(field, current, wanted) && (!value || is_usual(field, value)))
			return field->key;
	}
	return NULL;
}

/* Why the listener must be made anew; NULL if it need not. The daemon does not tell the backend
 * port of a listener that uses a group, so one that returns to the default group is made anew. */
static const char *find_obstacle(const cJSON *current, const cJSON *wanted)
{
	const cJSON *port = config_get(wanted, "BackendServerPort");
	const cJSON *old = config_get(current, "BackendServerPort");

	if (port && old && port->valuedouble != old->valuedouble)
		return "BackendServerPort cannot be changed";
	if (old && !port && !config_get(wanted, "VServerGroupName"))
		return "BackendServerPort cannot be changed";
	if (config_get(current, "VServerGroupName") && !config_get(wanted, "VServerGroupName"))
		return "its BackendServerPort beside a group is not known";
	return find_cleared(current, wanted) ? "a text can be changed, but not taken away" : NULL;
}

static bool bundle_differs(const char *setter, const cJSON *current, const cJSON *wanted)
{
	char *changes = plan_changes(&config_listener, setter, current, wanted);
	bool differs = changes[0];

	free(changes);
	return differs;
}

/* True if the field goes into the call that changes the listener. */
static bool is_set(const struct config_field *field, const cJSON *current, const cJSON *wanted)
{
	const cJSON *value = config_get(wanted, field->key);

	if (!field->setter || !strcmp(field->setter, "status") || !config_applies(field, wanted))
		return false;
	if (is_bundle(field->setter))
		return bundle_differs(field->setter, current, wanted);
	return !plan_same(field, current, wanted) &&
	       !(has_no_none(field) && (!value || is_usual(field, value)));
}

static void set_fields(const struct work *work, const cJSON *current, const cJSON *wanted,
		       const char *line)
{
	struct plan_step *step = add_step(work, "SetLoadBalancer%sListenerAttribute", wanted);

	for (const struct config_field *field = config_listener.fields; field->key; field++) {
		if (!is_set(field, current, wanted))
			continue;
		if (strcmp(field->setter, "group") != 0) {
			plan_set(step, field->key, config_get(wanted, field->key));
			continue;
		}
		parameters_set(&step->parameters, "VServerGroup",
			       config_get(wanted, field->key) ? "on" : "off");
		set_group(work, step, wanted);
	}
	plan_line(step, '~', "%s", line);
}

/* True if there is a field other than the status to set. */
static bool fields_differ(const cJSON *current, const cJSON *wanted)
{
	for (const struct config_field *field = config_listener.fields; field->key; field++) {
		if (is_set(field, current, wanted))
			return true;
	}
	return false;
}

static void change(struct work *work, const cJSON *current, const cJSON *wanted)
{
	char *changes = plan_changes(&config_listener, NULL, current, wanted);
	char *line = format_text("listener %s: %s", work->name, changes);
	bool fields = fields_differ(current, wanted);
	bool status = is_running(current) != is_running(wanted);

	if (fields)
		set_fields(work, current, wanted, line);
	if (status)
		set_status(work, wanted, fields ? NULL : line);
	set_tags(work, current, wanted);
	free(line);
	free(changes);
}

static void change_or_anew(struct work *work, const cJSON *current, const cJSON *wanted)
{
	const char *obstacle = find_obstacle(current, wanted);

	if (!obstacle) {
		change(work, current, wanted);
		return;
	}
	work->phase = PHASE_LATE;
	remove_one(work, current, obstacle);
	create(work, wanted);
}

static void one(struct work *work, const cJSON *current, const cJSON *wanted)
{
	const cJSON *any = wanted ? wanted : current;

	work->phase = !wanted                                ? PHASE_REMOVE
		      : work->content->phase == PHASE_CHANGE ? PHASE_LISTEN
							     : work->content->phase;
	work->name = format_text("%s/%d of %s", config_text(any, "ListenerProtocol"), port_of(any),
				 work->content->of);
	if (!current)
		create(work, wanted);
	else if (!wanted)
		remove_one(work, current, NULL);
	else
		change_or_anew(work, current, wanted);
	free(work->name);
}

void plan_listeners(struct plan *plan, const struct plan_content *content, const cJSON *current,
		    const cJSON *wanted, struct plan_id *const *ids)
{
	struct work work = { .plan = plan, .content = content, .lb = wanted, .groups = ids };
	size_t there_count, count;
	cJSON **there = config_items(config_get(current, "Listeners"), &there_count);
	cJSON **items = config_items(config_get(wanted, "Listeners"), &count);

	for (size_t i = 0; i < count; i++)
		one(&work, config_find(there, there_count, config_key(items[i])), items[i]);
	for (size_t i = 0; i < there_count; i++) {
		if (!config_find(items, count, config_key(there[i])))
			one(&work, there[i], NULL);
	}
	free(items);
	free(there);
}
