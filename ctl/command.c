// SPDX-License-Identifier: BSD-2-Clause
/* What all verbs share: words into parameters, the call, the pages, the answer. */
#include "command.h"

#include "client.h"
#include "pages.h"
#include "parameters.h"
#include "servers.h"
#include "format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The words that are not taken yet. */
struct words {
	char **list;
	size_t count;
};

static char *take(struct words *words, size_t at)
{
	char *word = words->list[at];

	words->count--;
	memmove(words->list + at, words->list + at + 1, (words->count - at) * sizeof(char *));
	return word;
}

static bool is_protocol(const char *word)
{
	return !strcasecmp(word, "tcp") || !strcasecmp(word, "udp");
}

static void bind_protocol(struct words *words, const char *parameter, struct parameters *parameters)
{
	for (size_t i = 0; i < words->count; i++) {
		if (is_protocol(words->list[i])) {
			parameters_set(parameters, parameter, take(words, i));
			return;
		}
	}
}

static void bind_many(struct words *words, const char *parameter, struct parameters *parameters)
{
	const char *n = strrchr(parameter, 'N');

	for (size_t i = 0; i < words->count; i++) {
		char *name = format_text("%.*s%zu", (int)(n - parameter), parameter, i + 1);

		parameters_set(parameters, name, words->list[i]);
		free(name);
	}
	words->count = 0;
}

static int bind_servers(struct words *words, const char *parameter, struct parameters *parameters,
			char *why, size_t why_size)
{
	char *json;

	if (!words->count)
		return 0;
	json = servers_json(words->list, words->count, why, why_size);
	if (!json)
		return -1;
	parameters_set(parameters, parameter, json);
	free(json);
	words->count = 0;
	return 0;
}

/* Each KEY=VALUE, or KEY alone for an empty value. */
static void bind_tags(struct words *words, struct parameters *parameters)
{
	for (size_t i = 0; i < words->count; i++) {
		size_t length = strcspn(words->list[i], "=");
		const char *value = words->list[i] + length;
		char *name = format_text("Tag.%zu.Key", i + 1);
		char *key = format_text("%.*s", (int)length, words->list[i]);

		parameters_set(parameters, name, key);
		free(name);
		free(key);
		name = format_text("Tag.%zu.Value", i + 1);
		parameters_set(parameters, name, *value ? value + 1 : value);
		free(name);
	}
	words->count = 0;
}

/* The name under which a positional is found among the parameters. */
static const char *found_as(const struct positional *positional, char buffer[static 64])
{
	size_t length = strlen(positional->parameter);

	if (positional->kind != POSITIONAL_MANY && positional->kind != POSITIONAL_WORDS)
		return positional->parameter; /* "Tag.1.Key" is its own */
	snprintf(buffer, 64, "%.*s1", (int)(length - 1), positional->parameter);
	return buffer;
}

static int bind_one(const struct positional *positional, struct words *words,
		    struct parameters *parameters, char *why, size_t why_size)
{
	char buffer[64];
	const char *name = found_as(positional, buffer);

	if (parameters_get(parameters, name))
		return 0;
	switch (positional->kind) {
	case POSITIONAL_ONE:
	case POSITIONAL_RESOURCE:
		if (words->count)
			parameters_set(parameters, name, take(words, 0));
		break;
	case POSITIONAL_MANY:
	case POSITIONAL_WORDS:
		bind_many(words, positional->parameter, parameters);
		break;
	case POSITIONAL_SERVERS:
		if (bind_servers(words, name, parameters, why, why_size))
			return -1;
		break;
	case POSITIONAL_TAGS:
		bind_tags(words, parameters);
		break;
	case POSITIONAL_PROTOCOL:
		break;
	}
	if (!parameters_get(parameters, name) && positional->fallback)
		parameters_set(parameters, name, parameters_get(parameters, positional->fallback));
	if (parameters_get(parameters, name) || positional->optional)
		return 0;
	snprintf(why, why_size, "%s is missing", positional->label);
	return -1;
}

