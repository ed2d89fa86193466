// SPDX-License-Identifier: BSD-2-Clause
/*
 * Query string and form body, decoded, then through the rows of the action that they name; of every
 * action if they name none. The first line is the query, the rest the body.
 */
#include "api/action.h"
#include "api/request.h"
#include "api/tags.h"
#include "api/utf8.h"
#include "fuzz.h"

static void check_text(const char *text)
{
	size_t length = strlen(text), size;

	for (size_t at = 0; at < length; at += size) {
		size = utf8_character(text + at, length - at);
		HOLDS(size);
	}
}

static void check_request(const struct request *request)
{
	HOLDS(request->count <= REQUEST_PARAMETERS_MAX);
	for (size_t i = 0; i < request->count; i++) {
		check_text(request->parameters[i].name);
		check_text(request->parameters[i].value);
	}
}

static void decode(const struct action *action, const struct request *request)
{
	void *params = calloc(1, action->params_size + 1);
	struct error error = { 0 };
	int result;

	if (!params)
		abort();
	result = params_decode(action->params, action->param_count, request, params, &error);
	HOLDS(result == 0 || (result < 0 && error_row((int)error.code)));
	for (size_t i = 0; i < action->param_count && !result; i++)
		HOLDS(!action->params[i].required || request_any(request, action->params[i].key) ||
		      action->params[i].alias || request_get(request, action->params[i].key));
	free(params);
}

static void decode_tags(const struct request *request)
{
	struct tag_list list = { 0 };
	struct error error = { 0 };
	const char *text = request_get(request, "Tags");

	if (!tags_decode(request, &list, &error))
		HOLDS(list.count <= RECORD_TAGS);
	list = (struct tag_list){ 0 };
	if (!tag_keys_decode(request, &list, &error))
		HOLDS(list.count <= RECORD_TAGS);
	list = (struct tag_list){ 0 };
	if (text && !tags_parse(text, &list, &error))
		HOLDS(list.count <= RECORD_TAGS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	size_t query_length = line ? (size_t)(line - data) : size;
	char *query = fuzz_text(data, query_length);
	size_t body_length = line ? size - query_length - 1 : 0;
	char *body = fuzz_text(data + size - body_length, body_length);
	struct request *request = calloc(1, sizeof(*request));
	struct error error = { 0 };

	if (!request)
		abort();
	if (!request_decode(request, query, body, body_length, &error)) {
		const char *name = request_get(request, "Action");
		const struct action *named = name ? action_find(name) : NULL;

		check_request(request);
		decode_tags(request);
		for (const struct action_table *const *table = action_tables; *table; table++) {
			for (size_t i = 0; i < (*table)->count; i++) {
				if (!named || named == &(*table)->actions[i])
					decode(&(*table)->actions[i], request);
			}
		}
	}
	request_release(request);
	free(request);
	free(query);
	free(body);
	return 0;
}
