// SPDX-License-Identifier: BSD-2-Clause
/* Load balancers come and go (API, 4.1). What they look like is in actions_describe.c. */
#include "api/action.h"
#include "api/client_token.h"
#include "api/lb_rows.h"
#include "api/request.h"
#include "api/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define LB_BANDWIDTH_MAX 5120

struct create_params {
	struct create_lb lb; /* first: rows name its fields */
	struct tag_list tags;
	char token[RECORD_ID]; /* "": none */
	char fingerprint[RECORD_ID];
};

/* What is answered, now and to whoever comes again with the token. */
struct create_result {
	struct token_record record;
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
	  .set = LB_NAME_SET,
	  .first = LB_LETTERS,
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
	LB_PROTECTION_REASON(struct create_lb, wanted.protection_reason),
	ECHOED("ResourceGroupId", wanted.resource_group, "rg-default", "echoed"),
	CHOSEN("PayType", wanted.pay_type, pay_type, "PayOnDemand", 0, "echoed"),
	CLIENT_TOKEN(struct create_params, token,
		     "the same within a day: the first answer again, nothing is created"),
	TAG_ROW(struct create_params, tags, "its tags"),
};

/* What was asked for, in the order of the rows and in the client's own spelling: a version-5 UUID of
 * it, which is a SHA-1. */
static void make_fingerprint(const struct call *call, char out[static RECORD_ID])
{
	const struct create_params *params = call->params;
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	uuid_t nil, id;

	if (!stream)
		abort();
	fprintf(stream, "%s\n", call->region);
	for (size_t i = 0; i < call->action->param_count; i++) {
		const char *key = call->action->params[i].key;
		const char *value = request_get(call->request, key);

		if (value && strcmp(key, "ClientToken") != 0)
			fprintf(stream, "%s=%s\n", key, value);
	}
	for (uint32_t i = 0; i < params->tags.count; i++)
		fprintf(stream, "Tag %s=%s\n", params->tags.tags[i].key,
			params->tags.tags[i].value);
	if (fclose(stream))
		abort();
	uuid_clear(nil);
	uuid_generate_sha1(id, nil, text, length);
	uuid_unparse(id, out);
	free(text);
}

static int prepare_create(struct call *call, struct error *error)
{
	struct create_params *params = call->params;
	struct lb_record *wanted = &params->lb.wanted;

	if (wanted->instance_charge == CHARGE_BY_CLCU)
		wanted->spec = SPEC_NONE;
	memcpy(wanted->region, call->region, sizeof(wanted->region));
	if (params->token[0])
		make_fingerprint(call, params->fingerprint);
	return lb_check_protection(wanted, error);
}

static void note_result(const struct create_params *params, const struct lb_record *lb,
			struct token_record *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->token, params->token, sizeof(out->token));
	memcpy(out->request, params->fingerprint, sizeof(out->request));
	memcpy(out->lb_id, lb->id, sizeof(out->lb_id));
	memcpy(out->name, lb->name, sizeof(out->name));
	out->vip = lb->vip;
	out->network_type = lb->network_type;
	memcpy(out->vpc_id, lb->vpc_id, sizeof(out->vpc_id));
	memcpy(out->vswitch_id, lb->vswitch_id, sizeof(out->vswitch_id));
	memcpy(out->resource_group, lb->resource_group, sizeof(out->resource_group));
}

/* The tags were counted when they were decoded: they are refused no more. */
static int apply_create(struct call *call, struct model *model, struct error *error)
{
	const struct create_params *params = call->params;
	struct token_record *made = &((struct create_result *)call->result)->record;
	const struct token_record *known = NULL;
	const struct load_balancer *lb;
	int result = 0;

	if (params->token[0])
		result = model_find_token(model, params->token, params->fingerprint, &known, error);
	if (!result && !known)
		result = model_create_lb(model, &params->lb, &lb, error);
	if (result)
		return result;
	if (known) {
		*made = *known;
	} else {
		note_result(params, &lb->record, made);
		call_tag(call, model, RESOURCE_LB, made->lb_id, &params->tags);
		if (params->token[0])
			model_keep_token(model, made);
	}
	memcpy(call->target, made->lb_id, sizeof(call->target));
	return 0;
}

static void answer_create(const struct call *call, struct cJSON *answer)
{
	const struct token_record *made = &((const struct create_result *)call->result)->record;
	char text[ADDRESS_TEXT];

	answer_text(answer, "LoadBalancerId", made->lb_id);
	answer_text(answer, "LoadBalancerName", made->name);
	answer_text(answer, "Address", address_format(&made->vip, text));
	answer_text(answer, "AddressIPVersion",
		    choice_name(&choices_ip_version,
				made->vip.family == 6 ? IP_VERSION_6 : IP_VERSION_4));
	answer_text(answer, "NetworkType", choice_name(&choices_network_type, made->network_type));
	answer_text(answer, "VpcId", made->vpc_id);
	answer_text(answer, "VSwitchId", made->vswitch_id);
	answer_text(answer, "ResourceGroupId", made->resource_group);
}

static const struct param delete_params[] = {
	LB_ID(struct delete_params, id),
};

static int apply_delete(struct call *call, struct model *model, struct error *error)
{
	const struct delete_params *params = call->params;

	return model_delete_lb(model, call->region, params->id, error);
}

static const struct action rows[] = {
	{ .name = "CreateLoadBalancer",
	  .summary = "create a load balancer and put its VIP on an interface",
	  ACTION_PARAMS(struct create_params, create_params),
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
