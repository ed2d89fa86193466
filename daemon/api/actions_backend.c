// SPDX-License-Identifier: BSD-2-Clause
/* The default server group: AddBackendServers and its two siblings (API, 1 and 4.3). */
#include "api/action.h"
#include "api/backend_servers.h"

struct servers_params {
	char lb_id[RECORD_ID];
	const char *json; /* into the request: gone after prepare */
	struct server_change change;
};

#define SERVERS_HELP \
	"JSON: [{\"ServerId\",\"Type\",\"ServerIp\",\"Weight\",\"Port\",\"Description\"}]"

#define REMOVE_HELP "JSON: [{\"ServerId\",\"Type\",\"ServerIp\"}]"

#define PARAMS(help, end)                                           \
	{                                                           \
		{ .key = "LoadBalancerId",                          \
		  .type = PARAM_ID,                                 \
		  PARAM_FIELD(struct servers_params, lb_id),        \
		  .required = true,                                 \
		  .summary = "the load balancer" },                 \
			{ .key = "BackendServers",                  \
			  .type = PARAM_JSON,                       \
			  PARAM_FIELD(struct servers_params, json), \
			  .required = true,                         \
			  .range = "1-20 entries",                  \
			  .summary = (help),                        \
			  BACKEND_SERVERS_FIELDS(end) },            \
	}

static const struct param add_params[] = PARAMS(SERVERS_HELP, BACKEND_SERVER_FIELDS);
static const struct param remove_params[] = PARAMS(REMOVE_HELP, BACKEND_SERVER_PORT);

static int prepare(struct call *call, enum backend_servers_use use, struct error *error)
{
	struct servers_params *request = call->params;

	request->change.region = call->region;
	request->change.lb_id = request->lb_id;
	return backend_servers_parse(request->json, use, &request->change, error);
}

static int prepare_add(struct call *call, struct error *error)
{
	return prepare(call, BACKEND_SERVERS_ADD, error);
}

static int prepare_set(struct call *call, struct error *error)
{
	return prepare(call, BACKEND_SERVERS_SET, error);
}

static int prepare_remove(struct call *call, struct error *error)
{
	return prepare(call, BACKEND_SERVERS_REMOVE, error);
}

typedef int servers_rule(struct model *model, const struct server_change *request,
			 struct server_list *out, struct error *error);

/* A batch may fail and run again: what the last run listed goes first. */
static int apply(struct call *call, servers_rule *rule, struct model *model, struct error *error)
{
	struct server_list *list = call->result;

	server_list_free(list);
	return rule(model, &((const struct servers_params *)call->params)->change, list, error);
}

static int apply_add(struct call *call, struct model *model, struct error *error)
{
	return apply(call, model_add_servers, model, error);
}

static int apply_set(struct call *call, struct model *model, struct error *error)
{
	return apply(call, model_set_servers, model, error);
}

static int apply_remove(struct call *call, struct model *model, struct error *error)
{
	return apply(call, model_remove_servers, model, error);
}

static void answer(const struct call *call, struct cJSON *tree)
{
	const struct servers_params *request = call->params;
	const struct server_list *list = call->result;
	struct cJSON *items;

	answer_text(tree, "LoadBalancerId", request->lb_id);
	items = answer_list(tree, "BackendServers", "BackendServer");
	for (size_t i = 0; i < list->count; i++) {
		const struct member_record *member = &list->members[i];
		struct cJSON *item = answer_item(items);

		answer_text(item, "ServerId", member->server_id);
		answer_number(item, "Weight", member->weight);
		answer_text(item, "Type", choice_name(&choices_server_type, member->type));
		answer_text_if(item, "Description", member->description);
	}
}

static void release(struct call *call)
{
	server_list_free(call->result);
}

#define SERVERS_ROW(action, help, verb, rows)                                                    \
	{                                                                                        \
		.name = (action), .summary = (help), ACTION_PARAMS(struct servers_params, rows), \
		.result_size = sizeof(struct server_list), .prepare = prepare_##verb,            \
		.apply = apply_##verb, .answer = answer, .release = release                      \
	}

static const struct action rows[] = {
	SERVERS_ROW("AddBackendServers", "add servers to a load balancer: all of them or none", add,
		    add_params),
	SERVERS_ROW("SetBackendServers", "set weight, port and description of servers", set,
		    add_params),
	SERVERS_ROW("RemoveBackendServers", "remove servers; their TCP connections drain", remove,
		    remove_params),
};

const struct action_table actions_backend = ACTION_TABLE(rows);
