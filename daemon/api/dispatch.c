// SPDX-License-Identifier: BSD-2-Clause
/* A call owns its request until the answer; after commit_submit it belongs to its change. */
#include "api/dispatch.h"
#include "api/action.h"
#include "api/http.h"
#include "api/request.h"
#include "api/tags.h"
#include "base/log.h"
#include "base/memory.h"
#include "sluice_api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <uuid/uuid.h>

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

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void make_request_id(char out[static ANSWER_ID])
{
	uuid_t id;

	uuid_generate_random(id);
	uuid_unparse_upper(id, out);
}

static struct call *call_new(const struct api_context *context, struct http_request *http)
{
	struct call *call = memory_new(1, sizeof(*call));

	call->context = context;
	call->http = http;
	copy(call->host_id, sizeof(call->host_id), context->config->host_id);
	make_request_id(call->request_id);
	return call;
}

static void call_free(struct call *call)
{
	if (call->result && call->action->release)
		call->action->release(call);
	free(call->result);
	free(call->params);
	free(call);
}

static char *write_answer(const struct call *call, const struct cJSON *tree, bool failed)
{
	char root[96];

	if (!call->xml)
		return answer_json(tree);
	snprintf(root, sizeof(root), "%sResponse", failed ? "" : call->action->name);
	return answer_xml(tree, failed ? "Error" : root);
}

/* Sends the tree (NULL: the client is gone) and ends the call. */
static void finish(struct call *call, struct cJSON *tree, const struct error *error)
{
	struct http_answer answer = {
		.status = error ? error_row((int)error->code)->http : 200,
		.content_type = call->xml ? "text/xml;charset=utf-8"
					  : "application/json;charset=utf-8",
		.request_id = call->request_id,
	};
	char *text = tree ? write_answer(call, tree, error) : NULL;

	answer.text = text;
	http_answer(call->http, &answer);
	free(text);
	answer_free(tree);
	call_free(call);
}

static void finish_error(struct call *call, const struct error *error)
{
	if (error->code == ERR_INTERNAL)
		log_error("api", "internal error: %s request=%s", error->detail, call->request_id);
	finish(call,
	       http_is_open(call->http) ? answer_error(call->request_id, call->host_id, error)
					: NULL,
	       error);
}

static void audit(const struct call *call, const struct error *error)
{
	char code[ERROR_ARGUMENT_MAX + 64] = "OK";
	const struct http_request *http = call->http;

	/* The formats come from the error table alone. */
	if (error)
		snprintf(code, sizeof(code), error_row((int)error->code)->code, error->argument);
	/* Who may not write shall not fill the disk with lines either. */
	(http->right == RIGHT_WRITE
		 ? log_line_always
		 : log_line)(LOG_LEVEL_INFO, "audit",
			     "action=%s target=\"%s\" result=%s uid=%d pid=%d request=%s",
			     call->action->name, call->target, code, (int)http->uid, (int)http->pid,
			     call->request_id);
}

static int on_apply(struct change *change, struct model *model, struct error *error)
{
	struct call *call = (struct call *)change;

	return call->action->apply(call, model, error);
}

static void on_done(struct change *change, const struct error *error)
{
	struct call *call = (struct call *)change;
	struct cJSON *tree = NULL;

	audit(call, error);
	if (error) {
		finish_error(call, error);
		return;
	}
	if (http_is_open(call->http)) {
		tree = answer_new(call->request_id);
		if (call->action->answer)
			call->action->answer(call, tree);
	}
	finish(call, tree, NULL);
}

static int run_read(struct call *call, struct error *error)
{
	struct cJSON *tree = answer_new(call->request_id);
	int result = call->action->read(call, tree, error);

	if (result < 0)
		answer_free(tree);
	else
		finish(call, tree, NULL);
	return result;
}

static int find_action(struct call *call, const struct request *request, struct error *error)
{
	const char *name = request_get(request, "Action");

	if (!name)
		name = http_header(call->http, "x-acs-action");
	if (!name || !name[0])
		return error_set(error, ERR_MISSING_ACTION, "%s", "");
	call->action = action_find(name);
	if (call->action)
		return 0;
	if (left_out_why(name))
		return error_set(error, ERR_UNSUPPORTED_OPERATION, "%s: %s", name,
				 left_out_why(name));
	return error_set(error, ERR_INVALID_ACTION, "no action \"%s\"", name);
}

