// SPDX-License-Identifier: BSD-2-Clause
/* The parameter rows of the real actions: defaults, ranges, each error, and what is not built. */
#include "api/action.h"
#include "api/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TCP "CreateLoadBalancerTCPListener"
#define UDP "CreateLoadBalancerUDPListener"
#define LISTENER "LoadBalancerId=lb-1&ListenerPort=80&Bandwidth=-1&BackendServerPort=8080&"
#define OK ERR_NONE
#define BAD ERR_INVALID_PARAMETER
#define NINES "99999999999999999999999999999999"
#define A_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct row {
	const char *action, *query;
	enum error_code code;
	const char *argument; /* which parameter the sentence names */
};

static const struct row rows[] = {
	/* rule 1, and what is missing before what is wrong */
	{ "AddBackendServers", "", ERR_MISSING, "LoadBalancerId" },
	{ "AddBackendServers", "BackendServers=[]", ERR_MISSING, "LoadBalancerId" },
	{ "AddBackendServers", "LoadBalancerId=lb-1", ERR_MISSING, "BackendServers" },
	{ "AddBackendServers", "LoadBalancerId=&BackendServers=[]", ERR_MISSING, "LoadBalancerId" },
	{ "AddBackendServers", "LoadBalancerId=lb-1&BackendServers=x", ERR_BACKENDS_MALFORMED,
	  NULL },
	{ "AddBackendServers", "LoadBalancerId=lb-1&BackendServers=[{'ServerId':'i'}]", OK, NULL },
	{ TCP, "ListenerPort=0&Bandwidth=x", ERR_MISSING, "LoadBalancerId" },
	{ TCP, "LoadBalancerId=lb-1&Bandwidth=-1", ERR_MISSING, "ListenerPort" },
	{ TCP, "LoadBalancerId=lb-1&ListenerPort=80", ERR_MISSING, "Bandwidth" },
	{ "RegisterInstance", "", ERR_MISSING, "IpAddress" },
	{ "SetInstanceStatus", "Status=Running", ERR_MISSING, "InstanceId" },
	{ "SetInstanceStatus", "ServerId=i-1", ERR_MISSING, "Status" },
	/* load balancers */
	{ "CreateLoadBalancer", "", OK, NULL },
	{ "CreateLoadBalancer", "AddressType=INTRANET", OK, NULL },
	{ "CreateLoadBalancer", "AddressType=public", BAD, NULL },
	{ "CreateLoadBalancer", "AddressIPVersion=ipv4", OK, NULL },
	{ "CreateLoadBalancer", "AddressIPVersion=ipv6", ERR_NOT_SUPPORTED, "AddressIPVersion" },
	{ "CreateLoadBalancer", "AddressIPVersion=ipv5", BAD, NULL },
	{ "CreateLoadBalancer", "Address=10.0.0", BAD, NULL },
	{ "CreateLoadBalancer", "Address=10.0.0.1", OK, NULL },
	{ "CreateLoadBalancer", "LoadBalancerName=1a", ERR_LB_NAME, NULL },
	{ "CreateLoadBalancer", "LoadBalancerName=a%20b", ERR_LB_NAME, NULL },
	{ "CreateLoadBalancer", "LoadBalancerName=a-1._", OK, NULL },
	{ "CreateLoadBalancer", "LoadBalancerName=" A_64 "aaaaaaaaaaaaaaaa", OK, NULL },
	{ "CreateLoadBalancer", "LoadBalancerName=" A_64 "aaaaaaaaaaaaaaaaa", ERR_LB_NAME, NULL },
	{ "CreateLoadBalancer", "LoadBalancerSpec=slb.s1.small", OK, NULL },
	{ "CreateLoadBalancer", "LoadBalancerSpec=slb.s9.small", ERR_LB_SPEC, NULL },
	{ "CreateLoadBalancer", "Bandwidth=1", OK, NULL },
	{ "CreateLoadBalancer", "Bandwidth=5120", OK, NULL },
	{ "CreateLoadBalancer", "Bandwidth=0", ERR_LB_BANDWIDTH, NULL },
	{ "CreateLoadBalancer", "Bandwidth=5121", ERR_LB_BANDWIDTH, NULL },
	{ "CreateLoadBalancer", "Bandwidth=+1", ERR_LB_BANDWIDTH, NULL },
	{ "CreateLoadBalancer", "Bandwidth=1.0", ERR_LB_BANDWIDTH, NULL },
	{ "CreateLoadBalancer", "Bandwidth=%201", ERR_LB_BANDWIDTH, NULL },
	{ "CreateLoadBalancer", "Bandwidth=99999999999999999999", ERR_LB_BANDWIDTH, NULL },
	{ "CreateLoadBalancer", "DeleteProtection=true", BAD, NULL },
	{ "CreateLoadBalancer", "ModificationProtectionStatus=x", ERR_PROTECTION_STATUS, NULL },
	{ "CreateLoadBalancer", "ModificationProtectionReason=a", ERR_PROTECTION_REASON, NULL },
	{ "CreateLoadBalancer",
	  "ModificationProtectionReason=a&ModificationProtectionStatus=ConsoleProtection", OK,
	  NULL },
	{ "CreateLoadBalancer", "ResourceGroupId=" A_64, OK, NULL },
	{ "CreateLoadBalancer", "ResourceGroupId=" A_64 "a", BAD, NULL },
	{ "CreateLoadBalancer", "ResourceGroupId=a%0Ab", BAD, NULL },
	{ "CreateLoadBalancer", "PricingCycle=month&Duration=1&AutoPay=true", OK, NULL },
	{ "CreateLoadBalancer", "ClientToken=t", OK, NULL },
	{ "CreateLoadBalancer", "ClientToken=" A_64, OK, NULL },
	{ "CreateLoadBalancer", "ClientToken=" A_64 "a", BAD, NULL },
	{ "CreateLoadBalancer", "ClientToken=%C3%A9", BAD, NULL },
	{ "CreateLoadBalancer", "ClientToken=a%09b", BAD, NULL },
	{ "CreateLoadBalancer", "ClientToken=", OK, NULL },
	{ "CreateLoadBalancer", "Tag.1.Key=a&Tag.1.Value=b", OK, NULL },
	{ "CreateLoadBalancer", "Tag.1.Value=b", ERR_MISSING_TAG_KEY, NULL },
	{ "CreateLoadBalancer", "ClientToken=t&Bandwidth=0", ERR_LB_BANDWIDTH, NULL },
	/* lists of load balancers */
	{ "DescribeLoadBalancers", "", OK, NULL },
	{ "DescribeLoadBalancers", "PageNumber=0&PageSize=100", OK, NULL },
	{ "DescribeLoadBalancers", "PageSize=101", BAD, NULL },
	{ "DescribeLoadBalancers", "PageSize=0", BAD, NULL },
	{ "DescribeLoadBalancers", "PageNumber=-1", BAD, NULL },
	{ "DescribeLoadBalancers", "LoadBalancerName=a&LoadBalancerId=b,c,,d", OK, NULL },
	{ "DescribeLoadBalancers", "LoadBalancerId=a,b,c,d,e,f,g,h,i,j", OK, NULL },
	{ "DescribeLoadBalancers", "LoadBalancerId=a,b,c,d,e,f,g,h,i,j,k", BAD, NULL },
	{ "DescribeLoadBalancers", "LoadBalancerId=" A_64 A_64, OK, NULL },
	{ "DescribeLoadBalancers", "LoadBalancerStatus=locked", BAD, NULL },
	{ "DescribeLoadBalancers", "ServerIntranetAddress=10.0.0.1,fd00::1", OK, NULL },
	{ "DescribeLoadBalancers", "ServerIntranetAddress=10.0.0.1,x", BAD, NULL },
	{ "DescribeLoadBalancers", "ServerIntranetAddress=10.0.0.1,,10.0.0.2", BAD, NULL },
	{ "DescribeLoadBalancers", "Tags=[]", OK, NULL },
	{ "DescribeLoadBalancers", "Tags={}", ERR_TAGS_FILTER, NULL },
	{ "DescribeLoadBalancers", "Tag.1.Key=", OK, NULL },
	/* load balancers altered */
	{ "SetLoadBalancerStatus", "LoadBalancerId=lb-1", ERR_MISSING, "LoadBalancerStatus" },
	{ "SetLoadBalancerStatus", "LoadBalancerId=lb-1&LoadBalancerStatus=INACTIVE", OK, NULL },
	{ "SetLoadBalancerStatus", "LoadBalancerId=lb-1&LoadBalancerStatus=locked", BAD, NULL },
	{ "SetLoadBalancerName", "LoadBalancerId=lb-1&LoadBalancerName=1a", OK, NULL },
	{ "SetLoadBalancerName", "LoadBalancerId=lb-1&LoadBalancerName=a%20b", ERR_LB_NAME, NULL },
	{ "SetLoadBalancerDeleteProtection", "LoadBalancerId=lb-1&DeleteProtection=true", BAD,
	  NULL },
	{ "SetLoadBalancerModificationProtection", "LoadBalancerId=lb-1", ERR_MISSING,
	  "ModificationProtectionStatus" },
	{ "SetLoadBalancerModificationProtection",
	  "LoadBalancerId=lb-1&ModificationProtectionStatus=x", ERR_PROTECTION_STATUS, NULL },
	{ "SetLoadBalancerModificationProtection",
	  "LoadBalancerId=lb-1&ModificationProtectionStatus=NonProtection&"
	  "ModificationProtectionReason=a",
	  ERR_PROTECTION_REASON, NULL },
	{ "ModifyLoadBalancerInstanceSpec", "LoadBalancerId=lb-1&LoadBalancerSpec=x", ERR_LB_SPEC,
	  NULL },
	{ "ModifyLoadBalancerInternetSpec", "LoadBalancerId=lb-1&Bandwidth=5000", OK, NULL },
	{ "ModifyLoadBalancerInternetSpec", "LoadBalancerId=lb-1&Bandwidth=5001", ERR_LB_BANDWIDTH,
	  NULL },
	{ "ModifyLoadBalancerInternetSpec", "LoadBalancerId=lb-1&Bandwidth=-1", ERR_LB_BANDWIDTH,
	  NULL },
	{ "ModifyLoadBalancerInstanceChargeType", "LoadBalancerId=lb-1&InstanceChargeType=x", BAD,
	  NULL },
	{ "ModifyLoadBalancerPayType", "LoadBalancerId=lb-1&PayType=x", BAD, NULL },
	/* lists of listeners */
	{ "DescribeLoadBalancerListeners", "MaxResults=100&ListenerProtocol=UDP", OK, NULL },
	{ "DescribeLoadBalancerListeners", "MaxResults=0", BAD, NULL },
	{ "DescribeLoadBalancerListeners", "MaxResults=101", BAD, NULL },
	{ "DescribeLoadBalancerListeners", "ListenerProtocol=http", BAD, NULL },
	{ "DescribeHealthStatus", "", ERR_MISSING, "LoadBalancerId" },
	{ "DescribeHealthStatus", "LoadBalancerId=lb-1&ListenerPort=0", ERR_LISTENER_PORT, NULL },
	/* listeners */
	{ TCP, LISTENER, OK, NULL },
	{ TCP, "LoadBalancerId=lb-1&ListenerPort=80&Bandwidth=-1", ERR_LISTENER_NO_GROUP, NULL },
	{ TCP, LISTENER "ListenerPort=0", ERR_LISTENER_PORT, NULL },
	{ TCP, LISTENER "ListenerPort=65536", ERR_LISTENER_PORT, NULL },
	{ TCP, LISTENER "ListenerPort=x", ERR_LISTENER_PORT, NULL },
	{ TCP, LISTENER "Bandwidth=0", BAD, NULL },
	{ TCP, LISTENER "Bandwidth=5121", BAD, NULL },
	{ TCP, LISTENER "Bandwidth=10", ERR_NOT_SUPPORTED, "Bandwidth" },
	{ TCP, LISTENER "Bandwidth=-01", OK, NULL },
	{ TCP, LISTENER "BackendServerPort=0", BAD, NULL },
	{ TCP, LISTENER "VServerGroupId=rsp-1", OK, NULL },
	{ TCP, LISTENER "MasterSlaveServerGroupId=rsp-1", ERR_NOT_SUPPORTED,
	  "MasterSlaveServerGroupId" },
	{ TCP, LISTENER "Scheduler=WRR", OK, NULL },
	{ TCP, LISTENER "Scheduler=rr", ERR_NOT_SUPPORTED, "Scheduler" },
	{ TCP, LISTENER "Scheduler=wlc", ERR_NOT_SUPPORTED, "Scheduler" },
	{ TCP, LISTENER "Scheduler=sch", ERR_NOT_SUPPORTED, "Scheduler" },
	{ TCP, LISTENER "Scheduler=tch", ERR_NOT_SUPPORTED, "Scheduler" },
	{ TCP, LISTENER "Scheduler=qch", BAD, NULL },
	{ UDP, LISTENER "Scheduler=qch", ERR_NOT_SUPPORTED, "Scheduler" },
	{ TCP, LISTENER "Scheduler=x", BAD, NULL },
	{ TCP, LISTENER "Scheduler=rr&HealthyThreshold=1", BAD, NULL },
	{ TCP, LISTENER "Description=a/b-c", OK, NULL },
	{ TCP, LISTENER "Description=a%20b", BAD, NULL },
	{ TCP, LISTENER "Description=" A_64 A_64 A_64 A_64, OK, NULL },
	{ TCP, LISTENER "Description=" A_64 A_64 A_64 A_64 "a", BAD, NULL },
	{ TCP, LISTENER "HealthCheckSwitch=off", OK, NULL },
	{ TCP, LISTENER "HealthCheckConnectPort=-520", OK, NULL },
	{ TCP, LISTENER "HealthCheckConnectPort=-1", BAD, NULL },
	{ TCP, LISTENER "HealthCheckConnectTimeout=301", BAD, NULL },
	{ TCP, LISTENER "HealthCheckInterval=51", BAD, NULL },
	{ TCP, LISTENER "healthCheckInterval=0", BAD, NULL },
	{ TCP, LISTENER "UnhealthyThreshold=11", BAD, NULL },
	{ TCP, LISTENER "AclStatus=off", OK, NULL },
	{ TCP, LISTENER "AclStatus=on", ERR_NOT_SUPPORTED, "AclStatus" },
	{ TCP, LISTENER "AclId=acl-1", ERR_NOT_SUPPORTED, "AclId" },
	{ TCP, LISTENER "AclType=white", ERR_NOT_SUPPORTED, "AclType" },
	{ TCP, LISTENER "ConnectionDrain=on", OK, NULL },
	{ TCP, LISTENER "ConnectionDrainTimeout=10", OK, NULL },
	{ TCP, LISTENER "ConnectionDrainTimeout=9", BAD, NULL },
	{ UDP, LISTENER "ConnectionDrainTimeout=901", BAD, NULL },
	{ TCP, LISTENER "ProxyProtocolV2Enabled=False", OK, NULL },
	{ TCP, LISTENER "ProxyProtocolV2Enabled=true", ERR_NOT_SUPPORTED,
	  "ProxyProtocolV2Enabled" },
	{ TCP, LISTENER "ProxyProtocolV2Enabled=yes", BAD, NULL },
	{ TCP, LISTENER "ForwardingMode=fullnat", ERR_NOT_SUPPORTED, "ForwardingMode" },
	{ TCP, LISTENER "ForwardingMode=dsr", ERR_NOT_SUPPORTED, "ForwardingMode" },
	{ TCP, LISTENER "ForwardingMode=ipip", ERR_NOT_SUPPORTED, "ForwardingMode" },
	{ TCP, LISTENER "ForwardingMode=gue", ERR_NOT_SUPPORTED, "ForwardingMode" },
	{ TCP, LISTENER "NoBackendPolicy=drop", OK, NULL },
	{ TCP, LISTENER "Tag.1.Key=a", OK, NULL },
	{ TCP, LISTENER "Tag.1.Key=aliyun", ERR_TAG_KEY, NULL },
	{ TCP, LISTENER "PersistenceTimeout=0", OK, NULL },
	{ TCP, LISTENER "PersistenceTimeout=1", ERR_NOT_SUPPORTED, "PersistenceTimeout" },
	{ TCP, LISTENER "PersistenceTimeout=3601", BAD, NULL },
	{ TCP, LISTENER "EstablishedTimeout=9", BAD, NULL },
	{ TCP, LISTENER "EstablishedTimeout=10", OK, NULL },
	{ TCP, LISTENER "HealthCheckType=http&HealthCheckMethod=get", OK, NULL },
	{ TCP, LISTENER "HealthCheckURI=/a%3Fb%23", OK, NULL },
	{ TCP, LISTENER "HealthCheckURI=/", BAD, NULL },
	{ TCP, LISTENER "HealthCheckURI=a/", BAD, NULL },
	{ TCP, LISTENER "HealthCheckDomain=%24_ip", OK, NULL },
	{ TCP, LISTENER "HealthCheckDomain=a_b", BAD, NULL },
	{ TCP, LISTENER "HealthCheckHttpCode=http_2xx,http_5xx", OK, NULL },
	{ TCP, LISTENER "HealthCheckHttpCode=http_1xx", BAD, NULL },
	{ TCP, LISTENER "HealthCheckHttpCode=http_2xx,", BAD, NULL },
	{ TCP, LISTENER "HealthCheckHttpCode=http_2xx,,http_3xx", BAD, NULL },
	{ UDP, LISTENER "healthCheckReq=hello&healthCheckExp=" A_64, OK, NULL },
	{ UDP, LISTENER "healthCheckReq=a-b", ERR_HEALTH_REQ, NULL },
	{ UDP, LISTENER "healthCheckExp=a-b", ERR_HEALTH_EXP, NULL },
	{ UDP, LISTENER "healthCheckReq=" A_64 "a", ERR_HEALTH_REQ_LENGTH, NULL },
	{ UDP, LISTENER "healthCheckExp=" A_64 "a", ERR_HEALTH_EXP_LENGTH, NULL },
	{ "StartLoadBalancerListener", "LoadBalancerId=lb-1&ListenerPort=80&ListenerProtocol=sctp",
	  BAD, NULL },
	{ "StopLoadBalancerListener", "LoadBalancerId=lb-1&ListenerPort=99999", ERR_LISTENER_PORT,
	  NULL },
	/* an id without its form is one that does not exist, which is for the model to say */
	{ "DeleteLoadBalancer", "LoadBalancerId=" A_64 "a", OK, NULL },
	/* the inventory */
	{ "RegisterInstance", "IpAddress.1=10.0.0.1&IpAddress.2=2001:db8::1", OK, NULL },
	{ "RegisterInstance", "IpAddress.1=10.0.0.1&IpAddress.2=10.0.0.1", BAD, NULL },
	{ "RegisterInstance", "IpAddress.1=224.0.0.1", BAD, NULL },
	{ "RegisterInstance", "IpAddress.x=10.0.0.1", BAD, NULL },
	{ "RegisterInstance", "InstanceId=a%20b&IpAddress.1=10.0.0.1", BAD, NULL },
	{ "RegisterInstance", "InstanceId=" A_64 "a&IpAddress.1=10.0.0.1", BAD, NULL },
	{ "RegisterInstance", "IpAddress.1=10.0.0.1&Status=dead", BAD, NULL },
	{ "DescribeInstances", "Status=running&NetworkType=vpc&IpAddress=10.0.0.1", OK, NULL },
	{ "DescribeInstances", "IpAddress=x", BAD, NULL },
	{ "DescribeStatistics", "ListenerPort=0", ERR_LISTENER_PORT, NULL },
};

