// SPDX-License-Identifier: BSD-2-Clause
/* A call owns its request until the answer; after commit_submit it belongs to its change. */
#include "api/dispatch.h"
#include "api/action.h"
#include "api/http.h"
#include "api/request.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <uuid/uuid.h>

#define RESULT_MAX (ERROR_ARGUMENT_MAX + 64)

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
	call_release(call);
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

/* What a client chose must not end the quotes around it: what follows would be its to write. */
static void keep_in_quotes(char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*text = '?';
	}
}

void call_audit(const struct call *call, const struct audited *audited)
{
	char target[RECORD_ID], more[48] = "";
	const struct http_request *http = call->http;

	copy(target, sizeof(target), audited->target);
	keep_in_quotes(target);
	if (audited->step)
		snprintf(more, sizeof(more), " step=%zu", audited->step);
	else if (audited->undone)
		snprintf(more, sizeof(more), " undone=%zu", audited->undone);
	/* Who may not write shall not fill the disk with lines either. */
	(http->right == RIGHT_WRITE
		 ? log_line_always
		 : log_line)(LOG_LEVEL_INFO, "audit",
			     "action=%s target=\"%s\" result=%s uid=%d pid=%d request=%s%s",
			     audited->action->name, target, audited->result, (int)http->uid,
			     (int)http->pid, call->request_id, more);
}

void call_result(const struct error *error, char *out, size_t size)
{
	/* The formats come from the error table alone. */
	if (error)
		snprintf(out, size, error_row((int)error->code)->code, error->argument);
	else
		snprintf(out, size, "OK");
}

static void audit(const struct call *call, const struct error *error)
{
	char result[RESULT_MAX];
	size_t undone = 0;

	call_result(error, result, sizeof(result));
	if (call->action->audit)
		undone = call->action->audit(call, error);
	call_audit(call, &(struct audited){ .action = call->action,
					    .target = call->target,
					    .result = result,
					    .undone = undone });
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
		return error_set(error, ERR_THROTTLING, "%s", http->throttled);
	if (http->fault && http->method == HTTP_METHOD_OTHER)
		return check_line(http, error);
	if (http->fault)
		return error_set(error, ERR_INVALID_PARAMETER, "%s", http->fault);
	return 0;
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

/* A common parameter, or the header that may stand for it. */
static const char *common(const struct call *call, const struct request *request, const char *name,
			  const char *header)
{
	const char *value = request_get(request, name);

	return value ? value : http_header(call->http, header);
}

static int check_length(struct call *call, struct error *error)
{
	if (call->http->body_length <= HTTP_BODY_MAX || call->action->in_parts)
		return 0;
	call->http->fault = "its body is too long";
	return error_set(error, ERR_INVALID_PARAMETER, "the body has %zu bytes, at most %d",
			 call->http->body_length, HTTP_BODY_MAX);
}

static int decode(struct call *call, const struct request *request, struct error *error)
{
	const char *format = request_get(request, "Format");
	int result;

	call->xml = format && !strcasecmp(format, "XML");
	result = check_line(call->http, error);
	if (!result) {
		call_find_target(call, request);
		call->action = action_need(common(call, request, "Action", "x-acs-action"), error);
		result = call->action ? check_length(call, error) : -(int)error->code;
		if (check_right(call, error))
			return -ERR_FORBIDDEN;
	}
	if (!result)
		result = call_check_version(common(call, request, "Version", "x-acs-version"),
					    error);
	if (!result)
		result = call_find_region(call, request_get(request, "RegionId"), error);
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
		call->change.in_parts = call->action->in_parts;
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
