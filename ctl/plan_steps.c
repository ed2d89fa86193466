// SPDX-License-Identifier: BSD-2-Clause
/* The steps of a plan, and how differences are told. */
#include "plan_steps.h"

#include "format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct plan_step *plan_add(struct plan *plan, enum plan_phase phase, const char *action,
			   const cJSON *in_region)
{
	struct plan_list *list = &plan->phases[phase];
	struct plan_step *step;

	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->steps = checked(reallocarray(list->steps, list->room, sizeof(*list->steps)));
	}
	step = &list->steps[list->count++];
	*step = (struct plan_step){
		.action = format_text("%s", action),
		.lines = format_text("%s", ""),
	};
	plan_set(step, "RegionId", config_get(in_region, "RegionId"));
	return step;
}

/* `before`, and a line of its own behind it; frees both. */
static char *append_line(char *before, char *line)
{
	char *clean = format_clean(line, strlen(line), "");
	char *text = format_text("%s%s\n", before, clean);

	free(clean);
	free(line);
	free(before);
	return text;
}

void plan_line(struct plan_step *step, char sign, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	checked(length < 0 ? NULL : text);
	step->lines = append_line(step->lines, format_text("%c %s", sign, text));
	free(text);
}

struct plan_id *plan_id(struct plan *plan, const char *id)
{
	struct plan_id *made = checked(calloc(1, sizeof(*made)));

	made->id = id ? format_text("%s", id) : NULL;
	if (!(plan->id_count & (plan->id_count - 1))) /* a power of two, or none: double the room */
		plan->ids = checked(reallocarray(plan->ids, plan->id_count ? 2 * plan->id_count : 1,
						 sizeof(*plan->ids)));
	plan->ids[plan->id_count++] = made;
	return made;
}

void plan_need(struct plan_step *step, const struct plan_id *id, const char *as, const char *suffix)
{
	struct plan_need *need = &step->needs[step->needs[0].id ? 1 : 0];

	*need = (struct plan_need){ .id = id, .as = as, .suffix = format_text("%s", suffix) };
}

/* A value as the API takes it, malloc'ed. */
static char *value_text(const cJSON *value)
{
	if (cJSON_IsNumber(value))
		return format_number(value->valuedouble);
	if (cJSON_IsBool(value))
		return format_text("%s", cJSON_IsTrue(value) ? "true" : "false");
	if (cJSON_IsString(value))
		return format_text("%s", value->valuestring);
	return checked(cJSON_PrintUnformatted(value));
}

void plan_set(struct plan_step *step, const char *name, const cJSON *value)
{
	char *text;

	if (!value)
		return;
	text = value_text(value);
	parameters_set(&step->parameters, name, text);
	free(text);
}

bool plan_same(const struct config_field *field, const cJSON *a, const cJSON *b)
{
	const cJSON *one = config_get(a, field->key), *other = config_get(b, field->key);

	if (!one || !other)
		return !one && !other;
	if (field->flags & CONFIG_WORD)
		return !strcasecmp(one->valuestring, other->valuestring);
	return cJSON_Compare(one, other, true);
}

static char *told(const cJSON *value)
{
	return value ? value_text(value) : format_text("none");
}

char *plan_changes(const struct config_kind *kind, const char *setter, const cJSON *current,
		   const cJSON *wanted)
{
	char *text = format_text("%s", "");

	for (const struct config_field *field = kind->fields; field->key; field++) {
		bool asked = field->type < CONFIG_TAGS && field->setter &&
			     (!setter || !strcmp(field->setter, setter));
		char *before, *after, *longer;

		if (!asked || !config_applies(field, wanted) || plan_same(field, current, wanted))
			continue;
		before = told(config_get(current, field->key));
		after = told(config_get(wanted, field->key));
		longer = format_text("%s%s%s %s → %s", text, text[0] ? ", " : "", field->key,
				     before, after);
		free(before);
		free(after);
		free(text);
		text = longer;
	}
	return text;
}

static struct plan_step *tag_step(struct plan *plan, enum plan_phase phase, const char *action,
				  const struct plan_tags *tags)
{
	struct plan_step *step = plan_add(plan, phase, action, tags->lb);

	parameters_set(&step->parameters, "ResourceType", tags->type);
	plan_need(step, tags->id, "ResourceId.1", tags->suffix);
	return step;
}

static bool has_tag(const cJSON *tags, const cJSON *tag)
{
	const cJSON *has = config_get(tags, tag->string);

	return has && !strcmp(has->valuestring, tag->valuestring);
}

static void untag(struct plan *plan, enum plan_phase phase, const struct plan_tags *tags,
		  const cJSON *current, const cJSON *wanted)
{
	struct plan_step *step = NULL;
	const cJSON *tag;
	size_t number = 1;

	cJSON_ArrayForEach(tag, current)
	{
		char name[32];

		if (config_get(wanted, tag->string))
			continue;
		if (!step)
			step = tag_step(plan, phase, "UntagResources", tags);
		snprintf(name, sizeof(name), "TagKey.%zu", number++);
		parameters_set(&step->parameters, name, tag->string);
		plan_line(step, '-', "tag %s of %s", tag->string, tags->of);
	}
}

void plan_tags(struct plan *plan, enum plan_phase phase, const struct plan_tags *tags,
	       const cJSON *current, const cJSON *wanted)
{
	struct plan_step *step = NULL;
	const cJSON *tag;
	size_t number = 1;

	untag(plan, phase, tags, current, wanted);
	cJSON_ArrayForEach(tag, wanted)
	{
		bool known = config_get(current, tag->string);
		char name[32];

		if (has_tag(current, tag))
			continue;
		if (!step)
			step = tag_step(plan, phase, "TagResources", tags);
		snprintf(name, sizeof(name), "Tag.%zu.Key", number);
		parameters_set(&step->parameters, name, tag->string);
		snprintf(name, sizeof(name), "Tag.%zu.Value", number++);
		parameters_set(&step->parameters, name, tag->valuestring);
		plan_line(step, known ? '~' : '+', "tag %s=%s of %s", tag->string, tag->valuestring,
			  tags->of);
	}
}
