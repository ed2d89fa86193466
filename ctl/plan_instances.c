// SPDX-License-Identifier: BSD-2-Clause
/*
 * The inventory. An address belongs to one instance of a kind, and the daemon lets go of nothing
 * that is in use: so an instance that stands in the way of the wanted inventory first leaves all
 * groups and the inventory, and comes back as a new one.
 */
#include "config_tree.h"
#include "plan_steps.h"

#include "format.h"

#include <stdlib.h>
#include <string.h>

/* Texts to be searched. */
struct texts {
	char **list;
	size_t count;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void texts_add(struct texts *texts, char *text)
{
	if (!(texts->count & (texts->count - 1))) /* a power of two, or none: double the room */
		texts->list = checked(reallocarray(texts->list, texts->count ? 2 * texts->count : 1,
						   sizeof(char *)));
	texts->list[texts->count++] = text;
}

static bool texts_have(const struct texts *texts, const char *text)
{
	return texts->count && bsearch(&text, texts->list, texts->count, sizeof(char *), by_text);
}

static void texts_sort(struct texts *texts)
{
	if (texts->count)
		qsort(texts->list, texts->count, sizeof(char *), by_text);
}

static void texts_clear(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->list[i]);
	free(texts->list);
}

struct inventory {
	struct texts used; /* "ID ADDRESS" of all servers that are there */
	struct texts owned; /* "KIND ADDRESS" that an instance is to have, which has it not now */
	cJSON **wanted, **current;
	size_t wanted_count, current_count;
};

static void use_servers(struct texts *used, const cJSON *list)
{
	const cJSON *server;

	cJSON_ArrayForEach(server, list)
		texts_add(used, format_text("%s %s", config_text(server, "ServerId"),
					    config_text(server, "ServerIp")));
}

static void find_used(struct texts *used, const cJSON *lbs)
{
	const cJSON *lb, *group;

	cJSON_ArrayForEach(lb, lbs)
	{
		use_servers(used, config_get(lb, "BackendServers"));
		cJSON_ArrayForEach(group, config_get(lb, "VServerGroups"))
			use_servers(used, config_get(group, "BackendServers"));
	}
	texts_sort(used);
}

static bool has_address(const cJSON *instance, const char *address)
{
	const cJSON *own;

	cJSON_ArrayForEach(own, config_get(instance, "IpAddresses"))
	{
		if (!strcmp(own->valuestring, address))
			return true;
	}
	return false;
}

static char *owned_key(const cJSON *instance, const char *address)
{
	return format_text("%s %s", config_server_type(config_key(instance)), address);
}

/* The addresses that are to change hands, or are new. */
static void find_owned(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->wanted_count; i++) {
		const cJSON *instance = inventory->wanted[i], *address;
		const cJSON *same = config_find(inventory->current, inventory->current_count,
						config_key(instance));

		cJSON_ArrayForEach(address, config_get(instance, "IpAddresses"))
		{
			if (!has_address(same, address->valuestring))
				texts_add(&inventory->owned,
					  owned_key(instance, address->valuestring));
		}
	}
	texts_sort(&inventory->owned);
}

/* It has an address that another instance is to have, or loses one that a server uses. */
static bool holds_address(const struct inventory *inventory, const cJSON *current,
			  const cJSON *wanted)
{
	const cJSON *address;
	bool holds = false;

	cJSON_ArrayForEach(address, config_get(current, "IpAddresses"))
	{
		char *owned = owned_key(current, address->valuestring);
		char *used = format_text("%s %s", config_key(current), address->valuestring);

		holds |= texts_have(&inventory->owned, owned);
		holds |= wanted && !has_address(wanted, address->valuestring) &&
			 texts_have(&inventory->used, used);
		free(owned);
		free(used);
	}
	return holds;
}

/* The daemon does not change these, or does not clear them. */
static bool must_be_new(const cJSON *current, const cJSON *wanted)
{
	for (const struct config_field *field = config_instance.fields; field->key; field++) {
		if (plan_same(field, current, wanted))
			continue;
		if (!field->setter || !config_get(wanted, field->key))
			return true;
	}
	return false;
}

static bool has_server(const cJSON *list, const char *id)
{
	const cJSON *server;

	cJSON_ArrayForEach(server, list)
	{
		if (!strcmp(config_text(server, "ServerId"), id))
			return true;
	}
	return false;
}

