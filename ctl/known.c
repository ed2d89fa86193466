// SPDX-License-Identifier: BSD-2-Clause
/* See known.h. A list's parameters, Name.1 and so on, are known by their stem. */
#include "known.h"

#include "client.h"
#include "command.h"
#include "format.h"
#include "nearest.h"
#include "parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t stem(const char *name)
{
	return strcspn(name, ".");
}

static int check_one(const char *name, const cJSON *rows, const char *action)
{
	static const char *const common[] = { "Action", "Version", "Format", "RegionId" };
	char *typed = format_text("%.*s", (int)stem(name), name);
	struct nearest nearest = { .typed = typed };
	bool known = false;
	const cJSON *row;
	char *best;

	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		known |= parameters_same_stem(common[i], name);
	cJSON_ArrayForEach(row, rows)
	{
		const char *has =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "Name"));

		known |= has && parameters_same_stem(has, name);
		if (has)
			nearest_offer(&nearest, has);
	}
	/* Some are taken and not listed, such as those that are ignored: only a near one tells. */
	known |= !nearest.best;
	if (!known) {
		best = format_clean(nearest.best, strlen(nearest.best), "");
		fprintf(stderr, "sluicectl: %s has no parameter '%s'; did you mean `%s'?\n", action,
			typed, best);
		free(best);
	}
	free(typed);
	return known ? EXIT_OK : EXIT_USAGE;
}

static int check_all(struct ctl *ctl, const char *action, const struct parameters *typed)
{
	struct parameters parameters = { 0 };
	struct answer answer;
	const cJSON *row, *rows = NULL;
	int result = EXIT_OK;

	parameters_set(&parameters, "ActionName", action);
	if (!client_call(ctl->client, "DescribeActions", &parameters, &answer, true)) {
		row = cJSON_GetArrayItem(output_find(answer.tree, "Actions.Action"), 0);
		rows = row ? output_find(row, "Parameters.Parameter") : NULL;
	}
	for (size_t i = 0; rows && i < typed->count && !result; i++)
		result = check_one(typed->list[i].name, rows, action);
	answer_clear(&answer);
	parameters_clear(&parameters);
	return result;
}

int known_check(struct ctl *ctl, const struct verb *verb, const char *protocol, char *const *words,
		size_t count)
{
	struct parameters typed = { 0 };
	int result = EXIT_OK;

	if (!verb->action || verb->local || command_takes_pairs(verb))
		return EXIT_OK;
	for (size_t i = 0; i < count; i++)
		parameters_set_pair(&typed, words[i]);
	if (typed.count) {
		char *action = command_action(verb, protocol);

		result = check_all(ctl, action, &typed);
		free(action);
	}
	parameters_clear(&typed);
	return result;
}
