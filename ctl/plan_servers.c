// SPDX-License-Identifier: BSD-2-Clause
/* The servers of one group. New ones come before old ones go, so that clients always find some. */
#include "config_tree.h"
#include "plan_steps.h"

#include "format.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SERVERS_PER_CALL 20

/* A server that is to be added, but whose instance does not run. */
struct plan_late_server {
	enum plan_phase phase;
	const cJSON *server;
	struct plan_servers servers; /* with a name of its own */
};

enum server_action {
	SERVERS_ADD,
	SERVERS_SET,
	SERVERS_REMOVE,
};

/* By action; of the default group, and of a VServer group. */
static const char *const actions[][2] = {
	[SERVERS_ADD] = { "AddBackendServers", "AddVServerGroupBackendServers" },
	[SERVERS_SET] = { "SetBackendServers", "SetVServerGroupAttribute" },
	[SERVERS_REMOVE] = { "RemoveBackendServers", "RemoveVServerGroupBackendServers" },
};

/* Calls of one action that are being filled. */
struct batch {
	struct plan *plan;
	const struct plan_servers *servers;
	enum plan_phase phase;
	enum server_action action;
	struct plan_step *step;
	cJSON *list;
};

static void batch_end(struct batch *batch)
{
	char *text;

	if (!batch->step)
		return;
	text = checked(cJSON_PrintUnformatted(batch->list));
	parameters_set(&batch->step->parameters, "BackendServers", text);
	free(text);
	cJSON_Delete(batch->list);
	batch->step = NULL;
	batch->list = NULL;
}

static void batch_begin(struct batch *batch)
{
	const struct plan_servers *servers = batch->servers;

	batch->step = plan_add(batch->plan, batch->phase,
			       actions[batch->action][servers->group ? 1 : 0], servers->lb_object);
	batch->list = checked(cJSON_CreateArray());
	if (servers->group)
		plan_need(batch->step, servers->group, "VServerGroupId", "");
	else
		plan_need(batch->step, servers->lb, "LoadBalancerId", "");
}

/* The server as the API takes it. */
static void batch_put(struct batch *batch, const cJSON *server)
{
	cJSON *item = checked(cJSON_Duplicate(server, true));

	if (batch->list && cJSON_GetArraySize(batch->list) == SERVERS_PER_CALL)
		batch_end(batch);
	if (!batch->step)
		batch_begin(batch);
	checked(cJSON_AddStringToObject(item, "Type",
					config_server_type(config_text(server, "ServerId"))));
	cJSON_AddItemToArray(batch->list, item);
}

static void batch_line(const struct batch *batch, char sign, const cJSON *server, const char *more)
{
	const cJSON *port = config_get(server, "Port");
	char *number = port ? format_number(port->valuedouble) : NULL;

	plan_line(batch->step, sign, "server %s %s%s%s in %s%s", config_text(server, "ServerId"),
		  config_text(server, "ServerIp"), port ? ":" : "", port ? number : "",
		  batch->servers->of, more);
	free(number);
}

static void add_one(struct batch *batch, const cJSON *server)
{
	char *weight = format_text(": Weight %d", (int)config_get(server, "Weight")->valuedouble);

	batch_put(batch, server);
	batch_line(batch, '+', server, weight);
	free(weight);
}

static void set_one(struct batch *batch, const struct config_kind *kind, const cJSON *current,
		    const cJSON *wanted)
{
	char *changes = plan_changes(kind, NULL, current, wanted);
	char *more = format_text(": %s", changes);

	batch_put(batch, wanted);
	batch_line(batch, '~', current, more);
	free(more);
	free(changes);
}

static void remove_one(struct batch *batch, const cJSON *server)
{
	batch_put(batch, server);
	batch_line(batch, '-', server, "");
}

/* The API sets a port and a description, but does not clear them. */
static bool must_leave(const cJSON *current, const cJSON *wanted)
{
	return (config_get(current, "Port") && !config_get(wanted, "Port")) ||
	       (config_get(current, "Description") && !config_get(wanted, "Description"));
}

static bool differs(const struct config_kind *kind, const cJSON *current, const cJSON *wanted)
{
	for (const struct config_field *field = kind->fields; field->key; field++) {
		if (!plan_same(field, current, wanted))
			return true;
	}
	return false;
}

/* Another server has the address, which two cannot have at a time. */
static bool address_is_wanted(const cJSON *server, const cJSON *wanted)
{
	const char *address = config_text(server, "ServerIp");
	const cJSON *other;

	cJSON_ArrayForEach(other, wanted)
	{
		if (!strcmp(config_text(other, "ServerIp"), address) &&
		    strcmp(config_text(other, "ServerId"), config_text(server, "ServerId")) != 0)
			return true;
	}
	return false;
}

