// SPDX-License-Identifier: BSD-2-Clause
/* What a configuration consists of, a row a field. Defaults are the API's. */
#include "config.h"

/* An identity cannot be changed, so such a field needs no setter. */
static const struct config_field server_fields[] = {
	{ .key = "ServerId", .flags = CONFIG_REQUIRED | CONFIG_CREATE },
	{ .key = "ServerIp", .flags = CONFIG_CREATE },
	{ .key = "Port", .type = CONFIG_NUMBER, .flags = CONFIG_CREATE, .setter = "weight" },
	{ .key = "Weight",
	  .type = CONFIG_NUMBER,
	  .flags = CONFIG_CREATE,
	  .fallback = "100",
	  .setter = "weight" },
	{ .key = "Description", .flags = CONFIG_CREATE, .setter = "weight" },
	{ 0 },
};

const struct config_kind config_server = { "server", server_fields };

static const struct config_field group_server_fields[] = {
	{ .key = "ServerId", .flags = CONFIG_REQUIRED | CONFIG_CREATE },
	{ .key = "ServerIp", .flags = CONFIG_CREATE },
	{ .key = "Port", .type = CONFIG_NUMBER, .flags = CONFIG_REQUIRED | CONFIG_CREATE },
	{ .key = "Weight",
	  .type = CONFIG_NUMBER,
	  .flags = CONFIG_CREATE,
	  .fallback = "100",
	  .setter = "weight" },
	{ .key = "Description", .flags = CONFIG_CREATE, .setter = "weight" },
	{ 0 },
};

const struct config_kind config_group_server = { "server", group_server_fields };

static const struct config_field group_fields[] = {
	{ .key = "VServerGroupName", .flags = CONFIG_REQUIRED | CONFIG_CREATE },
	{ .key = "BackendServers", .type = CONFIG_LIST, .items = &config_group_server },
	{ .key = "Tags", .type = CONFIG_TAGS },
	{ 0 },
};

const struct config_kind config_group = { "group", group_fields };

#define LISTENER(name, kind, usual, together)                                               \
	{                                                                                   \
		.key = (name), .type = (kind), .flags = CONFIG_CREATE, .fallback = (usual), \
		.setter = (together)                                                        \
	}
#define OF_PROTOCOL(name, kind, protocol, usual, together)                          \
	{                                                                           \
		.key = (name), .type = (kind), .flags = CONFIG_CREATE | (protocol), \
		.fallback = (usual), .setter = (together)                           \
	}

#define WORD(name, protocol, usual, together)                                     \
	{                                                                         \
		.key = (name), .flags = CONFIG_CREATE | CONFIG_WORD | (protocol), \
		.fallback = (usual), .setter = (together)                         \
	}

static const struct config_field listener_fields[] = {
	{ .key = "ListenerProtocol", .flags = CONFIG_REQUIRED },
	{ .key = "ListenerPort", .type = CONFIG_NUMBER, .flags = CONFIG_REQUIRED | CONFIG_CREATE },
	{ .key = "Status", .flags = CONFIG_WORD, .fallback = "stopped", .setter = "status" },
	{ .key = "BackendServerPort", .type = CONFIG_NUMBER, .flags = CONFIG_CREATE },
	{ .key = "VServerGroupName", .setter = "group" },
	LISTENER("Bandwidth", CONFIG_NUMBER, "-1", "bandwidth"),
	WORD("Scheduler", 0U, "wrr", "scheduler"),
	LISTENER("Description", CONFIG_TEXT, NULL, "description"),
	WORD("ForwardingMode", 0U, "nat", "mode"),
	WORD("NoBackendPolicy", 0U, "reject", "policy"),
	WORD("AclStatus", 0U, "off", "acl"),
	WORD("AclType", 0U, NULL, "acl"),
	LISTENER("AclId", CONFIG_TEXT, NULL, "acl"),
	WORD("ConnectionDrain", 0U, "off", "drain"),
	LISTENER("ConnectionDrainTimeout", CONFIG_NUMBER, NULL, "drain"),
	LISTENER("ProxyProtocolV2Enabled", CONFIG_BOOLEAN, "false", "proxy"),
	OF_PROTOCOL("PersistenceTimeout", CONFIG_NUMBER, CONFIG_TCP, "0", "persistence"),
	OF_PROTOCOL("EstablishedTimeout", CONFIG_NUMBER, CONFIG_TCP, "900", "established"),
	{ .key = "SynProxy",
	  .flags = CONFIG_TCP | CONFIG_WORD,
	  .fallback = "disable",
	  .setter = "synproxy" },
	{ .key = "HealthCheckSwitch",
	  .flags = CONFIG_CREATE | CONFIG_WORD,
	  .fallback = "on",
	  .setter = "check",
	  .read_as = "HealthCheck" },
	WORD("HealthCheckType", CONFIG_TCP, "tcp", "check"),
	LISTENER("HealthCheckConnectPort", CONFIG_NUMBER, "0", "check"),
	OF_PROTOCOL("HealthCheckConnectTimeout", CONFIG_NUMBER, CONFIG_TCP, "5", "check"),
	OF_PROTOCOL("HealthCheckConnectTimeout", CONFIG_NUMBER, CONFIG_UDP, "10", "check"),
	OF_PROTOCOL("HealthCheckInterval", CONFIG_NUMBER, CONFIG_TCP, "2", "check"),
	OF_PROTOCOL("HealthCheckInterval", CONFIG_NUMBER, CONFIG_UDP, "5", "check"),
	LISTENER("HealthyThreshold", CONFIG_NUMBER, "3", "check"),
	LISTENER("UnhealthyThreshold", CONFIG_NUMBER, "3", "check"),
	WORD("HealthCheckMethod", CONFIG_TCP, "head", "check"),
	OF_PROTOCOL("HealthCheckURI", CONFIG_TEXT, CONFIG_TCP, "/", "check"),
	OF_PROTOCOL("HealthCheckDomain", CONFIG_TEXT, CONFIG_TCP, "$_ip", "check"),
	OF_PROTOCOL("HealthCheckHttpCode", CONFIG_TEXT, CONFIG_TCP, "http_2xx", "check"),
	OF_PROTOCOL("HealthCheckReq", CONFIG_TEXT, CONFIG_UDP, NULL, "check"),
	OF_PROTOCOL("HealthCheckExp", CONFIG_TEXT, CONFIG_UDP, NULL, "check"),
	{ .key = "Tags", .type = CONFIG_TAGS },
	{ 0 },
};

