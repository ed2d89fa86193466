// SPDX-License-Identifier: BSD-2-Clause
/* Settings of listeners that exist are changed (API, 4.2): what is absent stays. */
#include "api/action.h"
#include "api/listener_rows.h"

#include <string.h>

#define GROUP_SWITCHES                                                                       \
	{ .key = "VServerGroup",                                                             \
	  .type = PARAM_CHOICE,                                                              \
	  PARAM_FIELD(struct listener_params, group_switch),                                 \
	  PARAM_GIVEN(struct listener_params, group_switch_given),                           \
	  .choices = &choices_switch,                                                        \
	  .summary = "on: the group of VServerGroupId; off: the default group" },            \
	{                                                                                    \
		.key = "MasterSlaveServerGroup", .type = PARAM_CHOICE,                       \
		PARAM_FIELD(struct listener_params, master_slave_switch),                    \
		.choices = &choices_switch, .only = "off", .summary = "a master/slave group" \
	}

static const struct param tcp_params[] = {
	LISTENER_ROWS(LISTENER_KEPT, false, "", ""),
	GROUP_SWITCHES,
	LISTENER_TCP_ROWS(LISTENER_KEPT),
	LISTENER_CHOSEN("SynProxy", syn_proxy, syn_proxy, NULL, NULL, "stored only"),
};

static const struct param udp_params[] = {
	LISTENER_ROWS(LISTENER_KEPT, false, "", ""),
	GROUP_SWITCHES,
	LISTENER_UDP_ROWS(LISTENER_KEPT),
};

struct set_params {
	struct listener_params params; /* first: rows name its fields */
	struct set_listener request;
};

_Static_assert(sizeof(struct listener_given) <= LISTENER_FIELDS_MAX, "room for all fields");

static int settle_group(struct listener_params *params, struct set_listener *request,
			struct error *error)
{
	int result = listener_check_group_id(params, error);
	bool on = params->group_switch_given ? params->group_switch == SWITCH_ON
					     : params->given.group_id;

	if (on && !params->given.group_id)
		return error_set(error, ERR_GROUP_ID_MISSING,
				 "VServerGroup is on, and VServerGroupId is absent");
	request->group_given = params->group_switch_given || params->given.group_id;
	if (!on)
		memset(params->record.group_id, 0, sizeof(params->record.group_id));
	return on ? result : 0;
}

/* The fields of the record that the request gives, out of the rows themselves. */
static void list_fields(const struct action *action, const struct listener_params *params,
			struct set_listener *request)
{
	const size_t given = offsetof(struct listener_params, given);

	for (size_t i = 0; i < action->param_count; i++) {
		const struct param *param = &action->params[i];

		if (param->given <= given || param->given > given + sizeof(params->given) ||
		    !((const bool *)params)[param->given - 1] ||
		    param->offset == offsetof(struct listener_params, record.group_id))
			continue;
		request->fields[request->field_count].offset = param->offset;
		request->fields[request->field_count++].size = param->size;
	}
}

static int prepare_set(struct call *call, unsigned int protocol, struct error *error)
{
	struct set_params *set = call->params;
	int result = settle_group(&set->params, &set->request, error);

	set->params.record.protocol = (uint8_t)protocol;
	set->request.region = call->region;
	set->request.wanted = set->params.record;
	list_fields(call->action, &set->params, &set->request);
	return result;
}

static int prepare_tcp(struct call *call, struct error *error)
{
	return prepare_set(call, PROTOCOL_TCP, error);
}

static int prepare_udp(struct call *call, struct error *error)
{
	return prepare_set(call, PROTOCOL_UDP, error);
}

static int apply_set(struct call *call, struct model *model, struct error *error)
{
	return model_set_listener(model, &((const struct set_params *)call->params)->request,
				  error);
}

static const struct action rows[] = {
	{ .name = "SetLoadBalancerTCPListenerAttribute",
	  .summary = "change a TCP listener; what is not named stays",
	  ACTION_PARAMS(struct set_params, tcp_params),
	  .prepare = prepare_tcp,
	  .apply = apply_set },
	{ .name = "SetLoadBalancerUDPListenerAttribute",
	  .summary = "change a UDP listener; what is not named stays",
	  ACTION_PARAMS(struct set_params, udp_params),
	  .prepare = prepare_udp,
	  .apply = apply_set },
};

const struct action_table actions_listener_set = ACTION_TABLE(rows);