/* What becomes of the servers that are there: those that go at once, those that go last. */
static void go(struct plan *plan, enum plan_phase phase, const struct plan_servers *servers,
	       const cJSON *current, const cJSON *wanted, bool last)
{
	struct batch batch = { plan, servers, phase, SERVERS_REMOVE, NULL, NULL };
	size_t count;
	cJSON **items = config_items(wanted, &count);
	const cJSON *server;

	cJSON_ArrayForEach(server, current)
	{
		const cJSON *same = config_find(items, count, config_key(server));
		bool first = servers->remove_first || same || address_is_wanted(server, wanted);

		if ((!same || must_leave(server, same)) && first == !last)
			remove_one(&batch, server);
	}
	batch_end(&batch);
	free(items);
}

static const cJSON *instance_of(const struct plan *plan, const cJSON *server)
{
	return config_find(plan->instances, plan->instance_count, config_text(server, "ServerId"));
}

static bool runs(const struct plan *plan, const cJSON *server)
{
	const cJSON *instance = instance_of(plan, server);
	const char *status = instance ? config_text(instance, "Status") : NULL;

	return !status || !strcasecmp(status, "Running");
}

static void come_late(struct plan *plan, enum plan_phase phase, const struct plan_servers *servers,
		      const cJSON *server)
{
	struct plan_late_server *late;

	plan->late = checked(reallocarray(plan->late, plan->late_count + 1, sizeof(*plan->late)));
	late = &plan->late[plan->late_count++];
	late->phase = phase == PHASE_CHANGE ? PHASE_STOPPED : phase;
	late->server = server;
	late->servers = *servers;
	late->servers.of = format_text("%s", servers->of);
}

static void come(struct plan *plan, enum plan_phase phase, const struct plan_servers *servers,
		 const cJSON *current, const cJSON *wanted)
{
	const struct config_kind *kind = servers->group ? &config_group_server : &config_server;
	struct batch add = { plan, servers, phase, SERVERS_ADD, NULL, NULL };
	struct batch set = { plan, servers, phase, SERVERS_SET, NULL, NULL };
	size_t count;
	cJSON **items = config_items(current, &count);
	const cJSON *server;

	cJSON_ArrayForEach(server, wanted)
	{
		const cJSON *same = config_find(items, count, config_key(server));

		if (same && !must_leave(same, server))
			continue;
		if (runs(plan, server))
			add_one(&add, server);
		else
			come_late(plan, phase, servers, server);
	}
	batch_end(&add);
	cJSON_ArrayForEach(server, wanted)
	{
		const cJSON *same = config_find(items, count, config_key(server));

		if (same && !must_leave(same, server) && differs(kind, same, server))
			set_one(&set, kind, same, server);
	}
	batch_end(&set);
	free(items);
}

void plan_servers(struct plan *plan, enum plan_phase phase, const struct plan_servers *servers,
		  const cJSON *current, const cJSON *wanted)
{
	go(plan, servers->remove_first ? PHASE_FREE : phase, servers, current, wanted, false);
	come(plan, phase, servers, current, wanted);
	go(plan, phase, servers, current, wanted, true);
}

static int by_server(const void *a, const void *b)
{
	const struct plan_late_server *one = a, *other = b;

	if (one->phase != other->phase)
		return one->phase < other->phase ? -1 : 1;
	return strcmp(config_text(one->server, "ServerId"), config_text(other->server, "ServerId"));
}

static void set_status(struct plan *plan, const struct plan_late_server *late, const char *status)
{
	const cJSON *instance = instance_of(plan, late->server);
	struct plan_step *step = plan_add(plan, late->phase, "SetInstanceStatus", instance);

	plan_set(step, "InstanceId", config_get(instance, "InstanceId"));
	parameters_set(&step->parameters, "Status", status);
}

void plan_late_servers(struct plan *plan)
{
	if (plan->late_count)
		qsort(plan->late, plan->late_count, sizeof(*plan->late), by_server);
	for (size_t i = 0; i < plan->late_count; i++) {
		struct plan_late_server *late = &plan->late[i];
		struct batch batch = { plan, &late->servers, late->phase, SERVERS_ADD, NULL, NULL };

		if (!i || by_server(late - 1, late))
			set_status(plan, late, "Running");
		add_one(&batch, late->server);
		batch_end(&batch);
		if (i + 1 == plan->late_count || by_server(late, late + 1))
			set_status(plan, late,
				   config_text(instance_of(plan, late->server), "Status"));
	}
	for (size_t i = 0; i < plan->late_count; i++)
		free((char *)plan->late[i].servers.of);
	free(plan->late);
	plan->late = NULL;
	plan->late_count = 0;
}

void plan_free_servers(struct plan *plan, const struct plan_servers *servers, cJSON *current,
		       const char *server_id)
{
	struct batch batch = { plan, servers, PHASE_FREE, SERVERS_REMOVE, NULL, NULL };
	cJSON *next;

	for (cJSON *server = current ? current->child : NULL; server; server = next) {
		next = server->next;
		if (strcmp(config_text(server, "ServerId"), server_id) != 0)
			continue;
		remove_one(&batch, server);
		cJSON_Delete(cJSON_DetachItemViaPointer(current, server));
	}
	batch_end(&batch);
}
