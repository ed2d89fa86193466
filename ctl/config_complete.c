// SPDX-License-Identifier: BSD-2-Clause
/* From what was written to what is meant: defaults, addresses in one spelling, references that
 * lead somewhere, and keys. */
#include "config.h"
#include "config_tree.h"

#include "config_scan.h"
#include "format.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The inventory, sorted, for servers to be found in. */
struct completion {
	const char *region;
	cJSON **instances;
	size_t instance_count;
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int complain(const struct completion *completion,
							  const char *format, ...)
{
	va_list arguments;
	char *clean;

	va_start(arguments, format);
	vsnprintf(completion->why, completion->why_size, format, arguments);
	va_end(arguments);
	clean = format_clean(completion->why, strlen(completion->why), "");
	snprintf(completion->why, completion->why_size, "%s", clean);
	free(clean);
	return -1;
}

static cJSON *fallback_value(const struct config_field *field)
{
	if (field->type == CONFIG_LIST)
		return checked(cJSON_CreateArray());
	if (field->type == CONFIG_TAGS)
		return checked(cJSON_CreateObject());
	if (!field->fallback)
		return NULL;
	if (field->type == CONFIG_NUMBER)
		return checked(cJSON_CreateNumber(strtod(field->fallback, NULL)));
	if (field->type == CONFIG_BOOLEAN)
		return checked(cJSON_CreateBool(!strcmp(field->fallback, "true")));
	return checked(cJSON_CreateString(field->fallback));
}

/* Rebuilds the object with the defaults at their places. */
static void fill(cJSON *object, const struct config_kind *kind)
{
	cJSON *full = checked(cJSON_CreateObject());

	for (const struct config_field *field = kind->fields; field->key; field++) {
		cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(object, field->key);

		/* The protocol is the first field of a listener, so it is in `full` by now. */
		if (!value && config_applies(field, full) && !config_get(full, field->key))
			value = fallback_value(field);
		if (value)
			cJSON_AddItemToObject(full, field->key, value);
	}
	object->child = full->child;
	full->child = NULL;
	cJSON_Delete(full);
}

static void drop(cJSON *object, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

static void set_text(cJSON *object, const char *key, const char *text)
{
	cJSON *value = checked(cJSON_CreateString(text));

	if (config_get(object, key))
		cJSON_ReplaceItemInObjectCaseSensitive(object, key, value);
	else
		cJSON_AddItemToObject(object, key, value);
}

static bool is_word(const cJSON *object, const char *key, const char *word)
{
	const char *text = config_text(object, key);

	return text && !strcasecmp(text, word);
}

/* An address in the spelling that all its spellings share; false if it is none. */
static bool spell_address(cJSON *value)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	int family = strchr(value->valuestring, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, value->valuestring, bytes) != 1)
		return false;
	inet_ntop(family, bytes, text, sizeof(text));
	return cJSON_SetValuestring(value, text) != NULL;
}

static int complete_address(const struct completion *completion, cJSON *value, const char *of)
{
	if (!value || spell_address(value))
		return 0;
	return complain(completion, "%s: \"%s\" is no address", of, value->valuestring);
}

static int complete_instance(const struct completion *completion, cJSON *instance)
{
	const char *id = config_text(instance, "InstanceId");
	cJSON *address;

	if (!config_get(instance, "RegionId"))
		set_text(instance, "RegionId", completion->region);
	if (!config_get(instance, "NetworkType"))
		set_text(instance, "NetworkType",
			 config_get(instance, "VpcId") ? "vpc" : "classic");
	fill(instance, &config_instance);
	config_set_key(instance, format_text("%s", id));
	cJSON_ArrayForEach(address, config_get(instance, "IpAddresses"))
	{
		if (complete_address(completion, address, id))
			return -1;
	}
	return 0;
}

/* The first address of the family; the server's own if it names one. NULL if it has none. */
static const char *address_of(const cJSON *server, const cJSON *instance, bool six)
{
	const char *own = config_text(server, "ServerIp");
	const cJSON *address;

	cJSON_ArrayForEach(address, config_get(instance, "IpAddresses"))
	{
		if (own ? !strcmp(own, address->valuestring)
			: six == !!strchr(address->valuestring, ':'))
			return address->valuestring;
	}
	return NULL;
}

