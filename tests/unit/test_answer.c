// SPDX-License-Identifier: BSD-2-Clause
/* One tree, two forms: the example of the API's section 1, byte for byte, and every corner. */
#include "api/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "5D0C2A7E-91B4-4F36-8E0A-3C7D61B2F948"
#define LB "lb-7h2k9q0zt4m1x8c5v3na"
#define PROLOGUE "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/* Takes the tree with it. */
static void check(struct cJSON *tree, const char *root, const char *json, const char *xml)
{
	char *text = answer_json(tree);

	assert_string_equal(text, json);
	free(text);
	text = answer_xml(tree, root);
	assert_string_equal(text, xml);
	free(text);
	answer_free(tree);
}

static void add_server(struct cJSON *list, const char *id, int weight, const char *type,
		       const char *description)
{
	struct cJSON *item = answer_item(list);

	answer_text(item, "ServerId", id);
	answer_number(item, "Weight", weight);
	answer_text(item, "Type", type);
	answer_text_if(item, "Description", description);
}

static void test_example(void **state)
{
	struct cJSON *tree = answer_new(ID), *list;

	(void)state;
	answer_text(tree, "LoadBalancerId", LB);
	list = answer_list(tree, "BackendServers", "BackendServer");
	add_server(list, "i-web01", 100, "ecs", "web-01");
	add_server(list, "eni-web02", 0, "eni", "");
	check(tree, "AddBackendServersResponse",
	      "{\"RequestId\":\"" ID "\",\"LoadBalancerId\":\"" LB "\","
	      "\"BackendServers\":{\"BackendServer\":["
	      "{\"ServerId\":\"i-web01\",\"Weight\":100,\"Type\":\"ecs\",\"Description\":\"web-"
	      "01\"},"
	      "{\"ServerId\":\"eni-web02\",\"Weight\":0,\"Type\":\"eni\"}]}}",
	      PROLOGUE "<AddBackendServersResponse><RequestId>" ID "</RequestId>"
		       "<LoadBalancerId>" LB "</LoadBalancerId><BackendServers>"
		       "<BackendServer><ServerId>i-web01</ServerId><Weight>100</Weight>"
		       "<Type>ecs</Type><Description>web-01</Description></BackendServer>"
		       "<BackendServer><ServerId>eni-web02</ServerId><Weight>0</Weight>"
		       "<Type>eni</Type></BackendServer>"
		       "</BackendServers></AddBackendServersResponse>");
}

static void test_arrays(void **state)
{
	struct cJSON *tree = answer_new("x"), *list;

	(void)state;
	answer_list(tree, "Tags", "Tag");
	list = answer_list(tree, "Ports", "Port");
	answer_item_number(list, 80);
	list = answer_list(tree, "Ids", "Id");
	answer_item_text(list, "a");
	answer_item_text(list, "b");
	check(tree, "R",
	      "{\"RequestId\":\"x\",\"Tags\":{\"Tag\":[]},\"Ports\":{\"Port\":[80]},"
	      "\"Ids\":{\"Id\":[\"a\",\"b\"]}}",
	      PROLOGUE "<R><RequestId>x</RequestId><Tags></Tags><Ports><Port>80</Port></Ports>"
		       "<Ids><Id>a</Id><Id>b</Id></Ids></R>");
}

static void test_values(void **state)
{
	struct cJSON *tree = answer_new("x");

	(void)state;
	answer_number(tree, "Bandwidth", -1);
	answer_number(tree, "Bytes", INT64_MAX);
	answer_bool(tree, "Yes", true);
	answer_bool(tree, "No", false);
	answer_text(tree, "Empty", "");
	answer_time(tree, "CreateTime", 1456228004999);
	check(tree, "R",
	      "{\"RequestId\":\"x\",\"Bandwidth\":-1,\"Bytes\":9223372036854775807,"
	      "\"Yes\":true,\"No\":false,\"Empty\":\"\",\"CreateTime\":\"2016-02-23T11:46:44Z\"}",
	      PROLOGUE "<R><RequestId>x</RequestId><Bandwidth>-1</Bandwidth>"
		       "<Bytes>9223372036854775807</Bytes><Yes>true</Yes><No>false</No>"
		       "<Empty></Empty><CreateTime>2016-02-23T11:46:44Z</CreateTime></R>");
}

static void test_escaping(void **state)
{
	struct cJSON *tree = answer_new("x");

	(void)state;
	answer_text(tree, "Text", "a&b<c>d\"e'f\\\xe2\x82\xac");
	check(tree, "R", "{\"RequestId\":\"x\",\"Text\":\"a&b<c>d\\\"e'f\\\\\xe2\x82\xac\"}",
	      PROLOGUE "<R><RequestId>x</RequestId><Text>a&amp;b&lt;c&gt;d&quot;e&apos;f\\"
		       "\xe2\x82\xac</Text></R>");
}

static void test_error(void **state)
{
	struct error error = { 0 };

	(void)state;
	error_set_argument(&error, ERR_MISSING, "LoadBalancerId", "%s", "");
	check(answer_error("x", "host", &error), "Error",
	      "{\"RequestId\":\"x\",\"HostId\":\"host\",\"Code\":\"MissingLoadBalancerId\","
	      "\"Message\":\"LoadBalancerId is mandatory for this action.\"}",
	      PROLOGUE "<Error><RequestId>x</RequestId><HostId>host</HostId>"
		       "<Code>MissingLoadBalancerId</Code>"
		       "<Message>LoadBalancerId is mandatory for this action.</Message></Error>");
	error_set(&error, ERR_WEIGHT, "entry 1: Weight \"%s\"", "<101>");
	check(answer_error("x", "host", &error), "Error",
	      "{\"RequestId\":\"x\",\"HostId\":\"host\",\"Code\":\"InvalidWeight.Malformed\","
	      "\"Message\":\"A specified weight is not valid.\","
	      "\"Detail\":\"entry 1: Weight \\\"<101>\\\"\"}",
	      PROLOGUE "<Error><RequestId>x</RequestId><HostId>host</HostId>"
		       "<Code>InvalidWeight.Malformed</Code>"
		       "<Message>A specified weight is not valid.</Message>"
		       "<Detail>entry 1: Weight &quot;&lt;101&gt;&quot;</Detail></Error>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example), cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_values),  cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
