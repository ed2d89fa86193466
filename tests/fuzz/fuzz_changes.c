// SPDX-License-Identifier: BSD-2-Clause
/*
 * Changes of ApplyChanges: it is refused with a reason, or each of it is a step, of which no value
 * becomes another one but those under a name with a dollar sign.
 */
#include "api/request.h"
#include "api/step_values.h"
#include "fuzz.h"

#include <cjson/cJSON.h>

static char answers[] = "{\"Step\":1,\"LoadBalancerId\":\"lb-1\"}";

static void check_values(const cJSON *item, const struct request *request)
{
	size_t i = 0;

	for (const cJSON *member = item->child; member; member = member->next, i++) {
		HOLDS(i < request->count);
		if (member->string[0] != '$') {
			HOLDS(!strcmp(member->string, request->parameters[i].name));
			HOLDS(!strcmp(member->valuestring, request->parameters[i].value));
		}
	}
	HOLDS(i == request->count && i <= REQUEST_PARAMETERS_MAX);
}

/* As if one step had been judged. */
static void fill(const cJSON *item)
{
	struct step first = { .action = action_find("CreateLoadBalancer"),
			      .answer_length = sizeof(answers) - 1 };
	const struct steps steps = { .list = &first, .count = 1, .judged = 1, .answers = answers };
	struct request *request = calloc(1, sizeof(*request));
	struct error error = { 0 };

	if (!request)
		abort();
	if (!step_request(&steps, item, request, &error))
		check_values(item, request);
	else
		HOLDS(error.code == ERR_INVALID_PARAMETER && strstr(error.detail, "Changes: "));
	step_request_release(request);
	free(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), why[128];
	struct steps steps = { .items = { .text = text, .length = strlen(text) } };
	struct error error = { 0 };
	cJSON *item;
	int result;

	do {
		result = steps_next(&steps, NULL, NULL, &error);
	} while (result > 0 && !steps.read);
	HOLDS(result > 0 || (result == -(int)error.code && error_row(result)->http < 500));
	steps_rewind(&steps);
	for (size_t i = 0; result > 0 && i < steps.count; i++) {
		HOLDS(json_items_next(&steps.items, &item, why, sizeof(why)) == 1);
		fill(item);
		cJSON_Delete(item);
	}
	steps_release(&steps);
	free(text);
	return 0;
}
