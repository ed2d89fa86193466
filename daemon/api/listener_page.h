/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers about what stands behind listeners come in pages of whole listeners, of the region or of
 * one load balancer, in the order of the load balancers: at least one listener, and no further one
 * once the page has as many rows as were wanted. So no answer holds the event loop for long.
 */
#ifndef SLUICE_API_LISTENER_PAGE_H
#define SLUICE_API_LISTENER_PAGE_H

#include "api/health_rows.h"
#include "api/paging.h"

struct call;
struct listener_record;
struct load_balancer;

/* What is asked for. */
struct listener_page_params {
	char lb_id[RECORD_ID];
	bool lb_given;
	struct health_filter filter;
	uint32_t max;
	char next[PAGE_TOKEN_TEXT];
};

/* The rows of an action whose params are a struct listener_page_params. */
#define LISTENER_PAGE_ROWS(most, usual, what)                                \
	{ .key = "LoadBalancerId",                                           \
	  .type = PARAM_ID,                                                  \
	  PARAM_FIELD(struct listener_page_params, lb_id),                   \
	  PARAM_GIVEN(struct listener_page_params, lb_given),                \
	  .summary = "only this load balancer's" },                          \
		HEALTH_FILTER_ROWS(struct listener_page_params),             \
		{ .key = "MaxResults",                                       \
		  .type = PARAM_NUMBER,                                      \
		  PARAM_FIELD(struct listener_page_params, max),             \
		  .min = 1,                                                  \
		  .max = (most),                                             \
		  .fallback = (usual),                                       \
		  .summary = what " in an answer, or all of one listener" }, \
	{                                                                    \
		.key = "NextToken", .type = PARAM_TEXT,                      \
		PARAM_FIELD(struct listener_page_params, next), .min = 1,    \
		.max = PAGE_TOKEN_TEXT - 1, .error = ERR_NEXT_TOKEN,         \
		.summary = "where the last answer ended"                     \
	}

/* What an action makes of them. */
struct listener_page_kind {
	char list; /* of its tokens: page_token_write */
	/* How many rows a listener has in the answer; 0: it is left out. */
	size_t (*rows)(const struct load_balancer *lb, const struct listener_record *listener);
	void (*add)(void *context, const struct load_balancer *lb,
		    const struct listener_record *listener);
};

/* Adds the listeners of a page; `next` gets the token of the next one, "" at the end. An unknown load
 * balancer, or a port that the one named does not listen on, is an error. */
int listener_page(const struct call *call, const struct listener_page_kind *kind, void *context,
		  char next[static PAGE_TOKEN_TEXT], struct error *error);

#endif
