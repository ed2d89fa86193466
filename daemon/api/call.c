// SPDX-License-Identifier: BSD-2-Clause
/* What a call is about, out of its request: the same for a whole request and for a step of a list. */
#include "api/action.h"
#include "api/dispatch.h"
#include "api/request.h"
#include "api/tags.h"
#include "base/log.h"
#include "sluice_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct action_table *const action_tables[] = {
	&actions_lb,
	&actions_lb_set,
	&actions_lb_list,
	&actions_listener_list,
	&actions_listener_create,
	&actions_listener,
	&actions_backend,
	&actions_instance,
	&actions_describe,
	&actions_health,
	&actions_checks,
	&actions_events,
	&actions_tags,
	&actions_status,
	&actions_statistics,
	&actions_actions,
	&actions_listener_set,
	&actions_group,
	&actions_group_describe,
	&actions_changes,
	NULL,
};

const struct action *action_find(const char *name)
{
	for (const struct action_table *const *table = action_tables; *table; table++) {
		for (size_t i = 0; i < (*table)->count; i++) {
			if (!strcmp((*table)->actions[i].name, name))
				return &(*table)->actions[i];
		}
	}
	return NULL;
}

const struct action *action_need(const char *name, struct error *error)
{
	const struct action *action = name && name[0] ? action_find(name) : NULL;

	if (action)
		return action;
	if (!name || !name[0])
		error_set(error, ERR_MISSING_ACTION, "%s", "");
	else if (left_out_why(name))
		error_set(error, ERR_UNSUPPORTED_OPERATION, "%s: %s", name, left_out_why(name));
	else
		error_set(error, ERR_INVALID_ACTION, "no action \"%s\"", name);
	return NULL;
}

const struct load_balancer *call_lb(const struct call *call, const char *id, struct error *error)
{
	const struct load_balancer *lb = model_lb(call->context->model, id);

	if (lb && !strcmp(lb->record.region, call->region))
		return lb;
	error_set(error, ERR_LB_NOT_FOUND, "no load balancer \"%s\" in region %s", id,
		  call->region);
	return NULL;
}

void call_tag(const struct call *call, struct model *model, unsigned int type, const char *id,
	      const struct tag_list *tags)
{
	struct tag_change change = { .region = call->region,
				     .type = (uint8_t)type,
				     .id_count = 1,
				     .tags = tags->tags,
				     .tag_count = tags->count };
	struct error error = { 0 };

	snprintf(change.ids[0], RECORD_ID, "%s", id);
	if (tags->count && model_tag(model, &change, &error))
		log_error("api", "tags of a new %s: %s request=%s",
			  choice_name(&choices_resource_type, type), error.detail,
			  call->request_id);
}

int call_check_version(const char *version, struct error *error)
{
	if (!version || !version[0] || !strcmp(version, SLUICE_API_VERSION))
		return 0;
	return error_set(error, ERR_INVALID_VERSION, "\"%s\" is not %s", version,
			 SLUICE_API_VERSION);
}

int call_find_region(struct call *call, const char *region, struct error *error)
{
	const struct config *config = call->context->config;

	for (size_t i = 0; i < config->region_count; i++) {
		if (region && strcmp(config->regions[i].id, region) != 0)
			continue;
		snprintf(call->region, sizeof(call->region), "%s", config->regions[i].id);
		return 0;
	}
	return error_set(error, ERR_INVALID_REGION, "\"%s\" is not configured",
			 region ? region : "");
}

void call_find_target(struct call *call, const struct request *request)
{
	static const char *const keys[] = { "LoadBalancerId", "VServerGroupId", "InstanceId",
					    "ServerId", "ResourceId.1" };
	const char *id = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && !id; i++)
		id = request_get(request, keys[i]);
	snprintf(call->target, sizeof(call->target), "%s", id ? id : "");
}

int call_decode(struct call *call, const struct request *request, struct error *error)
{
	int result = params_decode(call->action->params, call->action->param_count, request,
				   call->params, error);

	call->request = request;
	if (!result && call->action->prepare)
		result = call->action->prepare(call, error);
	call->request = NULL;
	return result;
}

void call_release(struct call *call)
{
	if (call->result && call->action->release)
		call->action->release(call);
	free(call->result);
	free(call->params);
	call->result = call->params = NULL;
}
