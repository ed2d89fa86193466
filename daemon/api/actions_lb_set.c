// SPDX-License-Identifier: BSD-2-Clause
/* Load balancers altered (API, 4.1): each action sets one field or two. */
#include "api/action.h"
#include "api/lb_rows.h"

#include <string.h>

#define SET(field) PARAM_FIELD(struct set_lb, wanted.field)
#define GIVEN(which) PARAM_GIVEN(struct set_lb, given[which])
#define ID LB_ID(struct set_lb, wanted.id)
#define CHOSEN(name, field, which, set, code, help)                                              \
	{                                                                                        \
		.key = (name), .type = PARAM_CHOICE, SET(field), GIVEN(which), .required = true, \
		.choices = &choices_##set, .error = (code), .summary = (help)                    \
	}

static const struct param status_params[] = {
	ID,
	CHOSEN("LoadBalancerStatus", status, LB_FIELD_STATUS, lb_status, 0,
	       "inactive: no listener forwards; the VIP stays"),
};

static const struct param name_params[] = {
	ID,
	{ .key = "LoadBalancerName",
	  .type = PARAM_TEXT,
	  SET(name),
	  GIVEN(LB_FIELD_NAME),
	  .required = true,
	  .min = 1,
	  .max = RECORD_NAME - 1,
	  .set = LB_NAME_SET,
	  .error = ERR_LB_NAME,
	  .summary = "a name; need not be unique" },
};

static const struct param delete_protection_params[] = {
	ID,
	CHOSEN("DeleteProtection", delete_protection, LB_FIELD_DELETE_PROTECTION, switch, 0,
	       "on: DeleteLoadBalancer is refused"),
};

static const struct param protection_params[] = {
	ID,
	CHOSEN("ModificationProtectionStatus", protection_status, LB_FIELD_PROTECTION,
	       protection_status, ERR_PROTECTION_STATUS,
	       "stored; hinders no call. NonProtection clears the reason"),
	LB_PROTECTION_REASON(struct set_lb, wanted.protection_reason),
};

static const struct param spec_params[] = {
	ID,
	CHOSEN("LoadBalancerSpec", spec, LB_FIELD_SPEC, spec, ERR_LB_SPEC,
	       "guaranteed performance of a size"),
};

static const struct param internet_params[] = {
	ID,
	{ .key = "InternetChargeType",
	  .type = PARAM_CHOICE,
	  SET(internet_charge),
	  GIVEN(LB_FIELD_INTERNET_CHARGE),
	  .choices = &choices_internet_charge,
	  .summary = "under paybybandwidth Bandwidth bounds the sum of the listeners" },
	{ .key = "Bandwidth",
	  .type = PARAM_NUMBER,
	  SET(bandwidth),
	  GIVEN(LB_FIELD_BANDWIDTH),
	  .min = 1,
	  .max = 5000,
	  .error = ERR_LB_BANDWIDTH,
	  .summary = "Mbit/s; stored" },
};

static const struct param charge_params[] = {
	ID,
	CHOSEN("InstanceChargeType", instance_charge, LB_FIELD_INSTANCE_CHARGE, instance_charge, 0,
	       "PayByCLCU is guaranteed performance without a spec"),
};

static const struct param pay_params[] = {
	ID,
	CHOSEN("PayType", pay_type, LB_FIELD_PAY_TYPE, pay_type, 0, "stored only"),
};

static int prepare(struct call *call, struct error *error)
{
	struct set_lb *request = call->params;

	memcpy(request->wanted.region, call->region, sizeof(request->wanted.region));
	return lb_check_protection(&request->wanted, error);
}

static int apply(struct call *call, struct model *model, struct error *error)
{
	return model_set_lb(model, call->params, error);
}

#define ROW(action, help, rows)                                                          \
	{                                                                                \
		.name = (action), .summary = (help), ACTION_PARAMS(struct set_lb, rows), \
		.prepare = prepare, .apply = apply                                       \
	}

static const struct action rows[] = {
	ROW("SetLoadBalancerStatus", "let a load balancer forward, or stop all of its listeners",
	    status_params),
	ROW("SetLoadBalancerName", "rename a load balancer", name_params),
	ROW("SetLoadBalancerDeleteProtection", "protect a load balancer from deletion",
	    delete_protection_params),
	ROW("SetLoadBalancerModificationProtection", "mark a load balancer as not to be changed",
	    protection_params),
	ROW("ModifyLoadBalancerInstanceSpec", "set a load balancer's size", spec_params),
	ROW("ModifyLoadBalancerInternetSpec", "set how a load balancer's traffic is charged",
	    internet_params),
	ROW("ModifyLoadBalancerInstanceChargeType", "set how a load balancer is charged",
	    charge_params),
	ROW("ModifyLoadBalancerPayType", "set how a load balancer is paid", pay_params),
};

const struct action_table actions_lb_set = ACTION_TABLE(rows);
