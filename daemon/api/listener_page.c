// SPDX-License-Identifier: BSD-2-Clause
/* See listener_page.h. */
#include "api/listener_page.h"
#include "api/action.h"

#include <stdio.h>
#include <string.h>

/* One page on its way. */
struct page {
	const struct call *call;
	const struct listener_page_params *wanted;
	const struct listener_page_kind *kind;
	void *context;
	struct page_place after, last; /* the listener before this page, and its last one */
	size_t count; /* rows so far */
	bool found, full; /* a listener that is meant; there is more */
};

static void place_of(const struct load_balancer *lb, const struct listener_record *listener,
		     struct page_place *place)
{
	place->created_ms = lb->record.created_ms;
	memcpy(place->id, lb->record.id, sizeof(place->id));
	snprintf(place->key, sizeof(place->key), "%05u/%u", listener->port, listener->protocol);
}

static void add_listener(struct page *page, const struct load_balancer *lb,
			 const struct listener_record *listener)
{
	size_t rows = page->kind->rows(lb, listener);
	struct page_place place = { 0 };

	page->found = true;
	place_of(lb, listener, &place);
	if (page_compare(&place, &page->after) <= 0 || !rows)
		return;
	if (page->count && page->count + rows > page->wanted->max) {
		page->full = true;
		return;
	}
	page->kind->add(page->context, lb, listener);
	page->count += rows;
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

int listener_page(const struct call *call, const struct listener_page_kind *kind, void *context,
		  char next[static PAGE_TOKEN_TEXT], struct error *error)
{
	struct page page = { .call = call,
			     .wanted = call->params,
			     .kind = kind,
			     .context = context,
			     .after = { .created_ms = INT64_MIN } };
	int result = 0;

	next[0] = '\0';
	if (page.wanted->next[0])
		result = page_token_read(kind->list, page.wanted->next, &page.after, error);
	if (!result)
		result = add_lbs(&page, error);
	if (!result && page.full)
		page_token_write(kind->list, &page.last, next);
	return result;
}
