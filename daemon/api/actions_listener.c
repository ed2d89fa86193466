// SPDX-License-Identifier: BSD-2-Clause
/* TCP and UDP listeners: started, stopped, deleted, shown (API, 4.2). */
#include "api/action.h"
#include "api/listener_params.h"

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

static void add_health(struct cJSON *answer, const struct listener_record *listener)
{
	answer_text(answer, "HealthCheck", choice_name(&choices_switch, listener->health.enabled));
	if (listener->health.port)
		answer_number(answer, "HealthCheckConnectPort", listener->health.port);
	answer_number(answer, "HealthCheckConnectTimeout", listener->health.timeout_s);
	answer_number(answer, "HealthCheckInterval", listener->health.interval_s);
	answer_number(answer, "HealthyThreshold", listener->health.rise);
	answer_number(answer, "UnhealthyThreshold", listener->health.fall);
}

static void add_common(struct cJSON *answer, const struct listener_record *listener)
{
	answer_text(answer, "LoadBalancerId", listener->lb_id);
	answer_number(answer, "ListenerPort", listener->port);
	answer_text(answer, "Status", choice_name(&choices_listener_status, listener->status));
	answer_number(answer, "Bandwidth", listener->bandwidth);
	answer_text(answer, "Scheduler", choice_name(&choices_scheduler, listener->scheduler));
	if (listener->backend_port && !listener->group_id[0])
		answer_number(answer, "BackendServerPort", listener->backend_port);
	answer_text_if(answer, "VServerGroupId", listener->group_id);
	answer_text_if(answer, "Description", listener->description);
	answer_text(answer, "AclStatus", choice_name(&choices_switch, listener->acl_status));
	answer_text(answer, "ConnectionDrain",
		    choice_name(&choices_switch, listener->connection_drain));
	answer_text(answer, "ForwardingMode",
		    choice_name(&choices_forwarding_mode, listener->mode));
	answer_text(answer, "NoBackendPolicy",
		    choice_name(&choices_no_backend_policy, listener->policy));
	add_health(answer, listener);
	answer_bool(answer, "ProxyProtocolV2Enabled", false);
	answer_list(answer, "AclIds", "AclId");
	answer_list(answer, "Tags", "Tag");
}

static void add_tcp(struct cJSON *answer, const struct listener_record *listener)
{
	answer_text(answer, "HealthCheckType",
		    choice_name(&choices_health_type, listener->health.type));
	answer_text(answer, "HealthCheckMethod",
		    choice_name(&choices_health_method, listener->health.method));
	answer_text(answer, "HealthCheckDomain", listener->health.domain);
	answer_text(answer, "HealthCheckURI", listener->health.uri);
	answer_text(answer, "HealthCheckHttpCode", listener->health.codes);
	answer_text(answer, "SynProxy", choice_name(&choices_syn_proxy, listener->syn_proxy));
	answer_number(answer, "PersistenceTimeout", listener->persistence_s);
	answer_number(answer, "EstablishedTimeout", listener->established_s);
}

static void add_udp(struct cJSON *answer, const struct listener_record *listener)
{
	answer_text_if(answer, "HealthCheckReq", listener->health.request);
	answer_text_if(answer, "HealthCheckExp", listener->health.expect);
}

static int read_attribute(struct call *call, struct cJSON *answer, unsigned int protocol,
			  struct error *error)
{
	const struct key_params *params = call->params;
	const struct load_balancer *lb = call_lb(call, params->lb_id, error);
	const struct listener_record *listener;

	if (!lb)
		return -ERR_LB_NOT_FOUND;
	listener = lb_listener(lb, protocol, params->port);
	if (!listener)
		return error_set(error, ERR_LISTENER_NO_RESOURCE,
				 "%s has no %s listener on port %u", params->lb_id,
				 choice_name(&choices_protocol, protocol), params->port);
	add_common(answer, listener);
	if (protocol == PROTOCOL_TCP)
		add_tcp(answer, listener);
	else
		add_udp(answer, listener);
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
