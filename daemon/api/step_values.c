// SPDX-License-Identifier: BSD-2-Clause
/* See steps.h for what a step is. */
#include "api/step_values.h"
#include "base/memory.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define STEP_DIGITS_MAX 9
#define FIELD_MAX 64

/* --- is it a step at all --- */

static const char *plain_name(const char *name)
{
	return name + (name[0] == '$');
}

static int check_member(const cJSON *item, const cJSON *member, struct error *error)
{
	if (!cJSON_IsString(member))
		return error_set(error, ERR_INVALID_PARAMETER, "Changes: \"%s\" is not a string",
				 member->string);
	for (const cJSON *other = item->child; other != member; other = other->next) {
		if (!strcmp(plain_name(other->string), plain_name(member->string)))
			return error_set(error, ERR_INVALID_PARAMETER,
					 "Changes: \"%s\" is given twice",
					 plain_name(member->string));
	}
	return 0;
}

int step_check(const cJSON *item, const struct action **action, struct error *error)
{
	int result = 0, members = 0;
	const cJSON *member;

	if (!cJSON_IsObject(item))
		return error_set(error, ERR_INVALID_PARAMETER, "Changes: a step is not an object");
	cJSON_ArrayForEach(member, item)
	{
		if (++members > REQUEST_PARAMETERS_MAX)
			return error_set(error, ERR_INVALID_PARAMETER,
					 "Changes: more than %d parameters",
					 REQUEST_PARAMETERS_MAX);
		result = check_member(item, member, error);
		if (result)
			return result;
	}
	*action =
		action_need(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "Action")),
			    error);
	if (!*action)
		return -(int)error->code;
	if ((*action)->read || (*action)->in_parts)
		return error_set(error, ERR_UNSUPPORTED_OPERATION,
				 "Changes: %s cannot be a step: it %s", (*action)->name,
				 (*action)->read ? "changes nothing" : "is a list of steps itself");
	return 0;
}

/* --- what it takes from earlier ones --- */

/* The value that step `number` answers under `name`, malloc'ed; NULL if there is none. */
static char *answered(const struct steps *steps, size_t number, const char *name)
{
	const struct step *step = &steps->list[number - 1];
	char why[128];
	cJSON *answer =
		json_parse(steps->answers + step->answer, step->answer_length, why, sizeof(why));
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, name));
	char *value = text ? memory_copy(text, strlen(text) + 1, 1) : NULL;

	cJSON_Delete(answer);
	return value;
}

/* At the digits behind "${": the reference's value, malloc'ed, and *end behind its "}". NULL with
 * *error set. */
static char *refer(const struct steps *steps, const char *at, const char **end, struct error *error)
{
	size_t digits = strspn(at, "0123456789"), number;
	const char *close = strchr(at, '}');
	char name[FIELD_MAX], *value;

	if (!digits || digits > STEP_DIGITS_MAX || at[digits] != '.' || !close ||
	    (size_t)(close - at) - digits - 1 >= sizeof(name)) {
		error_set(error, ERR_INVALID_PARAMETER,
			  "Changes: \"${%.64s\" is no reference ${STEP.FIELD}", at);
		return NULL;
	}
	number = strtoul(at, NULL, 10);
	snprintf(name, sizeof(name), "%.*s", (int)((size_t)(close - at) - digits - 1),
		 at + digits + 1);
	*end = close + 1;
	if (!number || number > steps->judged) {
		error_set(error, ERR_INVALID_PARAMETER,
			  "Changes: ${%zu.%s} refers to a step that does not come before", number,
			  name);
		return NULL;
	}
	value = answered(steps, number, name);
	if (!value)
		error_set(error, ERR_INVALID_PARAMETER,
			  "Changes: ${%zu.%s}: step %zu, %s, answers no \"%s\"", number, name,
			  number, steps->list[number - 1].action->name, name);
	return value;
}

/* Malloc'ed; NULL with *error set. */
static char *fill_in(const struct steps *steps, const char *text, struct error *error)
{
	char *filled = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&filled, &length);
	bool whole = true;

	if (!stream)
		abort();
	while (*text && whole) {
		char *value;

		if (text[0] != '$' || text[1] != '{') {
			fputc(*text++, stream);
			continue;
		}
		value = refer(steps, text + 2, &text, error);
		if (value)
			fputs(value, stream);
		whole = value;
		free(value);
	}
	if (fclose(stream))
		abort();
	if (whole)
		return filled;
	free(filled);
	return NULL;
}

int step_request(const struct steps *steps, const cJSON *item, struct request *request,
		 struct error *error)
{
	const cJSON *member;

	request->count = 0;
	cJSON_ArrayForEach(member, item)
	{
		struct request_parameter *parameter = &request->parameters[request->count];
		bool refers = member->string[0] == '$';
		char *value = refers ? fill_in(steps, member->valuestring, error)
				     : memory_copy(member->valuestring,
						   strlen(member->valuestring) + 1, 1);

		if (!value)
			return -ERR_INVALID_PARAMETER;
		parameter->name = plain_name(member->string);
		parameter->value = value;
		request->count++;
	}
	return 0;
}

void step_request_release(struct request *request)
{
	for (size_t i = 0; i < request->count; i++)
		free((void *)(uintptr_t)request->parameters[i].value);
	request->count = 0;
}
