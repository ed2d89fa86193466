// SPDX-License-Identifier: BSD-2-Clause
/* Decoding of query and form: what is taken, which of two values wins, what is refused. */
#include "api/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define JOINED 64

static const struct {
	const char *sentence, *query, *body;
	const char *name, *value; /* value NULL: absent; name NULL: the request is refused */
} rows[] = {
	{ "a plain pair", "Action=X", NULL, "Action", "X" },
	{ "the body too", NULL, "Action=X", "Action", "X" },
	{ "the last of two counts", "A=1&A=2", NULL, "A", "2" },
	{ "the query is read before the body", "A=1", "A=2", "A", "2" },
	{ "a last empty value is absence", "A=1&A=", NULL, "A", NULL },
	{ "an empty value is absence", "A=", NULL, "A", NULL },
	{ "so is a name alone", "A", NULL, "A", NULL },
	{ "the first letter may have either case", "healthCheckInterval=3", NULL,
	  "HealthCheckInterval", "3" },
	{ "in both directions", "HealthCheckInterval=3", NULL, "healthCheckInterval", "3" },
	{ "and both are one name", "regionId=a&RegionId=b", NULL, "RegionId", "b" },
	{ "other letters must be right", "Regionid=a", NULL, "RegionId", NULL },
	{ "a longer name is another", "RegionIdX=a", NULL, "RegionId", NULL },
	{ "a shorter name is another", "Region=a", NULL, "RegionId", NULL },
	{ "a name of no length is skipped over", "=1&A=2", NULL, "A", "2" },
	{ "plus and %20 are blanks", "A=a+b%20c", NULL, "A", "a b c" },
	{ "either case of hex", "A=%2f%2F", NULL, "A", "//" },
	{ "a value may hold =", "A=b=c", NULL, "A", "b=c" },
	{ "names are decoded too", "%41=1", NULL, "A", "1" },
	{ "empty pairs are skipped", "&&A=1&&", NULL, "A", "1" },
	{ "UTF-8 passes", "A=%E2%82%AC", NULL, "A", "\xe2\x82\xac" },
	{ "bare UTF-8 passes", "A=\xe2\x82\xac", NULL, "A", "\xe2\x82\xac" },
	{ "a percent sign cut short", "A=%2", NULL, NULL, NULL },
	{ "a percent sign at the end", "A=%", NULL, NULL, NULL },
	{ "no hex", "A=%zz", NULL, NULL, NULL },
	{ "half hex", "A=%1g", NULL, NULL, NULL },
	{ "the next pair lends no digits", "A=%2&0=1", NULL, NULL, NULL },
	{ "a NUL", "A=%00", NULL, NULL, NULL },
	{ "UTF-8 cut short", "A=%E2%82", NULL, NULL, NULL },
	{ "an overlong form", "A=%C0%80", NULL, NULL, NULL },
	{ "a surrogate", "A=%ED%A0%80", NULL, NULL, NULL },
	{ "beyond Unicode", "A=%F4%90%80%80", NULL, NULL, NULL },
	{ "bad bytes in a name", "%FF=1", NULL, NULL, NULL },
	{ "bad bytes in the body", "A=1", "B=%FF", NULL, NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct request request;
		struct error error = { 0 };
		const char *body = rows[i].body, *value;
		int result = request_decode(&request, rows[i].query, body, body ? strlen(body) : 0,
					    &error);

		if (result != (rows[i].name ? 0 : -ERR_INVALID_PARAMETER))
			fail_msg("%s: returned %d", rows[i].sentence, result);
		value = rows[i].name ? request_get(&request, rows[i].name) : NULL;
		if ((value || rows[i].value) &&
		    (!value || !rows[i].value || strcmp(value, rows[i].value) != 0))
			fail_msg("%s: value \"%s\"", rows[i].sentence, value ? value : "(none)");
		if (result)
			assert_true(error.detail[0]);
		request_release(&request);
	}
}

