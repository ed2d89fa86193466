// SPDX-License-Identifier: BSD-2-Clause
/* Twice over the text: to see that all of it are steps, and to judge them one by one. A step is a
 * call for as long as it is judged; what it answers is kept as text. */
#include "api/steps.h"
#include "api/step_values.h"
#include "base/memory.h"
#include "sluice_api.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

/* The detail says first which step it is about. */
static int name_step(struct steps *steps, size_t number, const struct action *action,
		     struct error *error)
{
	const struct error before = *error;
	const char *detail = before.detail;

	steps->failed = number;
	return error_set_argument(error, before.code, before.argument, "step %zu%s%s%s%s", number,
				  action ? " " : "", action ? action->name : "",
				  detail[0] ? ": " : "", detail);
}

/* --- reading --- */

static void add_step(struct steps *steps, const struct action *action)
{
	if (steps->count == steps->room) {
		steps->room = steps->room ? 2 * steps->room : 64;
		steps->list = memory_resize(steps->list, steps->room, sizeof(*steps->list));
	}
	steps->list[steps->count++] = (struct step){ .action = action };
}

static int finish_reading(struct steps *steps, struct error *error)
{
	steps->read = true;
	steps_rewind(steps);
	if (steps->count)
		return 1;
	return error_set(error, ERR_INVALID_PARAMETER, "Changes: there is no step");
}

static int read_next(struct steps *steps, struct error *error)
{
	const struct action *action = NULL;
	char why[128];
	cJSON *item;
	int more = json_items_next(&steps->items, &item, why, sizeof(why)), result = 1;

	if (more < 0)
		return error_set(error, ERR_INVALID_PARAMETER, "Changes: %s", why);
	if (!more)
		return finish_reading(steps, error);
	if (steps->count == SLUICE_CHANGES_STEPS)
		result = error_set(error, ERR_INVALID_PARAMETER, "Changes: more than %d steps",
				   SLUICE_CHANGES_STEPS);
	else if (step_check(item, &action, error))
		result = name_step(steps, steps->count + 1, action, error);
	else
		add_step(steps, action);
	cJSON_Delete(item);
	return result;
}

/* --- judging --- */

/* Lists are left out: what a step made is told by single values. */
static void drop_lists(cJSON *answer)
{
	cJSON *next;

	for (cJSON *member = answer->child; member; member = next) {
		next = member->next;
		if (cJSON_IsObject(member) || cJSON_IsArray(member))
			cJSON_Delete(cJSON_DetachItemViaPointer(answer, member));
	}
}

static void keep_answer(struct steps *steps, struct step *step, const struct call *call)
{
	cJSON *answer = cJSON_CreateObject();
	char *text;

	if (!answer)
		abort();
	answer_number(answer, "Step", (int64_t)(step - steps->list) + 1);
	answer_text(answer, "Action", step->action->name);
	if (step->action->answer)
		step->action->answer(call, answer);
	drop_lists(answer);
	text = answer_json(answer);
	step->answer_length = strlen(text);
	if (steps->length + step->answer_length + 1 > steps->answers_room) {
		steps->answers_room = 2 * steps->answers_room + step->answer_length + 4096;
		steps->answers = memory_resize(steps->answers, steps->answers_room, 1);
	}
	if (steps->length)
		steps->answers[steps->length++] = ',';
	step->answer = steps->length;
	memcpy(steps->answers + steps->length, text, step->answer_length);
	steps->length += step->answer_length;
	free(text);
	cJSON_Delete(answer);
}

static int judge_call(struct call *call, const struct request *request, struct model *model,
		      struct error *error)
{
	const char *region = request_get(request, "RegionId");
	int result = call_check_version(request_get(request, "Version"), error);

	if (!result && region)
		result = call_find_region(call, region, error);
	if (result)
		return result;
	call_find_target(call, request);
	call->params = memory_new(1, call->action->params_size);
	call->result = memory_new(1, call->action->result_size);
	result = call_decode(call, request, error);
	return result ? result : call->action->apply(call, model, error);
}

/* The list's answer would take the place of the step's, for whoever asks again. */
static int check_token(const struct steps *steps, const struct request *request,
		       struct error *error)
{
	const char *token = request_get(request, "ClientToken");

	if (!token || !token[0] || !steps->token || strcmp(token, steps->token) != 0)
		return 0;
	return error_set(error, ERR_TOKEN_CONFLICT, "ClientToken: \"%s\" is the list's own", token);
}

static int judge_step(struct steps *steps, const cJSON *item, const struct call *whole,
		      struct model *model, struct error *error)
{
	struct step *step = &steps->list[steps->judged];
	struct request *request = memory_new(1, sizeof(*request));
	struct call call = { .context = whole->context,
			     .action = step->action,
			     .http = whole->http };
	int result = step_request(steps, item, request, error);

	memcpy(call.request_id, whole->request_id, sizeof(call.request_id));
	memcpy(call.region, whole->region, sizeof(call.region));
	if (!result)
		result = check_token(steps, request, error);
	if (!result)
		result = judge_call(&call, request, model, error);
	memcpy(step->target, call.target, sizeof(step->target));
	if (!result)
		keep_answer(steps, step, &call);
	call_release(&call);
	step_request_release(request);
	free(request);
	return result;
}

static int judge_next(struct steps *steps, const struct call *whole, struct model *model,
		      struct error *error)
{
	char why[128];
	cJSON *item;
	int result;

	/* It was read before, so it cannot but be a step. */
	if (json_items_next(&steps->items, &item, why, sizeof(why)) <= 0)
		return error_set(error, ERR_INTERNAL, "Changes: %s", why);
	result = judge_step(steps, item, whole, model, error);
	cJSON_Delete(item);
	if (result)
		return name_step(steps, steps->judged + 1, steps->list[steps->judged].action,
				 error);
	return ++steps->judged < steps->count;
}

int steps_next(struct steps *steps, const struct call *whole, struct model *model,
	       struct error *error)
{
	return steps->read ? judge_next(steps, whole, model, error) : read_next(steps, error);
}

void steps_rewind(struct steps *steps)
{
	steps->items.at = 0;
	steps->items.begun = false;
	steps->judged = steps->failed = steps->length = 0;
	if (!steps->read)
		steps->count = 0;
}

void steps_release(struct steps *steps)
{
	free(steps->list);
	free(steps->answers);
	*steps = (struct steps){ 0 };
}
