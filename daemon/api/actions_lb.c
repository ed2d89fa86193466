// SPDX-License-Identifier: BSD-2-Clause
/* Load balancers come and go (API, 4.1). What they look like is in actions_describe.c. */
#include "api/action.h"

#include <string.h>

#define NAME_SET "A-Za-z0-9._-"
#define LETTERS "A-Za-z"
#define LB_BANDWIDTH_MAX 5120

struct create_result {
	struct lb_record record;
};

struct delete_params {
	char id[RECORD_ID];
};

/* Rows of texts that are only echoed. */
#define ECHOED(name, field, usual, help)                                                           \
	{                                                                                          \
		.key = (name), .type = PARAM_TEXT, PARAM_FIELD(struct create_lb, field), .min = 1, \
		.max = RECORD_ID - 1, .fallback = (usual), .summary = (help)                       \
	}
#define CHOSEN(name, field, set, usual, code, help)                                                \
	{                                                                                          \
		.key = (name), .type = PARAM_CHOICE, PARAM_FIELD(struct create_lb, field),         \
		.choices = &choices_##set, .fallback = (usual), .error = (code), .summary = (help) \
	}

static const struct param create_params[] = {
	{ .key = "AddressType",
	  .type = PARAM_CHOICE,
	  PARAM_FIELD(struct create_lb, wanted.address_type),
	  PARAM_GIVEN(struct create_lb, address_type_given),
	  .choices = &choices_address_type,
	  .summary = "which VIP pool; intranet with a VSwitchId, else internet" },
	{ .key = "AddressIPVersion",
	  .type = PARAM_CHOICE,
	  PARAM_FIELD(struct create_lb, ip_version),
	  .choices = &choices_ip_version,
	  .fallback = "ipv4",
	  .only = "ipv4",
	  .summary = "family of the VIP" },
	{ .key = "Address",
	  .type = PARAM_ADDRESS,
	  PARAM_FIELD(struct create_lb, wanted.vip),
	  PARAM_GIVEN(struct create_lb, vip_given),
	  .summary = "the VIP wanted; without it the lowest free one of the pool" },
	ECHOED("VSwitchId", wanted.vswitch_id, NULL,
	       "a configured pool; makes the network type vpc"),
	ECHOED("VpcId", wanted.vpc_id, NULL, "the vSwitch's VPC"),
	{ .key = "LoadBalancerName",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct create_lb, wanted.name),
	  .min = 1,
	  .max = RECORD_NAME - 1,
	  .set = NAME_SET,
	  .first = LETTERS,
	  .error = ERR_LB_NAME,
	  .summary = "a name, letter first; the id if absent" },
	CHOSEN("LoadBalancerSpec", wanted.spec, spec, NULL, ERR_LB_SPEC,
	       "guaranteed performance of a size; shared if absent"),
	CHOSEN("InstanceChargeType", wanted.instance_charge, instance_charge, "PayBySpec", 0,
	       "PayByCLCU is guaranteed performance without a spec"),
	CHOSEN("InternetChargeType", wanted.internet_charge, internet_charge, "paybytraffic", 0,
	       "under paybybandwidth Bandwidth bounds the sum of the listeners"),
	{ .key = "Bandwidth",
	  .type = PARAM_NUMBER,
	  PARAM_FIELD(struct create_lb, wanted.bandwidth),
	  .min = 1,
	  .max = LB_BANDWIDTH_MAX,
	  .fallback = "-1",
	  .error = ERR_LB_BANDWIDTH,
	  .summary = "Mbit/s; stored" },
	ECHOED("MasterZoneId", wanted.master_zone, NULL, "a zone of the region; echoed"),
	ECHOED("SlaveZoneId", wanted.slave_zone, NULL, "a zone of the region; echoed"),
	CHOSEN("DeleteProtection", wanted.delete_protection, switch, "off", 0,
	       "on: DeleteLoadBalancer is refused"),
	CHOSEN("ModificationProtectionStatus", wanted.protection_status, protection_status,
	       "NonProtection", ERR_PROTECTION_STATUS, "stored; hinders no call"),
	{ .key = "ModificationProtectionReason",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct create_lb, wanted.protection_reason),
	  .min = 1,
	  .max = RECORD_NAME - 1,
	  .set = NAME_SET,
	  .first = LETTERS,
	  .error = ERR_PROTECTION_REASON,
	  .summary = "only with ConsoleProtection" },
	ECHOED("ResourceGroupId", wanted.resource_group, "rg-default", "echoed"),
	CHOSEN("PayType", wanted.pay_type, pay_type, "PayOnDemand", 0, "echoed"),
	{ .key = "ClientToken", .only = "" },
	{ .key = "Tag", .only = "" },
};

static int prepare_create(struct call *call, struct error *error)
{
	struct create_lb *request = call->params;

	if (request->wanted.protection_reason[0] &&
	    request->wanted.protection_status != PROTECTION_CONSOLE)
		return error_set(error, ERR_PROTECTION_REASON,
				 "ModificationProtectionReason needs ConsoleProtection");
	if (request->wanted.instance_charge == CHARGE_BY_CLCU)
		request->wanted.spec = SPEC_NONE;
	memcpy(request->wanted.region, call->region, sizeof(request->wanted.region));
	return 0;
}

static int apply_create(struct call *call, struct model *model, struct error *error)
{
	struct create_result *made = call->result;
	const struct load_balancer *lb;
	int result = model_create_lb(model, call->params, &lb, error);

	if (!result) {
		made->record = lb->record;
		memcpy(call->target, lb->record.id, sizeof(call->target));
	}
	return result;
}

static void answer_create(const struct call *call, struct cJSON *answer)
{
	const struct lb_record *record = &((const struct create_result *)call->result)->record;
	char text[ADDRESS_TEXT];

	answer_text(answer, "LoadBalancerId", record->id);
	answer_text(answer, "LoadBalancerName", record->name);
	answer_text(answer, "Address", address_format(&record->vip, text));
	answer_text(answer, "AddressIPVersion",
		    choice_name(&choices_ip_version,
				record->vip.family == 6 ? IP_VERSION_6 : IP_VERSION_4));
	answer_text(answer, "NetworkType",
		    choice_name(&choices_network_type, record->network_type));
	answer_text(answer, "VpcId", record->vpc_id);
	answer_text(answer, "VSwitchId", record->vswitch_id);
	answer_text(answer, "ResourceGroupId", record->resource_group);
}

static const struct param delete_params[] = {
	{ .key = "LoadBalancerId",
	  .type = PARAM_ID,
	  PARAM_FIELD(struct delete_params, id),
	  .required = true,
	  .summary = "the load balancer" },
};

static int apply_delete(struct call *call, struct model *model, struct error *error)
{
	const struct delete_params *params = call->params;

	return model_delete_lb(model, call->region, params->id, error);
}

static const struct action rows[] = {
	{ .name = "CreateLoadBalancer",
	  .summary = "create a load balancer and put its VIP on an interface",
	  ACTION_PARAMS(struct create_lb, create_params),
	  .result_size = sizeof(struct create_result),
	  .prepare = prepare_create,
	  .apply = apply_create,
	  .answer = answer_create },
	{ .name = "DeleteLoadBalancer",
	  .summary = "delete a load balancer with its listeners and servers",
	  ACTION_PARAMS(struct delete_params, delete_params),
	  .apply = apply_delete },
};

const struct action_table actions_lb = ACTION_TABLE(rows);
