// SPDX-License-Identifier: BSD-2-Clause
/* Rules 1-8 of AddBackendServers that look at text, a row each; rule 1 is in test_params.c. */
#include "api/backend_servers.h"
#include "api/json.h"
#include "base/choice.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ADD BACKEND_SERVERS_ADD
#define SET BACKEND_SERVERS_SET
#define REMOVE BACKEND_SERVERS_REMOVE
#define OK ERR_NONE
#define ID_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT_80 ID_64 "bbbbbbbbbbbbbbbb"
#define I "\"ServerId\":\"i-1\""
#define ENI "\"ServerId\":\"eni-1\",\"Type\":\"eni\""

static const struct {
	const char *sentence;
	enum backend_servers_use use;
	const char *text;
	enum error_code code;
} rows[] = {
	{ "rule 2: not JSON", ADD, "hello", ERR_BACKENDS_MALFORMED },
	{ "rule 2: nothing", ADD, " ", ERR_BACKENDS_MALFORMED },
	{ "rule 2: text behind the array", ADD, "[{" I "}]x", ERR_BACKENDS_MALFORMED },
	{ "rule 2: two arrays", ADD, "[{" I "}][]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: blanks behind the array", ADD, "[{" I "}] \t\r\n", OK },
	{ "rule 2: an open array", ADD, "[{" I "}", ERR_BACKENDS_MALFORMED },
	{ "rule 2: an open object", ADD, "[{" I, ERR_BACKENDS_MALFORMED },
	{ "rule 2: an open string", ADD, "[{\"ServerId\":\"i-1", ERR_BACKENDS_MALFORMED },
	{ "rule 2: a comma too many in the array", ADD, "[{" I "},]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: a comma too many in the object", ADD, "[{" I ",}]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: a name without quotes", ADD, "[{ServerId:\"i-1\"}]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: single quotes", ADD, "[{'ServerId':'i-1'}]", OK },
	{ "rule 2: mixed quotes", ADD, "[{'ServerId':\"i-1\"}]", OK },
	{ "rule 2: quotes that do not match", ADD, "[{'ServerId':\"i-1'}]",
	  ERR_BACKENDS_MALFORMED },
	{ "rule 2: an escaped single quote", ADD, "[{" I ",'x':'\\''}]", OK },
	{ "rule 2: which double quotes do not know", ADD, "[{" I ",\"x\":\"\\'\"}]",
	  ERR_BACKENDS_MALFORMED },
	{ "rule 2: a raw newline in a string", ADD, "[{" I ",\"x\":\"a\nb\"}]",
	  ERR_BACKENDS_MALFORMED },
	{ "rule 2: bad UTF-8 in a string", ADD, "[{" I ",\"x\":\"\xff\"}]",
	  ERR_BACKENDS_MALFORMED },
	{ "rule 2: an escaped NUL", ADD, "[{\"ServerId\":\"i-1\\u0000x\"}]",
	  ERR_BACKENDS_MALFORMED },
	{ "rule 2: half a surrogate pair", ADD, "[{" I ",\"x\":\"\\ud800\"}]",
	  ERR_BACKENDS_MALFORMED },
	{ "rule 2: the other half", ADD, "[{" I ",\"x\":\"\\udc00\"}]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: a whole pair", ADD, "[{" I ",\"x\":\"\\ud83d\\ude00\"}]", OK },
	{ "rule 2: an unknown escape", ADD, "[{" I ",\"x\":\"\\q\"}]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: a leading zero", ADD, "[{" I ",\"Weight\":010}]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: a plus sign", ADD, "[{" I ",\"Weight\":+1}]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: a point alone", ADD, "[{" I ",\"Weight\":1.}]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: NaN", ADD, "[{" I ",\"Weight\":NaN}]", ERR_BACKENDS_MALFORMED },
	{ "rule 2: four levels", ADD, "[{" I ",\"x\":[[]]}]", OK },
	{ "rule 2: five levels", ADD, "[{" I ",\"x\":[[[]]]}]", ERR_BACKENDS_MALFORMED },
	{ "rule 3: an object", ADD, "{" I "}", ERR_BACKENDS_INVALID },
	{ "rule 3: a string", ADD, "\"x\"", ERR_BACKENDS_INVALID },
	{ "rule 3: null", ADD, "null", ERR_BACKENDS_INVALID },
	{ "rule 3: an empty array", ADD, "[]", ERR_BACKENDS_INVALID },
	{ "rule 3: an array of numbers", ADD, "[1]", ERR_BACKENDS_INVALID },
	{ "rule 3: one of them is no object", ADD, "[{" I "},null]", ERR_BACKENDS_INVALID },
	{ "rule 5: no ServerId", ADD, "[{}]", ERR_SERVER_ID_EMPTY },
	{ "rule 5: an empty one", ADD, "[{\"ServerId\":\"\"}]", ERR_SERVER_ID_EMPTY },
	{ "rule 5: keys are case-sensitive", ADD, "[{\"serverId\":\"i-1\"}]", ERR_SERVER_ID_EMPTY },
	{ "rule 5: a number", ADD, "[{\"ServerId\":1}]", ERR_BACKENDS_INVALID },
	{ "rule 5: null is not a string", ADD, "[{\"ServerId\":null}]", ERR_BACKENDS_INVALID },
	{ "rule 5: a bad character", ADD, "[{\"ServerId\":\"i 1\"}]", ERR_BACKENDS_INVALID },
	{ "rule 5: 64 characters", ADD, "[{\"ServerId\":\"" ID_64 "\"}]", OK },
	{ "rule 5: 65 characters", ADD, "[{\"ServerId\":\"" ID_64 "a\"}]", ERR_BACKENDS_INVALID },
	{ "rule 5: the first of a key counts", ADD, "[{\"ServerId\":\"\"," I "}]",
	  ERR_SERVER_ID_EMPTY },
	{ "rule 5 before rule 6", ADD, "[{\"Type\":\"x\"}]", ERR_SERVER_ID_EMPTY },
	{ "entry by entry: rule 8 of the first before rule 5 of the second", ADD,
	  "[{" I ",\"Weight\":101},{}]", ERR_WEIGHT },
	{ "rule 6: eci", ADD, "[{" I ",\"Type\":\"eci\"}]", ERR_SERVER_TYPE },
	{ "rule 6: a number", ADD, "[{" I ",\"Type\":0}]", ERR_SERVER_TYPE },
	{ "rule 6: any case", ADD, "[{" I ",\"Type\":\"ECS\"}]", OK },
	{ "rule 6: null is absent", ADD, "[{" I ",\"Type\":null}]", OK },
	{ "rule 6: so is an empty text", ADD, "[{" I ",\"Type\":\"\"}]", OK },
	{ "rule 6: an eni without its Type", ADD, "[{\"ServerId\":\"eni-1\"}]", ERR_SERVER_TYPE },
	{ "rule 6: an eni as ecs", ADD, "[{\"ServerId\":\"eni-1\",\"Type\":\"ecs\"}]",
	  ERR_SERVER_TYPE },
	{ "rule 6: an ecs as eni", ADD, "[{" I ",\"Type\":\"eni\",\"ServerIp\":\"10.0.0.1\"}]",
	  ERR_SERVER_TYPE },
	{ "rule 6: in Remove too", REMOVE, "[{\"ServerId\":\"eni-1\"}]", ERR_SERVER_TYPE },
	{ "rule 7: an eni without ServerIp", ADD, "[{" ENI "}]", ERR_BACKENDS_INVALID },
	{ "rule 7: with an empty one", ADD, "[{" ENI ",\"ServerIp\":\"\"}]", ERR_BACKENDS_INVALID },
	{ "rule 7: optional in Set", SET, "[{" ENI "}]", OK },
	{ "rule 7: optional in Remove", REMOVE, "[{" ENI "}]", OK },
	{ "rule 7: an eni with ServerIp", ADD, "[{" ENI ",\"ServerIp\":\"10.0.0.1\"}]", OK },
	{ "rule 7: IPv6", ADD, "[{" ENI ",\"ServerIp\":\"2001:db8::1\"}]", OK },
	{ "rule 7: no address", ADD, "[{" I ",\"ServerIp\":\"10.0.0\"}]", ERR_BACKENDS_INVALID },
	{ "rule 7: a blank", ADD, "[{" I ",\"ServerIp\":\" 10.0.0.1\"}]", ERR_BACKENDS_INVALID },
	{ "rule 7: multicast", ADD, "[{" I ",\"ServerIp\":\"224.0.0.1\"}]", ERR_BACKENDS_INVALID },
	{ "rule 7: loopback", ADD, "[{" I ",\"ServerIp\":\"127.0.0.1\"}]", ERR_BACKENDS_INVALID },
	{ "rule 7: a number", ADD, "[{" I ",\"ServerIp\":1}]", ERR_BACKENDS_INVALID },
	{ "rule 7: an address in Remove", REMOVE, "[{" I ",\"ServerIp\":\"x\"}]",
	  ERR_BACKENDS_INVALID },
	{ "rule 7: an empty Description", ADD, "[{" I ",\"Description\":\"\"}]",
	  ERR_BACKENDS_INVALID },
	{ "rule 7: a null one is absent", ADD, "[{" I ",\"Description\":null}]", OK },
	{ "rule 7: its characters", ADD, "[{" I ",\"Description\":\"a b\"}]",
	  ERR_BACKENDS_INVALID },
	{ "rule 7: not Chinese letters", ADD, "[{" I ",\"Description\":\"\xe4\xb8\xad\"}]",
	  ERR_BACKENDS_INVALID },
	{ "rule 7: 80 characters", ADD, "[{" I ",\"Description\":\"" TEXT_80 "\"}]", OK },
	{ "rule 7: 81 characters", ADD, "[{" I ",\"Description\":\"" TEXT_80 "b\"}]",
	  ERR_BACKENDS_INVALID },
	{ "rule 7 before rule 8", ADD, "[{" I ",\"Weight\":-1,\"Description\":\"\"}]",
	  ERR_BACKENDS_INVALID },
	{ "rule 7: Remove does not look at it", REMOVE, "[{" I ",\"Description\":\"\"}]", OK },
	{ "rule 8: weight 0", ADD, "[{" I ",\"Weight\":0}]", OK },
	{ "rule 8: weight 100 as digits", ADD, "[{" I ",\"Weight\":\"100\"}]", OK },
	{ "rule 8: weight 101", ADD, "[{" I ",\"Weight\":101}]", ERR_WEIGHT },
	{ "rule 8: weight -1", ADD, "[{" I ",\"Weight\":-1}]", ERR_WEIGHT },
	{ "rule 8: weight beyond 64 bits", ADD, "[{" I ",\"Weight\":18446744073709551617}]",
	  ERR_WEIGHT },
	{ "rule 8: a fraction", ADD, "[{" I ",\"Weight\":1.5}]", ERR_WEIGHT },
	{ "rule 8: a fraction of nought", ADD, "[{" I ",\"Weight\":1.0}]", ERR_WEIGHT },
	{ "rule 8: an exponent", ADD, "[{" I ",\"Weight\":1e1}]", ERR_WEIGHT },
	{ "rule 8: letters", ADD, "[{" I ",\"Weight\":\"ten\"}]", ERR_WEIGHT },
	{ "rule 8: a blank", ADD, "[{" I ",\"Weight\":\" 1\"}]", ERR_WEIGHT },
	{ "rule 8: a plus", ADD, "[{" I ",\"Weight\":\"+1\"}]", ERR_WEIGHT },
	{ "rule 8: true", ADD, "[{" I ",\"Weight\":true}]", ERR_WEIGHT },
	{ "rule 8: an array", ADD, "[{" I ",\"Weight\":[1]}]", ERR_WEIGHT },
	{ "rule 8: null and empty are absent", ADD, "[{" I ",\"Weight\":null,\"Port\":\"\"}]", OK },
	{ "rule 8: weight before port", ADD, "[{" I ",\"Port\":0,\"Weight\":101}]", ERR_WEIGHT },
	{ "rule 8: port 0", ADD, "[{" I ",\"Port\":0}]", ERR_SERVER_PORT },
	{ "rule 8: port 65535", ADD, "[{" I ",\"Port\":\"65535\"}]", OK },
	{ "rule 8: port 65536", ADD, "[{" I ",\"Port\":65536}]", ERR_SERVER_PORT },
	{ "rule 8: port false", ADD, "[{" I ",\"Port\":false}]", ERR_SERVER_PORT },
	{ "rule 8: in Set too", SET, "[{" I ",\"Weight\":101}]", ERR_WEIGHT },
	{ "rule 8: Remove does not look", REMOVE, "[{" I ",\"Weight\":101,\"Port\":0}]", OK },
	{ "unknown fields are ignored", ADD, "[{" I ",\"Zone\":{\"a\":1}}]", OK },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct server_change change;
		struct error error = { 0 };
		int result = backend_servers_parse(rows[i].text, rows[i].use, &change, &error);

		if (result != -(int)rows[i].code)
			fail_msg("%s: %s gave %d, not %d (%s)", rows[i].sentence, rows[i].text,
				 result, -(int)rows[i].code, error.detail);
		if (result && !error.detail[0])
			fail_msg("%s: no detail", rows[i].sentence);
	}
}