static void test_count(void **state)
{
	char query[2 * REQUEST_PARAMETERS_MAX + 8] = "";
	struct request request;
	struct error error = { 0 };
	const size_t full = 2 * (size_t)REQUEST_PARAMETERS_MAX;

	(void)state;
	for (size_t i = 0; i < full; i++)
		query[i] = i % 2 ? '&' : 'a';
	assert_int_equal(request_decode(&request, query, NULL, 0, &error), 0);
	assert_int_equal(request.count, REQUEST_PARAMETERS_MAX);
	request_release(&request);
	query[full] = 'b';
	assert_int_equal(request_decode(&request, query, NULL, 0, &error), -ERR_INVALID_PARAMETER);
	request_release(&request);
}

static void test_body_with_nul(void **state)
{
	struct request request;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(request_decode(&request, NULL, "A=\0b", 4, &error),
			 -ERR_INVALID_PARAMETER);
	request_release(&request);
}

static int list(const char *query, const char *name, char joined[static JOINED])
{
	struct request request;
	struct request_item items[REQUEST_PARAMETERS_MAX];
	struct error error = { 0 };
	int count;

	assert_int_equal(request_decode(&request, query, NULL, 0, &error), 0);
	count = request_list(&request, name, items, &error);
	joined[0] = '\0';
	for (int i = 0; i < count; i++)
		snprintf(joined + strlen(joined), JOINED - strlen(joined), "%s", items[i].value);
	request_release(&request);
	return count;
}

static void test_lists(void **state)
{
	char joined[JOINED];

	(void)state;
	assert_int_equal(list("Id.3=c&Id.1=a&Id.20=d", "Id", joined), 3);
	assert_string_equal(joined, "acd");
	assert_int_equal(list("Id.1=a&Id.1=b&id.2=c", "Id", joined), 2);
	assert_string_equal(joined, "bc");
	assert_int_equal(list("Id.1=a&Id.1=&Id.2=c&Idx.1=z&Id=y", "Id", joined), 1);
	assert_string_equal(joined, "c");
	assert_int_equal(list("Id.0=a", "Id", joined), -ERR_INVALID_PARAMETER);
	assert_int_equal(list("Id.01=a", "Id", joined), -ERR_INVALID_PARAMETER);
	assert_int_equal(list("Id.x=a", "Id", joined), -ERR_INVALID_PARAMETER);
	assert_int_equal(list("Id.=a", "Id", joined), -ERR_INVALID_PARAMETER);
	assert_int_equal(list("Id.1.Key=a", "Id", joined), -ERR_INVALID_PARAMETER);
	assert_int_equal(list("Id.99999999999=a", "Id", joined), -ERR_INVALID_PARAMETER);
}

static void test_any(void **state)
{
	struct request request;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(request_decode(&request, "=x&Tags=&Tag.1.Key=a", NULL, 0, &error), 0);
	assert_string_equal(request_any(&request, "Tag"), "Tag.1.Key");
	assert_null(request_any(&request, "Tags"));
	request_release(&request);
}

static void test_form(void **state)
{
	(void)state;
	assert_true(request_is_form("application/x-www-form-urlencoded"));
	assert_true(request_is_form("Application/X-WWW-form-urlencoded; charset=UTF-8"));
	assert_false(request_is_form("application/x-www-form-urlencodedx"));
	assert_false(request_is_form("application/json"));
	assert_false(request_is_form(NULL));
}

/* Whatever the bytes are, decoding ends, and what it lets through is what it says. */
static void test_random(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);
	static const char alphabet[] = "A%=&+\xc3\xa9\xe2\x82\xac"
				       "2f0.\xff";

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 20000; round++) {
		struct request request;
		struct error error = { 0 };
		char *body = malloc(24);
		size_t length = (size_t)rand_r(&seed) % 24;
		int result;

		for (size_t i = 0; i < length; i++)
			body[i] = alphabet[(size_t)rand_r(&seed) % sizeof(alphabet)];
		result = request_decode(&request, NULL, body, length, &error);
		assert_true(!result || error.code == ERR_INVALID_PARAMETER);
		request_get(&request, "A");
		request_any(&request, "A");
		request_release(&request);
		free(body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),          cmocka_unit_test(test_count),
		cmocka_unit_test(test_body_with_nul), cmocka_unit_test(test_lists),
		cmocka_unit_test(test_any),           cmocka_unit_test(test_form),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