static int complete_server(const struct completion *completion, cJSON *server,
			   const struct config_kind *kind, bool six, const char *of)
{
	const char *id = config_text(server, "ServerId"), *address;
	const cJSON *instance = config_find(completion->instances, completion->instance_count, id);

	if (complete_address(completion, config_get(server, "ServerIp"), id))
		return -1;
	if (!instance)
		return complain(completion, "%s: server %s is not among the Instances", of, id);
	address = address_of(server, instance, six);
	if (!address)
		return complain(completion, "%s: instance %s has not the address of the server", of,
				id);
	set_text(server, "ServerIp", address);
	fill(server, kind);
	config_set_key(server, format_text("%s %s %05d", id, address,
					   kind == &config_group_server
						   ? (int)config_get(server, "Port")->valuedouble
						   : 0));
	return 0;
}

static int complete_servers(const struct completion *completion, cJSON *list,
			    const struct config_kind *kind, bool six, const char *of)
{
	const cJSON *twice;
	cJSON *server;

	cJSON_ArrayForEach(server, list)
	{
		if (complete_server(completion, server, kind, six, of))
			return -1;
	}
	twice = config_sort(list);
	return twice ? complain(completion, "%s: server %s is there twice", of,
				config_text(twice, "ServerId"))
		     : 0;
}

/* "blue#3" is the third group that is called blue: it needs "blue#2". */
static bool has_predecessor(const cJSON *groups, const char *name)
{
	const char *hash = strchr(name, '#');
	int number = hash && hash[1] && !hash[2] ? hash[1] - '0' : 0;
	char *before;
	bool has;

	if (!hash)
		return true;
	before = number > 2 ? format_text("%.*s#%d", (int)(hash - name), name, number - 1)
			    : format_text("%.*s", (int)(hash - name), name);
	has = number >= 2 && number <= 9 && config_find_in(groups, before);
	free(before);
	return has;
}

static int complete_groups(const struct completion *completion, cJSON *lb, const char *of)
{
	cJSON *groups = config_get(lb, "VServerGroups"), *group;
	const cJSON *twice;

	cJSON_ArrayForEach(group, groups)
	{
		const char *name = config_text(group, "VServerGroupName");

		fill(group, &config_group);
		config_sort(config_get(group, "Tags"));
		if (complete_servers(completion, config_get(group, "BackendServers"),
				     &config_group_server, is_word(lb, "AddressIPVersion", "ipv6"),
				     name))
			return -1;
		config_set_key(group, format_text("%s", name));
	}
	twice = config_sort(groups);
	if (twice)
		return complain(completion, "%s: group %s is there twice; call the second %s#2", of,
				config_key(twice), config_key(twice));
	cJSON_ArrayForEach(group, groups)
	{
		if (!has_predecessor(groups, config_key(group)))
			return complain(completion,
					"%s: group %s: NAME#2 to NAME#9 are further groups of the "
					"same name",
					of, config_key(group));
	}
	return 0;
}

/* Without its switch such a setting says nothing, and the daemon does not show it. */
static void drop_unused(cJSON *listener)
{
	if (is_word(listener, "AclStatus", "off")) {
		drop(listener, "AclType");
		drop(listener, "AclId");
	}
	if (is_word(listener, "ConnectionDrain", "off"))
		drop(listener, "ConnectionDrainTimeout");
	if (config_get(listener, "VServerGroupName"))
		drop(listener, "BackendServerPort");
}

static int complete_listeners(const struct completion *completion, cJSON *lb, const char *of)
{
	cJSON *listeners = config_get(lb, "Listeners"), *listener;
	const cJSON *twice;

	cJSON_ArrayForEach(listener, listeners)
	{
		const char *protocol = config_text(listener, "ListenerProtocol");
		int port = (int)config_get(listener, "ListenerPort")->valuedouble;
		const char *group = config_text(listener, "VServerGroupName");

		fill(listener, &config_listener);
		drop_unused(listener);
		config_sort(config_get(listener, "Tags"));
		config_set_key(listener, format_text("%s/%05d", protocol, port));
		if (group && !config_find_in(config_get(lb, "VServerGroups"), group))
			return complain(completion,
					"%s: listener %s/%d: %s is none of its VServerGroups", of,
					protocol, port, group);
	}
	twice = config_sort(listeners);
	return twice ? complain(completion, "%s: listener %s/%d is there twice", of,
				config_text(twice, "ListenerProtocol"),
				(int)config_get(twice, "ListenerPort")->valuedouble)
		     : 0;
}