static void bind_defaults(const char *defaults, struct parameters *parameters)
{
	struct parameters wanted = { 0 };
	char *copy = format_text("%s", defaults ? defaults : "");
	char *rest = copy;

	while (rest)
		parameters_set_pair(&wanted, strsep(&rest, " "));
	for (size_t i = 0; i < wanted.count; i++) {
		if (!parameters_get(parameters, wanted.list[i].name))
			parameters_set(parameters, wanted.list[i].name, wanted.list[i].value);
	}
	parameters_clear(&wanted);
	free(copy);
}

static bool takes_kind(const struct verb *verb, enum positional_kind kind)
{
	for (const struct positional *p = verb->takes; p->label; p++) {
		if (p->kind == kind)
			return true;
	}
	return false;
}

bool command_takes_pairs(const struct verb *verb)
{
	return takes_kind(verb, POSITIONAL_TAGS) || takes_kind(verb, POSITIONAL_WORDS);
}

static int bind_all(const struct ctl *ctl, const struct verb *verb, struct words *words,
		    struct parameters *parameters, char *why, size_t why_size)
{
	if (ctl->servers && !takes_kind(verb, POSITIONAL_SERVERS)) {
		snprintf(why, why_size, "--json belongs to the commands that take SERVERs");
		return -1;
	}
	if (ctl->servers)
		parameters_set(parameters, "BackendServers", ctl->servers);
	for (const struct positional *p = verb->takes; p->label; p++) {
		if (p->kind == POSITIONAL_PROTOCOL && !parameters_get(parameters, p->parameter))
			bind_protocol(words, p->parameter, parameters);
	}
	for (const struct positional *p = verb->takes; p->label; p++) {
		if (bind_one(p, words, parameters, why, why_size))
			return -1;
	}
	if (words->count) {
		snprintf(why, why_size, "'%s' is one argument too many", words->list[0]);
		return -1;
	}
	bind_defaults(verb->defaults, parameters);
	return 0;
}

int command_bind(const struct ctl *ctl, const struct verb *verb, char *const *words, size_t count,
		 struct parameters *parameters, char *why, size_t why_size)
{
	struct words plain = { .list = checked(calloc(count + 1, sizeof(char *))) };
	int result;

	for (size_t i = 0; i < count; i++) {
		if (command_takes_pairs(verb) || !parameters_set_pair(parameters, words[i]))
			plain.list[plain.count++] = words[i];
	}
	result = bind_all(ctl, verb, &plain, parameters, why, why_size);
	free(plain.list);
	return result;
}

const struct family *command_family(const char *name)
{
	for (const struct family *const *family = families; *family; family++) {
		if (!strcmp((*family)->name, name))
			return *family;
	}
	return NULL;
}

const struct verb *command_verb(const struct family *family, const char *name)
{
	for (const struct verb *verb = family->verbs; verb->summary; verb++) {
		if (verb->name && !strcmp(verb->name, name))
			return verb;
	}
	return NULL;
}

char *command_action(const struct verb *verb, const char *protocol)
{
	const char *hole = strstr(verb->action, "%s");

	if (!hole)
		return format_text("%s", verb->action);
	return format_text("%.*s%s%s", (int)(hole - verb->action), verb->action,
			   strcasecmp(protocol, "udp") ? "TCP" : "UDP", hole + 2);
}

/* An action whose name has the protocol in it does not take it as a parameter. */
static char *action_name(const struct verb *verb, struct parameters *parameters)
{
	char *name;

	if (!verb->action)
		return format_text("%s", parameters_get(parameters, "Action"));
	name = command_action(verb, parameters_get(parameters, "ListenerProtocol"));
	if (strstr(verb->action, "%s"))
		parameters_remove(parameters, "ListenerProtocol");
	return name;
}

int command_call(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	char *action = action_name(verb, parameters);
	struct answer answer;
	int result = verb->paged ? pages_call(ctl->client, action, parameters, verb->paged, &answer,
					      false)
				 : client_call(ctl->client, action, parameters, &answer, false);

	if (result)
		goto out;
	if (ctl->json)
		output_json(answer.body, answer.length);
	else if (verb->views)
		output_views(answer.tree, verb->views, ctl);
	else
		output_generic(answer.tree);
out:
	answer_clear(&answer);
	free(action);
	return result;
}
