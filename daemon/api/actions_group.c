// SPDX-License-Identifier: BSD-2-Clause
/* VServer groups are made, changed and deleted (API, 4.4). */
#include "api/action.h"
#include "api/backend_servers.h"
#include "api/group_params.h"
#include "api/lb_rows.h"
#include "api/tags.h"

struct group_params {
	char lb_id[RECORD_ID], group_id[RECORD_ID];
	char name[RECORD_NAME];
	const char *json, *old_json; /* into the request: gone after prepare */
	struct server_change change, old;
	struct tag_list tags;
};

struct group_result {
	char id[RECORD_ID];
	char name[RECORD_NAME];
	struct server_list servers;
};

#define SERVERS(name, field, must, help, end)                                               \
	{                                                                                   \
		.key = (name), .type = PARAM_JSON, PARAM_FIELD(struct group_params, field), \
		.required = (must), .range = "1-20 entries", .summary = (help),             \
		BACKEND_SERVERS_FIELDS(end)                                                 \
	}
#define SERVERS_HELP \
	"JSON: [{\"ServerId\",\"Type\",\"ServerIp\",\"Weight\",\"Port\",\"Description\"}]"
#define REMOVE_HELP "JSON: [{\"ServerId\",\"Type\",\"ServerIp\",\"Port\"}]"
#define NAME                                                                              \
	{                                                                                 \
		.key = "VServerGroupName", .type = PARAM_TEXT,                            \
		PARAM_FIELD(struct group_params, name), .min = 1, .max = RECORD_NAME - 1, \
		.set = GROUP_NAME_SET, .summary = "its name"                              \
	}

static const struct param create_params[] = {
	GROUP_LB(struct group_params, lb_id),
	NAME,
	SERVERS("BackendServers", json, false, SERVERS_HELP, BACKEND_SERVER_FIELDS),
	TAG_ROW(struct group_params, tags, "its tags"),
};

static const struct param add_params[] = {
	GROUP_ID(struct group_params, group_id),
	SERVERS("BackendServers", json, true, SERVERS_HELP, BACKEND_SERVER_FIELDS),
};

static const struct param remove_params[] = {
	GROUP_ID(struct group_params, group_id),
	SERVERS("BackendServers", json, true, REMOVE_HELP, BACKEND_SERVER_WEIGHT),
};

static const struct param modify_params[] = {
	GROUP_ID(struct group_params, group_id),
	SERVERS("OldBackendServers", old_json, false, REMOVE_HELP, BACKEND_SERVER_WEIGHT),
	SERVERS("NewBackendServers", json, false, SERVERS_HELP, BACKEND_SERVER_FIELDS),
};

static const struct param set_params[] = {
	GROUP_ID(struct group_params, group_id),
	NAME,
	SERVERS("BackendServers", json, false, SERVERS_HELP, BACKEND_SERVER_FIELDS),
};

static const struct param delete_params[] = {
	GROUP_ID(struct group_params, group_id),
};

static int parse(const char *json, enum backend_servers_use use, struct server_change *change,
		 struct error *error)
{
	return json ? backend_servers_parse(json, use, change, error) : 0;
}

static void begin(struct call *call, struct server_change *change)
{
	struct group_params *params = call->params;

	change->region = call->region;
	change->lb_id = params->lb_id;
	change->group_id = params->group_id;
}

static int prepare(struct call *call, enum backend_servers_use use, struct error *error)
{
	struct group_params *params = call->params;

	begin(call, &params->change);
	return parse(params->json, use, &params->change, error);
}

static int prepare_add(struct call *call, struct error *error)
{
	return prepare(call, BACKEND_SERVERS_GROUP_ADD, error);
}

static int prepare_remove(struct call *call, struct error *error)
{
	return prepare(call, BACKEND_SERVERS_GROUP_REMOVE, error);
}

static int prepare_modify(struct call *call, struct error *error)
{
	struct group_params *params = call->params;
	int result;

	if (!params->json && !params->old_json)
		return error_set_argument(error, ERR_MISSING, "OldBackendServers",
					  "OldBackendServers or NewBackendServers is needed");
	begin(call, &params->old);
	result = parse(params->old_json, BACKEND_SERVERS_GROUP_OLD, &params->old, error);
	return result ? result : prepare(call, BACKEND_SERVERS_GROUP_ADD, error);
}

static int prepare_set(struct call *call, struct error *error)
{
	const struct group_params *params = call->params;

	if (!params->name[0] && !params->json)
		return error_set(error, ERR_GROUP_NOTHING_TO_SET, "%s", "");
	return prepare(call, BACKEND_SERVERS_GROUP_SET, error);
}

