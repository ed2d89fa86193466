// SPDX-License-Identifier: BSD-2-Clause
/* A configuration as a daemon has it: its objects one after another, over one connection. */
#include "config.h"
#include "config_tree.h"

#include "client.h"
#include "command.h"
#include "format.h"
#include "pages.h"
#include "parameters.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct client *client;
	const char *region;
	struct progress *progress;
	cJSON *root;
};

/* Calls a Describe action about one object; `path` for answers that come in pages. */
static int ask(const struct reader *reader, const char *action, const char *name, const char *value,
	       const char *path, struct answer *answer)
{
	struct parameters parameters = { 0 };
	int result;

	parameters_set(&parameters, "RegionId", reader->region);
	if (name)
		parameters_set(&parameters, name, value);
	result = path ? pages_call(reader->client, action, &parameters, path, answer, false)
		      : client_call(reader->client, action, &parameters, answer, false);
	parameters_clear(&parameters);
	return result;
}

/* {"Tag":[{"TagKey","TagValue"}]} as {key: value}. */
static cJSON *read_tags(const cJSON *tags)
{
	cJSON *made = checked(cJSON_CreateObject());
	const cJSON *tag;

	cJSON_ArrayForEach(tag, config_get(tags, "Tag"))
	{
		const char *key = config_text(tag, "TagKey"), *value = config_text(tag, "TagValue");

		if (key)
			checked(cJSON_AddStringToObject(made, key, value ? value : ""));
	}
	return made;
}

static cJSON *read_value(const struct config_field *field, const cJSON *value)
{
	if (field->type == CONFIG_TAGS)
		return read_tags(value);
	if (field->type == CONFIG_TEXTS) /* X:{Y:[…]} */
		return value && cJSON_IsArray(value->child)
			       ? checked(cJSON_Duplicate(value->child, true))
			       : NULL;
	if (!value || field->type == CONFIG_LIST ||
	    (cJSON_IsString(value) && !value->valuestring[0]))
		return NULL;
	return checked(cJSON_Duplicate(value, true));
}

/* What the table knows of an object of an answer. */
static cJSON *read_object(const cJSON *from, const struct config_kind *kind)
{
	cJSON *object = checked(cJSON_CreateObject());

	for (const struct config_field *field = kind->fields; field->key; field++) {
		const char *name = field->read_as ? field->read_as : field->key;
		cJSON *value = config_get(object, field->key)
				       ? NULL
				       : read_value(field, config_get(from, name));

		if (value)
			cJSON_AddItemToObject(object, field->key, value);
	}
	return object;
}

static void read_servers(cJSON *object, const cJSON *answer, const struct config_kind *kind)
{
	cJSON *list = checked(cJSON_AddArrayToObject(object, "BackendServers"));
	const cJSON *server;

	cJSON_ArrayForEach(server, output_find(answer, "BackendServers.BackendServer"))
		cJSON_AddItemToArray(list, read_object(server, kind));
}

/* The second of a name is called NAME#2 in a configuration. */
static void name_group(const cJSON *groups, cJSON *group)
{
	cJSON *name = config_get(group, "VServerGroupName");
	char *plain = format_text("%s", name->valuestring);
	const cJSON *other;
	int number = 1;

	cJSON_ArrayForEach(other, groups)
	{
		const char *has = config_text(other, "VServerGroupName");
		size_t length = strlen(plain);

		if (!strncmp(has, plain, length) && (!has[length] || has[length] == '#'))
			number++;
	}
	if (number > 1) {
		char *numbered = format_text("%s#%d", plain, number);

		checked(cJSON_SetValuestring(name, numbered));
		free(numbered);
	}
	free(plain);
}

static int read_group(const struct reader *reader, cJSON *groups, const char *id)
{
	struct answer answer;
	int result =
		ask(reader, "DescribeVServerGroupAttribute", "VServerGroupId", id, NULL, &answer);

	if (!result && config_text(answer.tree, "VServerGroupName")) {
		cJSON *group = read_object(answer.tree, &config_group);

		read_servers(group, answer.tree, &config_group_server);
		config_set_id(group, id);
		name_group(groups, group);
		cJSON_AddItemToArray(groups, group);
	}
	answer_clear(&answer);
	return result;
}

static int read_groups(const struct reader *reader, cJSON *lb)
{
	cJSON *groups = checked(cJSON_AddArrayToObject(lb, "VServerGroups"));
	struct answer answer;
	int result = ask(reader, "DescribeVServerGroups", "LoadBalancerId", config_id(lb), NULL,
			 &answer);
	const cJSON *item;

	cJSON_ArrayForEach(item, output_find(answer.tree, "VServerGroups.VServerGroup"))
	{
		const char *id = config_text(item, "VServerGroupId");

		if (!result && id)
			result = read_group(reader, groups, id);
	}
	answer_clear(&answer);
	return result;
}

/* The listener's group by the name that it has in the configuration. */
static void name_listeners_group(const cJSON *lb, cJSON *listener, const char *id)
{
	const cJSON *group;

	cJSON_ArrayForEach(group, config_get(lb, "VServerGroups"))
	{
		if (id && !strcmp(config_id(group), id))
			checked(cJSON_AddStringToObject(listener, "VServerGroupName",
							config_text(group, "VServerGroupName")));
	}
}

