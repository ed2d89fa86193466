// SPDX-License-Identifier: BSD-2-Clause
/* What an operator asks first (API, 4.10), and the regions and zones of the configuration. */
#include "api/action.h"
#include "api/server_health.h"
#include "base/memory.h"
#include "dataplane/dataplane.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static void add_store(struct cJSON *answer, const struct store *store)
{
	struct cJSON *object = answer_object(answer, "Store");
	struct store_status status;

	store_status(store, &status);
	answer_text(object, "Path", status.path);
	answer_number(object, "BytesUsed", (int64_t)status.bytes_used);
	answer_number(object, "BytesMapped", (int64_t)status.bytes_mapped);
	answer_number(object, "BytesMax", (int64_t)status.bytes_max);
	answer_number(object, "Records", (int64_t)status.records);
	answer_number(object, "Transactions", (int64_t)status.transactions);
	if (status.last_commit_ms)
		answer_time(object, "LastCommit", status.last_commit_ms);
	answer_bool(object, "ReadOnly", status.read_only);
}

static void add_interfaces(struct cJSON *answer, const struct dataplane_status *status)
{
	struct cJSON *list = answer_list(answer, "Interfaces", "Interface");

	for (size_t i = 0; i < status->link_count; i++) {
		const struct dataplane_link_status *link = &status->links[i];
		struct cJSON *item = answer_item(list);

		answer_text(item, "Name", link->name);
		answer_text(item, "Mode", link->mode);
		answer_number(item, "Mtu", link->mtu);
		answer_bool(item, "Up", link->up);
		answer_text_if(item, "Warning", link->warning);
	}
}

static void add_tables(struct cJSON *answer, const struct dataplane_status *status)
{
	struct cJSON *list = answer_list(answer, "Tables", "Table");

	for (size_t i = 0; i < status->table_count; i++) {
		const struct dataplane_table_status *table = &status->tables[i];
		struct cJSON *item = answer_item(list);

		answer_text(item, "Name", table->name);
		answer_number(item, "Size", (int64_t)table->size);
		if (table->used != UINT64_MAX)
			answer_number(item, "Used", (int64_t)table->used);
		answer_number(item, "Bytes", (int64_t)table->bytes);
	}
	answer_number(answer, "TableBytes", (int64_t)status->bytes);
}

/* What the tables take by their sizes, whoever uses them; and for what. */
static void add_memory(struct cJSON *answer, const struct dataplane_memory *memory)
{
	struct cJSON *object = answer_object(answer, "Memory");

	answer_number(object, "TablesBytes", (int64_t)memory->total);
	answer_number(object, "FlowBytes", (int64_t)memory->per_flow);
	answer_number(object, "ListenerBytes", (int64_t)memory->per_listener);
	answer_number(object, "BackendBytes", (int64_t)memory->per_backend);
	answer_number(object, "RingSlotBytes", (int64_t)memory->per_slot);
}

static void add_hops(struct cJSON *answer, const struct dataplane_status *status)
{
	struct cJSON *list = answer_list(answer, "UnresolvedHops", "Hop");
	char text[ADDRESS_TEXT];
	size_t listed = sizeof(status->unresolved) / sizeof(*status->unresolved);

	for (size_t i = 0; i < status->unresolved_count && i < listed; i++)
		answer_item_text(list, address_format(&status->unresolved[i], text));
	answer_number(answer, "UnresolvedHopCount", (int64_t)status->unresolved_count);
}

static void add_counts(struct cJSON *answer, struct model *model)
{
	struct cJSON *object = answer_object(answer, "Counts");
	size_t lb_count, instance_count, listeners = 0, running = 0, servers = 0, backends = 0;
	size_t groups = 0;
	const struct load_balancer *const *lbs = model_lbs(model, &lb_count);

	for (size_t i = 0; i < lb_count; i++) {
		listeners += lbs[i]->listener_count;
		groups += lbs[i]->group_count - 1; /* the default group aside */
		for (size_t j = 0; j < lbs[i]->group_count; j++)
			servers += lbs[i]->groups[j]->member_count;
		for (size_t j = 0; j < lbs[i]->listener_count; j++) {
			running += lbs[i]->listeners[j]->status == LISTENER_RUNNING;
			backends += lbs[i]->listeners[j]->backend_count;
		}
	}
	model_instances(model, &instance_count);
	answer_number(object, "LoadBalancers", (int64_t)lb_count);
	answer_number(object, "Listeners", (int64_t)listeners);
	answer_number(object, "ListenersRunning", (int64_t)running);
	answer_number(object, "VServerGroups", (int64_t)groups);
	answer_number(object, "BackendServers", (int64_t)servers);
	answer_number(object, "Backends", (int64_t)backends);
	answer_number(object, "Instances", (int64_t)instance_count);
}

