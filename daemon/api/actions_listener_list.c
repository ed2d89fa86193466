// SPDX-License-Identifier: BSD-2-Clause
/* Listeners of many load balancers, a page after the other by token (API, 4.2). */
#include "api/action.h"
#include "api/lb_rows.h"
#include "api/listener_answer.h"
#include "api/paging.h"
#include "api/tags.h"

#include <string.h>

#define LBS_MAX 10
#define PAGE_MAX 100
#define TOKEN_LIST 'L'

struct list_params {
	char lb_ids[LBS_MAX][RECORD_ID];
	uint32_t lb_count;
	uint16_t port;
	uint8_t protocol;
	bool protocol_given;
	char description[RECORD_TEXT];
	struct tag_list tags;
	uint32_t max;
	char next[PAGE_TOKEN_TEXT];
};

static const struct param params[] = {
	{ .key = "LoadBalancerId",
	  .type = PARAM_ID_LIST,
	  PARAM_FIELD(struct list_params, lb_ids),
	  PARAM_COUNT(struct list_params, lb_count),
	  .max = LBS_MAX,
	  .summary = "only those of these load balancers" },
	{ .key = "ListenerProtocol",
	  .type = PARAM_CHOICE,
	  PARAM_FIELD(struct list_params, protocol),
	  PARAM_GIVEN(struct list_params, protocol_given),
	  .choices = &choices_protocol,
	  .summary = "only those of this protocol" },
	{ .key = "ListenerPort",
	  .type = PARAM_NUMBER,
	  PARAM_FIELD(struct list_params, port),
	  .min = 1,
	  .max = UINT16_MAX,
	  .error = ERR_LISTENER_PORT,
	  .summary = "only those on this port" },
	{ .key = "Description",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct list_params, description),
	  .min = 1,
	  .max = RECORD_TEXT - 1,
	  .summary = "only those with this description" },
	TAG_ROW(struct list_params, tags, "only those that have all of these"),
	{ .key = "MaxResults",
	  .type = PARAM_NUMBER,
	  PARAM_FIELD(struct list_params, max),
	  .min = 1,
	  .max = PAGE_MAX,
	  .fallback = "20",
	  .summary = "listeners in an answer" },
	{ .key = "NextToken",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct list_params, next),
	  .min = 1,
	  .max = PAGE_TOKEN_TEXT - 1,
	  .error = ERR_NEXT_TOKEN,
	  .summary = "where the last answer ended" },
};

struct entry {
	struct page_place place;
	const struct load_balancer *lb;
	const struct listener_record *listener;
};

/* The first ones behind a place, in order, and one more that tells whether there is a next page. */
struct page {
	struct page_place after;
	struct entry entries[PAGE_MAX + 1];
	size_t count, room;
	uint64_t total;
};

static void add_entry(struct page *page, const struct entry *entry)
{
	size_t at = page->count;

	if (page_compare(&entry->place, &page->after) <= 0)
		return;
	while (at > 0 && page_compare(&entry->place, &page->entries[at - 1].place) < 0)
		at--;
	if (at == page->room)
		return;
	if (page->count < page->room)
		page->count++;
	memmove(&page->entries[at + 1], &page->entries[at],
		(page->count - at - 1) * sizeof(*entry));
	page->entries[at] = *entry;
}

static bool is_named(const struct list_params *filter, const char *lb_id)
{
	for (uint32_t i = 0; i < filter->lb_count; i++) {
		if (!strcmp(filter->lb_ids[i], lb_id))
			return true;
	}
	return !filter->lb_count;
}

static bool matches(const struct list_params *filter, const struct listener_record *listener)
{
	return (!filter->protocol_given || listener->protocol == filter->protocol) &&
	       (!filter->port || listener->port == filter->port) &&
	       (!filter->description[0] || !strcmp(listener->description, filter->description));
}

static void add_lb(const struct list_params *filter, const struct load_balancer *lb,
		   struct page *page)
{
	for (size_t i = 0; i < lb->listener_count; i++) {
		struct entry entry = { .lb = lb, .listener = lb->listeners[i] };

		if (!matches(filter, entry.listener))
			continue;
		listener_tag_id(entry.listener, entry.place.id);
		entry.place.created_ms = entry.listener->created_ms;
		if (!tags_match(&filter->tags, lb_tags(lb, RESOURCE_LISTENER, entry.place.id)))
			continue;
		page->total++;
		add_entry(page, &entry);
	}
}

static void answer_entry(struct cJSON *item, const struct entry *entry)
{
	const struct listener_record *listener = entry->listener;
	struct cJSON *settings;

	answer_listener(item, listener);
	answer_text(item, "ListenerProtocol", choice_name(&choices_protocol, listener->protocol));
	answer_flat(item, "AclIds");
	answer_tags_flat(item, lb_tags(entry->lb, RESOURCE_LISTENER, entry->place.id));
	settings = answer_object(item, listener->protocol == PROTOCOL_TCP ? "TCPListenerConfig"
									  : "UDPListenerConfig");
	answer_listener_settings(settings, listener);
	/* A text here, as the real service has it. */
	answer_text(settings, "ProxyProtocolV2Enabled", "false");
}

static void answer_page(const struct list_params *filter, const struct page *page,
			struct cJSON *answer)
{
	struct cJSON *list = answer_flat(answer, "Listeners");
	char next[PAGE_TOKEN_TEXT] = "";
	size_t shown = page->count < filter->max ? page->count : filter->max;

	for (size_t i = 0; i < shown; i++)
		answer_entry(answer_item(list), &page->entries[i]);
	if (page->count > shown)
		page_token_write(TOKEN_LIST, &page->entries[shown - 1].place, next);
	answer_number(answer, "MaxResults", filter->max);
	answer_number(answer, "TotalCount", (int64_t)page->total);
	answer_text(answer, "NextToken", next);
}

static int read_list(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct list_params *filter = call->params;
	struct page page = { .after = { .created_ms = INT64_MIN }, .room = filter->max + 1 };
	size_t count;
	const struct load_balancer *const *lbs = model_lbs(call->context->model, &count);
	int result = filter->next[0] ? page_token_read(TOKEN_LIST, filter->next, &page.after, error)
				     : 0;

	if (result)
		return result;
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(lbs[i]->record.region, call->region) &&
		    is_named(filter, lbs[i]->record.id))
			add_lb(filter, lbs[i], &page);
	}
	answer_page(filter, &page, answer);
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeLoadBalancerListeners",
	  .summary = "list listeners, of all load balancers or some",
	  ACTION_PARAMS(struct list_params, params),
	  .read = read_list },
};

const struct action_table actions_listener_list = ACTION_TABLE(rows);
