// SPDX-License-Identifier: BSD-2-Clause
/*
 * The file of `sluicectl apply`: it is refused with one line, or it is read. What was read comes back
 * from its own print as the same, needs no call to become itself, and has a plan out of nothing.
 */
#include "config.h"
#include "fuzz.h"
#include "plan.h"

static const char empty[] = "{\"Instances\": [], \"LoadBalancers\": []}";
static char why[512];

static cJSON *parse(const char *text, size_t length)
{
	cJSON *root;

	why[0] = '\0';
	root = config_parse(text, length, "local-1", why, sizeof(why));
	HOLDS(root || (why[0] && !strchr(why, '\n')));
	return root;
}

/* Calls that lead from one to the other; `wanted` may be completed by it. SIZE_MAX: there is no way,
 * which one line explains. */
static size_t calls_between(const cJSON *current, cJSON *wanted)
{
	struct plan *plan;
	size_t calls = SIZE_MAX;

	why[0] = '\0';
	plan = plan_make(current, wanted, why, sizeof(why));
	HOLDS(plan || (why[0] && !strchr(why, '\n')));
	if (plan)
		calls = plan_calls(plan);
	plan_free(plan);
	return calls;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *printed, *again;
	cJSON *root = parse(text, size), *same, *nothing;

	free(text);
	if (!root)
		return 0;
	printed = config_print(root);
	same = parse(printed, strlen(printed));
	HOLDS(same);
	again = config_print(same);
	HOLDS(!strcmp(printed, again));
	HOLDS(calls_between(root, same) == 0);
	nothing = parse(empty, strlen(empty));
	HOLDS(nothing);
	(void)calls_between(nothing, same);
	cJSON_Delete(nothing);
	cJSON_Delete(same);
	cJSON_Delete(root);
	free(printed);
	free(again);
	return 0;
}