/* Decodes and prepares as dispatch does. The caller frees call->params. */
static int decode(struct call *call, const char *action, const char *query, struct error *error)
{
	struct request request;
	int result;

	memset(call, 0, sizeof(*call));
	call->action = action_find(action);
	assert_non_null(call->action);
	call->params = calloc(1, call->action->params_size + 1);
	result = request_decode(&request, query, NULL, 0, error);
	if (!result)
		result = call_decode(call, &request, error);
	request_release(&request);
	return result;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error error = { 0 };
		struct call call;
		int result = decode(&call, rows[i].action, rows[i].query, &error);

		if (result != -(int)rows[i].code)
			fail_msg("%s %s gave %d, not %d (%s)", rows[i].action, rows[i].query,
				 result, -(int)rows[i].code, error.detail);
		if (rows[i].argument)
			assert_string_equal(error.argument, rows[i].argument);
		if (result && rows[i].code != ERR_MISSING && !error.detail[0])
			fail_msg("%s %s: no detail", rows[i].action, rows[i].query);
		free(call.params);
	}
}

/* A value that is too long is told by how it begins, and still with what is wrong with it. */
static void test_long_values_are_shown_cut(void **state)
{
	static const struct {
		const char *action, *before, *repeated, *detail;
	} cases[] = {
		{ "CreateLoadBalancer", "LoadBalancerName=", "a",
		  "LoadBalancerName: \"" A_64 "…\" is not 1-80 of A-Za-z0-9._-" },
		{ TCP, LISTENER "HealthyThreshold=", "9",
		  "HealthyThreshold: \"" NINES NINES "…\" is not an integer in [2-10]" },
		{ "CreateLoadBalancer", "Tag.1.Key=a&Tag.1.Value=", "a",
		  "TagValue \"" A_64 "…\" of TagKey \"a\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error error = { 0 };
		char query[1024];
		struct call call;
		size_t length = (size_t)snprintf(query, sizeof(query), "%s", cases[i].before);

		memset(query + length, cases[i].repeated[0], 300);
		query[length + 300] = '\0';
		decode(&call, cases[i].action, query, &error);
		assert_string_equal(error.detail, cases[i].detail);
		free(call.params);
	}
}

/* So is an id: it is nobody's, and not as if it were absent. */
static void test_long_ids_are_cut(void **state)
{
	struct error error = { 0 };
	char query[1024] = "LoadBalancerId=";
	struct call call;

	(void)state;
	memset(query + strlen(query), 'a', 300);
	assert_int_equal(decode(&call, "DeleteLoadBalancer", query, &error), 0);
	assert_string_equal(call.params,
			    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…");
	free(call.params);
	/* At a character's border: three bytes each, and one more before them. */
	snprintf(query, sizeof(query), "LoadBalancerId=x");
	for (int i = 0; i < 100; i++)
		strcat(query, "€");
	assert_int_equal(decode(&call, "DeleteLoadBalancer", query, &error), 0);
	assert_string_equal(call.params, "x€€€€€€€€€€€€€€€€€€€€…");
	free(call.params);
}

static void test_tcp_defaults(void **state)
{
	struct error error = { 0 };
	struct call call;
	const struct listener_record *record;

	(void)state;
	assert_int_equal(decode(&call, TCP, LISTENER, &error), 0);
	record = call.params;
	assert_string_equal(record->lb_id, "lb-1");
	assert_int_equal(record->protocol, PROTOCOL_TCP);
	assert_int_equal(record->port, 80);
	assert_int_equal(record->backend_port, 8080);
	assert_int_equal(record->bandwidth, -1);
	assert_int_equal(record->scheduler, SCHEDULER_WRR);
	assert_int_equal(record->mode, MODE_NAT);
	assert_int_equal(record->policy, POLICY_REJECT);
	assert_int_equal(record->established_s, 900);
	assert_int_equal(record->persistence_s, 0);
	assert_int_equal(record->health.enabled, SWITCH_ON);
	assert_int_equal(record->health.type, HEALTH_TCP);
	assert_int_equal(record->health.method, HEALTH_HEAD);
	assert_int_equal(record->health.port, 0);
	assert_int_equal(record->health.timeout_s, 5);
	assert_int_equal(record->health.interval_s, 2);
	assert_int_equal(record->health.rise, 3);
	assert_int_equal(record->health.fall, 3);
	assert_string_equal(record->health.uri, "/");
	assert_string_equal(record->health.domain, "$_ip");
	assert_string_equal(record->health.codes, "http_2xx");
	free(call.params);
}

static void test_udp_defaults(void **state)
{
	struct error error = { 0 };
	struct call call;
	const struct listener_record *record;

	(void)state;
	assert_int_equal(decode(&call, UDP, LISTENER "HealthCheckConnectPort=65535", &error), 0);
	record = call.params;
	assert_int_equal(record->protocol, PROTOCOL_UDP);
	assert_int_equal(record->health.port, 65535);
	assert_int_equal(record->health.timeout_s, 10);
	assert_int_equal(record->health.interval_s, 5);
	assert_string_equal(record->health.request, "");
	free(call.params);
}

static void test_lb_fields(void **state)
{
	struct error error = { 0 };
	struct call call;
	const struct create_lb *request;

	(void)state;
	assert_int_equal(
		decode(&call, "CreateLoadBalancer",
		       "InstanceChargeType=paybyclcu&LoadBalancerSpec=slb.s1.small&"
		       "InternetChargeType=paybybandwidth&Bandwidth=7&AddressType=intranet",
		       &error),
		0);
	request = call.params;
	assert_true(request->address_type_given);
	assert_false(request->vip_given);
	assert_int_equal(request->wanted.address_type, ADDRESS_TYPE_INTRANET);
	assert_int_equal(request->wanted.instance_charge, CHARGE_BY_CLCU);
	assert_int_equal(request->wanted.spec, SPEC_NONE);
	assert_int_equal(request->wanted.internet_charge, INTERNET_BY_BANDWIDTH);
	assert_int_equal(request->wanted.bandwidth, 7);
	assert_string_equal(request->wanted.resource_group, "rg-default");
	free(call.params);
	assert_int_equal(decode(&call, "CreateLoadBalancer", "", &error), 0);
	request = call.params;
	assert_false(request->address_type_given);
	assert_int_equal(request->wanted.bandwidth, -1);
	free(call.params);
}

static void test_instance_lists(void **state)
{
	struct error error = { 0 };
	char query[1024] = "";
	struct call call;
	const struct register_instance *request;

	(void)state;
	assert_int_equal(decode(&call, "RegisterInstance",
				"serverId=i-9&IpAddress.7=10.0.0.2&IpAddress.2=10.0.0.1&VpcId=v",
				&error),
			 0);
	request = call.params;
	assert_string_equal(request->wanted.id, "i-9");
	assert_int_equal(request->wanted.address_count, 2);
	assert_int_equal(request->wanted.addresses[0].bytes[3], 1);
	assert_int_equal(request->wanted.addresses[1].bytes[3], 2);
	assert_true(request->vpc_given);
	assert_false(request->status_given || request->network_type_given || request->zone_given);
	free(call.params);
	for (int i = 1; i <= RECORD_INSTANCE_ADDRESSES + 1; i++)
		snprintf(query + strlen(query), sizeof(query) - strlen(query),
			 "IpAddress.%d=10.0.0.%d&", i, i);
	assert_int_equal(decode(&call, "RegisterInstance", query, &error), -ERR_INVALID_PARAMETER);
	free(call.params);
}

/* What holds for every row of every action, so that help and decoding cannot disagree. */
static void check_param(const struct action *action, const struct param *param)
{
	if (!param->key || (!param_is_refused(param) && !param->summary))
		fail_msg("%s: a parameter without name or summary", action->name);
	if (!param_is_refused(param) && param->offset + param->size > action->params_size)
		fail_msg("%s %s: outside of its struct", action->name, param->key);
	if (param->required && (param->fallback || param_is_refused(param)))
		fail_msg("%s %s: required, and yet not", action->name, param->key);
	if (param->type == PARAM_CHOICE && param->fallback &&
	    choice_find(param->choices, param->fallback) < 0)
		fail_msg("%s %s: its default is none of its values", action->name, param->key);
	if (param->only && param->fallback && strcmp(param->only, param->fallback) != 0)
		fail_msg("%s %s: its default is not built", action->name, param->key);
}

static void test_tables(void **state)
{
	(void)state;
	for (const struct action_table *const *table = action_tables; *table; table++) {
		for (size_t i = 0; i < (*table)->count; i++) {
			const struct action *action = &(*table)->actions[i];

			assert_ptr_equal(action_find(action->name), action);
			assert_true(action->summary && !action->read != !action->apply);
			for (size_t j = 0; j < action->param_count; j++)
				check_param(action, &action->params[j]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_tcp_defaults),
		cmocka_unit_test(test_udp_defaults),
		cmocka_unit_test(test_lb_fields),
		cmocka_unit_test(test_instance_lists),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_long_ids_are_cut),
		cmocka_unit_test(test_long_values_are_shown_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