/* Listeners that have servers, and not one of them healthy; the first of them goes to `first`. */
static size_t count_unhealthy(struct model *model, const struct listener_record **first)
{
	size_t lb_count, unhealthy = 0;
	const struct load_balancer *const *lbs = model_lbs(model, &lb_count);

	for (size_t i = 0; i < lb_count; i++) {
		for (size_t j = 0; j < lbs[i]->listener_count; j++) {
			if (model_all_unhealthy(model, MODEL_COMMITTED, lbs[i],
						lbs[i]->listeners[j]) &&
			    !unhealthy++)
				*first = lbs[i]->listeners[j];
		}
	}
	return unhealthy;
}

static void warn_of_health(struct cJSON *list, const struct api_context *context)
{
	const struct listener_record *first;
	size_t unhealthy = count_unhealthy(context->model, &first);
	struct health_status status;
	char text[256];

	health_status(context->health, &status);
	if (unhealthy) {
		snprintf(text, sizeof(text),
			 "%zu listeners have no healthy server, the first is %s %s/%u", unhealthy,
			 first->lb_id, choice_name(&choices_protocol, first->protocol),
			 first->port);
		answer_item_text(list, text);
	}
	if (status.unsent) {
		snprintf(text, sizeof(text),
			 "%llu health probes since the start were not sent: descriptors, local "
			 "ports or memory ran "
			 "out",
			 (unsigned long long)status.unsent);
		answer_item_text(list, text);
	}
}

/* Everything that wants the operator's eye in one place. */
static void add_warnings(struct cJSON *answer, const struct dataplane_status *status,
			 const struct api_context *context)
{
	struct cJSON *list = answer_list(answer, "Warnings", "Warning");
	struct store_status disk;
	char text[256];

	store_status(context->store, &disk);
	if (disk.read_only)
		answer_item_text(list, "the store is read-only: its disk stopped answering; "
				       "forwarding goes on, changes are refused until a restart");
	for (size_t i = 0; i < status->warning_count; i++)
		answer_item_text(list, status->warnings[i]);
	for (size_t i = 0; i < status->link_count; i++) {
		if (!status->links[i].warning[0])
			continue;
		snprintf(text, sizeof(text), "%s: %s", status->links[i].name,
			 status->links[i].warning);
		answer_item_text(list, text);
	}
	warn_of_health(list, context);
}

static int read_status(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct api_context *context = call->context;
	struct dataplane_status *status = memory_new(1, sizeof(*status));
	struct cJSON *pins;

	(void)error;
	dataplane_status(context->dataplane, status);
	answer_text(answer, "Version", SLUICE_VERSION);
	answer_time(answer, "StartTime", context->started_ms);
	answer_ago(answer, "UptimeSeconds", context->started_ms);
	add_store(answer, context->store);
	pins = answer_object(answer, "Pins");
	answer_text(pins, "Directory", status->pins);
	answer_number(pins, "Abi", status->abi);
	answer_number(pins, "ProgramId", status->program_id);
	answer_bool(pins, "TakenOver", status->taken_over);
	add_interfaces(answer, status);
	add_tables(answer, status);
	add_memory(answer, &status->memory);
	add_hops(answer, status);
	add_counts(answer, context->model);
	answer_checks(answer, "Health", context->health);
	add_warnings(answer, status, context);
	free(status);
	return 0;
}

static int read_regions(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct config *config = call->context->config;
	struct cJSON *list = answer_list(answer, "Regions", "Region");

	(void)error;
	for (size_t i = 0; i < config->region_count; i++) {
		struct cJSON *item = answer_item(list);

		answer_text(item, "RegionId", config->regions[i].id);
		answer_text(item, "LocalName", config->regions[i].id);
		answer_text(item, "RegionEndpoint", config->host_id);
	}
	return 0;
}

static void add_zone(struct cJSON *item, const char *id)
{
	answer_text(item, "ZoneId", id);
	answer_text(item, "LocalName", id);
}

static int read_zones(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct config *config = call->context->config;
	const struct config_region *region = config->regions;
	struct cJSON *list = answer_list(answer, "Zones", "Zone");

	(void)error;
	while (strcmp(region->id, call->region) != 0)
		region++;
	for (size_t i = 0; i < region->zone_count; i++) {
		struct cJSON *item = answer_item(list), *others;

		add_zone(item, region->zones[i]);
		others = answer_list(item, "SlaveZones", "SlaveZone");
		for (size_t j = 0; j < region->zone_count; j++) {
			if (j != i)
				add_zone(answer_item(others), region->zones[j]);
		}
	}
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeStatus",
	  .summary = "show the daemon: store, pins, interfaces, tables, hops, counts, checks, "
		     "warnings",
	  .read = read_status },
	{ .name = "DescribeRegions",
	  .summary = "list the regions of the configuration",
	  .read = read_regions },
	{ .name = "DescribeZones",
	  .summary = "list the zones of a region, each with all others",
	  .read = read_zones },
};

const struct action_table actions_status = ACTION_TABLE(rows);
