// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl api: any action, also one that this tool has never heard of. */
#include "command.h"

#include "client.h"
#include "format.h"
#include "nearest.h"
#include "parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The daemon knows its actions: what was meant by one that it does not have? */
static void suggest(struct ctl *ctl, const char *action)
{
	struct nearest nearest = { .typed = action };
	struct parameters none = { 0 };
	struct answer answer;
	const cJSON *row;

	if (!client_call(ctl->client, "DescribeActions", &none, &answer, true)) {
		cJSON_ArrayForEach(row, output_find(answer.tree, "Actions.Action"))
		{
			const char *name =
				cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "Name"));

			if (name)
				nearest_offer(&nearest, name);
		}
	}
	if (nearest.best && strcmp(nearest.best, action) != 0) {
		char *clean = format_clean(nearest.best, strlen(nearest.best), "");

		fprintf(stderr, "  Did you mean `%s'?\n", clean);
		free(clean);
	}
	answer_clear(&answer);
}

static int api_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	int result = command_call(ctl, verb, parameters);

	if (result == EXIT_REFUSED)
		suggest(ctl, parameters_get(parameters, "Action"));
	return result;
}

static const struct verb verbs[] = {
	{
		.summary = "call any action of the API with parameters as they are",
		.takes = { { .label = "ACTION", .parameter = "Action" } },
		.run = api_run,
		.example = "api DescribeZones\n"
			   "api CreateLoadBalancer Address=10.1.0.100 LoadBalancerName=web",
	},
	{ 0 },
};

const struct family family_api = {
	.name = "api",
	.summary = "any action of the API",
	.verbs = verbs,
};
