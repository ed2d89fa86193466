// SPDX-License-Identifier: BSD-2-Clause
/* Traffic by listener and backend, drops and events by reason (API, 4.10). */
#include "api/action.h"
#include "api/listener_page.h"
#include "api/server_health.h"
#include "dataplane/dataplane.h"

#define PAGE_MAX 10000
#define TOKEN_LIST 'S'

static const struct param params[] = {
	LISTENER_PAGE_ROWS(PAGE_MAX, "10000", "backends"),
};

struct totals {
	struct sluice_traffic traffic;
	struct sluice_load load;
	struct dataplane_flows flows; /* at the last sweep of the flow table */
};

/* One answer on its way. */
struct statistics {
	const struct call *call;
	struct cJSON *listeners;
};

static void add_traffic(struct cJSON *item, const struct totals *totals)
{
	answer_number(item, "PacketsIn", (int64_t)totals->traffic.packets_in);
	answer_number(item, "BytesIn", (int64_t)totals->traffic.bytes_in);
	answer_number(item, "PacketsOut", (int64_t)totals->traffic.packets_out);
	answer_number(item, "BytesOut", (int64_t)totals->traffic.bytes_out);
	answer_number(item, "NewConnections", (int64_t)totals->load.flows);
	answer_number(item, "ActiveConnections", (int64_t)totals->load.active);
	answer_number(item, "HalfOpenConnections", totals->flows.half_open);
	answer_number(item, "EstablishedConnections", totals->flows.established);
	answer_number(item, "ClosingConnections", totals->flows.closing);
}

static void sum(struct totals *to, const struct totals *from)
{
	to->traffic.packets_in += from->traffic.packets_in;
	to->traffic.bytes_in += from->traffic.bytes_in;
	to->traffic.packets_out += from->traffic.packets_out;
	to->traffic.bytes_out += from->traffic.bytes_out;
	to->load.flows += from->load.flows;
	to->load.active += from->load.active;
	to->flows.half_open += from->flows.half_open;
	to->flows.established += from->flows.established;
	to->flows.closing += from->flows.closing;
}

static void add_backend(const struct statistics *statistics, struct cJSON *item,
			const struct load_balancer *lb, const struct listener_record *listener,
			const struct backend_record *backend, bool serves_all,
			struct totals *listener_totals)
{
	const struct api_context *context = statistics->call->context;
	const struct member_record *member = lb_backend_member(lb, listener, backend);
	struct server_health health;
	struct totals totals;
	char text[ADDRESS_TEXT];

	server_health(context, lb, listener, backend, serves_all, &health);
	dataplane_traffic(context->dataplane, backend->id, &totals.traffic);
	dataplane_load(context->dataplane, backend->id, &totals.load);
	dataplane_flows(context->dataplane, backend->id, &totals.flows);
	if (member)
		answer_text(item, "ServerId", member->server_id);
	answer_text(item, "ServerIp", address_format(&backend->address, text));
	answer_number(item, "Port", backend->port);
	if (member)
		answer_number(item, "Weight", member->weight);
	answer_text(item, "State", health.state);
	answer_text(item, "ServerHealthStatus", health.status);
	add_traffic(item, &totals);
	sum(listener_totals, &totals);
}

/* One without a backend is shown too, and takes room. */
static size_t rows_of(const struct load_balancer *lb, const struct listener_record *listener)
{
	(void)lb;
	return listener->backend_count ? listener->backend_count : 1;
}

static void add_listener(void *context, const struct load_balancer *lb,
			 const struct listener_record *listener)
{
	const struct statistics *statistics = context;
	bool serves_all =
		model_serves_all(statistics->call->context->model, MODEL_COMMITTED, lb, listener);
	struct cJSON *item = answer_item(statistics->listeners), *list;
	struct totals totals = { 0 };

	answer_text(item, "LoadBalancerId", lb->record.id);
	answer_number(item, "ListenerPort", listener->port);
	answer_text(item, "ListenerProtocol", choice_name(&choices_protocol, listener->protocol));
	list = answer_list(item, "Backends", "Backend");
	for (uint32_t i = 0; i < listener->backend_count; i++)
		add_backend(statistics, answer_item(list), lb, listener, &listener->backends[i],
			    serves_all, &totals);
	add_traffic(item, &totals);
}

static void add_counters(struct cJSON *answer, const struct dataplane *dataplane)
{
	enum kind { drop, event };
	static const struct {
		const char *name, *meaning;
		enum kind kind;
	} rows[] = {
#define X(symbol, counter, sort, text) { .name = (counter), .meaning = (text), .kind = (sort) },
		SLUICE_COUNTERS(X)
#undef X
	};
	struct cJSON *drops = answer_list(answer, "Drops", "Drop");
	struct cJSON *events = answer_list(answer, "Events", "Event");
	uint64_t values[SLUICE_COUNT_MAX];

	dataplane_counters(dataplane, values);
	for (size_t i = 0; i < SLUICE_COUNT_MAX; i++) {
		struct cJSON *item = answer_item(rows[i].kind == drop ? drops : events);

		answer_text(item, "Reason", rows[i].name);
		answer_text(item, "Meaning", rows[i].meaning);
		answer_number(item, "Packets", (int64_t)values[i]);
	}
}

static int read_statistics(struct call *call, struct cJSON *answer, struct error *error)
{
	static const struct listener_page_kind kind = { TOKEN_LIST, rows_of, add_listener };
	struct statistics statistics = { call, answer_list(answer, "Listeners", "Listener") };
	char next[PAGE_TOKEN_TEXT];
	int result = listener_page(call, &kind, &statistics, next, error);

	if (result)
		return result;
	answer_text(answer, "NextToken", next);
	add_counters(answer, call->context->dataplane);
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeStatistics",
	  .summary = "show traffic and connections by listener and backend, and drops by reason",
	  ACTION_PARAMS(struct listener_page_params, params),
	  .read = read_statistics },
};

const struct action_table actions_statistics = ACTION_TABLE(rows);
