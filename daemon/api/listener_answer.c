// SPDX-License-Identifier: BSD-2-Clause
/* The fields of a listener, for its attribute and for lists (API, 4.2). */
#include "api/listener_answer.h"
#include "api/answer.h"
#include "base/choice.h"

void answer_listener(struct cJSON *item, const struct listener_record *listener)
{
	answer_text(item, "LoadBalancerId", listener->lb_id);
	answer_number(item, "ListenerPort", listener->port);
	answer_text(item, "Status", choice_name(&choices_listener_status, listener->status));
	answer_number(item, "Bandwidth", listener->bandwidth);
	answer_text(item, "Scheduler", choice_name(&choices_scheduler, listener->scheduler));
	if (listener->backend_port && !listener->group_id[0])
		answer_number(item, "BackendServerPort", listener->backend_port);
	answer_text_if(item, "VServerGroupId", listener->group_id);
	answer_text_if(item, "Description", listener->description);
	answer_text(item, "AclStatus", choice_name(&choices_switch, listener->acl_status));
}

static void add_health(struct cJSON *item, const struct listener_record *listener)
{
	answer_text(item, "HealthCheck", choice_name(&choices_switch, listener->health.enabled));
	if (listener->health.port)
		answer_number(item, "HealthCheckConnectPort", listener->health.port);
	answer_number(item, "HealthCheckConnectTimeout", listener->health.timeout_s);
	answer_number(item, "HealthCheckInterval", listener->health.interval_s);
	answer_number(item, "HealthyThreshold", listener->health.rise);
	answer_number(item, "UnhealthyThreshold", listener->health.fall);
}

static void add_tcp(struct cJSON *item, const struct listener_record *listener)
{
	answer_text(item, "HealthCheckType",
		    choice_name(&choices_health_type, listener->health.type));
	answer_text(item, "HealthCheckMethod",
		    choice_name(&choices_health_method, listener->health.method));
	answer_text(item, "HealthCheckDomain", listener->health.domain);
	answer_text(item, "HealthCheckURI", listener->health.uri);
	answer_text(item, "HealthCheckHttpCode", listener->health.codes);
	answer_number(item, "PersistenceTimeout", listener->persistence_s);
	answer_number(item, "EstablishedTimeout", listener->established_s);
}

static void add_udp(struct cJSON *item, const struct listener_record *listener)
{
	answer_text_if(item, "HealthCheckReq", listener->health.request);
	answer_text_if(item, "HealthCheckExp", listener->health.expect);
}

void answer_listener_settings(struct cJSON *item, const struct listener_record *listener)
{
	answer_text(item, "ConnectionDrain",
		    choice_name(&choices_switch, listener->connection_drain));
	if (listener->connection_drain)
		answer_number(item, "ConnectionDrainTimeout", listener->drain_timeout_s);
	answer_text(item, "ForwardingMode", choice_name(&choices_forwarding_mode, listener->mode));
	answer_text(item, "NoBackendPolicy",
		    choice_name(&choices_no_backend_policy, listener->policy));
	add_health(item, listener);
	if (listener->protocol == PROTOCOL_TCP)
		add_tcp(item, listener);
	else
		add_udp(item, listener);
}
