// SPDX-License-Identifier: BSD-2-Clause
/*
 * A list of changes as one (ours): all of them or none, on disk and in the kernel at one moment. It
 * goes on when its client is gone, as every change does: who has not got the answer looks, or asks
 * again with the ClientToken.
 */
#include "api/client_token.h"
#include "api/http.h"
#include "api/steps.h"
#include "base/memory.h"

#include <cjson/cJSON.h>
#include <malloc.h>
#include <string.h>
#include <uuid/uuid.h>

#define LARGE_TEXT (1 << 20) /* after which memory is given back to the system */

struct changes_params {
	const char *json; /* into the request: gone after prepare */
	char token[RECORD_ID]; /* "": none */
	char fingerprint[RECORD_ID];
};

struct changes_result {
	char *text; /* of Changes */
	struct steps steps;
	bool known; /* the token's answer is in the steps' */
};

_Static_assert(SLUICE_CHANGES_STEPS == 300000, "as the row says");

static const struct param apply_params[] = {
	{ .key = "Changes",
	  .type = PARAM_JSON,
	  PARAM_FIELD(struct changes_params, json),
	  .required = true,
	  .range = "1-300000 steps",
	  .summary = "JSON: [{\"Action\",\"PARAMETER\":\"VALUE\"}], \"$PARAMETER\" with "
		     "${STEP.FIELD}" },
	CLIENT_TOKEN(struct changes_params, token,
		     "the same within a day: the first answer again, nothing is changed"),
};

/* A version-5 UUID, which is a SHA-1, of what was asked for. */
static void make_fingerprint(const struct call *call, const char *text, char out[static RECORD_ID])
{
	uuid_t space, id;

	uuid_clear(id);
	uuid_generate_sha1(space, id, call->region, strlen(call->region));
	uuid_generate_sha1(id, space, text, strlen(text));
	uuid_unparse(id, out);
}

static int prepare(struct call *call, struct error *error)
{
	struct changes_params *params = call->params;
	struct changes_result *result = call->result;
	size_t length = strlen(params->json);

	(void)error;
	result->text = memory_copy(params->json, length + 1, 1);
	result->steps.items = (struct json_items){ .text = result->text, .length = length };
	result->steps.token = params->token;
	if (params->token[0])
		make_fingerprint(call, result->text, params->fingerprint);
	http_forget_body(call->http);
	return 0;
}

/* --- judging --- */

static int find_known(struct call *call, const struct model *model, struct error *error)
{
	const struct changes_params *params = call->params;
	struct changes_result *result = call->result;
	const struct token_record *known = NULL;
	int failed = 0;

	if (params->token[0])
		failed = model_find_token(model, params->token, params->fingerprint, &known, error);
	if (failed || !known)
		return failed;
	result->known = true;
	result->steps.length = known->results_length;
	result->steps.answers = memory_copy(known->results, known->results_length, 1);
	return 0;
}

static void keep_token(const struct call *call, struct model *model)
{
	const struct changes_params *params = call->params;
	const struct steps *steps = &((const struct changes_result *)call->result)->steps;
	struct token_record record = { .results = steps->answers,
				       .results_length = (uint32_t)steps->length };

	memcpy(record.token, params->token, sizeof(record.token));
	memcpy(record.request, params->fingerprint, sizeof(record.request));
	model_keep_token(model, &record);
}

static int apply(struct call *call, struct model *model, struct error *error)
{
	const struct changes_params *params = call->params;
	struct changes_result *result = call->result;
	struct steps *steps = &result->steps;
	int more;

	if (!call->change.goes_on) {
		steps_rewind(steps);
		more = find_known(call, model, error);
		if (more || result->known)
			return more;
	}
	more = steps_next(steps, call, model, error);
	call->change.parts_done = steps->judged;
	call->change.parts = steps->read ? steps->count : 0;
	if (!more && params->token[0])
		keep_token(call, model);
	return more;
}

/* --- answering --- */

/* The texts are JSON already; another format needs them as trees. */
static void answer_apply(const struct call *call, struct cJSON *answer)
{
	const struct steps *steps = &((const struct changes_result *)call->result)->steps;
	struct cJSON *list = answer_list(answer, "Results", "Result");
	size_t length = steps->length + 2;
	char *text = memory_new(length + 1, 1), why[128];
	struct json_items items = { .text = text, .length = length };
	cJSON *item;

	text[0] = call->xml ? '[' : ' ';
	memcpy(text + 1, steps->answers, steps->length);
	text[length - 1] = call->xml ? ']' : ' ';
	if (!call->xml)
		answer_item_raw(list, text);
	while (call->xml && json_items_next(&items, &item, why, sizeof(why)) > 0)
		cJSON_AddItemToArray(list, item);
	free(text);
}

/* What was judged and then undone is a number alone: a line each would let a client that fails again
 * and again fill the disk. */
static size_t audit(const struct call *call, const struct error *error)
{
	const struct changes_result *result = call->result;
	const struct steps *steps = result ? &result->steps : NULL;
	size_t judged = steps && steps->read && !result->known ? steps->judged : 0;
	char code[ERROR_ARGUMENT_MAX + 64];

	call_result(error, code, sizeof(code));
	for (size_t i = 0; i < judged && !error; i++)
		call_audit(call, &(struct audited){ .action = steps->list[i].action,
						    .target = steps->list[i].target,
						    .result = code,
						    .step = i + 1 });
	if (error && steps && steps->read && steps->failed)
		call_audit(call, &(struct audited){ .action = steps->list[steps->failed - 1].action,
						    .target = steps->list[steps->failed - 1].target,
						    .result = code,
						    .step = steps->failed });
	return error ? judged : 0;
}

static void release(struct call *call)
{
	struct changes_result *result = call->result;
	bool large = result->steps.items.length > LARGE_TEXT;

	steps_release(&result->steps);
	free(result->text);
	if (large)
		malloc_trim(0);
}

/* --- how far it is --- */

static int read_progress(struct call *call, struct cJSON *answer, struct error *error)
{
	static const char *const words[] = {
		[COMMIT_IDLE] = "none",         [COMMIT_JUDGE] = "judging",
		[COMMIT_PREPARE] = "preparing", [COMMIT_DISK] = "writing",
		[COMMIT_FOLLOW] = "following",
	};
	struct commit_progress progress;

	(void)error;
	commit_progress(call->context->commit, &progress);
	if (!progress.change || !progress.change->in_parts)
		progress = (struct commit_progress){ .stage = COMMIT_IDLE };
	answer_text(answer, "Stage", words[progress.stage]);
	answer_number(answer, "Done", (int64_t)progress.done);
	answer_number(answer, "Total", (int64_t)progress.total);
	return 0;
}

static const struct action rows[] = {
	{ .name = "ApplyChanges",
	  .summary = "make a list of changes: all of them or none, at one moment",
	  ACTION_PARAMS(struct changes_params, apply_params),
	  .result_size = sizeof(struct changes_result),
	  .in_parts = true,
	  .prepare = prepare,
	  .apply = apply,
	  .answer = answer_apply,
	  .audit = audit,
	  .release = release },
	{ .name = "DescribeApplyProgress",
	  .summary = "show how far the ApplyChanges is that is under way",
	  .read = read_progress },
};

const struct action_table actions_changes = ACTION_TABLE(rows);