static int read_listener(const struct reader *reader, cJSON *lb, const char *protocol, double port)
{
	struct parameters parameters = { 0 };
	struct answer answer;
	char *text = format_number(port);
	int result;

	parameters_set(&parameters, "RegionId", reader->region);
	parameters_set(&parameters, "LoadBalancerId", config_id(lb));
	parameters_set(&parameters, "ListenerPort", text);
	result = client_call(reader->client,
			     !strcmp(protocol, "udp") ? "DescribeLoadBalancerUDPListenerAttribute"
						      : "DescribeLoadBalancerTCPListenerAttribute",
			     &parameters, &answer, false);
	if (!result) {
		cJSON *listener;

		checked(cJSON_AddStringToObject(answer.tree, "ListenerProtocol", protocol));
		listener = read_object(answer.tree, &config_listener);
		name_listeners_group(lb, listener, config_text(answer.tree, "VServerGroupId"));
		cJSON_AddItemToArray(config_get(lb, "Listeners"), listener);
	}
	answer_clear(&answer);
	parameters_clear(&parameters);
	free(text);
	return result;
}

static int read_listeners(const struct reader *reader, cJSON *lb, const cJSON *answer)
{
	const cJSON *item;
	int result = EXIT_OK;

	checked(cJSON_AddArrayToObject(lb, "Listeners"));
	cJSON_ArrayForEach(item,
			   output_find(answer, "ListenerPortsAndProtocol.ListenerPortAndProtocol"))
	{
		const char *protocol = config_text(item, "ListenerProtocol");
		const cJSON *port = config_get(item, "ListenerPort");

		if (!result && protocol && cJSON_IsNumber(port))
			result = read_listener(reader, lb, protocol, port->valuedouble);
	}
	return result;
}

static int read_lb(const struct reader *reader, const char *id)
{
	struct answer answer;
	int result =
		ask(reader, "DescribeLoadBalancerAttribute", "LoadBalancerId", id, NULL, &answer);
	cJSON *lb;

	if (result)
		goto out;
	lb = read_object(answer.tree, &config_lb);
	cJSON_AddItemToArray(config_get(reader->root, "LoadBalancers"), lb);
	config_set_id(lb, id);
	/* The id instead of a name would be another one in another daemon. */
	if (config_text(lb, "LoadBalancerName") && !strcmp(config_text(lb, "LoadBalancerName"), id))
		cJSON_DeleteItemFromObjectCaseSensitive(lb, "LoadBalancerName");
	read_servers(lb, answer.tree, &config_server);
	result = read_groups(reader, lb);
	if (!result)
		result = read_listeners(reader, lb, answer.tree);
out:
	answer_clear(&answer);
	return result;
}

static int read_lbs(const struct reader *reader)
{
	struct answer answer;
	const char *path = "LoadBalancers.LoadBalancer";
	int result = ask(reader, "DescribeLoadBalancers", "PageSize", "100", path, &answer);
	const cJSON *list = output_find(answer.tree, path), *item;
	size_t done = 0, total = (size_t)cJSON_GetArraySize(list);

	cJSON_ArrayForEach(item, list)
	{
		const char *id = config_text(item, "LoadBalancerId");

		progress_show(reader->progress, "reading", done++, total);
		if (!result && id)
			result = read_lb(reader, id);
	}
	answer_clear(&answer);
	return result;
}

static int read_instances(const struct reader *reader)
{
	struct answer answer;
	const char *path = "Instances.Instance";
	int result = ask(reader, "DescribeInstances", "PageSize", "100", path, &answer);
	const cJSON *item;

	cJSON_ArrayForEach(item, output_find(answer.tree, path))
	{
		if (!result && config_text(item, "InstanceId"))
			cJSON_AddItemToArray(config_get(reader->root, "Instances"),
					     read_object(item, &config_instance));
	}
	answer_clear(&answer);
	return result;
}

static int read_region(struct reader *reader, const char *region)
{
	int result;

	reader->region = region;
	result = read_instances(reader);
	return result ? result : read_lbs(reader);
}

/* All regions that the daemon has. */
static int read_regions(struct reader *reader)
{
	struct parameters none = { 0 };
	struct answer answer;
	int result = client_call(reader->client, "DescribeRegions", &none, &answer, false);
	const cJSON *item;

	cJSON_ArrayForEach(item, output_find(answer.tree, "Regions.Region"))
	{
		const char *id = config_text(item, "RegionId");

		if (!result && id)
			result = read_region(reader, id);
	}
	answer_clear(&answer);
	return result;
}

int config_read(struct client *client, const char *region, struct progress *progress, cJSON **root)
{
	struct reader reader = {
		.client = client,
		.progress = progress,
		.root = checked(cJSON_CreateObject()),
	};
	char why[256];
	int result;

	checked(cJSON_AddArrayToObject(reader.root, "Instances"));
	checked(cJSON_AddArrayToObject(reader.root, "LoadBalancers"));
	result = region ? read_region(&reader, region) : read_regions(&reader);
	progress_end(progress);
	if (!result && (config_check(reader.root, why, sizeof(why)) ||
			config_complete(reader.root, "", why, sizeof(why)))) {
		fprintf(stderr, "sluicectl: what the daemon says of itself does not fit: %s\n",
			why);
		result = EXIT_REFUSED;
	}
	if (result) {
		cJSON_Delete(reader.root);
		reader.root = NULL;
	}
	*root = reader.root;
	return result;
}