/* A batch may fail and run again: what the last run listed goes first. */
static struct group_result *fresh_result(struct call *call)
{
	struct group_result *result = call->result;

	server_list_free(&result->servers);
	return result;
}

static int apply_create(struct call *call, struct model *model, struct error *error)
{
	const struct group_params *params = call->params;
	struct group_result *result = fresh_result(call);

	int failed = model_create_group(model, &params->change, params->name, result->id,
					&result->servers, error);

	if (!failed)
		call_tag(call, model, RESOURCE_VSERVER_GROUP, result->id, &params->tags);
	return failed;
}

static int apply_add(struct call *call, struct model *model, struct error *error)
{
	const struct group_params *params = call->params;

	return model_add_servers(model, &params->change, &fresh_result(call)->servers, error);
}

static int apply_remove(struct call *call, struct model *model, struct error *error)
{
	const struct group_params *params = call->params;

	return model_remove_servers(model, &params->change, &fresh_result(call)->servers, error);
}

static int apply_modify(struct call *call, struct model *model, struct error *error)
{
	const struct group_params *params = call->params;

	return model_modify_servers(model, &params->old, &params->change,
				    &fresh_result(call)->servers, error);
}

static int apply_set(struct call *call, struct model *model, struct error *error)
{
	const struct group_params *params = call->params;
	struct group_result *result = fresh_result(call);

	return model_set_group(model, &params->change, params->name, result->name, &result->servers,
			       error);
}

static int apply_delete(struct call *call, struct model *model, struct error *error)
{
	const struct group_params *params = call->params;

	return model_delete_group(model, call->region, params->group_id, error);
}

static void add_servers(struct cJSON *tree, const struct server_list *servers, bool described)
{
	struct cJSON *items = answer_list(tree, "BackendServers", "BackendServer");

	for (size_t i = 0; i < servers->count; i++) {
		const struct member_record *member = &servers->members[i];
		struct cJSON *item = answer_item(items);

		answer_text(item, "ServerId", member->server_id);
		answer_text(item, "Type", choice_name(&choices_server_type, member->type));
		answer_number(item, "Port", member->port);
		answer_number(item, "Weight", member->weight);
		if (described)
			answer_text_if(item, "Description", member->description);
	}
}

static void answer_create(const struct call *call, struct cJSON *tree)
{
	const struct group_result *result = call->result;

	answer_text(tree, "VServerGroupId", result->id);
	add_servers(tree, &result->servers, true);
}

static void answer_change(const struct call *call, struct cJSON *tree)
{
	const struct group_params *params = call->params;
	const struct group_result *result = call->result;

	answer_text(tree, "VServerGroupId", params->group_id);
	answer_text_if(tree, "VServerGroupName", result->name);
	add_servers(tree, &result->servers, true);
}

static void answer_remove(const struct call *call, struct cJSON *tree)
{
	const struct group_params *params = call->params;
	const struct group_result *result = call->result;

	answer_text(tree, "VServerGroupId", params->group_id);
	add_servers(tree, &result->servers, false);
}

static void release(struct call *call)
{
	server_list_free(&((struct group_result *)call->result)->servers);
}

#define CHANGE_ROW(action, help, rows, verb, answered)                                         \
	{                                                                                      \
		.name = (action), .summary = (help), ACTION_PARAMS(struct group_params, rows), \
		.result_size = sizeof(struct group_result), .prepare = prepare_##verb,         \
		.apply = apply_##verb, .answer = (answered), .release = release                \
	}

static const struct action rows[] = {
	{ .name = "CreateVServerGroup",
	  .summary = "create a VServer group, with servers or empty",
	  ACTION_PARAMS(struct group_params, create_params),
	  .result_size = sizeof(struct group_result),
	  .prepare = prepare_add,
	  .apply = apply_create,
	  .answer = answer_create,
	  .release = release },
	CHANGE_ROW("AddVServerGroupBackendServers", "add servers to a group: all of them or none",
		   add_params, add, answer_change),
	CHANGE_ROW("RemoveVServerGroupBackendServers",
		   "remove servers from a group; their TCP connections drain", remove_params,
		   remove, answer_remove),
	CHANGE_ROW("ModifyVServerGroupBackendServers",
		   "replace servers of a group by others in one step", modify_params, modify,
		   answer_change),
	CHANGE_ROW("SetVServerGroupAttribute",
		   "set a group's name, or weight and description of its servers", set_params, set,
		   answer_change),
	{ .name = "DeleteVServerGroup",
	  .summary = "delete a group that no listener uses",
	  ACTION_PARAMS(struct group_params, delete_params),
	  .apply = apply_delete },
};

const struct action_table actions_group = ACTION_TABLE(rows);