const struct config_kind config_listener = { "listener", listener_fields };

/* A setter is the action; the fields that name it are sent together. */
static const struct config_field lb_fields[] = {
	{ .key = "LoadBalancerName", .flags = CONFIG_CREATE, .setter = "SetLoadBalancerName" },
	{ .key = "Address", .flags = CONFIG_CREATE | CONFIG_FREE },
	{ .key = "AddressType", .flags = CONFIG_CREATE | CONFIG_WORD },
	{ .key = "AddressIPVersion", .flags = CONFIG_CREATE | CONFIG_WORD, .fallback = "ipv4" },
	{ .key = "VSwitchId", .flags = CONFIG_CREATE },
	{ .key = "VpcId", .flags = CONFIG_CREATE | CONFIG_FREE },
	{ .key = "RegionId", .flags = CONFIG_CREATE },
	{ .key = "MasterZoneId", .flags = CONFIG_CREATE | CONFIG_FREE },
	{ .key = "SlaveZoneId", .flags = CONFIG_CREATE | CONFIG_FREE },
	{ .key = "LoadBalancerStatus",
	  .flags = CONFIG_WORD,
	  .fallback = "active",
	  .setter = "SetLoadBalancerStatus" },
	{ .key = "InstanceChargeType",
	  .flags = CONFIG_CREATE | CONFIG_WORD,
	  .fallback = "PayBySpec",
	  .setter = "ModifyLoadBalancerInstanceChargeType" },
	{ .key = "LoadBalancerSpec",
	  .flags = CONFIG_CREATE | CONFIG_WORD,
	  .setter = "ModifyLoadBalancerInstanceSpec" },
	{ .key = "InternetChargeType",
	  .flags = CONFIG_CREATE | CONFIG_WORD,
	  .fallback = "paybytraffic",
	  .setter = "ModifyLoadBalancerInternetSpec" },
	{ .key = "Bandwidth",
	  .type = CONFIG_NUMBER,
	  .flags = CONFIG_CREATE,
	  .setter = "ModifyLoadBalancerInternetSpec" },
	{ .key = "PayType",
	  .flags = CONFIG_CREATE | CONFIG_WORD,
	  .fallback = "PayOnDemand",
	  .setter = "ModifyLoadBalancerPayType" },
	{ .key = "ResourceGroupId", .flags = CONFIG_CREATE, .fallback = "rg-default" },
	{ .key = "DeleteProtection",
	  .flags = CONFIG_CREATE | CONFIG_WORD,
	  .fallback = "off",
	  .setter = "SetLoadBalancerDeleteProtection" },
	{ .key = "ModificationProtectionStatus",
	  .flags = CONFIG_CREATE | CONFIG_WORD,
	  .fallback = "NonProtection",
	  .setter = "SetLoadBalancerModificationProtection" },
	{ .key = "ModificationProtectionReason",
	  .flags = CONFIG_CREATE,
	  .setter = "SetLoadBalancerModificationProtection" },
	{ .key = "Tags", .type = CONFIG_TAGS },
	{ .key = "BackendServers", .type = CONFIG_LIST, .items = &config_server },
	{ .key = "VServerGroups", .type = CONFIG_LIST, .items = &config_group },
	{ .key = "Listeners", .type = CONFIG_LIST, .items = &config_listener },
	{ 0 },
};

const struct config_kind config_lb = { "load balancer", lb_fields };

static const struct config_field instance_fields[] = {
	{ .key = "InstanceId", .flags = CONFIG_REQUIRED | CONFIG_CREATE },
	{ .key = "IpAddresses",
	  .type = CONFIG_TEXTS,
	  .flags = CONFIG_REQUIRED | CONFIG_CREATE,
	  .setter = "register" },
	{ .key = "Status",
	  .flags = CONFIG_CREATE | CONFIG_WORD,
	  .fallback = "Running",
	  .setter = "register" },
	{ .key = "NetworkType", .flags = CONFIG_CREATE | CONFIG_WORD },
	{ .key = "VpcId", .flags = CONFIG_CREATE },
	{ .key = "RegionId", .flags = CONFIG_CREATE },
	{ .key = "ZoneId", .flags = CONFIG_CREATE, .setter = "register" },
	{ .key = "InstanceName", .flags = CONFIG_CREATE, .setter = "register" },
	{ 0 },
};

const struct config_kind config_instance = { "instance", instance_fields };

static const struct config_field root_fields[] = {
	{ .key = "Instances",
	  .type = CONFIG_LIST,
	  .flags = CONFIG_REQUIRED,
	  .items = &config_instance },
	{ .key = "LoadBalancers",
	  .type = CONFIG_LIST,
	  .flags = CONFIG_REQUIRED,
	  .items = &config_lb },
	{ 0 },
};

const struct config_kind config_root = { "configuration", root_fields };
