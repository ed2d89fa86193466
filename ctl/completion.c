// SPDX-License-Identifier: BSD-2-Clause
/*
 * sluicectl completion: the shells' scripts, and what they ask. The scripts know nothing: commands
 * come from the tables, parameters and their values from the daemon's table of actions, names of
 * objects from the daemon. So they need no update.
 */
#include "command.h"

#include "client.h"
#include "completion_scripts.h"
#include "format.h"
#include "options.h"
#include "pages.h"
#include "parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The line so far. */
struct typed {
	char **words; /* without options and what belongs to them; the last is being typed */
	size_t count;
	const char *option; /* the option whose value is being typed, its long name; or NULL */
};

static const char *current_of(const struct typed *typed)
{
	return typed->words[typed->count - 1];
}

static void offer(const struct typed *typed, const char *word)
{
	const char *current = current_of(typed);

	if (word[0] && !strncmp(word, current, strlen(current))) {
		char *clean = format_clean(word, strlen(word), "");

		puts(clean);
		free(clean);
	}
}

static const struct argp_option *find_option(const char *word)
{
	for (const struct argp_option *option = options_table; option->name; option++) {
		if (!strncmp(word, "--", 2) ? !strcmp(word + 2, option->name)
					    : word[1] == option->key && !word[2])
			return option;
	}
	return NULL;
}

/* Options of the line that say whom to ask count for us, too. */
static void heed(struct ctl *ctl, const char *option, const char *value)
{
	if (!strcmp(option, "socket"))
		ctl->socket = value;
	else if (!strcmp(option, "region"))
		ctl->region = value;
}

static void take_line(struct ctl *ctl, const struct parameters *parameters, struct typed *typed)
{
	typed->words = checked(calloc(parameters->count + 1, sizeof(char *)));
	for (size_t i = 0; i < parameters->count; i++) {
		char *word = parameters->list[i].value;
		const struct argp_option *option = word[0] == '-' && word[1] ? find_option(word)
									     : NULL;
		bool last = i + 1 == parameters->count;

		if (!option || !option->arg || last) {
			if (last || word[0] != '-')
				typed->words[typed->count++] = word;
			continue;
		}
		typed->option = i + 2 == parameters->count ? option->name : NULL;
		if (!typed->option)
			heed(ctl, option->name, parameters->list[++i].value);
	}
	if (!typed->count)
		typed->words[typed->count++] = "";
}

static void offer_options(const struct typed *typed)
{
	for (const struct argp_option *option = options_table; option->name; option++) {
		char *word = format_text("--%s", option->name);

		offer(typed, word);
		free(word);
	}
}

static void offer_values_of_option(const struct typed *typed)
{
	static const char *const formats[] = { "table", "wide", "json" };

	for (size_t i = 0; !strcmp(typed->option, "output") && i < 3; i++)
		offer(typed, formats[i]);
}

/* The texts of these members of the items that an action lists. */
static void offer_listed(struct ctl *ctl, const struct typed *typed, const char *action,
			 const char *path, const char *const *members)
{
	struct parameters parameters = { 0 };
	struct answer answer;
	const cJSON *item;

	parameters_set(&parameters, "PageSize", "100");
	if (!client_call(ctl->client, action, &parameters, &answer, true)) {
		cJSON_ArrayForEach(item, output_find(answer.tree, path))
		{
			const char *last = "";

			for (size_t i = 0; members[i]; i++) {
				const char *text = cJSON_GetStringValue(
					cJSON_GetObjectItemCaseSensitive(item, members[i]));

				if (text && strcmp(text, last) != 0)
					offer(typed, text);
				last = text ? text : "";
			}
		}
	}
	answer_clear(&answer);
	parameters_clear(&parameters);
}

/* "on|off" in a label says what may be typed. */
static void offer_label(const struct typed *typed, const char *label)
{
	char *copy = format_text("%s", strchr(label, '|') ? label : "");
	char *rest = copy;

	while (rest)
		offer(typed, strsep(&rest, "|"));
	free(copy);
}

static void offer_argument(struct ctl *ctl, const struct typed *typed,
			   const struct positional *positional)
{
	static const char *const lb[] = { "LoadBalancerName", "LoadBalancerId", NULL };
	static const char *const instance[] = { "InstanceId", NULL };
	static const char *const region[] = { "RegionId", NULL };
	static const char *const action[] = { "Name", NULL };
	const char *parameter = positional->parameter;

	offer_label(typed, positional->label);
	if (!strncmp(parameter, "LoadBalancerId", 14) || positional->kind == POSITIONAL_RESOURCE)
		offer_listed(ctl, typed, "DescribeLoadBalancers", "LoadBalancers.LoadBalancer", lb);
	else if (!strncmp(parameter, "InstanceId", 10) || positional->kind == POSITIONAL_SERVERS)
		offer_listed(ctl, typed, "DescribeInstances", "Instances.Instance", instance);
	else if (!strcmp(parameter, "RegionId"))
		offer_listed(ctl, typed, "DescribeRegions", "Regions.Region", region);
	else if (!strcmp(parameter, "Action"))
		offer_listed(ctl, typed, "DescribeActions", "Actions.Action", action);
}

