// SPDX-License-Identifier: BSD-2-Clause
/* The list of ApplyChanges as text, a row each: what is a step, and what its values become. What the
 * steps do is for the system tests. */
#include "api/request.h"
#include "api/step_values.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEP "{\"Action\":\"CreateLoadBalancer\"}"

/* Reads all steps; how many, or what was wrong. */
static const struct {
	const char *sentence, *text;
	int count;
	const char *wrong;
} lists[] = {
	{ "one", "[" STEP "]", 1, "" },
	{ "three, with blanks", " [ " STEP ", " STEP "\n,\t" STEP " ] \r\n", 3, "" },
	{ "single quotes", "[{'Action':'CreateLoadBalancer'}]", 1, "" },
	{ "none", "[]", 0, "there is no step" },
	{ "an empty text", "", 0, "no array at byte 0" },
	{ "an object", STEP, 0, "no array" },
	{ "a comma before", "[," STEP "]", 0, "no JSON value" },
	{ "a comma behind", "[" STEP ",]", 1, "no JSON value" },
	{ "no comma", "[" STEP STEP "]", 1, "array without an end" },
	{ "no end", "[" STEP, 1, "array without an end" },
	{ "two lists", "[" STEP "][" STEP "]", 1, "text behind the array" },
	{ "a list in it", "[[" STEP "]]", 0, "step 1: Changes: a step is not an object" },
	{ "the second is a number", "[" STEP ",5]", 1, "step 2: Changes: a step is not" },
	{ "no action", "[{}]", 0, "step 1" },
	{ "an empty action", "[{\"Action\":\"\"}]", 0, "step 1" },
	{ "an action of another case", "[{\"Action\":\"createLoadBalancer\"}]", 0,
	  "step 1: no action \"createLoadBalancer\"" },
	{ "a read", "[" STEP ",{\"Action\":\"DescribeRegions\"}]", 1,
	  "step 2 DescribeRegions: Changes: DescribeRegions cannot be a step: it changes nothing" },
	{ "itself", "[{\"Action\":\"ApplyChanges\"}]", 0, "it is a list of steps itself" },
	{ "a boolean", "[{\"Action\":\"CreateLoadBalancer\",\"A\":true}]", 0,
	  "\"A\" is not a string" },
	{ "an action that refers", "[{\"$Action\":\"CreateLoadBalancer\"}]", 0, "step 1" },
	{ "a name twice", "[{\"Action\":\"CreateLoadBalancer\",\"A\":\"1\",\"$A\":\"2\"}]", 0,
	  "\"A\" is given twice" },
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct steps steps = { .items = { .text = lists[i].text,
						  .length = strlen(lists[i].text) } };
		struct error error = { 0 };
		int result;

		do {
			result = steps_next(&steps, NULL, NULL, &error);
		} while (result > 0 && !steps.read);
		if ((result < 0) != !!lists[i].wrong[0] || (int)steps.count != lists[i].count ||
		    !strstr(error.detail, lists[i].wrong))
			fail_msg("%s: %d, %zu steps, %s", lists[i].sentence, result, steps.count,
				 error.detail);
		steps_release(&steps);
	}
}

/* A value behind "$A"; two steps were answered. */
static const struct {
	const char *sentence, *text, *becomes, *wrong;
} references[] = {
	{ "alone", "${1.LoadBalancerId}", "lb-1", NULL },
	{ "with text around", "x${2.InstanceId}_tcp_80", "xi-2_tcp_80", NULL },
	{ "two", "${1.LoadBalancerId}/${2.InstanceId}", "lb-1/i-2", NULL },
	{ "an empty value", "${2.Empty}", "", NULL },
	{ "none", "plain $ text } {", "plain $ text } {", NULL },
	{ "not in what is filled in", "${2.Sly}", "${1.LoadBalancerId}", NULL },
	{ "a dollar before it", "$${1.LoadBalancerId}", "$lb-1", NULL },
	{ "leading zeros", "${01.LoadBalancerId}", "lb-1", NULL },
	{ "a number", "${1.Step}", NULL, "answers no \"Step\"" },
	{ "a field in another case", "${1.loadBalancerId}", NULL, "answers no" },
	{ "no field", "${1.}", NULL, "answers no \"\"" },
	{ "step 0", "${0.LoadBalancerId}", NULL, "does not come before" },
	{ "the third", "${3.LoadBalancerId}", NULL, "does not come before" },
	{ "a negative one", "${-1.LoadBalancerId}", NULL, "is no reference" },
	{ "a huge one", "${99999999999999999999.X}", NULL, "is no reference" },
	{ "no number", "${.LoadBalancerId}", NULL, "is no reference" },
	{ "no dot", "${1}", NULL, "is no reference" },
	{ "no end", "${1.LoadBalancerId", NULL, "is no reference" },
	{ "a field of 64 letters",
	  "${1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", NULL,
	  "is no reference" },
};

static void test_references(void **state)
{
	static char answers[] =
		"{\"Step\":1,\"LoadBalancerId\":\"lb-1\"},"
		"{\"InstanceId\":\"i-2\",\"Empty\":\"\",\"Sly\":\"${1.LoadBalancerId}\"}";
	const size_t first = strcspn(answers, "}") + 1;
	struct step list[2] = { { .action = action_find("CreateLoadBalancer"),
				  .answer_length = first },
				{ .action = action_find("RegisterInstance"),
				  .answer = first + 1,
				  .answer_length = strlen(answers) - first - 1 } };
	const struct steps steps = { .list = list, .count = 2, .judged = 2, .answers = answers };
	struct request *request = calloc(1, sizeof(*request));

	(void)state;
	for (size_t i = 0; i < sizeof(references) / sizeof(*references); i++) {
		cJSON *item = cJSON_CreateObject();
		struct error error = { 0 };
		int result;

		/* The same value under a plain name stays what it is. */
		cJSON_AddStringToObject(item, "B", references[i].text);
		cJSON_AddStringToObject(item, "$A", references[i].text);
		result = step_request(&steps, item, request, &error);
		assert_string_equal(request->parameters[0].value, references[i].text);
		if (references[i].becomes) {
			assert_int_equal(result, 0);
			assert_string_equal(request->parameters[1].name, "A");
			assert_string_equal(request->parameters[1].value, references[i].becomes);
		} else if (!result || !strstr(error.detail, references[i].wrong)) {
			fail_msg("%s: %s", references[i].sentence, error.detail);
		}
		step_request_release(request);
		cJSON_Delete(item);
	}
	free(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
