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
#define GROUP_ADD BACKEND_SERVERS_GROUP_ADD
#define GROUP_SET BACKEND_SERVERS_GROUP_SET
#define GROUP_OLD BACKEND_SERVERS_GROUP_OLD
#define GROUP_REMOVE BACKEND_SERVERS_GROUP_REMOVE
#define OK ERR_NONE
#define ID_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT_80 ID_64 "bbbbbbbbbbbbbbbb"
#define I "\"ServerId\":\"i-1\""
#define ENI "\"ServerId\":\"eni-1\",\"Type\":\"eni\""

static const struct {
	const char *sentence, *text;
	enum error_code code;
	enum backend_servers_use use;
} rows[] = {
	{ "rule 2: not JSON", "hello", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: nothing", " ", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: text behind the array", "[{" I "}]x", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: two arrays", "[{" I "}][]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: blanks behind the array", "[{" I "}] \t\r\n", OK, ADD },
	{ "rule 2: an open array", "[{" I "}", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: an open object", "[{" I, ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: an open string", "[{\"ServerId\":\"i-1", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: a comma too many in the array", "[{" I "},]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: a comma too many in the object", "[{" I ",}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: a name without quotes", "[{ServerId:\"i-1\"}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: single quotes", "[{'ServerId':'i-1'}]", OK, ADD },
	{ "rule 2: mixed quotes", "[{'ServerId':\"i-1\"}]", OK, ADD },
	{ "rule 2: quotes that do not match", "[{'ServerId':\"i-1'}]", ERR_BACKENDS_MALFORMED,
	  ADD },
	{ "rule 2: an escaped single quote", "[{" I ",'x':'\\''}]", OK, ADD },
	{ "rule 2: which double quotes do not know", "[{" I ",\"x\":\"\\'\"}]",
	  ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: a raw newline in a string", "[{" I ",\"x\":\"a\nb\"}]", ERR_BACKENDS_MALFORMED,
	  ADD },
	{ "rule 2: bad UTF-8 in a string", "[{" I ",\"x\":\"\xff\"}]", ERR_BACKENDS_MALFORMED,
	  ADD },
	{ "rule 2: an escaped NUL", "[{\"ServerId\":\"i-1\\u0000x\"}]", ERR_BACKENDS_MALFORMED,
	  ADD },
	{ "rule 2: half a surrogate pair", "[{" I ",\"x\":\"\\ud800\"}]", ERR_BACKENDS_MALFORMED,
	  ADD },
	{ "rule 2: the other half", "[{" I ",\"x\":\"\\udc00\"}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: a whole pair", "[{" I ",\"x\":\"\\ud83d\\ude00\"}]", OK, ADD },
	{ "rule 2: an unknown escape", "[{" I ",\"x\":\"\\q\"}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: a leading zero", "[{" I ",\"Weight\":010}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: a plus sign", "[{" I ",\"Weight\":+1}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: a point alone", "[{" I ",\"Weight\":1.}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: NaN", "[{" I ",\"Weight\":NaN}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 2: four levels", "[{" I ",\"x\":[[]]}]", OK, ADD },
	{ "rule 2: five levels", "[{" I ",\"x\":[[[]]]}]", ERR_BACKENDS_MALFORMED, ADD },
	{ "rule 3: an object", "{" I "}", ERR_BACKENDS_INVALID, ADD },
	{ "rule 3: a string", "\"x\"", ERR_BACKENDS_INVALID, ADD },
	{ "rule 3: null", "null", ERR_BACKENDS_INVALID, ADD },
	{ "rule 3: an empty array", "[]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 3: an array of numbers", "[1]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 3: one of them is no object", "[{" I "},null]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 5: no ServerId", "[{}]", ERR_SERVER_ID_EMPTY, ADD },
	{ "rule 5: an empty one", "[{\"ServerId\":\"\"}]", ERR_SERVER_ID_EMPTY, ADD },
	{ "rule 5: keys are case-sensitive", "[{\"serverId\":\"i-1\"}]", ERR_SERVER_ID_EMPTY, ADD },
	{ "rule 5: a number", "[{\"ServerId\":1}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 5: null is not a string", "[{\"ServerId\":null}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 5: a bad character", "[{\"ServerId\":\"i 1\"}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 5: 64 characters", "[{\"ServerId\":\"" ID_64 "\"}]", OK, ADD },
	{ "rule 5: 65 characters", "[{\"ServerId\":\"" ID_64 "a\"}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 5: the first of a key counts", "[{\"ServerId\":\"\"," I "}]", ERR_SERVER_ID_EMPTY,
	  ADD },
	{ "rule 5 before rule 6", "[{\"Type\":\"x\"}]", ERR_SERVER_ID_EMPTY, ADD },
	{ "entry by entry: rule 8 of the first before rule 5 of the second",
	  "[{" I ",\"Weight\":101},{}]", ERR_WEIGHT, ADD },
	{ "rule 6: eci", "[{" I ",\"Type\":\"eci\"}]", ERR_SERVER_TYPE, ADD },
	{ "rule 6: a number", "[{" I ",\"Type\":0}]", ERR_SERVER_TYPE, ADD },
	{ "rule 6: any case", "[{" I ",\"Type\":\"ECS\"}]", OK, ADD },
	{ "rule 6: null is absent", "[{" I ",\"Type\":null}]", OK, ADD },
	{ "rule 6: so is an empty text", "[{" I ",\"Type\":\"\"}]", OK, ADD },
	{ "rule 6: an eni without its Type", "[{\"ServerId\":\"eni-1\"}]", ERR_SERVER_TYPE, ADD },
	{ "rule 6: an eni as ecs", "[{\"ServerId\":\"eni-1\",\"Type\":\"ecs\"}]", ERR_SERVER_TYPE,
	  ADD },
	{ "rule 6: an ecs as eni", "[{" I ",\"Type\":\"eni\",\"ServerIp\":\"10.0.0.1\"}]",
	  ERR_SERVER_TYPE, ADD },
	{ "rule 6: in Remove too", "[{\"ServerId\":\"eni-1\"}]", ERR_SERVER_TYPE, REMOVE },
	{ "rule 7: an eni without ServerIp", "[{" ENI "}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: with an empty one", "[{" ENI ",\"ServerIp\":\"\"}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: optional in Set", "[{" ENI "}]", OK, SET },
	{ "rule 7: optional in Remove", "[{" ENI "}]", OK, REMOVE },
	{ "rule 7: an eni with ServerIp", "[{" ENI ",\"ServerIp\":\"10.0.0.1\"}]", OK, ADD },
	{ "rule 7: IPv6", "[{" ENI ",\"ServerIp\":\"2001:db8::1\"}]", OK, ADD },
	{ "rule 7: no address", "[{" I ",\"ServerIp\":\"10.0.0\"}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: a blank", "[{" I ",\"ServerIp\":\" 10.0.0.1\"}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: multicast", "[{" I ",\"ServerIp\":\"224.0.0.1\"}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: loopback", "[{" I ",\"ServerIp\":\"127.0.0.1\"}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: a number", "[{" I ",\"ServerIp\":1}]", ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: an address in Remove", "[{" I ",\"ServerIp\":\"x\"}]", ERR_BACKENDS_INVALID,
	  REMOVE },
	{ "rule 7: an empty Description", "[{" I ",\"Description\":\"\"}]", ERR_BACKENDS_INVALID,
	  ADD },
	{ "rule 7: a null one is absent", "[{" I ",\"Description\":null}]", OK, ADD },
	{ "rule 7: its characters", "[{" I ",\"Description\":\"a b\"}]", ERR_BACKENDS_INVALID,
	  ADD },
	{ "rule 7: not Chinese letters", "[{" I ",\"Description\":\"\xe4\xb8\xad\"}]",
	  ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: 80 characters", "[{" I ",\"Description\":\"" TEXT_80 "\"}]", OK, ADD },
	{ "rule 7: 81 characters", "[{" I ",\"Description\":\"" TEXT_80 "b\"}]",
	  ERR_BACKENDS_INVALID, ADD },
	{ "rule 7 before rule 8", "[{" I ",\"Weight\":-1,\"Description\":\"\"}]",
	  ERR_BACKENDS_INVALID, ADD },
	{ "rule 7: Remove does not look at it", "[{" I ",\"Description\":\"\"}]", OK, REMOVE },
	{ "rule 8: weight 0", "[{" I ",\"Weight\":0}]", OK, ADD },
	{ "rule 8: weight 100 as digits", "[{" I ",\"Weight\":\"100\"}]", OK, ADD },
	{ "rule 8: weight 101", "[{" I ",\"Weight\":101}]", ERR_WEIGHT, ADD },
	{ "rule 8: weight -1", "[{" I ",\"Weight\":-1}]", ERR_WEIGHT, ADD },
	{ "rule 8: weight beyond 64 bits", "[{" I ",\"Weight\":18446744073709551617}]", ERR_WEIGHT,
	  ADD },
	{ "rule 8: a fraction", "[{" I ",\"Weight\":1.5}]", ERR_WEIGHT, ADD },
	{ "rule 8: a fraction of nought", "[{" I ",\"Weight\":1.0}]", ERR_WEIGHT, ADD },
	{ "rule 8: an exponent", "[{" I ",\"Weight\":1e1}]", ERR_WEIGHT, ADD },
	{ "rule 8: letters", "[{" I ",\"Weight\":\"ten\"}]", ERR_WEIGHT, ADD },
	{ "rule 8: a blank", "[{" I ",\"Weight\":\" 1\"}]", ERR_WEIGHT, ADD },
	{ "rule 8: a plus", "[{" I ",\"Weight\":\"+1\"}]", ERR_WEIGHT, ADD },
	{ "rule 8: true", "[{" I ",\"Weight\":true}]", ERR_WEIGHT, ADD },
	{ "rule 8: an array", "[{" I ",\"Weight\":[1]}]", ERR_WEIGHT, ADD },
	{ "rule 8: null and empty are absent", "[{" I ",\"Weight\":null,\"Port\":\"\"}]", OK, ADD },
	{ "rule 8: weight before port", "[{" I ",\"Port\":0,\"Weight\":101}]", ERR_WEIGHT, ADD },
	{ "rule 8: port 0", "[{" I ",\"Port\":0}]", ERR_SERVER_PORT, ADD },
	{ "rule 8: port 65535", "[{" I ",\"Port\":\"65535\"}]", OK, ADD },
	{ "rule 8: port 65536", "[{" I ",\"Port\":65536}]", ERR_SERVER_PORT, ADD },
	{ "rule 8: port false", "[{" I ",\"Port\":false}]", ERR_SERVER_PORT, ADD },
	{ "rule 8: in Set too", "[{" I ",\"Weight\":101}]", ERR_WEIGHT, SET },
	{ "rule 8: Remove does not look", "[{" I ",\"Weight\":101,\"Port\":0}]", OK, REMOVE },
	{ "a group's Add needs a Port", "[{" I "}]", ERR_SERVER_PORT, GROUP_ADD },
	{ "and takes one", "[{" I ",\"Port\":\"80\"}]", OK, GROUP_ADD },
	{ "null is none", "[{" I ",\"Port\":null}]", ERR_SERVER_PORT, GROUP_ADD },
	{ "a group's Add: weight before the missing port", "[{" I ",\"Weight\":101}]", ERR_WEIGHT,
	  GROUP_ADD },
	{ "a group's Add: an eni without ServerIp", "[{" ENI ",\"Port\":80}]", ERR_BACKENDS_INVALID,
	  GROUP_ADD },
	{ "a group's Set needs a Port", "[{" I "}]", ERR_SERVER_PORT, GROUP_SET },
	{ "a group's Set: an eni without ServerIp", "[{" ENI ",\"Port\":80}]", OK, GROUP_SET },
	{ "a group's Set looks at Weight", "[{" I ",\"Port\":80,\"Weight\":101}]", ERR_WEIGHT,
	  GROUP_SET },
	{ "Old needs a Port", "[{" I "}]", ERR_SERVER_PORT, GROUP_OLD },
	{ "Old looks at the identity alone", "[{" I ",\"Port\":80,\"Weight\":101}]", OK,
	  GROUP_OLD },
	{ "a group's Remove needs no Port", "[{" I ",\"Weight\":101}]", OK, GROUP_REMOVE },
	{ "but looks at it", "[{" I ",\"Port\":0}]", ERR_SERVER_PORT, GROUP_REMOVE },
	{ "unknown fields are ignored", "[{" I ",\"Zone\":{\"a\":1}}]", OK, ADD },
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

static void make_list(char *out, size_t size, int count, const char *item)
{
	int at = snprintf(out, size, "[");

	for (int i = 0; i < count; i++)
		at += snprintf(out + at, size - (size_t)at, "%s%s", i ? "," : "", item);
	snprintf(out + at, size - (size_t)at, "]");
}

static void test_rule4_count(void **state)
{
	struct server_change change;
	struct error error = { 0 };
	char text[1024];

	(void)state;
	make_list(text, sizeof(text), 20, "{" I "}");
	assert_int_equal(backend_servers_parse(text, ADD, &change, &error), 0);
	assert_int_equal(change.count, 20);
	make_list(text, sizeof(text), 21, "{" I "}");
	assert_int_equal(backend_servers_parse(text, ADD, &change, &error), -ERR_BACKENDS_TOO_MANY);
	make_list(text, sizeof(text), 21, "{}");
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
	text[0] = '[';
	text[1] = ']';
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
		char text[96] = "", why[64];
		cJSON *ours, *theirs;
		int at = 0;

		for (int i = rand_r(&seed) % 12; i >= 0; i--)
			at += snprintf(
				text + at, sizeof(text) - (size_t)at, "%s",
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