static void complete_fields(const struct completion *completion, cJSON *lb)
{
	const cJSON *bandwidth = config_get(lb, "Bandwidth");
	const char *address = config_text(lb, "Address");

	if (!config_get(lb, "RegionId"))
		set_text(lb, "RegionId", completion->region);
	if (!config_get(lb, "AddressType"))
		set_text(lb, "AddressType", config_get(lb, "VSwitchId") ? "intranet" : "internet");
	if (!config_get(lb, "AddressIPVersion") && address && strchr(address, ':'))
		set_text(lb, "AddressIPVersion", "ipv6");
	if (bandwidth && bandwidth->valuedouble < 0)
		drop(lb, "Bandwidth"); /* how the daemon says that there is none */
	fill(lb, &config_lb);
	if (is_word(lb, "InstanceChargeType", "PayByCLCU"))
		drop(lb, "LoadBalancerSpec"); /* as the API does */
	if (is_word(lb, "ModificationProtectionStatus", "NonProtection"))
		drop(lb, "ModificationProtectionReason");
	config_sort(config_get(lb, "Tags"));
}

static int complete_lb(const struct completion *completion, cJSON *lb)
{
	const char *name = config_text(lb, "LoadBalancerName");
	const char *of;

	if (!name && !config_get(lb, "Address"))
		return complain(completion, "a load balancer has neither Address nor "
					    "LoadBalancerName");
	if (complete_address(completion, config_get(lb, "Address"), "a load balancer"))
		return -1;
	complete_fields(completion, lb);
	of = config_text(lb, "Address");
	config_set_key(lb, of ? format_text("%s", of)
			      : format_text("name %s", config_text(lb, "LoadBalancerName")));
	of = config_key(lb);
	if (complete_groups(completion, lb, of) || complete_listeners(completion, lb, of))
		return -1;
	return complete_servers(completion, config_get(lb, "BackendServers"), &config_server,
				is_word(lb, "AddressIPVersion", "ipv6"), of);
}

static int complete_all(struct completion *completion, cJSON *root)
{
	cJSON *instances = config_get(root, "Instances"), *lbs = config_get(root, "LoadBalancers");
	const cJSON *twice;
	cJSON *item;

	cJSON_ArrayForEach(item, instances)
	{
		if (complete_instance(completion, item))
			return -1;
	}
	twice = config_sort(instances);
	if (twice)
		return complain(completion, "instance %s is there twice", config_key(twice));
	completion->instances = config_items(instances, &completion->instance_count);
	cJSON_ArrayForEach(item, lbs)
	{
		if (complete_lb(completion, item))
			return -1;
	}
	twice = config_sort(lbs);
	return twice ? complain(completion, "load balancer %s is there twice", config_key(twice))
		     : 0;
}

int config_complete(cJSON *root, const char *region, char *why, size_t why_size)
{
	struct completion completion = { .region = region, .why = why, .why_size = why_size };
	int result = complete_all(&completion, root);

	free(completion.instances);
	return result;
}

cJSON *config_parse(const char *text, size_t length, const char *region, char *why, size_t why_size)
{
	const char *end = NULL;
	cJSON *root;

	if (config_scan(text, length, why, why_size))
		return NULL;
	root = cJSON_ParseWithLengthOpts(text, length, &end, false);
	if (!root) {
		snprintf(why, why_size, "line %zu: this is no JSON", config_line(text, end));
		return NULL;
	}
	while (end < text + length && strchr(" \t\r\n", *end))
		end++;
	if (end < text + length) {
		snprintf(why, why_size, "line %zu: text after the end", config_line(text, end));
	} else if (!config_check(root, why, why_size) &&
		   !config_complete(root, region, why, why_size)) {
		return root;
	}
	cJSON_Delete(root);
	return NULL;
}
