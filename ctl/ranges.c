// SPDX-License-Identifier: BSD-2-Clause
/* See ranges.h. Ranges are the daemon's texts; one that is not understood forbids nothing. */
#include "ranges.h"

#include "base/charset.h"
#include "client.h"
#include "format.h"
#include "output.h"
#include "parameters.h"
#include "plan.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One value and what is said of it. */
struct judged {
	const char *value, *range;
	char *why; /* malloc'ed, once it is wrong */
};

static bool begins_number(const char *at)
{
	return isdigit((unsigned char)at[at[0] == '-']);
}

/* "1-50", "-1", "1-65535, or 0 or -520 for none": any number or span that is named. */
static void judge_number(struct judged *judged)
{
	char *end, *after;
	long long value = strtoll(judged->value, &end, 10);
	bool fits = false;

	for (const char *at = judged->range; *at && !fits;) {
		long long low, high;

		if (!begins_number(at)) {
			at++;
			continue;
		}
		low = high = strtoll(at, &after, 10);
		if (after[0] == '-' && begins_number(after + 1))
			high = strtoll(after + 1, &after, 10);
		fits = value >= low && value <= high;
		at = after;
	}
	if (*end || end == judged->value || !fits)
		judged->why = format_text("is not an integer in [%s]", judged->range);
}

/* "a, b, c": one of these, in any case. */
static void judge_choice(struct judged *judged)
{
	size_t length = strlen(judged->value);

	for (const char *at = judged->range; *at; at += strspn(at, ", ")) {
		size_t word = strcspn(at, ",");

		if (word == length && !strncasecmp(at, judged->value, word))
			return;
		at += word;
	}
	judged->why = format_text("is not one of %s", judged->range);
}

/* "1-80 of A-Za-z", "1-64 characters". */
static void judge_text(struct judged *judged)
{
	static const char of[] = " of ", characters[] = " characters";
	size_t length = strlen(judged->value), low, high;
	char *end;
	bool set;

	if (!begins_number(judged->range))
		return;
	low = strtoul(judged->range, &end, 10);
	if (*end != '-')
		return;
	high = strtoul(end + 1, &end, 10);
	set = !strncmp(end, of, strlen(of));
	if (!set && strcmp(end, characters) != 0)
		return;
	if (length < low || length > high ||
	    (set && !charset_covers(end + strlen(of), judged->value)))
		judged->why = format_text("is not %s", judged->range);
}

/* "at most 20": the number behind the name is none beyond. */
static void judge_list(struct judged *judged, const char *name)
{
	const char *dot = strchr(name, '.');
	const char *most = judged->range + strcspn(judged->range, "0123456789");

	if (dot && *most && strtoul(dot + 1, NULL, 10) > strtoul(most, NULL, 10))
		judged->why = format_text("is one too many: %s", judged->range);
}

static const char *text_of(const cJSON *row, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, key));

	return text ? text : "";
}

/* "X: "value" is not …", malloc'ed, or NULL if all is well. */
static char *judge(const cJSON *row, const char *name, const char *value)
{
	static const struct {
		const char *type;
		void (*judge)(struct judged *judged);
	} types[] = {
		{ "integer", judge_number },
		{ "choice", judge_choice },
		{ "boolean", judge_choice },
		{ "string", judge_text },
	};
	struct judged judged = { .value = value, .range = text_of(row, "Range") };
	const char *type = text_of(row, "Type");
	char *text;

	if (!judged.range[0] || !value[0])
		return NULL;
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "List")))
		judge_list(&judged, name);
	else
		for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
			if (!strcmp(types[i].type, type))
				types[i].judge(&judged);
		}
	if (!judged.why)
		return NULL;
	text = format_text("%s: \"%s\" %s", name, value, judged.why);
	free(judged.why);
	return text;
}

/* The row of a name; a list's parameters are known by their stem. */
static const cJSON *find_row(const cJSON *rows, const char *name)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, rows)
	{
		if (parameters_same_stem(text_of(row, "Name"), name))
			return row;
	}
	return NULL;
}

/* The fields of one entry of a JSON parameter. */
static char *judge_entry(const cJSON *fields, const cJSON *entry)
{
	const cJSON *value;
	char *why = NULL;

	cJSON_ArrayForEach(value, entry)
	{
		const cJSON *row = find_row(fields, value->string);
		char *text = cJSON_IsNumber(value)   ? format_number(value->valuedouble)
			     : cJSON_IsString(value) ? format_text("%s", value->valuestring)
						     : NULL;

		if (row && text && !why)
			why = judge(row, value->string, text);
		free(text);
	}
	return why;
}

/* `number` becomes that of the entry that is wrong. */
static char *judge_entries(const cJSON *row, const char *text, size_t *number)
{
	cJSON *entries = cJSON_Parse(text);
	const cJSON *fields = output_find(row, "Fields.Field"), *entry;
	char *why = NULL;

	*number = 0;
	cJSON_ArrayForEach(entry, entries)
	{
		why = judge_entry(fields, entry);
		if (why)
			break;
		(*number)++;
	}
	cJSON_Delete(entries);
	return why;
}

/* Line `number` of those, without its sign; the action where there is none. */
static char *place_of(const char *lines, const char *action, size_t number)
{
	while (number-- && strchr(lines, '\n'))
		lines = strchr(lines, '\n') + 1;
	if (strlen(lines) < 3)
		return format_text("%s", action);
	return format_text("%.*s", (int)strcspn(lines + 2, "\n"), lines + 2);
}

/* `lines` are the step's, or those of the one before that tell it, too. */
static int check_step(const cJSON *rows, const struct plan_step *step, const char *lines, char *why,
		      size_t why_size)
{
	char *wrong = NULL, *place;
	size_t number = 0;

	for (size_t i = 0; i < step->parameters.count && !wrong; i++) {
		const struct parameter *parameter = &step->parameters.list[i];
		const cJSON *row = find_row(rows, parameter->name);

		if (row && !strcmp(text_of(row, "Type"), "json"))
			wrong = judge_entries(row, parameter->value, &number);
		else if (row)
			wrong = judge(row, parameter->name, parameter->value);
	}
	if (!wrong)
		return 0;
	place = place_of(lines, step->action, number);
	snprintf(why, why_size, "%s: %s", place, wrong);
	free(place);
	free(wrong);
	return -1;
}

static const cJSON *rows_of(const cJSON *actions, const char *name)
{
	const cJSON *action;

	cJSON_ArrayForEach(action, actions)
	{
		if (!strcmp(text_of(action, "Name"), name))
			return output_find(action, "Parameters.Parameter");
	}
	return NULL;
}

int ranges_check(struct client *client, const struct plan *plan, char *why, size_t why_size)
{
	struct parameters none = { 0 };
	const struct plan_step *step;
	size_t phase = 0, index = 0;
	struct answer answer;
	const char *lines = "";
	const cJSON *actions;
	int result = 0;

	if (!plan_calls(plan))
		return 0;
	client_call(client, "DescribeActions", &none, &answer, true);
	actions = output_find(answer.tree, "Actions.Action");
	while (!result && (step = plan_next(plan, &phase, &index))) {
		lines = step->lines[0] ? step->lines : lines;
		result = check_step(rows_of(actions, step->action), step, lines, why, why_size);
	}
	answer_clear(&answer);
	return result;
}
