// SPDX-License-Identifier: BSD-2-Clause
/* The inventory (API, 4.9). */
#include "api/action.h"
#include "base/memory.h"

#include <string.h>

#define ID_SET "A-Za-z0-9._-"
#define PAGE_MAX 100
#define FILTER_IDS_MAX 50

struct register_result {
	char id[RECORD_ID];
};

#define INSTANCE(field) PARAM_FIELD(struct register_instance, field)
#define NAMED(name, field, flag, help)                                                       \
	{                                                                                    \
		.key = (name), .type = PARAM_TEXT, INSTANCE(field),                          \
		PARAM_GIVEN(struct register_instance, flag), .min = 1, .max = RECORD_ID - 1, \
		.summary = (help)                                                            \
	}

static const struct param register_params[] = {
	{ .key = "InstanceId",
	  .alias = "ServerId",
	  .type = PARAM_TEXT,
	  INSTANCE(wanted.id),
	  .min = 1,
	  .max = RECORD_ID - 1,
	  .set = ID_SET,
	  .summary = "id; eni-… is an ENI, all else an ECS; generated if absent" },
	{ .key = "IpAddress",
	  .type = PARAM_ADDRESS_LIST,
	  INSTANCE(wanted.addresses),
	  PARAM_COUNT(struct register_instance, wanted.address_count),
	  .required = true,
	  .max = RECORD_INSTANCE_ADDRESSES,
	  .summary = "its addresses; the first of a family is the primary" },
	{ .key = "Status",
	  .type = PARAM_CHOICE,
	  INSTANCE(wanted.status),
	  PARAM_GIVEN(struct register_instance, status_given),
	  .choices = &choices_instance_status,
	  .fallback = "Running",
	  .summary = "only a Running instance takes traffic" },
	{ .key = "NetworkType",
	  .type = PARAM_CHOICE,
	  INSTANCE(wanted.network_type),
	  PARAM_GIVEN(struct register_instance, network_type_given),
	  .choices = &choices_network_type,
	  .summary = "vpc with a VpcId, else classic" },
	NAMED("VpcId", wanted.vpc_id, vpc_given, "its VPC"),
	NAMED("ZoneId", wanted.zone_id, zone_given, "its zone"),
	NAMED("InstanceName", wanted.name, name_given, "a name"),
};

static int prepare_register(struct call *call, struct error *error)
{
	struct register_instance *request = call->params;
	struct wanted_instance *wanted = &request->wanted;

	for (uint32_t i = 0; i < wanted->address_count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (address_equal(&wanted->addresses[i], &wanted->addresses[j]))
				return error_set(error, ERR_INVALID_PARAMETER,
						 "IpAddress: value %u is the same as value %u",
						 i + 1, j + 1);
		}
	}
	memcpy(wanted->region, call->region, sizeof(wanted->region));
	return 0;
}

static int apply_register(struct call *call, struct model *model, struct error *error)
{
	struct register_result *made = call->result;
	const struct instance_record *record;
	int result = model_register_instance(model, call->params, &record, error);

	if (!result) {
		memcpy(made->id, record->id, sizeof(made->id));
		memcpy(call->target, record->id, sizeof(call->target));
	}
	return result;
}

static void answer_register(const struct call *call, struct cJSON *answer)
{
	answer_text(answer, "InstanceId", ((const struct register_result *)call->result)->id);
}

struct instance_params {
	char id[RECORD_ID];
	uint8_t status;
};

#define INSTANCE_ID                                                         \
	{                                                                   \
		.key = "InstanceId", .alias = "ServerId", .type = PARAM_ID, \
		PARAM_FIELD(struct instance_params, id), .required = true,  \
		.summary = "the instance"                                   \
	}

static const struct param status_params[] = {
	INSTANCE_ID,
	{ .key = "Status",
	  .type = PARAM_CHOICE,
	  PARAM_FIELD(struct instance_params, status),
	  .required = true,
	  .choices = &choices_instance_status,
	  .summary = "only a Running instance takes traffic" },
};

static const struct param id_params[] = { INSTANCE_ID };

static int apply_status(struct call *call, struct model *model, struct error *error)
{
	const struct instance_params *params = call->params;

	return model_set_instance_status(model, call->region, params->id, params->status, error);
}

static int apply_deregister(struct call *call, struct model *model, struct error *error)
{
	const struct instance_params *params = call->params;

	return model_deregister_instance(model, call->region, params->id, error);
}

struct list_params {
	char ids[FILTER_IDS_MAX][RECORD_ID];
	uint32_t id_count;
	struct address address;
	char vpc_id[RECORD_ID];
	uint8_t status, network_type;
	bool status_given, network_type_given;
	uint32_t page, page_size;
};

static const struct param list_params[] = {
	{ .key = "InstanceId",
	  .alias = "ServerId",
	  .type = PARAM_ID_LIST,
	  PARAM_FIELD(struct list_params, ids),
	  PARAM_COUNT(struct list_params, id_count),
	  .max = FILTER_IDS_MAX,
	  .summary = "only these" },
	{ .key = "IpAddress",
	  .type = PARAM_ADDRESS,
	  PARAM_FIELD(struct list_params, address),
	  .summary = "only the owners of this address" },
	{ .key = "Status",
	  .type = PARAM_CHOICE,
	  PARAM_FIELD(struct list_params, status),
	  PARAM_GIVEN(struct list_params, status_given),
	  .choices = &choices_instance_status,
	  .summary = "only those in this status" },
	{ .key = "NetworkType",
	  .type = PARAM_CHOICE,
	  PARAM_FIELD(struct list_params, network_type),
	  PARAM_GIVEN(struct list_params, network_type_given),
	  .choices = &choices_network_type,
	  .summary = "only those of this network type" },
	{ .key = "VpcId",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct list_params, vpc_id),
	  .min = 1,
	  .max = RECORD_ID - 1,
	  .summary = "only those of this VPC" },
	PAGE_ROWS(struct list_params, page, page_size, PAGE_MAX, "50"),
};

