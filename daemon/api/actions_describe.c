// SPDX-License-Identifier: BSD-2-Clause
/* What load balancers look like (API, 4.1). */
#include "api/action.h"

#include <string.h>

#define PAGE_MAX 100
/* In a list the charge type is a number, and the alias has the word. */
#define CHARGE_ALIAS_BANDWIDTH "3"
#define CHARGE_ALIAS_TRAFFIC "4"

struct list_params {
	uint32_t page, page_size;
};

#define NOT_YET(name)                     \
	{                                 \
		.key = (name), .only = "" \
	}

static const struct param list_params[] = {
	PAGE_ROWS(struct list_params, page, page_size, PAGE_MAX, "10"),
	NOT_YET("LoadBalancerId"),
	NOT_YET("LoadBalancerName"),
	NOT_YET("LoadBalancerStatus"),
	NOT_YET("Address"),
	NOT_YET("AddressType"),
	NOT_YET("AddressIPVersion"),
	NOT_YET("NetworkType"),
	NOT_YET("VpcId"),
	NOT_YET("VSwitchId"),
	NOT_YET("MasterZoneId"),
	NOT_YET("SlaveZoneId"),
	NOT_YET("InternetChargeType"),
	NOT_YET("PayType"),
	NOT_YET("ResourceGroupId"),
	NOT_YET("ServerId"),
	NOT_YET("ServerIntranetAddress"),
	NOT_YET("Tag"),
	NOT_YET("Tags"),
};

static void add_charge(struct cJSON *item, const struct lb_record *record, bool in_list)
{
	const char *word = choice_name(&choices_internet_charge, record->internet_charge);

	if (!in_list) {
		answer_text(item, "InternetChargeType", word);
		return;
	}
	answer_text(item, "InternetChargeType",
		    record->internet_charge == INTERNET_BY_BANDWIDTH ? CHARGE_ALIAS_BANDWIDTH
								     : CHARGE_ALIAS_TRAFFIC);
	answer_text(item, "InternetChargeTypeAlias", word);
}

static void add_fields(struct cJSON *item, const struct lb_record *record, bool in_list)
{
	char text[ADDRESS_TEXT];

	answer_text(item, "LoadBalancerId", record->id);
	answer_text(item, "LoadBalancerName", record->name);
	answer_text(item, "LoadBalancerStatus", choice_name(&choices_lb_status, record->status));
	answer_text(item, "Address", address_format(&record->vip, text));
	answer_text(item, "AddressType", choice_name(&choices_address_type, record->address_type));
	answer_text(item, "AddressIPVersion",
		    choice_name(&choices_ip_version,
				record->vip.family == 6 ? IP_VERSION_6 : IP_VERSION_4));
	answer_text(item, "NetworkType", choice_name(&choices_network_type, record->network_type));
	answer_text(item, "VpcId", record->vpc_id);
	answer_text(item, "VSwitchId", record->vswitch_id);
	answer_text(item, "RegionId", record->region);
	answer_text(item, "RegionIdAlias", record->region);
	answer_text(item, "MasterZoneId", record->master_zone);
	answer_text(item, "SlaveZoneId", record->slave_zone);
	add_charge(item, record, in_list);
	answer_text(item, "InstanceChargeType",
		    choice_name(&choices_instance_charge, record->instance_charge));
	answer_text(item, "LoadBalancerSpec", choice_name(&choices_spec, record->spec));
	answer_text(item, "PayType", choice_name(&choices_pay_type, record->pay_type));
	answer_text(item, "ResourceGroupId", record->resource_group);
	answer_text(item, "DeleteProtection",
		    choice_name(&choices_switch, record->delete_protection));
	answer_text(item, "ModificationProtectionStatus",
		    choice_name(&choices_protection_status, record->protection_status));
	answer_text(item, "ModificationProtectionReason", record->protection_reason);
	answer_time(item, "CreateTime", record->created_ms);
	answer_number(item, "Bandwidth", record->bandwidth);
	answer_number(item, "CreateTimeStamp", record->created_ms);
	answer_list(item, "Tags", "Tag");
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
		if (strcmp(lbs[i]->record.region, call->region) != 0)
			continue;
		if (total >= first && total < end)
			add_fields(answer_item(list), &lbs[i]->record, true);
		total++;
	}
	answer_number(answer, "TotalCount", (int64_t)total);
	return 0;
}

struct attribute_params {
	char id[RECORD_ID];
};

static const struct param attribute_params[] = {
	{ .key = "LoadBalancerId",
	  .type = PARAM_ID,
	  PARAM_FIELD(struct attribute_params, id),
	  .required = true,
	  .summary = "the load balancer" },
};

/* The same list three times, as the real service has it: ports, and two spellings of protocol. */
static void add_listeners(struct cJSON *answer, const struct load_balancer *lb)
{
	struct cJSON *ports = answer_list(answer, "ListenerPorts", "ListenerPort");
	struct cJSON *misspelt =
		answer_list(answer, "ListenerPortsAndProtocal", "ListenerPortAndProtocal");
	struct cJSON *spelt =
		answer_list(answer, "ListenerPortsAndProtocol", "ListenerPortAndProtocol");

	for (size_t i = 0; i < lb->listener_count; i++) {
		const struct listener_record *listener = lb->listeners[i];
		const char *protocol = choice_name(&choices_protocol, listener->protocol);
		struct cJSON *item = answer_item(misspelt);

		answer_item_number(ports, listener->port);
		answer_number(item, "ListenerPort", listener->port);
		answer_text(item, "ListenerProtocal", protocol);
		item = answer_item(spelt);
		answer_number(item, "ListenerPort", listener->port);
		answer_text(item, "ListenerProtocol", protocol);
		answer_text(item, "ListenerForward", "off");
		answer_text_if(item, "Description", listener->description);
	}
}

static void add_servers(struct cJSON *answer, const struct group_record *group)
{
	struct cJSON *list = answer_list(answer, "BackendServers", "BackendServer");
	char text[ADDRESS_TEXT];

	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct member_record *member = &group->members[i];
		struct cJSON *item = answer_item(list);

		answer_text(item, "ServerId", member->server_id);
		answer_text(item, "ServerIp", address_format(&member->address, text));
		answer_text(item, "Type", choice_name(&choices_server_type, member->type));
		answer_number(item, "Weight", member->weight);
		answer_text_if(item, "Description", member->description);
		if (member->port)
			answer_number(item, "Port", member->port);
	}
}

static int read_attribute(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct attribute_params *params = call->params;
	const struct load_balancer *lb = call_lb(call, params->id, error);

	if (!lb)
		return -ERR_LB_NOT_FOUND;
	add_fields(answer, &lb->record, false);
	add_listeners(answer, lb);
	add_servers(answer, lb_group(lb, ""));
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeLoadBalancers",
	  .summary = "list load balancers, page by page",
	  ACTION_PARAMS(struct list_params, list_params),
	  .read = read_list },
	{ .name = "DescribeLoadBalancerAttribute",
	  .summary = "show one load balancer with its listeners and servers",
	  ACTION_PARAMS(struct attribute_params, attribute_params),
	  .read = read_attribute },
};

const struct action_table actions_describe = ACTION_TABLE(rows);
