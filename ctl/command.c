// SPDX-License-Identifier: BSD-2-Clause
/* What all verbs share: words into parameters, the call, the pages, the answer. */
#include "command.h"

#include "client.h"
#include "parameters.h"
#include "servers.h"
#include "format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGES_MAX 10000 /* a daemon that always says "more" must not hold us forever */

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

/* The name under which a positional is found among the parameters. */
static const char *found_as(const struct positional *positional, char buffer[static 64])
{
	size_t length = strlen(positional->parameter);

	if (positional->kind != POSITIONAL_MANY)
		return positional->parameter;
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
		if (words->count)
			parameters_set(parameters, name, take(words, 0));
		break;
	case POSITIONAL_MANY:
		bind_many(words, positional->parameter, parameters);
		break;
	case POSITIONAL_SERVERS:
		if (bind_servers(words, name, parameters, why, why_size))
			return -1;
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

static bool takes_servers(const struct verb *verb)
{
	for (const struct positional *p = verb->takes; p->label; p++) {
		if (p->kind == POSITIONAL_SERVERS)
			return true;
	}
	return false;
}

static int bind_all(const struct ctl *ctl, const struct verb *verb, struct words *words,
		    struct parameters *parameters, char *why, size_t why_size)
{
	if (ctl->servers && !takes_servers(verb)) {
		snprintf(why, why_size, "--json belongs to `backend add`, `set` and `remove`");
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
		if (!parameters_set_pair(parameters, words[i]))
			plain.list[plain.count++] = words[i];
	}
	result = bind_all(ctl, verb, &plain, parameters, why, why_size);
	free(plain.list);
	return result;
}

/* The verb's action; one whose name has the protocol in it does not take it as a parameter. */
static char *action_name(const struct verb *verb, struct parameters *parameters)
{
	const char *hole = verb->action ? strstr(verb->action, "%s") : NULL;
	const char *protocol;
	char *name;

	if (!verb->action)
		return format_text("%s", parameters_get(parameters, "Action"));
	if (!hole)
		return format_text("%s", verb->action);
	protocol = parameters_get(parameters, "ListenerProtocol");
	name = format_text("%.*s%s%s", (int)(hole - verb->action), verb->action,
			   strcasecmp(protocol, "udp") ? "TCP" : "UDP", hole + 2);
	parameters_remove(parameters, "ListenerProtocol");
	return name;
}

/* Moves the items of one page's array to the end of another's; how many. */
static size_t append_items(cJSON *to, cJSON *from)
{
	size_t count = 0;

	while (cJSON_IsArray(to) && cJSON_IsArray(from) && from->child) {
		cJSON_AddItemToArray(to, cJSON_DetachItemViaPointer(from, from->child));
		count++;
	}
	return count;
}

/* Fetches what follows the first page and puts it into the first answer. */
static int fetch_pages(struct ctl *ctl, const struct verb *verb, const char *action,
		       struct parameters *parameters, struct answer *answer)
{
	cJSON *items = output_find(answer->tree, verb->paged);
	double total =
		cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(answer->tree, "TotalCount"));
	double have = cJSON_GetArraySize(items);
	size_t more = 1;

	for (int page = 2; have < total && more && page < PAGES_MAX; page++) {
		struct answer next;
		char *number = format_text("%d", page);
		int result;

		parameters_set(parameters, "PageNumber", number);
		free(number);
		result = client_call(ctl->client, action, parameters, &next, false);
		more = result ? 0 : append_items(items, output_find(next.tree, verb->paged));
		have += (double)more;
		answer_clear(&next);
		if (result)
			return result;
		free(answer->body);
		answer->body = NULL; /* the answer is no longer what was received */
	}
	if (!answer->body) {
		answer->body = checked(cJSON_PrintUnformatted(answer->tree));
		answer->length = strlen(answer->body);
	}
	return EXIT_OK;
}

int command_call(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	char *action = action_name(verb, parameters);
	bool paged = verb->paged && !parameters_get(parameters, "PageNumber");
	struct answer answer;
	int result = client_call(ctl->client, action, parameters, &answer, false);

	if (!result && paged)
		result = fetch_pages(ctl, verb, action, parameters, &answer);
	if (result)
		goto out;
	if (ctl->json)
		output_json(answer.body, answer.length);
	else if (verb->views)
		output_views(answer.tree, verb->views, ctl->all);
	else
		output_generic(answer.tree);
out:
	answer_clear(&answer);
	free(action);
	return result;
}
