// SPDX-License-Identifier: BSD-2-Clause
/* TCP and UDP listeners: started, stopped, deleted, shown (API, 4.2). */
#include "api/action.h"
#include "api/listener_answer.h"
#include "api/listener_params.h"
#include "api/tags.h"

struct key_params {
	char lb_id[RECORD_ID];
	uint16_t port;
	uint8_t protocol;
	bool protocol_given;
};

static const struct param key_params[] = {
	LISTENER_ID(struct key_params, lb_id),
	LISTENER_PORT(struct key_params, port),
	{ .key = "ListenerProtocol",
	  .type = PARAM_CHOICE,
	  PARAM_FIELD(struct key_params, protocol),
	  PARAM_GIVEN(struct key_params, protocol_given),
	  .choices = &choices_protocol,
	  .summary = "needed if both protocols use the port" },
};

static struct listener_key key_of(const struct call *call)
{
	const struct key_params *params = call->params;

	return (struct listener_key){
		.region = call->region,
		.lb_id = params->lb_id,
		.protocol = params->protocol_given ? params->protocol : -1,
		.port = params->port,
	};
}

static int apply_start(struct call *call, struct model *model, struct error *error)
{
	struct listener_key key = key_of(call);

	return model_set_listener_status(model, &key, LISTENER_RUNNING, error);
}

static int apply_stop(struct call *call, struct model *model, struct error *error)
{
	struct listener_key key = key_of(call);

	return model_set_listener_status(model, &key, LISTENER_STOPPED, error);
}

static int apply_delete(struct call *call, struct model *model, struct error *error)
{
	struct listener_key key = key_of(call);

	return model_delete_listener(model, &key, error);
}

static const struct param attribute_params[] = {
	LISTENER_ID(struct key_params, lb_id),
	LISTENER_PORT(struct key_params, port),
};

static int read_attribute(struct call *call, struct cJSON *answer, unsigned int protocol,
			  struct error *error)
{
	const struct key_params *params = call->params;
	const struct load_balancer *lb = call_lb(call, params->lb_id, error);
	const struct listener_record *listener;
	char tag_id[RECORD_ID];

	if (!lb)
		return -ERR_LB_NOT_FOUND;
	listener = lb_listener(lb, protocol, params->port);
	if (!listener)
		return error_set(error, ERR_LISTENER_NO_RESOURCE,
				 "%s has no %s listener on port %u", params->lb_id,
				 choice_name(&choices_protocol, protocol), params->port);
	listener_tag_id(listener, tag_id);
	answer_listener(answer, listener);
	answer_listener_settings(answer, listener);
	answer_bool(answer, "ProxyProtocolV2Enabled", false);
	if (protocol == PROTOCOL_TCP)
		answer_text(answer, "SynProxy",
			    choice_name(&choices_syn_proxy, listener->syn_proxy));
	answer_list(answer, "AclIds", "AclId");
	answer_tags(answer, lb_tags(lb, RESOURCE_LISTENER, tag_id));
	return 0;
}

static int read_tcp(struct call *call, struct cJSON *answer, struct error *error)
{
	return read_attribute(call, answer, PROTOCOL_TCP, error);
}

static int read_udp(struct call *call, struct cJSON *answer, struct error *error)
{
	return read_attribute(call, answer, PROTOCOL_UDP, error);
}

static const struct action rows[] = {
	{ .name = "StartLoadBalancerListener",
	  .summary = "start a listener",
	  ACTION_PARAMS(struct key_params, key_params),
	  .apply = apply_start },
	{ .name = "StopLoadBalancerListener",
	  .summary = "stop a listener at once; its flows are kept for a restart",
	  ACTION_PARAMS(struct key_params, key_params),
	  .apply = apply_stop },
	{ .name = "DeleteLoadBalancerListener",
	  .summary = "delete a listener, in any state",
	  ACTION_PARAMS(struct key_params, key_params),
	  .apply = apply_delete },
	{ .name = "DescribeLoadBalancerTCPListenerAttribute",
	  .summary = "show a TCP listener",
	  ACTION_PARAMS(struct key_params, attribute_params),
	  .read = read_tcp },
	{ .name = "DescribeLoadBalancerUDPListenerAttribute",
	  .summary = "show a UDP listener",
	  ACTION_PARAMS(struct key_params, attribute_params),
	  .read = read_udp },
};

const struct action_table actions_listener = ACTION_TABLE(rows);
