// SPDX-License-Identifier: BSD-2-Clause
/* Load balancers listed, by filters that all must fit (API, 4.1). */
#include "api/action.h"
#include "api/lb_answer.h"
#include "api/lb_rows.h"
#include "api/tags.h"

#include <string.h>

#define PAGE_MAX 100
#define NAMES_MAX 10

/* A comma list; one that no resource can have fits nothing. */
struct names {
	char items[NAMES_MAX][RECORD_NAME];
	uint32_t count;
};

struct addresses {
	struct address items[NAMES_MAX];
	uint32_t count;
};

enum choice_filter {
	BY_STATUS,
	BY_ADDRESS_TYPE,
	BY_IP_VERSION,
	BY_NETWORK_TYPE,
	BY_INTERNET_CHARGE,
	BY_PAY_TYPE,
	CHOICE_FILTERS
};

struct list_params {
	struct names ids, names;
	struct addresses server_addresses;
	struct address address;
	uint8_t chosen[CHOICE_FILTERS];
	bool by[CHOICE_FILTERS];
	char vpc_id[RECORD_ID], vswitch_id[RECORD_ID], master_zone[RECORD_ID];
	char slave_zone[RECORD_ID], resource_group[RECORD_ID], server_id[RECORD_ID];
	bool by_vpc, by_vswitch, by_master, by_slave, by_resource_group, by_server;
	struct tag_list tags, json_tags;
	const char *json; /* into the request: gone after prepare */
	uint32_t page, page_size;
};

/* Copies the next item of a comma list and moves on; false at the end. */
static bool next_item(const char **text, char *out, size_t size)
{
	size_t length = strcspn(*text, ",");

	if (!**text)
		return false;
	memset(out, 0, size);
	if (length < size)
		memcpy(out, *text, length);
	*text += length + ((*text)[length] == ',');
	return true;
}

static int decode_names(const struct param *param, const char *text, void *field,
			struct error *error)
{
	struct names *names = field;
	char name[RECORD_NAME];

	for (const char *rest = text; next_item(&rest, name, sizeof(name));) {
		if (names->count == NAMES_MAX)
			return param_bad(param, text, "has more than 10 items", error);
		memcpy(names->items[names->count++], name, sizeof(name));
	}
	return 0;
}

static int decode_addresses(const struct param *param, const char *text, void *field,
			    struct error *error)
{
	struct addresses *addresses = field;
	char item[ADDRESS_TEXT];

	for (const char *rest = text; next_item(&rest, item, sizeof(item));) {
		if (addresses->count == NAMES_MAX)
			return param_bad(param, text, "has more than 10 items", error);
		if (address_parse(item, &addresses->items[addresses->count++]) < 0)
			return param_bad(param, text, "is not a comma list of IP addresses", error);
	}
	return 0;
}

#define LIST(field) PARAM_FIELD(struct list_params, field)
#define NAMES(name, field, help)                                                        \
	{                                                                               \
		.key = (name), .type = PARAM_TEXT, LIST(field), .decode = decode_names, \
		.range = "comma list of at most 10", .summary = (help)                  \
	}
#define CHOSEN(name, which, set)                                                       \
	{                                                                              \
		.key = (name), .type = PARAM_CHOICE, LIST(chosen[which]),              \
		PARAM_GIVEN(struct list_params, by[which]), .choices = &choices_##set, \
		.summary = "only these"                                                \
	}
#define EXACT(name, field, flag)                                               \
	{                                                                      \
		.key = (name), .type = PARAM_ID, LIST(field),                  \
		PARAM_GIVEN(struct list_params, flag), .summary = "only these" \
	}

static const struct param list_params[] = {
	PAGE_ROWS(struct list_params, page, page_size, PAGE_MAX, "10"),
	NAMES("LoadBalancerId", ids, "only these"),
	NAMES("LoadBalancerName", names, "only those of these names"),
	CHOSEN("LoadBalancerStatus", BY_STATUS, lb_status),
	{ .key = "Address",
	  .type = PARAM_ADDRESS,
	  LIST(address),
	  .summary = "only the one with this VIP" },
	CHOSEN("AddressType", BY_ADDRESS_TYPE, address_type),
	CHOSEN("AddressIPVersion", BY_IP_VERSION, ip_version),
	CHOSEN("NetworkType", BY_NETWORK_TYPE, network_type),
	EXACT("VpcId", vpc_id, by_vpc),
	EXACT("VSwitchId", vswitch_id, by_vswitch),
	EXACT("MasterZoneId", master_zone, by_master),
	EXACT("SlaveZoneId", slave_zone, by_slave),
	CHOSEN("InternetChargeType", BY_INTERNET_CHARGE, internet_charge),
	CHOSEN("PayType", BY_PAY_TYPE, pay_type),
	EXACT("ResourceGroupId", resource_group, by_resource_group),
	{ .key = "ServerId",
	  .type = PARAM_ID,
	  LIST(server_id),
	  PARAM_GIVEN(struct list_params, by_server),
	  .summary = "only those with this server in any group" },
	{ .key = "ServerIntranetAddress",
	  .type = PARAM_TEXT,
	  LIST(server_addresses),
	  .decode = decode_addresses,
	  .range = "comma list of at most 10 IP addresses",
	  .summary = "only those with a server on one of these" },
	TAG_ROW(struct list_params, tags, "only those that have all of these"),
	{ .key = "Tags",
	  .type = PARAM_JSON,
	  LIST(json),
	  .range = "1-10 entries",
	  .summary = "JSON: [{\"TagKey\",\"TagValue\"}]; only those that have all of these" },
};

