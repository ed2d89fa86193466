// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the checks of servers saw (ours). A page has whole listeners, of the region or of one load
 * balancer, in the order of the load balancers: at least one, and no further one once it has as many
 * servers as were wanted.
 */
#include "api/action.h"
#include "api/health_rows.h"
#include "api/paging.h"
#include "api/server_health.h"

#include <stdio.h>
#include <string.h>

#define PAGE_MAX 1000
#define TOKEN_LIST 'H'

struct checks_params {
	char lb_id[RECORD_ID];
	bool lb_given;
	struct health_filter filter;
	uint32_t max;
	char next[PAGE_TOKEN_TEXT];
};

static const struct param params[] = {
	{ .key = "LoadBalancerId",
	  .type = PARAM_ID,
	  PARAM_FIELD(struct checks_params, lb_id),
	  PARAM_GIVEN(struct checks_params, lb_given),
	  .summary = "only this load balancer's" },
	HEALTH_FILTER_ROWS(struct checks_params),
	{ .key = "MaxResults",
	  .type = PARAM_NUMBER,
	  PARAM_FIELD(struct checks_params, max),
	  .min = 1,
	  .max = PAGE_MAX,
	  .fallback = "100",
	  .summary = "servers in an answer, or all of one listener" },
	{ .key = "NextToken",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct checks_params, next),
	  .min = 1,
	  .max = PAGE_TOKEN_TEXT - 1,
	  .error = ERR_NEXT_TOKEN,
	  .summary = "where the last answer ended" },
};

/* One answer on its way. */
struct page {
	const struct call *call;
	const struct checks_params *wanted;
	struct page_place after, last; /* the listener before this page, and its last one */
	struct cJSON *list;
	size_t count; /* servers so far */
	bool found, full; /* a listener that is meant; there is more */
};

static void place_of(const struct load_balancer *lb, const struct listener_record *listener,
		     struct page_place *place)
{
	place->created_ms = lb->record.created_ms;
	memcpy(place->id, lb->record.id, sizeof(place->id));
	snprintf(place->key, sizeof(place->key), "%05u/%u", listener->port, listener->protocol);
}

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

static void add_server(const struct page *page, const struct load_balancer *lb,
		       const struct listener_record *listener, const struct member_record *member,
		       bool serves_all)
{
	const struct backend_record *backend = lb_member_backend(lb, listener, member);
	struct cJSON *item = answer_item(page->list);
	struct server_health health;
	char text[ADDRESS_TEXT];

	answer_text(item, "LoadBalancerId", lb->record.id);
	answer_number(item, "ListenerPort", listener->port);
	answer_text(item, "Protocol", choice_name(&choices_protocol, listener->protocol));
	answer_text(item, "ServerId", member->server_id);
	answer_text(item, "ServerIp", address_format(&member->address, text));
	if (!backend)
		return;
	server_health(page->call->context, lb, listener, backend, serves_all, &health);
	answer_number(item, "Port", backend->port);
	answer_number(item, "Weight", member->weight);
	answer_text(item, "ServerHealthStatus", health.status);
	answer_text(item, "State", health.state);
	add_check(item, listener, backend->port);
	if (health.watched)
		add_report(item, &health.report);
}

static void add_listener(struct page *page, const struct load_balancer *lb,
			 const struct listener_record *listener)
{
	const struct group_record *group = lb_listener_group(lb, listener);
	bool serves_all = model_serves_all(page->call->context->model, lb, listener);
	struct page_place place = { 0 };

	page->found = true;
	place_of(lb, listener, &place);
	if (page_compare(&place, &page->after) <= 0 || !group->member_count)
		return;
	if (page->count && page->count + group->member_count > page->wanted->max) {
		page->full = true;
		return;
	}
	for (uint32_t i = 0; i < group->member_count; i++)
		add_server(page, lb, listener, &group->members[i], serves_all);
	page->count += group->member_count;
	page->last = place;
}

static void add_lb(struct page *page, const struct load_balancer *lb)
{
	for (size_t i = 0; i < lb->listener_count && !page->full; i++) {
		if (health_filter_matches(&page->wanted->filter, lb->listeners[i]))
			add_listener(page, lb, lb->listeners[i]);
	}
}

static int add_lbs(struct page *page, struct error *error)
{
	const struct load_balancer *const *lbs;
	const struct load_balancer *lb;
	size_t count;

	if (page->wanted->lb_given) {
		lb = call_lb(page->call, page->wanted->lb_id, error);
		if (!lb)
			return -ERR_LB_NOT_FOUND;
		add_lb(page, lb);
		if (page->wanted->filter.port_given && !page->found)
			return error_set(error, ERR_LISTENER_NOT_FOUND, "ListenerPort %u",
					 page->wanted->filter.port);
		return 0;
	}
	lbs = model_lbs(page->call->context->model, &count);
	for (size_t i = 0; i < count && !page->full; i++) {
		if (!strcmp(lbs[i]->record.region, page->call->region))
			add_lb(page, lbs[i]);
	}
	return 0;
}

static int read_checks(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct checks_params *wanted = call->params;
	struct page page = { .call = call,
			     .wanted = wanted,
			     .after = { .created_ms = INT64_MIN },
			     .list = answer_list(answer, "Servers", "Server") };
	char next[PAGE_TOKEN_TEXT] = "";
	int result = 0;

	if (wanted->next[0])
		result = page_token_read(TOKEN_LIST, wanted->next, &page.after, error);
	if (!result)
		result = add_lbs(&page, error);
	if (result)
		return result;
	if (page.full)
		page_token_write(TOKEN_LIST, &page.last, next);
	answer_text(answer, "NextToken", next);
	answer_checks(answer, "Totals", call->context->health);
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeHealthChecks",
	  .summary = "show what the checks of servers saw, by listener",
	  ACTION_PARAMS(struct checks_params, params),
	  .read = read_checks },
};

const struct action_table actions_checks = ACTION_TABLE(rows);
