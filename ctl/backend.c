// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl backend: the servers of a load balancer's default group. */
#include "command.h"

#include "client.h"
#include "format.h"
#include "pages.h"
#include "table.h"

#include <stdlib.h>

static const struct view changed_views[] = {
	{
		.title = "",
		.rows = "BackendServers.BackendServer",
		.columns =
			(const struct column[]){
				{ "SERVER", "ServerId", COLUMN_TEXT },
				{ "WEIGHT", "Weight", COLUMN_NUMBER },
				{ "TYPE", "Type", COLUMN_TEXT },
				{ "DESCRIPTION", "Description", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ 0 },
};

/* A row is a server's item of the group, the one of its statistics under a listener, or both. */
static const struct view list_views[] = {
	{
		.title = "",
		.rows = "Rows",
		.columns =
			(const struct column[]){
				{ "SERVER", "ServerId", COLUMN_TEXT },
				{ "ADDRESS", "ServerIp", COLUMN_TEXT },
				{ "PORT", "Port", COLUMN_NUMBER },
				{ "WEIGHT", "Weight", COLUMN_NUMBER },
				{ "LISTENER", "Listener", COLUMN_TEXT },
				{ "STATE", "State", COLUMN_TEXT },
				{ "HEALTH", "ServerHealthStatus", COLUMN_TEXT },
				{ "ACTIVE", "ActiveConnections", COLUMN_COUNT },
				{ "NEW", "NewConnections", COLUMN_COUNT },
				{ "HALF-OPEN", "HalfOpenConnections", COLUMN_COUNT },
				{ "ESTABLISHED", "EstablishedConnections", COLUMN_COUNT },
				{ "CLOSING", "ClosingConnections", COLUMN_COUNT },
				{ "PACKETS IN", "PacketsIn", COLUMN_COUNT },
				{ "IN", "BytesIn", COLUMN_BYTES },
				{ "PACKETS OUT", "PacketsOut", COLUMN_COUNT },
				{ "OUT", "BytesOut", COLUMN_BYTES },
				{ 0 },
			},
	},
	{ 0 },
};

static bool same_member(const cJSON *a, const cJSON *b, const char *name)
{
	return cJSON_Compare(cJSON_GetObjectItemCaseSensitive(a, name),
			     cJSON_GetObjectItemCaseSensitive(b, name), true);
}

static bool has_server(const cJSON *rows, const cJSON *server)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, rows)
	{
		if (same_member(row, server, "ServerId") && same_member(row, server, "ServerIp"))
			return true;
	}
	return false;
}

static void add_listener(cJSON *rows, const cJSON *listener)
{
	static const struct column name = { "", "ListenerPort/ListenerProtocol", COLUMN_NUMBER };
	const cJSON *backend;
	char *text = cell_at(listener, NULL, &name);

	cJSON_ArrayForEach(backend, output_find(listener, "Backends.Backend"))
	{
		cJSON *row = checked(cJSON_Duplicate(backend, true));

		if (cJSON_IsObject(row))
			checked(cJSON_AddStringToObject(row, "Listener", text));
		cJSON_AddItemToArray(rows, row);
	}
	free(text);
}

/* A row for each backend of each listener, then the servers that no listener has. */
static cJSON *make_rows(const cJSON *attribute, const cJSON *statistics)
{
	cJSON *tree = checked(cJSON_CreateObject());
	cJSON *rows = checked(cJSON_AddArrayToObject(tree, "Rows"));
	const cJSON *item;

	cJSON_ArrayForEach(item, output_find(statistics, "Listeners.Listener"))
		add_listener(rows, item);
	cJSON_ArrayForEach(item, output_find(attribute, "BackendServers.BackendServer"))
	{
		if (!has_server(rows, item))
			cJSON_AddItemToArray(rows, checked(cJSON_Duplicate(item, true)));
	}
	return tree;
}

/* The group comes from one action and the traffic from another; without the second the first is
 * still worth showing. With -o json the group alone is printed, as `stats` has the rest. */
static int list_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	struct answer attribute, statistics = { 0 };
	int result = client_call(ctl->client, verb->action, parameters, &attribute, false);
	cJSON *rows;

	if (result)
		goto out;
	if (ctl->json) {
		output_json(attribute.body, attribute.length);
		goto out;
	}
	pages_call(ctl->client, "DescribeStatistics", parameters, "Listeners.Listener", &statistics,
		   true);
	rows = make_rows(attribute.tree, statistics.tree);
	output_views(rows, verb->views, ctl);
	cJSON_Delete(rows);
out:
	answer_clear(&statistics);
	answer_clear(&attribute);
	return result;
}

#define LB                                                   \
	{                                                    \
		.label = "LB", .parameter = "LoadBalancerId" \
	}
#define SERVERS                                                                                 \
	{                                                                                       \
		.label = "SERVER...", .parameter = "BackendServers", .kind = POSITIONAL_SERVERS \
	}

static const struct verb verbs[] = {
	{
		.name = "add",
		.summary = "add servers to a load balancer, all or none",
		.example = "backend add web web1 web2,weight=50,port=8080",
		.action = "AddBackendServers",
		.takes = { LB, SERVERS },
		.views = changed_views,
	},
	{
		.name = "set",
		.summary = "set servers' weights (100 unless given), descriptions and ports",
		.example = "backend set web web1,weight=0",
		.action = "SetBackendServers",
		.takes = { LB, SERVERS },
		.views = changed_views,
	},
	{
		.name = "remove",
		.summary = "remove servers; their established flows go on",
		.example = "backend remove web web1 web2",
		.action = "RemoveBackendServers",
		.takes = { LB, SERVERS },
		.views = changed_views,
	},
	{
		.name = "list",
		.summary = "list a load balancer's servers with their traffic",
		.example = "backend list web",
		.action = "DescribeLoadBalancerAttribute",
		.takes = { LB },
		.views = list_views,
		.run = list_run,
	},
	{ 0 },
};

const struct family family_backend = {
	.name = "backend",
	.summary = "servers of a load balancer's default group",
	.verbs = verbs,
};
