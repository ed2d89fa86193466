// SPDX-License-Identifier: BSD-2-Clause
/* What VServer groups look like (API, 4.4). */
#include "api/action.h"
#include "api/group_params.h"
#include "api/lb_rows.h"
#include "api/tags.h"
#include "base/memory.h"

struct list_params {
	char lb_id[RECORD_ID];
	char name[RECORD_NAME];
	bool listeners, rules;
	struct tag_list tags;
};

static const struct param list_params[] = {
	GROUP_LB(struct list_params, lb_id),
	{ .key = "Description",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct list_params, name),
	  .min = 1,
	  .max = RECORD_NAME - 1,
	  .set = GROUP_NAME_SET,
	  .summary = "only groups of this name" },
	{ .key = "IncludeListener",
	  .type = PARAM_BOOL,
	  PARAM_FIELD(struct list_params, listeners),
	  .summary = "list the listeners of each group" },
	{ .key = "IncludeRule",
	  .type = PARAM_BOOL,
	  PARAM_FIELD(struct list_params, rules),
	  .summary = "of layer 7: there are none" },
	TAG_ROW(struct list_params, tags, "only groups that have all of these"),
};

static void add_listeners(struct cJSON *list, const struct load_balancer *lb, const char *group_id)
{
	for (size_t i = 0; i < lb->listener_count; i++) {
		const struct listener_record *listener = lb->listeners[i];
		struct cJSON *item;

		if (strcmp(listener->group_id, group_id) != 0)
			continue;
		item = answer_item(list);
		answer_number(item, "Port", listener->port);
		answer_text(item, "Protocol", choice_name(&choices_protocol, listener->protocol));
	}
}

static void add_group(struct cJSON *item, const struct load_balancer *lb,
		      const struct group_record *group, bool with_listeners)
{
	struct cJSON *objects, *listeners;

	answer_text(item, "VServerGroupId", group->id);
	answer_text(item, "VServerGroupName", group->name);
	answer_time(item, "CreateTime", group->created_ms);
	answer_number(item, "ServerCount", group->member_count);
	answer_tags(item, lb_tags(lb, RESOURCE_VSERVER_GROUP, group->id));
	objects = answer_object(item, "AssociatedObjects");
	listeners = answer_list(objects, "Listeners", "Listener");
	if (with_listeners)
		add_listeners(listeners, lb, group->id);
	answer_list(objects, "Rules", "Rule");
}

static int by_age(const void *a, const void *b)
{
	const struct group_record *x = *(const struct group_record *const *)a;
	const struct group_record *y = *(const struct group_record *const *)b;

	if (x->created_ms != y->created_ms)
		return x->created_ms < y->created_ms ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int read_list(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct list_params *params = call->params;
	const struct load_balancer *lb = call_lb(call, params->lb_id, error);
	struct group_record **groups;
	struct cJSON *list;
	size_t count;

	if (!lb)
		return -ERR_LB_NOT_FOUND;
	/* the first one is the default group */
	count = lb->group_count - 1;
	groups = memory_copy(lb->groups + 1, count, sizeof(*groups));
	qsort(groups, count, sizeof(*groups), by_age);
	list = answer_list(answer, "VServerGroups", "VServerGroup");
	for (size_t i = 0; i < count; i++) {
		if ((!params->name[0] || !strcmp(groups[i]->name, params->name)) &&
		    tags_match(&params->tags, lb_tags(lb, RESOURCE_VSERVER_GROUP, groups[i]->id)))
			add_group(answer_item(list), lb, groups[i], params->listeners);
	}
	free(groups);
	return 0;
}

struct attribute_params {
	char id[RECORD_ID];
};

static const struct param attribute_params[] = {
	GROUP_ID(struct attribute_params, id),
};

static void add_servers(struct cJSON *answer, const struct group_record *group)
{
	struct cJSON *list = answer_list(answer, "BackendServers", "BackendServer");
	char text[ADDRESS_TEXT];

	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct member_record *member = &group->members[i];
		struct cJSON *item = answer_item(list);

		answer_text(item, "ServerId", member->server_id);
		answer_text(item, "ServerIp", address_format(&member->address, text));
		answer_text(item, "Type", choice_name(&choices_server_type, member->type));
		answer_number(item, "Port", member->port);
		answer_number(item, "Weight", member->weight);
		answer_text_if(item, "Description", member->description);
	}
}

static int read_attribute(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct attribute_params *params = call->params;
	const struct load_balancer *lb;
	const struct group_record *group = model_group(call->context->model, params->id, &lb);

	if (!group || strcmp(lb->record.region, call->region) != 0)
		return error_set(error, ERR_GROUP_NOT_FOUND, "no VServer group \"%s\" in region %s",
				 params->id, call->region);
	answer_text(answer, "VServerGroupId", group->id);
	answer_text(answer, "VServerGroupName", group->name);
	answer_text(answer, "LoadBalancerId", group->lb_id);
	answer_time(answer, "CreateTime", group->created_ms);
	answer_tags(answer, lb_tags(lb, RESOURCE_VSERVER_GROUP, group->id));
	add_servers(answer, group);
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeVServerGroups",
	  .summary = "list the VServer groups of a load balancer",
	  ACTION_PARAMS(struct list_params, list_params),
	  .read = read_list },
	{ .name = "DescribeVServerGroupAttribute",
	  .summary = "show one VServer group with its servers",
	  ACTION_PARAMS(struct attribute_params, attribute_params),
	  .read = read_attribute },
};

const struct action_table actions_group_describe = ACTION_TABLE(rows);
