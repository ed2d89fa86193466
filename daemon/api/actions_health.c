// SPDX-License-Identifier: BSD-2-Clause
/* How servers are (API, 4.6). Checks are not made yet: what can be said is whether they run. */
#include "api/action.h"
#include "api/lb_rows.h"

struct health_params {
	char lb_id[RECORD_ID];
	uint16_t port;
	uint8_t protocol;
	bool port_given, protocol_given;
};

static const struct param params[] = {
	LB_ID(struct health_params, lb_id),
	{ .key = "ListenerPort",
	  .type = PARAM_NUMBER,
	  PARAM_FIELD(struct health_params, port),
	  PARAM_GIVEN(struct health_params, port_given),
	  .min = 1,
	  .max = UINT16_MAX,
	  .error = ERR_LISTENER_PORT,
	  .summary = "only the listeners on this port" },
	{ .key = "ListenerProtocol",
	  .type = PARAM_CHOICE,
	  PARAM_FIELD(struct health_params, protocol),
	  PARAM_GIVEN(struct health_params, protocol_given),
	  .choices = &choices_protocol,
	  .summary = "only the listeners of this protocol" },
};

static const char *health_of(const struct call *call, const struct member_record *member)
{
	const struct instance_record *instance =
		model_instance(call->context->model, member->server_id);

	return instance && instance->status == INSTANCE_RUNNING ? "unavailable" : "abnormal";
}

static void add_listener(const struct call *call, struct cJSON *list,
			 const struct load_balancer *lb, const struct listener_record *listener)
{
	const struct group_record *group = lb_listener_group(lb, listener);
	char text[ADDRESS_TEXT];

	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct member_record *member = &group->members[i];
		struct cJSON *item = answer_item(list);

		answer_number(item, "ListenerPort", listener->port);
		answer_text(item, "Protocol", choice_name(&choices_protocol, listener->protocol));
		answer_text(item, "ServerId", member->server_id);
		answer_text(item, "ServerIp", address_format(&member->address, text));
		answer_number(item, "Port", member->port ? member->port : listener->backend_port);
		answer_text(item, "ServerHealthStatus", health_of(call, member));
	}
}

static int read_health(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct health_params *wanted = call->params;
	const struct load_balancer *lb = call_lb(call, wanted->lb_id, error);
	struct cJSON *list;
	bool found = !wanted->port_given;

	if (!lb)
		return -ERR_LB_NOT_FOUND;
	list = answer_list(answer, "BackendServers", "BackendServer");
	for (size_t i = 0; i < lb->listener_count; i++) {
		const struct listener_record *listener = lb->listeners[i];

		if ((wanted->port_given && listener->port != wanted->port) ||
		    (wanted->protocol_given && listener->protocol != wanted->protocol))
			continue;
		found = true;
		add_listener(call, list, lb, listener);
	}
	if (found)
		return 0;
	return error_set(error, ERR_LISTENER_NOT_FOUND, "ListenerPort %u", wanted->port);
}

static const struct action rows[] = {
	{ .name = "DescribeHealthStatus",
	  .summary = "show the health of a load balancer's servers, by listener",
	  ACTION_PARAMS(struct health_params, params),
	  .read = read_health },
};

const struct action_table actions_health = ACTION_TABLE(rows);
