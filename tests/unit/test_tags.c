// SPDX-License-Identifier: BSD-2-Clause
/* Tags out of requests, filters by them, and the tokens of pages. */
#include "api/paging.h"
#include "api/request.h"
#include "api/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A_16 "aaaaaaaaaaaaaaaa"
#define A_64 A_16 A_16 A_16 A_16
/* Two bytes each in the text, six in the query. */
#define E_8 "%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9"
#define E_64 E_8 E_8 E_8 E_8 E_8 E_8 E_8 E_8

static const struct {
	const char *sentence, *query;
	enum error_code code;
	const char *tags; /* as "key=value key" in order, a key alone: without a value */
} rows[] = {
	{ "none", "", ERR_NONE, "" },
	{ "one", "Tag.1.Key=a&Tag.1.Value=b", ERR_NONE, "a=b" },
	{ "a key alone", "Tag.1.Key=a", ERR_NONE, "a" },
	{ "an empty value is one", "Tag.1.Key=a&Tag.1.Value=", ERR_NONE, "a=" },
	{ "in the order of their numbers, gaps allowed",
	  "Tag.9.Key=c&Tag.2.Key=b&Tag.2.Value=2&Tag.9.Value=9", ERR_NONE, "b=2 c=9" },
	{ "the last of two counts", "Tag.1.Key=a&Tag.1.Key=b&Tag.1.Value=x", ERR_NONE, "b=x" },
	{ "the first letter in either case", "tag.1.Key=a&tag.1.Value=b", ERR_NONE, "a=b" },
	{ "other letters as they are", "Tag.1.key=a", ERR_NONE, "" },
	{ "another field is ignored", "Tag.1.Key=a&Tag.1.Scope=x", ERR_NONE, "a" },
	{ "another parameter too", "Tags=x&TagKey.1=b&Tag=1", ERR_NONE, "" },
	{ "an empty key is absent", "Tag.1.Key=&Tag.2.Key=a", ERR_NONE, "a" },
	{ "and its value lacks one", "Tag.1.Key=&Tag.1.Value=b", ERR_MISSING_TAG_KEY, NULL },
	{ "a value of another number", "Tag.1.Key=a&Tag.2.Value=b", ERR_MISSING_TAG_KEY, NULL },
	{ "no number", "Tag.x.Key=a", ERR_INVALID_PARAMETER, NULL },
	{ "number 0", "Tag.0.Key=a", ERR_INVALID_PARAMETER, NULL },
	{ "a key of 64 characters", "Tag.1.Key=" A_64, ERR_NONE, A_64 },
	{ "of 65", "Tag.1.Key=a" A_64, ERR_TAG_KEY, NULL },
	{ "characters, not bytes", "Tag.1.Key=" E_64, ERR_NONE, NULL },
	{ "65 of them", "Tag.1.Key=" E_64 "%C3%A9", ERR_TAG_KEY, NULL },
	{ "a value of 128", "Tag.1.Key=a&Tag.1.Value=" A_64 A_64, ERR_NONE, "a=" A_64 A_64 },
	{ "of 129", "Tag.1.Key=a&Tag.1.Value=a" A_64 A_64, ERR_TAG_VALUE, NULL },
	{ "kept prefixes", "Tag.1.Key=aliyunx", ERR_TAG_KEY, NULL },
	{ "the other one", "Tag.1.Key=acs:x", ERR_TAG_KEY, NULL },
	{ "further in it is none", "Tag.1.Key=x-aliyun-acs:", ERR_NONE, "x-aliyun-acs:" },
	{ "an address", "Tag.1.Key=xhttp://", ERR_TAG_KEY, NULL },
	{ "a safe one", "Tag.1.Key=xhttps://", ERR_TAG_KEY, NULL },
	{ "in a value", "Tag.1.Key=a&Tag.1.Value=acs:", ERR_TAG_VALUE, NULL },
	{ "an address in a value", "Tag.1.Key=a&Tag.1.Value=see%20http://x", ERR_TAG_VALUE, NULL },
	{ "a control character", "Tag.1.Key=a%0Ab", ERR_TAG_KEY, NULL },
	{ "a key twice", "Tag.1.Key=a&Tag.2.Key=b&Tag.3.Key=a", ERR_DUPLICATE_TAG_KEY, NULL },
};

static void show(const struct tag_list *list, char *out, size_t size)
{
	out[0] = '\0';
	for (uint32_t i = 0; i < list->count; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s%s%s", i ? " " : "",
			 list->tags[i].key, list->valued[i] ? "=" : "", list->tags[i].value);
}

static int decode(const char *query, struct tag_list *list, struct error *error)
{
	struct request request;
	int result = request_decode(&request, query, NULL, 0, error);

	memset(list, 0, sizeof(*list));
	if (!result)
		result = tags_decode(&request, list, error);
	request_release(&request);
	return result;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error error = { 0 };
		struct tag_list list;
		char text[1024];
		int result = decode(rows[i].query, &list, &error);

		if (result != -(int)rows[i].code)
			fail_msg("%s: %d (%s)", rows[i].sentence, result, error.detail);
		show(&list, text, sizeof(text));
		if (rows[i].tags && strcmp(text, rows[i].tags) != 0)
			fail_msg("%s: \"%s\"", rows[i].sentence, text);
	}
}