static bool owns(const struct instance_record *instance, const struct address *address)
{
	for (uint32_t i = 0; i < instance->address_count; i++) {
		if (address_equal(&instance->addresses[i], address))
			return true;
	}
	return false;
}

static bool named(const struct list_params *filter, const char *id)
{
	for (uint32_t i = 0; i < filter->id_count; i++) {
		if (!strcmp(filter->ids[i], id))
			return true;
	}
	return false;
}

static bool matches(const struct list_params *filter, const struct instance_record *instance,
		    const char *region)
{
	return !strcmp(instance->region, region) &&
	       (!filter->id_count || named(filter, instance->id)) &&
	       (!filter->address.family || owns(instance, &filter->address)) &&
	       (!filter->status_given || instance->status == filter->status) &&
	       (!filter->network_type_given || instance->network_type == filter->network_type) &&
	       (!filter->vpc_id[0] || !strcmp(instance->vpc_id, filter->vpc_id));
}

static void add_instance(struct cJSON *item, const struct instance_record *instance)
{
	char text[ADDRESS_TEXT];
	struct cJSON *list;

	answer_text(item, "InstanceId", instance->id);
	answer_text_if(item, "InstanceName", instance->name);
	answer_text(item, "Kind", choice_name(&choices_server_type, instance->kind));
	answer_text(item, "Status", choice_name(&choices_instance_status, instance->status));
	answer_text(item, "NetworkType",
		    choice_name(&choices_network_type, instance->network_type));
	answer_text_if(item, "VpcId", instance->vpc_id);
	answer_text_if(item, "ZoneId", instance->zone_id);
	answer_text(item, "RegionId", instance->region);
	answer_time(item, "CreateTime", instance->created_ms);
	answer_bool(item, "AutoRegistered", instance->auto_registered);
	list = answer_list(item, "IpAddresses", "IpAddress");
	for (uint32_t i = 0; i < instance->address_count; i++)
		answer_item_text(list, address_format(&instance->addresses[i], text));
}

/* One instance of the page, with the load balancers that it serves on their way. */
struct shown {
	const char *id;
	struct cJSON *users; /* array of LoadBalancerId */
	size_t last; /* 1 + the load balancer it was named with last */
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct shown *)a)->id, ((const struct shown *)b)->id);
}

static void add_user(const struct load_balancer *lb, const struct group_record *group, size_t place,
		     struct shown *shown, size_t count)
{
	for (uint32_t i = 0; i < group->member_count; i++) {
		struct shown key = { .id = group->members[i].server_id };
		struct shown *hit = bsearch(&key, shown, count, sizeof(key), by_id);

		if (!hit || hit->last == place)
			continue;
		hit->last = place;
		answer_item_text(hit->users, lb->record.id);
	}
}

/* One walk over all members for the whole page: a walk for each instance would be the square. */
static void add_users(struct model *model, struct shown *shown, size_t count)
{
	size_t lb_count;
	const struct load_balancer *const *lbs = model_lbs(model, &lb_count);

	qsort(shown, count, sizeof(*shown), by_id);
	for (size_t i = 0; i < lb_count && count; i++) {
		for (size_t j = 0; j < lbs[i]->group_count; j++)
			add_user(lbs[i], lbs[i]->groups[j], i + 1, shown, count);
	}
}

static int read_list(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct list_params *params = call->params;
	uint64_t page = params->page ? params->page : 1, total = 0;
	uint64_t first = (page - 1) * params->page_size, end = first + params->page_size;
	struct cJSON *list;
	struct shown shown[PAGE_MAX];
	size_t count, shown_count = 0;
	const struct instance_record *const *all = model_instances(call->context->model, &count);

	(void)error;
	answer_number(answer, "PageNumber", (int64_t)page);
	answer_number(answer, "PageSize", params->page_size);
	list = answer_list(answer, "Instances", "Instance");
	for (size_t i = 0; i < count; i++) {
		if (!matches(params, all[i], call->region))
			continue;
		if (total >= first && total < end) {
			struct cJSON *item = answer_item(list);

			add_instance(item, all[i]);
			shown[shown_count++] = (struct shown){
				.id = all[i]->id,
				.users = answer_list(item, "LoadBalancerIds", "LoadBalancerId"),
			};
		}
		total++;
	}
	add_users(call->context->model, shown, shown_count);
	answer_number(answer, "TotalCount", (int64_t)total);
	return 0;
}

static const struct action rows[] = {
	{ .name = "RegisterInstance",
	  .summary = "tell the inventory of a server, or update it",
	  ACTION_PARAMS(struct register_instance, register_params),
	  .result_size = sizeof(struct register_result),
	  .prepare = prepare_register,
	  .apply = apply_register,
	  .answer = answer_register },
	{ .name = "SetInstanceStatus",
	  .summary = "set an instance's status",
	  ACTION_PARAMS(struct instance_params, status_params),
	  .apply = apply_status },
	{ .name = "DeregisterInstance",
	  .summary = "take an instance that serves nothing out of the inventory",
	  ACTION_PARAMS(struct instance_params, id_params),
	  .apply = apply_deregister },
	{ .name = "DescribeInstances",
	  .summary = "list the inventory, page by page",
	  ACTION_PARAMS(struct list_params, list_params),
	  .read = read_list },
};

const struct action_table actions_instance = ACTION_TABLE(rows);