static int check_version(const struct call *call, const struct request *request,
			 struct error *error)
{
	const char *version = request_get(request, "Version");

	if (!version)
		version = http_header(call->http, "x-acs-version");
	if (!version || !version[0] || !strcmp(version, SLUICE_API_VERSION))
		return 0;
	return error_set(error, ERR_INVALID_VERSION, "\"%s\" is not %s", version,
			 SLUICE_API_VERSION);
}

static int find_region(struct call *call, const struct request *request, struct error *error)
{
	const struct config *config = call->context->config;
	const char *region = request_get(request, "RegionId");

	for (size_t i = 0; i < config->region_count; i++) {
		if (region && strcmp(config->regions[i].id, region) != 0)
			continue;
		copy(call->region, sizeof(call->region), config->regions[i].id);
		return 0;
	}
	return error_set(error, ERR_INVALID_REGION, "\"%s\" is not configured",
			 region ? region : "");
}

static void find_target(struct call *call, const struct request *request)
{
	static const char *const keys[] = { "LoadBalancerId", "VServerGroupId", "InstanceId",
					    "ServerId", "ResourceId.1" };
	const char *id = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && !id; i++)
		id = request_get(request, keys[i]);
	copy(call->target, sizeof(call->target), id ? id : "");
}

static int check_line(const struct http_request *http, struct error *error)
{
	if (http->method == HTTP_METHOD_OTHER)
		return error_set(error, ERR_UNSUPPORTED_METHOD,
				 "GET and POST are the methods supported");
	if (http->path[0] && strcmp(http->path, "/") != 0)
		return error_set(error, ERR_INVALID_ACTION, "the path is \"%s\", not /",
				 http->path);
	return 0;
}

/* What makes it unwise to look at the request at all. */
static int check_framing(const struct http_request *http, struct error *error)
{
	if (http->throttled)
		return error_set(error, ERR_THROTTLING, "too many connections");
	if (http->fault && http->method == HTTP_METHOD_OTHER)
		return check_line(http, error);
	if (http->fault)
		return error_set(error, ERR_INVALID_PARAMETER, "%s", http->fault);
	return 0;
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

/* Before anything else is said: who may nothing learns nothing. */
static int check_right(const struct call *call, struct error *error)
{
	enum right needed = call->action && !call->action->read ? RIGHT_WRITE : RIGHT_READ;

	if (call->http->right >= needed)
		return 0;
	return error_set(error, ERR_FORBIDDEN, "uid %d may not %s", (int)call->http->uid,
			 needed == RIGHT_WRITE ? "change anything" : "read anything");
}

static int decode(struct call *call, const struct request *request, struct error *error)
{
	const char *format = request_get(request, "Format");
	int result;

	call->xml = format && !strcasecmp(format, "XML");
	result = check_line(call->http, error);
	if (!result) {
		find_target(call, request);
		result = find_action(call, request, error);
		if (check_right(call, error))
			return -ERR_FORBIDDEN;
	}
	if (!result)
		result = check_version(call, request, error);
	if (!result)
		result = find_region(call, request, error);
	if (result)
		return result;
	call->params = memory_new(1, call->action->params_size);
	call->result = memory_new(1, call->action->result_size);
	return call_decode(call, request, error);
}

void dispatch(const void *context, struct http_request *http)
{
	struct call *call = call_new(context, http);
	struct request *request = memory_new(1, sizeof(*request));
	struct error error = { 0 };
	bool form = request_is_form(http_header(http, "Content-Type"));
	int result = check_framing(http, &error);

	if (!result)
		result = request_decode(request, http->query, form ? http->body : NULL,
					http->body_length, &error);
	if (!result)
		result = decode(call, request, &error);
	request_release(request);
	free(request);
	if (!result && call->action->read)
		result = run_read(call, &error);
	else if (!result) {
		call->change.apply = on_apply;
		call->change.done = on_done;
		commit_submit(call->context->commit, &call->change);
	}
	if (result < 0) {
		/* A mutation that came this far only: commit's are told of by on_done. */
		if (call->action && !call->action->read)
			audit(call, &error);
		finish_error(call, &error);
	}
}
