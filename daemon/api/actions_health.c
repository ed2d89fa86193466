// SPDX-License-Identifier: BSD-2-Clause
/* How servers are (API, 4.6): in the words of the real service. */
#include "api/action.h"
#include "api/health_rows.h"
#include "api/lb_rows.h"
#include "api/server_health.h"

/* What is listed in one answer, which is made on the event loop and has no pages in the real
 * service's form. The listener that is named is shown whatever it has. */
#define SERVERS_MAX 20000

struct health_params {
	char lb_id[RECORD_ID];
	struct health_filter filter;
};

static const struct param params[] = {
	LB_ID(struct health_params, lb_id),
	HEALTH_FILTER_ROWS(struct health_params),
};

static void add_listener(const struct call *call, struct cJSON *list,
			 const struct load_balancer *lb, const struct listener_record *listener)
{
	const struct group_record *group = lb_listener_group(lb, listener);
	bool serves_all = model_serves_all(call->context->model, MODEL_COMMITTED, lb, listener);
	char text[ADDRESS_TEXT];

	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct member_record *member = &group->members[i];
		const struct backend_record *backend = lb_member_backend(lb, listener, member);
		struct server_health health;
		struct cJSON *item;

		if (!backend)
			continue;
		server_health(call->context, lb, listener, backend, serves_all, &health);
		item = answer_item(list);
		answer_number(item, "ListenerPort", listener->port);
		answer_text(item, "Protocol", choice_name(&choices_protocol, listener->protocol));
		answer_text(item, "ServerId", member->server_id);
		answer_text(item, "ServerIp", address_format(&member->address, text));
		answer_number(item, "Port", backend->port);
		answer_text(item, "ServerHealthStatus", health.status);
	}
}

/* The listeners that are meant have few enough servers for one answer. */
static int check_size(const struct load_balancer *lb, const struct health_filter *filter,
		      struct error *error)
{
	size_t listeners = 0, servers = 0;

	for (size_t i = 0; i < lb->listener_count; i++) {
		if (!health_filter_matches(filter, lb->listeners[i]))
			continue;
		listeners++;
		servers += lb_listener_group(lb, lb->listeners[i])->member_count;
	}
	if (filter->port_given && !listeners)
		return error_set(error, ERR_LISTENER_NOT_FOUND, "ListenerPort %u", filter->port);
	if (filter->port_given || servers <= SERVERS_MAX)
		return 0;
	return error_set(error, ERR_ANSWER_TOO_LARGE,
			 "%zu servers of %zu listeners, at most %d in one answer: give a "
			 "ListenerPort, or ask DescribeHealthChecks, which comes in pages",
			 servers, listeners, SERVERS_MAX);
}

static int read_health(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct health_params *wanted = call->params;
	const struct load_balancer *lb = call_lb(call, wanted->lb_id, error);
	struct cJSON *list;
	int result = lb ? check_size(lb, &wanted->filter, error) : -ERR_LB_NOT_FOUND;

	if (result)
		return result;
	list = answer_list(answer, "BackendServers", "BackendServer");
	for (size_t i = 0; i < lb->listener_count; i++) {
		if (health_filter_matches(&wanted->filter, lb->listeners[i]))
			add_listener(call, list, lb, lb->listeners[i]);
	}
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeHealthStatus",
	  .summary = "show the health of a load balancer's servers, by listener",
	  ACTION_PARAMS(struct health_params, params),
	  .read = read_health },
};

const struct action_table actions_health = ACTION_TABLE(rows);
