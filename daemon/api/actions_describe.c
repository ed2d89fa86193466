// SPDX-License-Identifier: BSD-2-Clause
/* One load balancer with its listeners and its default group (API, 4.1). */
#include "api/action.h"
#include "api/lb_answer.h"
#include "api/lb_rows.h"

struct attribute_params {
	char id[RECORD_ID];
};

static const struct param attribute_params[] = {
	LB_ID(struct attribute_params, id),
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
	answer_lb(answer, lb, false);
	add_listeners(answer, lb);
	add_servers(answer, lb_group(lb, ""));
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeLoadBalancerAttribute",
	  .summary = "show one load balancer with its listeners and servers",
	  ACTION_PARAMS(struct attribute_params, attribute_params),
	  .read = read_attribute },
};

const struct action_table actions_describe = ACTION_TABLE(rows);
