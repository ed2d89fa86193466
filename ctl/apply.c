// SPDX-License-Identifier: BSD-2-Clause
/*
 * See apply.h. The API changes one object a call, so all or nothing is made here: what a failed
 * plan left is read back rather than remembered, for a call without an answer may have taken
 * effect.
 */
#include "apply.h"

#include "client.h"
#include "command.h"
#include "config.h"
#include "format.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill_needs(const struct plan_step *step, struct parameters *parameters)
{
	for (size_t i = 0; i < step->parameters.count; i++)
		parameters_set(parameters, step->parameters.list[i].name,
			       step->parameters.list[i].value);
	for (size_t i = 0; i < 2 && step->needs[i].id; i++) {
		const struct plan_need *need = &step->needs[i];
		char *value = format_text("%s%s", need->id->id ? need->id->id : "", need->suffix);

		parameters_set(parameters, need->as, value);
		free(value);
	}
}

static int call(struct ctl *ctl, const struct plan_step *step)
{
	struct parameters parameters = { 0 };
	struct answer answer;
	int result;

	fill_needs(step, &parameters);
	result = client_call(ctl->client, step->action, &parameters, &answer, false);
	if (!result && step->makes) {
		const char *id = config_text(answer.tree, step->makes_as);

		step->makes->id = format_text("%s", id ? id : "");
	}
	answer_clear(&answer);
	parameters_clear(&parameters);
	return result;
}

/* All calls, or up to one that fails. */
static int execute(struct ctl *ctl, struct progress *progress, const char *what,
		   const struct plan *plan)
{
	size_t phase = 0, index = 0, done = 0, total = plan_calls(plan);
	const struct plan_step *step;
	int result = EXIT_OK;

	while (!result && (step = plan_next(plan, &phase, &index))) {
		progress_show(progress, what, done++, total);
		result = call(ctl, step);
		if (result)
			fprintf(stderr, "sluicectl: call %zu of %zu failed: %s: %s\n", done, total,
				step->action, step->lines);
	}
	progress_end(progress);
	return result;
}

static int halfway(const char *why)
{
	fprintf(stderr,
		"sluicectl: some changes are made and some are not%s%s\n"
		"  The same `sluicectl apply' goes on from here; `sluicectl diff' shows what is "
		"left.\n",
		why[0] ? ": " : "", why);
	return EXIT_HALFWAY;
}

static int undo(struct ctl *ctl, struct progress *progress, cJSON *before)
{
	char why[256] = "";
	struct plan *plan = NULL;
	cJSON *now = NULL;
	int result = config_read(ctl->client, ctl->region, progress, &now);

	if (!result)
		plan = plan_make(now, before, true, why, sizeof(why));
	cJSON_Delete(now);
	if (!plan)
		return halfway(why);
	result = execute(ctl, progress, "undoing", plan);
	if (result) {
		result = halfway("undoing failed, too");
	} else if (plan->leftover[0]) {
		fprintf(stderr,
			"sluicectl: all is as before, but for settings that the API cannot take "
			"back:\n%s",
			plan->leftover);
		result = EXIT_HALFWAY;
	} else {
		fputs("sluicectl: nothing is changed: what was done before is undone\n", stderr);
		result = EXIT_REFUSED;
	}
	plan_free(plan);
	return result;
}

int apply_run(struct ctl *ctl, struct progress *progress, const struct plan *plan, cJSON *before)
{
	if (!execute(ctl, progress, "applying", plan))
		return EXIT_OK;
	return undo(ctl, progress, before);
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