/* Out of all groups. */
static void leave_groups(struct plan *plan, cJSON *lbs, const char *id)
{
	cJSON *lb, *group;

	cJSON_ArrayForEach(lb, lbs)
	{
		const char *name = config_text(lb, "LoadBalancerName");
		struct plan_servers servers = { .of = name ? name : config_key(lb),
						.lb_object = lb };

		if (has_server(config_get(lb, "BackendServers"), id)) {
			servers.lb = plan_id(plan, config_id(lb));
			plan_free_servers(plan, &servers, config_get(lb, "BackendServers"), id);
		}
		cJSON_ArrayForEach(group, config_get(lb, "VServerGroups"))
		{
			if (!has_server(config_get(group, "BackendServers"), id))
				continue;
			servers.group = plan_id(plan, config_id(group));
			plan_free_servers(plan, &servers, config_get(group, "BackendServers"), id);
		}
	}
}

static void deregister(struct plan *plan, enum plan_phase phase, const cJSON *instance,
		       const char *why)
{
	struct plan_step *step = plan_add(plan, phase, "DeregisterInstance", instance);

	plan_set(step, "InstanceId", config_get(instance, "InstanceId"));
	plan_line(step, '-', "instance %s%s", config_key(instance), why);
}

static void register_one(struct plan *plan, const cJSON *current, const cJSON *wanted)
{
	struct plan_step *step = plan_add(plan, PHASE_INSTANCES, "RegisterInstance", wanted);
	size_t number = 1;
	const cJSON *address;

	for (const struct config_field *field = config_instance.fields; field->key; field++) {
		if (field->type == CONFIG_TEXT)
			plan_set(step, field->key, config_get(wanted, field->key));
	}
	cJSON_ArrayForEach(address, config_get(wanted, "IpAddresses"))
	{
		char *name = format_text("IpAddress.%zu", number++);

		plan_set(step, name, address);
		free(name);
	}
	if (current) {
		char *changes = plan_changes(&config_instance, NULL, current, wanted);

		plan_line(step, '~', "instance %s: %s", config_key(wanted), changes);
		free(changes);
	} else {
		address = config_get(wanted, "IpAddresses");
		plan_line(step, '+', "instance %s%s%s", config_key(wanted),
			  address->child ? " " : "",
			  address->child ? address->child->valuestring : "");
	}
}

static bool differs(const cJSON *current, const cJSON *wanted)
{
	for (const struct config_field *field = config_instance.fields; field->key; field++) {
		if (!plan_same(field, current, wanted))
			return true;
	}
	return false;
}

/* What is there: out of the way, or forgotten at the end. */
static void plan_current(struct plan *plan, const struct inventory *inventory, cJSON *root)
{
	for (size_t i = 0; i < inventory->current_count; i++) {
		cJSON *instance = inventory->current[i];
		const cJSON *same = config_find(inventory->wanted, inventory->wanted_count,
						config_key(instance));
		bool way = holds_address(inventory, instance, same) ||
			   (same && must_be_new(instance, same));

		if (!way) {
			if (!same)
				deregister(plan, PHASE_FORGET, instance, "");
			continue;
		}
		leave_groups(plan, config_get(root, "LoadBalancers"), config_key(instance));
		deregister(plan, PHASE_FREE, instance, same ? ", to be made anew" : "");
		cJSON_Delete(cJSON_DetachItemViaPointer(config_get(root, "Instances"), instance));
	}
}

void plan_instances(struct plan *plan, cJSON *current, const cJSON *wanted)
{
	struct inventory inventory = { 0 };
	size_t count;
	cJSON **left;

	inventory.current =
		config_items(config_get(current, "Instances"), &inventory.current_count);
	inventory.wanted = config_items(config_get(wanted, "Instances"), &inventory.wanted_count);
	find_used(&inventory.used, config_get(current, "LoadBalancers"));
	find_owned(&inventory);
	plan_current(plan, &inventory, current);
	left = config_items(config_get(current, "Instances"), &count);
	for (size_t i = 0; i < inventory.wanted_count; i++) {
		const cJSON *same = config_find(left, count, config_key(inventory.wanted[i]));

		if (!same || differs(same, inventory.wanted[i]))
			register_one(plan, same, inventory.wanted[i]);
	}
	free(left);
	free(inventory.current);
	free(inventory.wanted);
	texts_clear(&inventory.used);
	texts_clear(&inventory.owned);
}
