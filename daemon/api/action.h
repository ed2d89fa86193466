/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An action is one row: name, parameters, handler, help. Reads answer at once; mutations have an
 * `apply`, which runs inside of a commit and may run again after a failed batch.
 */
#ifndef SLUICE_API_ACTION_H
#define SLUICE_API_ACTION_H

#include "api/answer.h"
#include "api/api.h"
#include "api/params.h"
#include "base/config.h"
#include "core/commit.h"

#include <sys/types.h>

struct action;
struct http_request;
struct tag_list;

/* One request from decoding to its answer. */
struct call {
	struct change change; /* first: commit hands this back */
	const struct api_context *context;
	const struct action *action;
	struct http_request *http;
	char request_id[ANSWER_ID];
	char host_id[CONFIG_NAME_MAX];
	char region[RECORD_ID];
	char target[RECORD_ID]; /* the id that it is about, for the audit line */
	bool xml;
	const struct request *request; /* while prepare runs; NULL after that */
	void *params; /* action->params_size bytes */
	void *result; /* action->result_size bytes: what apply leaves for answer */
};

struct action {
	const char *name;
	const char *summary;
	const struct param *params;
	size_t param_count;
	size_t params_size;
	size_t result_size;
	/* Looks at what the rows cannot say. NULL: nothing. */
	int (*prepare)(struct call *call, struct error *error);
	/* A read: fills the answer. */
	int (*read)(struct call *call, struct cJSON *answer, struct error *error);
	/* A mutation: judges and stages; replaces whatever an earlier run left in the result. */
	int (*apply)(struct call *call, struct model *model, struct error *error);
	/* Fills the answer of a mutation out of the result. NULL: RequestId alone. */
	void (*answer)(const struct call *call, struct cJSON *answer);
	/* Frees what the result holds. */
	void (*release)(struct call *call);
	/* Many changes in one: judged in parts (core/commit.h), and its body may be a large one. */
	bool in_parts;
	/* The audit lines of the changes in it, once their end is known; returns how many of them
	 * were judged and then undone. NULL: none. */
	size_t (*audit)(const struct call *call, const struct error *error);
};

struct action_table {
	const struct action *actions;
	size_t count;
};

#define ACTION_PARAMS(decoded, rows)                                     \
	.params = (rows), .param_count = sizeof(rows) / sizeof(*(rows)), \
	.params_size = sizeof(decoded)
#define ACTION_TABLE(rows)                                                 \
	{                                                                  \
		.actions = (rows), .count = sizeof(rows) / sizeof(*(rows)) \
	}

extern const struct action_table actions_lb, actions_lb_set, actions_lb_list, actions_listener_list,
	actions_tags, actions_health, actions_checks, actions_events, actions_listener_create,
	actions_listener, actions_listener_set, actions_group, actions_group_describe,
	actions_backend, actions_instance, actions_describe, actions_status, actions_statistics,
	actions_actions, actions_changes;
/* All of them, NULL at the end. */
extern const struct action_table *const action_tables[];

/* NULL if it is not one of ours. */
const struct action *action_find(const char *name);

/* The same with *error set, by what is missing. */
const struct action *action_need(const char *name, struct error *error);

/* The load balancer of an id in the call's region, or NULL with *error set. */
const struct load_balancer *call_lb(const struct call *call, const char *id, struct error *error);

/* Decodes a request into call->params, which is there and zeroed, and prepares it. */
int call_decode(struct call *call, const struct request *request, struct error *error);
/* NULL or "" is as good as the right one. */
int call_check_version(const char *version, struct error *error);
/* Fills the region in; NULL: the configuration's first. */
int call_find_region(struct call *call, const char *region, struct error *error);
void call_find_target(struct call *call, const struct request *request);
/* Frees parameters and result. */
void call_release(struct call *call);

/* One audit line, of the whole call or of one step in it. */
struct audited {
	const struct action *action;
	const char *target, *result;
	size_t step; /* 0: the whole */
	size_t undone; /* steps, of the whole */
};
void call_audit(const struct call *call, const struct audited *audited);
/* "OK", or the error's code. */
void call_result(const struct error *error, char *out, size_t size);

/* Stages the tags of a resource that the same call has just staged; at most RECORD_TAGS. */
void call_tag(const struct call *call, struct model *model, unsigned int type, const char *id,
	      const struct tag_list *tags);

#define PAGE_ROWS(params, page_field, size_field, most, usual)                             \
	{ .key = "PageNumber",                                                             \
	  .type = PARAM_NUMBER,                                                            \
	  PARAM_FIELD(params, page_field),                                                 \
	  .min = 0,                                                                        \
	  .max = INT32_MAX,                                                                \
	  .fallback = "1",                                                                 \
	  .summary = "page to show, from 1" },                                             \
	{                                                                                  \
		.key = "PageSize", .type = PARAM_NUMBER, PARAM_FIELD(params, size_field),  \
		.min = 1, .max = (most), .fallback = (usual), .summary = "items on a page" \
	}

#endif