static int prepare(struct call *call, struct error *error)
{
	struct list_params *params = call->params;

	return params->json ? tags_parse(params->json, &params->json_tags, error) : 0;
}

static bool named(const struct names *names, const char *name)
{
	for (uint32_t i = 0; i < names->count; i++) {
		if (names->items[i][0] && !strcmp(names->items[i], name))
			return true;
	}
	return !names->count;
}

static bool chosen(const struct list_params *filter, const struct lb_record *record)
{
	const uint8_t has[CHOICE_FILTERS] = {
		[BY_STATUS] = record->status,
		[BY_ADDRESS_TYPE] = record->address_type,
		[BY_IP_VERSION] = record->vip.family == 6 ? IP_VERSION_6 : IP_VERSION_4,
		[BY_NETWORK_TYPE] = record->network_type,
		[BY_INTERNET_CHARGE] = record->internet_charge,
		[BY_PAY_TYPE] = record->pay_type,
	};

	for (size_t i = 0; i < CHOICE_FILTERS; i++) {
		if (filter->by[i] && filter->chosen[i] != has[i])
			return false;
	}
	return true;
}

static bool same(bool by, const char *wanted, const char *has)
{
	return !by || !strcmp(wanted, has);
}

static bool serves_from(const struct addresses *wanted, const struct address *address)
{
	for (uint32_t i = 0; i < wanted->count; i++) {
		if (address_equal(&wanted->items[i], address))
			return true;
	}
	return false;
}

static bool has_server_on(const struct addresses *wanted, const struct load_balancer *lb)
{
	for (size_t i = 0; i < lb->group_count; i++) {
		for (uint32_t j = 0; j < lb->groups[i]->member_count; j++) {
			if (serves_from(wanted, &lb->groups[i]->members[j].address))
				return true;
		}
	}
	return false;
}

/* Cheap ones first: those that look at every server come last. */
static bool matches(const struct list_params *filter, const struct load_balancer *lb)
{
	const struct lb_record *record = &lb->record;
	const struct tags_record *tags;

	if (!named(&filter->ids, record->id) || !named(&filter->names, record->name) ||
	    !chosen(filter, record) ||
	    (filter->address.family && !address_equal(&filter->address, &record->vip)) ||
	    !same(filter->by_vpc, filter->vpc_id, record->vpc_id) ||
	    !same(filter->by_vswitch, filter->vswitch_id, record->vswitch_id) ||
	    !same(filter->by_master, filter->master_zone, record->master_zone) ||
	    !same(filter->by_slave, filter->slave_zone, record->slave_zone) ||
	    !same(filter->by_resource_group, filter->resource_group, record->resource_group))
		return false;
	tags = lb_tags(lb, RESOURCE_LB, record->id);
	return tags_match(&filter->tags, tags) && tags_match(&filter->json_tags, tags) &&
	       (!filter->by_server || lb_uses_instance(lb, filter->server_id)) &&
	       (!filter->server_addresses.count || has_server_on(&filter->server_addresses, lb));
}

static int read_list(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct list_params *params = call->params;
	uint64_t page = params->page ? params->page : 1, total = 0;
	uint64_t first = (page - 1) * params->page_size, end = first + params->page_size;
	struct cJSON *list;
	size_t count;
	const struct load_balancer *const *lbs = model_lbs(call->context->model, &count);

	(void)error;
	answer_number(answer, "PageNumber", (int64_t)page);
	answer_number(answer, "PageSize", params->page_size);
	list = answer_list(answer, "LoadBalancers", "LoadBalancer");
	for (size_t i = 0; i < count; i++) {
		if (strcmp(lbs[i]->record.region, call->region) != 0 || !matches(params, lbs[i]))
			continue;
		if (total >= first && total < end)
			answer_lb(answer_item(list), lbs[i], true);
		total++;
	}
	answer_number(answer, "TotalCount", (int64_t)total);
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeLoadBalancers",
	  .summary = "list load balancers, page by page",
	  ACTION_PARAMS(struct list_params, list_params),
	  .prepare = prepare,
	  .read = read_list },
};

const struct action_table actions_lb_list = ACTION_TABLE(rows);
