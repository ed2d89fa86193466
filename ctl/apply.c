// SPDX-License-Identifier: BSD-2-Clause
/* See apply.h. */
#include "apply.h"

#include "client.h"
#include "command.h"
#include "config.h"
#include "format.h"
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the plan as one action's list --- */

static void add_text(cJSON *object, const char *name, const char *value)
{
	checked(cJSON_AddStringToObject(object, name, value));
}

/* An id that the plan makes is named by the step that makes it. */
static void add_need(cJSON *object, const struct plan_need *need)
{
	char *name, *value;

	if (need->id->id) {
		value = format_text("%s%s", need->id->id, need->suffix);
		add_text(object, need->as, value);
	} else {
		name = format_text("$%s", need->as);
		value = format_text("${%zu.%s}%s", need->id->step, need->id->field, need->suffix);
		add_text(object, name, value);
		free(name);
	}
	free(value);
}

static cJSON *make_step(const struct plan_step *step)
{
	cJSON *object = checked(cJSON_CreateObject());

	add_text(object, "Action", step->action);
	for (size_t i = 0; i < step->parameters.count; i++)
		add_text(object, step->parameters.list[i].name, step->parameters.list[i].value);
	for (size_t i = 0; i < 2 && step->needs[i].id; i++)
		add_need(object, &step->needs[i]);
	return object;
}

/* Step by step, since a tree of all of them would take several times the text. */
static char *apply_changes(const struct plan *plan)
{
	size_t phase = 0, index = 0, number = 0, length;
	const struct plan_step *step;
	char *text = NULL;
	FILE *list = checked(open_memstream(&text, &length));

	while ((step = plan_next(plan, &phase, &index))) {
		cJSON *object = make_step(step);
		char *printed = checked(cJSON_PrintUnformatted(object));

		fprintf(list, "%c%s", number++ ? ',' : '[', printed);
		if (step->makes) {
			step->makes->step = number;
			step->makes->field = step->makes_as;
		}
		free(printed);
		cJSON_Delete(object);
	}
	fputs(number ? "]" : "[]", list);
	fclose(list);
	return checked(text);
}

/* --- the call --- */

/* Asked for beside the call, over a connection of its own. */
struct watch {
	struct client *client;
	struct progress *progress;
};

/* A count that the daemon tells; false if it is none. */
static bool read_count(const cJSON *answer, const char *name, size_t *count)
{
	const cJSON *number = config_get(answer, name);

	if (!cJSON_IsNumber(number) || !(number->valuedouble >= 0 && number->valuedouble < 1e12))
		return false;
	*count = (size_t)number->valuedouble;
	return true;
}

static void show_progress(void *arg)
{
	const struct watch *watch = arg;
	struct parameters none = { 0 };
	struct answer answer;
	size_t done, total;

	if (!client_call(watch->client, "DescribeApplyProgress", &none, &answer, true) &&
	    read_count(answer.tree, "Done", &done) && read_count(answer.tree, "Total", &total)) {
		const char *stage = config_text(answer.tree, "Stage");
		char *clean = stage ? format_clean(stage, strlen(stage), "") : NULL;

		if (clean && strcmp(clean, "none") != 0)
			progress_show(watch->progress, clean, done, total);
		free(clean);
	}
	answer_clear(&answer);
}

/* The daemon's detail names the step by its number: what it was to do is in the plan. */
static void tell_step(const struct plan *plan, const cJSON *error)
{
	static const char word[] = "step ";
	const char *detail = config_text(error, "Detail");
	size_t phase = 0, index = 0, number;
	const struct plan_step *step = NULL;

	if (!detail || strncmp(detail, word, strlen(word)) != 0)
		return;
	number = strtoul(detail + strlen(word), NULL, 10);
	while (number && (step = plan_next(plan, &phase, &index)))
		number--;
	if (step)
		fprintf(stderr, "sluicectl: that was %s: %s", step->action,
			step->lines[0] ? step->lines : "part of the step before it\n");
}

static int report(const struct plan *plan, const struct answer *answer, int result)
{
	if (result == EXIT_REFUSED) {
		tell_step(plan, answer->tree);
		fputs("sluicectl: nothing is changed\n", stderr);
	} else if (result == EXIT_NO_DAEMON) {
		fputs("sluicectl: whether it was applied is not known: all of it is, or nothing; "
		      "`sluicectl diff' tells\n",
		      stderr);
	}
	return result;
}

int apply_run(struct ctl *ctl, struct progress *progress, const struct plan *plan)
{
	struct watch watch = { .progress = progress };
	struct parameters parameters = { 0 };
	struct answer answer;
	char *changes;
	int result;

	if (!plan_calls(plan))
		return EXIT_OK;
	changes = apply_changes(plan);
	parameters_set(&parameters, "Changes", changes);
	free(changes);
	if (progress) {
		watch.client = client_new(ctl->socket, NULL);
		client_watch(ctl->client, show_progress, &watch);
	}
	result = client_call_long(ctl->client, "ApplyChanges", &parameters, &answer);
	client_free(watch.client);
	parameters_clear(&parameters);
	progress_end(progress);
	report(plan, &answer, result);
	answer_clear(&answer);
	return result;
}

static void show_json(const struct plan *plan)
{
	cJSON *tree = checked(cJSON_CreateObject());
	cJSON *list = checked(cJSON_AddArrayToObject(tree, "Changes"));
	size_t phase = 0, index = 0;
	const struct plan_step *step;
	char *text;

	while ((step = plan_next(plan, &phase, &index))) {
		for (const char *at = step->lines; *at; at += strcspn(at, "\n") + 1) {
			const char *what = *at == '+' ? "create" : *at == '-' ? "remove" : "change";
			cJSON *item = checked(cJSON_CreateObject());

			text = format_text("%.*s", (int)strcspn(at, "\n") - 2, at + 2);
			cJSON_AddItemToArray(list, item);
			checked(cJSON_AddStringToObject(item, "Change", what));
			checked(cJSON_AddStringToObject(item, "Object", text));
			free(text);
		}
	}
	text = checked(cJSON_PrintUnformatted(tree));
	puts(text);
	free(text);
	cJSON_Delete(tree);
}

void apply_show(const struct ctl *ctl, const struct plan *plan)
{
	size_t phase = 0, index = 0;
	const struct plan_step *step;

	if (ctl->json) {
		show_json(plan);
		return;
	}
	while ((step = plan_next(plan, &phase, &index)))
		fputs(step->lines, stdout);
}
