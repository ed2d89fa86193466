// SPDX-License-Identifier: BSD-2-Clause
/* What the checks of servers saw (ours), by listener. */
#include "api/action.h"
#include "api/listener_page.h"
#include "api/server_health.h"

#define PAGE_MAX 1000
#define TOKEN_LIST 'H'

static const struct param params[] = {
	LISTENER_PAGE_ROWS(PAGE_MAX, "100", "servers"),
};

/* One answer on its way. */
struct checks {
	const struct call *call;
	struct cJSON *list;
};

static void add_check(struct cJSON *item, const struct listener_record *listener, uint16_t port)
{
	const char *type = listener->protocol == PROTOCOL_UDP
				   ? "udp"
				   : choice_name(&choices_health_type, listener->health.type);

	answer_text(item, "HealthCheck", choice_name(&choices_switch, listener->health.enabled));
	if (!listener->health.enabled)
		return;
	answer_text(item, "CheckType", type);
	answer_number(item, "CheckPort", listener->health.port ? listener->health.port : port);
}

static void add_report(struct cJSON *item, const struct health_report *report)
{
	if (report->changed_ms) {
		answer_time(item, "LastChange", report->changed_ms);
		answer_ago(item, "SecondsSinceChange", report->changed_ms);
	}
	if (report->checked_ms) {
		answer_time(item, "LastCheck", report->checked_ms);
		answer_ago(item, "SecondsSinceCheck", report->checked_ms);
		answer_bool(item, "LastGood", report->last_good);
	}
	answer_text_if(item, "LastReason", report->reason);
	answer_number(item, "Checks", (int64_t)report->checks);
	answer_number(item, "Failures", (int64_t)report->failures);
}

static void add_server(const struct checks *checks, const struct load_balancer *lb,
		       const struct listener_record *listener, const struct member_record *member,
		       bool serves_all)
{
	const struct backend_record *backend = lb_member_backend(lb, listener, member);
	struct cJSON *item = answer_item(checks->list);
	struct server_health health;
	char text[ADDRESS_TEXT];

	answer_text(item, "LoadBalancerId", lb->record.id);
	answer_number(item, "ListenerPort", listener->port);
	answer_text(item, "Protocol", choice_name(&choices_protocol, listener->protocol));
	answer_text(item, "ServerId", member->server_id);
	answer_text(item, "ServerIp", address_format(&member->address, text));
	if (!backend)
		return;
	server_health(checks->call->context, lb, listener, backend, serves_all, &health);
	answer_number(item, "Port", backend->port);
	answer_number(item, "Weight", member->weight);
	answer_text(item, "ServerHealthStatus", health.status);
	answer_text(item, "State", health.state);
	add_check(item, listener, backend->port);
	if (health.watched)
		add_report(item, &health.report);
}

static size_t rows_of(const struct load_balancer *lb, const struct listener_record *listener)
{
	return lb_listener_group(lb, listener)->member_count;
}

static void add_listener(void *context, const struct load_balancer *lb,
			 const struct listener_record *listener)
{
	const struct checks *checks = context;
	const struct group_record *group = lb_listener_group(lb, listener);
	bool serves_all =
		model_serves_all(checks->call->context->model, MODEL_COMMITTED, lb, listener);

	for (uint32_t i = 0; i < group->member_count; i++)
		add_server(checks, lb, listener, &group->members[i], serves_all);
}

static int read_checks(struct call *call, struct cJSON *answer, struct error *error)
{
	static const struct listener_page_kind kind = { TOKEN_LIST, rows_of, add_listener };
	struct checks checks = { call, answer_list(answer, "Servers", "Server") };
	char next[PAGE_TOKEN_TEXT];
	int result = listener_page(call, &kind, &checks, next, error);

	if (result)
		return result;
	answer_text(answer, "NextToken", next);
	answer_checks(answer, "Totals", call->context->health);
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeHealthChecks",
	  .summary = "show what the checks of servers saw, by listener",
	  ACTION_PARAMS(struct listener_page_params, params),
	  .read = read_checks },
};

const struct action_table actions_checks = ACTION_TABLE(rows);
