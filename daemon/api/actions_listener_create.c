// SPDX-License-Identifier: BSD-2-Clause
/* TCP and UDP listeners are made (API, 4.2): every parameter a row, checked before the model. */
#include "api/action.h"
#include "api/lb_rows.h"
#include "api/listener_rows.h"

#define BACKEND_PORT                                                            \
	LISTENER_NUMBER("BackendServerPort", backend_port, 1, UINT16_MAX, NULL, \
			"port of the default group's servers that name none of their own")

static const struct param tcp_params[] = {
	LISTENER_ROWS(LISTENER_FILLED, true, "5", "2"),
	BACKEND_PORT,
	TAG_ROW(struct listener_params, tags, "its tags"),
	LISTENER_TCP_ROWS(LISTENER_FILLED),
};

static const struct param udp_params[] = {
	LISTENER_ROWS(LISTENER_FILLED, true, "10", "5"),
	BACKEND_PORT,
	TAG_ROW(struct listener_params, tags, "its tags"),
	LISTENER_UDP_ROWS(LISTENER_FILLED),
};

static int prepare_create(struct call *call, unsigned int protocol, struct error *error)
{
	struct listener_params *params = call->params;

	params->record.protocol = (uint8_t)protocol;
	if (!params->record.backend_port && !params->given.group_id)
		return error_set(error, ERR_LISTENER_NO_GROUP,
				 "neither BackendServerPort nor VServerGroupId is given");
	return listener_check_group_id(params, error);
}

static int prepare_tcp(struct call *call, struct error *error)
{
	return prepare_create(call, PROTOCOL_TCP, error);
}

static int prepare_udp(struct call *call, struct error *error)
{
	return prepare_create(call, PROTOCOL_UDP, error);
}

static int apply_create(struct call *call, struct model *model, struct error *error)
{
	const struct listener_params *params = call->params;

	char tag_id[RECORD_ID];
	int result = model_create_listener(model, call->region, &params->record, error);

	if (result)
		return result;
	listener_tag_id(&params->record, tag_id);
	call_tag(call, model, RESOURCE_LISTENER, tag_id, &params->tags);
	return 0;
}

static const struct action rows[] = {
	{ .name = "CreateLoadBalancerTCPListener",
	  .summary = "create a TCP listener, stopped",
	  ACTION_PARAMS(struct listener_params, tcp_params),
	  .prepare = prepare_tcp,
	  .apply = apply_create },
	{ .name = "CreateLoadBalancerUDPListener",
	  .summary = "create a UDP listener, stopped",
	  ACTION_PARAMS(struct listener_params, udp_params),
	  .prepare = prepare_udp,
	  .apply = apply_create },
};

const struct action_table actions_listener_create = ACTION_TABLE(rows);
