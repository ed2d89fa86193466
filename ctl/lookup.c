// SPDX-License-Identifier: BSD-2-Clause
/* See lookup.h. What has the form of an id is taken for one and not looked up. */
#include "lookup.h"

#include "client.h"
#include "command.h"
#include "format.h"
#include "parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ID_RANDOM 20

static bool is_id(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return !strncmp(text, prefix, length) && strlen(text) == length + ID_RANDOM &&
	       strspn(text + length, "0123456789abcdefghijklmnopqrstuvwxyz") == ID_RANDOM;
}

/* The ids of the items with this name, joined by ", ", malloc'ed; how many. */
static size_t find_named(const cJSON *items, const char *name_key, const char *id_key,
			 const char *name, char **ids)
{
	size_t count = 0;
	const cJSON *item;

	*ids = format_text("%s", "");
	cJSON_ArrayForEach(item, items)
	{
		const char *has =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, name_key));
		const char *id =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, id_key));
		char *longer;

		if (!has || !id || strcmp(has, name) != 0)
			continue;
		longer = format_text("%s%s%s", *ids, count++ ? ", " : "", id);
		free(*ids);
		*ids = longer;
	}
	return count;
}

/* One id. What is no name goes to the daemon as an id, whose sentence follows our hint. */
static int only_one(size_t count, char **ids, const char *what, const char *name, const char *list)
{
	char *clean;

	if (count == 1)
		return EXIT_OK;
	if (!count) {
		fprintf(stderr, "sluicectl: no %s is called '%s'; `sluicectl %s' shows them\n",
			what, name, list);
		free(*ids);
		*ids = format_text("%s", name);
		return EXIT_OK;
	}
	clean = format_clean(*ids, strlen(*ids), "");
	fprintf(stderr, "sluicectl: '%s' is the name of %zu %ss, say which: %s\n", name, count,
		what, clean);
	free(clean);
	free(*ids);
	*ids = NULL;
	return EXIT_REFUSED;
}

/* The id of the load balancer that is called so, malloc'ed. */
static int find_lb(struct ctl *ctl, const char *name, char **id)
{
	struct parameters parameters = { 0 };
	struct answer answer;
	size_t count;
	int result;

	if (is_id(name, "lb-")) {
		*id = format_text("%s", name);
		return EXIT_OK;
	}
	parameters_set(&parameters, "LoadBalancerName", name);
	parameters_set(&parameters, "PageSize", "100");
	result = client_call(ctl->client, "DescribeLoadBalancers", &parameters, &answer, false);
	if (!result) {
		count = find_named(output_find(answer.tree, "LoadBalancers.LoadBalancer"),
				   "LoadBalancerName", "LoadBalancerId", name, id);
		result = only_one(count, id, "load balancer", name, "lb list");
	}
	answer_clear(&answer);
	parameters_clear(&parameters);
	return result;
}

static int find_group_of(struct ctl *ctl, const char *lb, const char *name, char **id)
{
	struct parameters parameters = { 0 };
	struct answer answer;
	size_t count;
	int result;

	parameters_set(&parameters, "LoadBalancerId", lb);
	result = client_call(ctl->client, "DescribeVServerGroups", &parameters, &answer, false);
	if (!result) {
		count = find_named(output_find(answer.tree, "VServerGroups.VServerGroup"),
				   "VServerGroupName", "VServerGroupId", name, id);
		result = only_one(count, id, "VServer group", name, "group list LB");
	}
	answer_clear(&answer);
	parameters_clear(&parameters);
	return result;
}

/* "LB/NAME", or an id as it is. */
static int find_group(struct ctl *ctl, const char *text, char **id)
{
	const char *slash = strchr(text, '/');
	char *name, *lb = NULL;
	int result;

	if (!slash) {
		*id = format_text("%s", text);
		return EXIT_OK;
	}
	name = format_text("%.*s", (int)(slash - text), text);
	result = find_lb(ctl, name, &lb);
	if (!result)
		result = find_group_of(ctl, lb, slash + 1, id);
	free(lb);
	free(name);
	return result;
}

/* "LB/tcp/80", with the slashes' places. */
static int find_listener(struct ctl *ctl, const char *text, const char *slash, char **id)
{
	char *name = format_text("%.*s", (int)(slash - text), text), *lb = NULL;
	int result = find_lb(ctl, name, &lb);

	if (!result)
		*id = format_text("%s_%.3s_%s", lb, slash + 1, slash + 5);
	free(lb);
	free(name);
	return result;
}

/* A resource of the tag actions; its type follows from its form. */
static int find_resource(struct ctl *ctl, const char *text, const char **type, char **id)
{
	const char *slash = strchr(text, '/');
	const char *under = strchr(text, '_');

	if (slash && (!strncasecmp(slash, "/tcp/", 5) || !strncasecmp(slash, "/udp/", 5))) {
		*type = "listener";
		return find_listener(ctl, text, slash, id);
	}
	if (slash || is_id(text, "rsp-")) {
		*type = "vservergroup";
		return find_group(ctl, text, id);
	}
	if (is_id(text, "acl-") || (under && under - text == 3 + ID_RANDOM)) {
		*type = under ? "listener" : "acl";
		*id = format_text("%s", text);
		return EXIT_OK;
	}
	*type = "instance";
	return find_lb(ctl, text, id);
}

static int replace(struct ctl *ctl, const char *parameter, enum positional_kind kind,
		   struct parameters *parameters)
{
	const char *text = parameters_get(parameters, parameter), *type = NULL;
	char *id = NULL;
	int result = EXIT_OK;

	if (!text)
		return EXIT_OK;
	if (kind == POSITIONAL_RESOURCE)
		result = find_resource(ctl, text, &type, &id);
	else if (!strncmp(parameter, "LoadBalancerId", 14))
		result = find_lb(ctl, text, &id);
	else if (!strcmp(parameter, "VServerGroupId"))
		result = find_group(ctl, text, &id);
	if (!result && id)
		parameters_set(parameters, parameter, id);
	if (!result && type)
		parameters_set(parameters, "ResourceType", type);
	free(id);
	return result;
}

int lookup_arguments(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	int result = EXIT_OK;

	for (const struct positional *p = verb->takes; p->label && !result; p++) {
		size_t stem = strlen(p->parameter) - 1;

		if (p->kind != POSITIONAL_MANY) {
			result = replace(ctl, p->parameter, p->kind, parameters);
			continue;
		}
		for (size_t i = 0; i < parameters->count && !result; i++) {
			if (!strncmp(parameters->list[i].name, p->parameter, stem))
				result =
					replace(ctl, parameters->list[i].name, p->kind, parameters);
		}
	}
	return result;
}