/* Values that a parameter's range spells out. */
static void offer_range(const struct typed *typed, const char *name, const char *range)
{
	char *copy = format_text("%s", range);
	char *rest = copy;

	while (rest) {
		char *value = strsep(&rest, ",");

		value += strspn(value, " ");
		if (value[0] && !strpbrk(value, " []")) {
			char *pair = format_text("%s=%s", name, value);

			offer(typed, pair);
			free(pair);
		}
	}
	free(copy);
}

static void offer_parameter(const struct typed *typed, const cJSON *row)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "Name"));
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "Type"));
	const char *range = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "Range"));
	char *pair;

	if (!name)
		return;
	if (strchr(current_of(typed), '=')) {
		if (range && type && strcmp(type, "integer") != 0)
			offer_range(typed, name, range);
		return;
	}
	pair = format_text("%s=", name);
	offer(typed, pair);
	free(pair);
}

/* What the daemon says of the action behind the verb. */
static void offer_parameters(struct ctl *ctl, const struct typed *typed, const struct verb *verb)
{
	struct parameters parameters = { 0 };
	struct answer answer;
	const char *protocol = "tcp";
	const cJSON *row;
	char *action;

	for (size_t i = 0; i < typed->count; i++)
		protocol = !strcasecmp(typed->words[i], "udp") ? "udp" : protocol;
	action = verb->action ? command_action(verb, protocol) : format_text("%s", typed->words[0]);
	parameters_set(&parameters, "ActionName", action);
	if (!client_call(ctl->client, "DescribeActions", &parameters, &answer, true)) {
		cJSON_ArrayForEach(row, output_find(answer.tree, "Actions.Action"))
		{
			const cJSON *item;

			cJSON_ArrayForEach(item, output_find(row, "Parameters.Parameter"))
				offer_parameter(typed, item);
		}
	}
	answer_clear(&answer);
	parameters_clear(&parameters);
	free(action);
}

/* The argument that is being typed: what stands before it is counted. */
static void offer_arguments(struct ctl *ctl, struct typed *typed, const struct verb *verb)
{
	size_t before = 0;

	for (size_t i = 0; i + 1 < typed->count; i++)
		before += !strchr(typed->words[i], '=');
	for (const struct positional *p = verb->takes; p->label; p++) {
		bool rest = p->kind == POSITIONAL_MANY || p->kind == POSITIONAL_SERVERS;

		if (!before || rest) {
			offer_argument(ctl, typed, p);
			break;
		}
		before--;
	}
	if (!verb->local && !command_takes_pairs(verb) && typed->count > 1)
		offer_parameters(ctl, typed, verb);
}

static void offer_verbs(const struct typed *typed, const struct family *family)
{
	for (const struct verb *verb = family->verbs; verb->summary; verb++)
		offer(typed, verb->name);
}

static void offer_families(const struct typed *typed)
{
	for (const struct family *const *family = families; *family; family++)
		offer(typed, (*family)->name);
}

static void offer_words(struct ctl *ctl, struct typed typed)
{
	const struct family *family = command_family(typed.words[0]);
	const struct verb *verb = NULL;

	if (typed.option) {
		offer_values_of_option(&typed);
	} else if (current_of(&typed)[0] == '-') {
		offer_options(&typed);
	} else if (typed.count == 1) {
		offer_families(&typed);
	} else if (family) {
		typed.words++;
		typed.count--;
		if (family->verbs->name && typed.count == 1) {
			offer_verbs(&typed, family);
			return;
		}
		verb = family->verbs;
		if (verb->name) {
			verb = command_verb(family, typed.words[0]);
			typed.words++;
			typed.count--;
		}
		if (verb)
			offer_arguments(ctl, &typed, verb);
	}
}

static int words_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	struct typed typed = { 0 };

	(void)verb;
	take_line(ctl, parameters, &typed);
	client_free(ctl->client);
	ctl->client = client_new(ctl->socket, ctl->region);
	offer_words(ctl, typed);
	free(typed.words);
	return EXIT_OK;
}

static int bash_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	(void)ctl;
	(void)verb;
	(void)parameters;
	fputs(completion_bash, stdout);
	return EXIT_OK;
}

static int zsh_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	(void)ctl;
	(void)verb;
	(void)parameters;
	fputs(completion_zsh, stdout);
	return EXIT_OK;
}

static const struct verb verbs[] = {
	{
		.name = "bash",
		.summary = "print the script for bash",
		.run = bash_run,
		.local = true,
		.example = "completion bash > /etc/bash_completion.d/sluicectl",
	},
	{
		.name = "zsh",
		.summary = "print the script for zsh",
		.run = zsh_run,
		.local = true,
		.example = "completion zsh > /usr/local/share/zsh/site-functions/_sluicectl",
	},
	{
		.name = "words",
		.summary = "print what the last of these words may become: what the scripts ask",
		.takes = { { .label = "WORD...",
			     .parameter = "Word.N",
			     .kind = POSITIONAL_WORDS,
			     .optional = true } },
		.run = words_run,
		.local = true,
		.example = "completion words -- lb sh",
	},
	{ 0 },
};

const struct family family_completion = {
	.name = "completion",
	.summary = "completion of commands in bash and zsh",
	.verbs = verbs,
};