static void make_list(char *out, int count, const char *item)
{
	strcpy(out, "[");
	for (int i = 0; i < count; i++) {
		strcat(out, i ? "," : "");
		strcat(out, item);
	}
	strcat(out, "]");
}

static void test_rule4_count(void **state)
{
	struct server_change change;
	struct error error = { 0 };
	char text[1024];

	(void)state;
	make_list(text, 20, "{" I "}");
	assert_int_equal(backend_servers_parse(text, ADD, &change, &error), 0);
	assert_int_equal(change.count, 20);
	make_list(text, 21, "{" I "}");
	assert_int_equal(backend_servers_parse(text, ADD, &change, &error), -ERR_BACKENDS_TOO_MANY);
	make_list(text, 21, "{}");
	assert_int_equal(backend_servers_parse(text, ADD, &change, &error), -ERR_BACKENDS_TOO_MANY);
}

static void test_values(void **state)
{
	static const char text[] =
		"[{\"ServerId\":\"i-web01\",\"Weight\":\"50\",\"Type\":\"ecs\",\"Port\":\"80\","
		"\"Description\":\"web-01\"},{'ServerId':'eni-2','Type':'eni','ServerIp':"
		"'10.20.0.12','Weight':0,'Port':8080},{\"ServerId\":\"i-3\"}]";
	struct server_change change;
	struct error error = { 0 };
	char address[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(backend_servers_parse(text, ADD, &change, &error), 0);
	assert_int_equal(change.count, 3);
	assert_string_equal(change.entries[0].server_id, "i-web01");
	assert_string_equal(change.entries[0].description, "web-01");
	assert_true(change.entries[0].description_given && change.entries[0].weight_given);
	assert_int_equal(change.entries[0].weight, 50);
	assert_int_equal(change.entries[0].port, 80);
	assert_int_equal(change.entries[0].type, SERVER_ECS);
	assert_int_equal(change.entries[0].address.family, 0);
	assert_int_equal(change.entries[1].type, SERVER_ENI);
	assert_int_equal(change.entries[1].weight, 0);
	assert_int_equal(change.entries[1].port, 8080);
	assert_string_equal(address_format(&change.entries[1].address, address), "10.20.0.12");
	assert_int_equal(change.entries[2].weight, 100);
	assert_false(change.entries[2].weight_given || change.entries[2].port_given ||
		     change.entries[2].description_given);
	assert_int_equal(change.entries[2].port, 0);
}

static void test_size(void **state)
{
	char *text = malloc(JSON_BYTES_MAX + 2), why[64];
	cJSON *tree;

	(void)state;
	memset(text, ' ', JSON_BYTES_MAX + 1);
	memcpy(text, "[]", 2);
	tree = json_parse(text, JSON_BYTES_MAX, why, sizeof(why));
	assert_non_null(tree);
	cJSON_Delete(tree);
	assert_null(json_parse(text, JSON_BYTES_MAX + 1, why, sizeof(why)));
	free(text);
}

static void test_strings(void **state)
{
	static const char text[] = "'a\\u20ac\\ud83d\\ude00\\n\"\\\\'";
	char why[64];
	cJSON *tree = json_parse(text, strlen(text), why, sizeof(why));

	(void)state;
	assert_non_null(tree);
	assert_string_equal(tree->valuestring, "a\xe2\x82\xac\xf0\x9f\x98\x80\n\"\\");
	cJSON_Delete(tree);
}

/* What our reader takes with double quotes alone, cJSON takes too; and no input upsets it. */
static void test_random(void **state)
{
	static const char *const pieces[] = { "[",    "]",   "{",     "}",        ",",
					      ":",    "\"a", "\"",    "\\u00",    "\\",
					      "1",    "-",   "0.5",   "e3",       "true",
					      "null", " ",   "\"b\"", "\xc3\xa9", "\xff" };
	unsigned int seed = (unsigned int)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 50000; round++) {
		char text[64] = "", why[64];
		cJSON *ours, *theirs;

		for (int i = rand_r(&seed) % 12; i >= 0; i--)
			strcat(text,
			       pieces[(size_t)rand_r(&seed) % (sizeof(pieces) / sizeof(*pieces))]);
		ours = json_parse(text, strlen(text), why, sizeof(why));
		theirs = cJSON_ParseWithOpts(text, NULL, true);
		if (ours && !theirs)
			fail_msg("cJSON does not take %s", text);
		cJSON_Delete(ours);
		cJSON_Delete(theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),    cmocka_unit_test(test_rule4_count),
		cmocka_unit_test(test_values),  cmocka_unit_test(test_size),
		cmocka_unit_test(test_strings), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