static void test_too_many(void **state)
{
	struct error error = { 0 };
	struct tag_list list;
	char query[4096] = "";

	(void)state;
	for (int i = 1; i <= RECORD_TAGS; i++)
		snprintf(query + strlen(query), sizeof(query) - strlen(query), "Tag.%d.Key=k%d&", i,
			 i);
	assert_int_equal(decode(query, &list, &error), 0);
	assert_int_equal(list.count, RECORD_TAGS);
	snprintf(query + strlen(query), sizeof(query) - strlen(query), "Tag.99.Key=more");
	assert_int_equal(decode(query, &list, &error), -ERR_SIZE_TAG);
}

static const struct {
	const char *filter, *json;
	bool match, match_none; /* a resource with env=prod, team= ; one without tags */
} filters[] = {
	{ "", NULL, true, true },
	{ "Tag.1.Key=env", NULL, true, false },
	{ "Tag.1.Key=env&Tag.1.Value=prod", NULL, true, false },
	{ "Tag.1.Key=env&Tag.1.Value=test", NULL, false, false },
	{ "Tag.1.Key=env&Tag.1.Value=", NULL, false, false },
	{ "Tag.1.Key=team&Tag.1.Value=", NULL, true, false },
	{ "Tag.1.Key=Env", NULL, false, false },
	{ "Tag.1.Key=env&Tag.2.Key=team", NULL, true, false },
	{ "Tag.1.Key=env&Tag.2.Key=none", NULL, false, false },
	{ NULL, "[]", true, true },
	{ NULL, "[{\"TagKey\":\"env\"}]", true, false },
	{ NULL, "[{'TagKey':'env','TagValue':'prod'}]", true, false },
	{ NULL, "[{\"TagKey\":\"env\",\"TagValue\":\"prod\"},{\"TagKey\":\"x\"}]", false, false },
};

static void test_filters(void **state)
{
	struct tag_record tags[] = { { .key = "env", .value = "prod" }, { .key = "team" } };
	const struct tags_record has = { .tags = tags, .tag_count = 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		struct error error = { 0 };
		struct tag_list list = { 0 };

		assert_int_equal(filters[i].json ? tags_parse(filters[i].json, &list, &error)
						 : decode(filters[i].filter, &list, &error),
				 0);
		assert_int_equal(tags_match(&list, &has), filters[i].match);
		assert_int_equal(tags_match(&list, NULL), filters[i].match_none);
	}
}

static void test_bad_json(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"{}",
		"\"a\"",
		"[1]",
		"[[]]",
		"[{}]",
		"[{\"TagKey\":1}]",
		"[{\"TagKey\":\"\"}]",
		"[{\"tagKey\":\"a\"}]",
		"[{\"TagKey\":\"acs:\"}]",
		"[{\"TagKey\":\"a\"},{\"TagKey\":\"a\"}]",
		"[{\"TagKey\":\"a\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct error error = { 0 };
		struct tag_list list = { 0 };

		if (tags_parse(texts[i], &list, &error) != -ERR_TAGS_FILTER)
			fail_msg("%s is taken", texts[i]);
	}
}

static const struct page_place places[] = {
	{ .created_ms = 0, .id = "" },
	{ .created_ms = 1234567890123, .id = "lb-1_tcp_80" },
	{ .created_ms = 1234567890123, .id = "lb-1", .key = "k" },
	{ .created_ms = INT64_MAX, .id = A_64, .key = A_64 A_64 A_64 A_64 },
};

static void test_page_tokens(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct error error = { 0 };
		struct page_place place;
		char text[PAGE_TOKEN_TEXT], other[PAGE_TOKEN_TEXT];
		size_t length;

		page_token_write('L', &places[i], text);
		assert_int_equal(page_token_read('L', text, &place, &error), 0);
		assert_int_equal(page_compare(&place, &places[i]), 0);
		assert_int_equal(page_token_read('T', text, &place, &error), -ERR_NEXT_TOKEN);
		/* cut anywhere, or one digit another */
		length = strlen(text);
		for (size_t j = 0; j < length; j++) {
			memcpy(other, text, length + 1);
			other[j] = '\0';
			assert_int_equal(page_token_read('L', other, &place, &error),
					 -ERR_NEXT_TOKEN);
			memcpy(other, text, length + 1);
			other[j] = other[j] == '0' ? '1' : '0';
			assert_int_equal(page_token_read('L', other, &place, &error),
					 -ERR_NEXT_TOKEN);
		}
	}
}

static void test_bad_tokens(void **state)
{
	static const char *const texts[] = { "",   "0",  "00",
					     "zz", "4c", "4C4C4C4C4C4C4C4C4C4C4C4C4C4C" };
	char huge[PAGE_TOKEN_TEXT] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct error error = { 0 };
		struct page_place place;

		assert_int_equal(page_token_read('L', texts[i], &place, &error), -ERR_NEXT_TOKEN);
	}
	memset(huge, '4', sizeof(huge) - 2);
	assert_int_equal(page_token_read('L', huge, &(struct page_place){ 0 }, NULL),
			 -ERR_NEXT_TOKEN);
}

static void test_page_order(void **state)
{
	static const struct page_place order[] = {
		{ .created_ms = 1, .id = "b" },
		{ .created_ms = 2, .id = "a" },
		{ .created_ms = 2, .id = "a", .key = "x" },
		{ .created_ms = 2, .id = "b", .key = "a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		for (size_t j = 0; j < sizeof(order) / sizeof(*order); j++) {
			int compared = page_compare(&order[i], &order[j]);

			assert_int_equal((compared > 0) - (compared < 0), (i > j) - (i < j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),        cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_filters),     cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_page_tokens), cmocka_unit_test(test_bad_tokens),
		cmocka_unit_test(test_page_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
