/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Create and Set of listeners take (API, 4.2), the same rows for both: Create fills in the
 * defaults, for Set what is absent stays.
 */
#ifndef SLUICE_API_LISTENER_ROWS_H
#define SLUICE_API_LISTENER_ROWS_H

#include "api/listener_params.h"
#include "api/tags.h"
#include "dataplane/publish.h"
#include "store/record.h"

/* Which fields of the record a request gives, under the record's names. */
struct listener_given {
	bool backend_port, bandwidth, description, scheduler, mode, policy, acl_status;
	bool connection_drain, drain_timeout_s, persistence_s, established_s, syn_proxy, group_id;
	struct {
		bool enabled, type, method, port, timeout_s, interval_s, rise, fall;
		bool uri, domain, codes, request, expect;
	} health;
};

struct listener_params {
	struct listener_record record;
	struct listener_given given;
	bool proxy_protocol;
	uint8_t group_switch, master_slave_switch; /* Set alone: enum switch_state */
	bool group_switch_given;
	struct tag_list tags; /* Create alone */
};

/* -1, or 1 to 5120 Mbit/s. */
param_decode listener_decode_bandwidth;
/* A port, or one of the two ways to say none. */
param_decode listener_decode_check_port;
/* A host name, or $_ip. */
param_decode listener_decode_domain;
/* A comma list of http_2xx … http_5xx. */
param_decode listener_decode_codes;

extern const struct choices listener_tcp_schedulers;

#define LISTENER_DESCRIPTION_SET "A-Za-z0-9-/._"
#define LISTENER_URI_SET "A-Za-z0-9-/.%?#&"
#define LISTENER_DOMAIN_SET "A-Za-z0-9.-"
#define LISTENER_PAYLOAD_SET "A-Za-z0-9"
#define LISTENER_DOMAIN_IS_ADDRESS "$_ip"

/* How a row's default is taken: pass one of these as USUAL. */
#define LISTENER_FILLED(text) text
#define LISTENER_KEPT(text) NULL

#define LISTENER_FIELD(field)                              \
	PARAM_FIELD(struct listener_params, record.field), \
		PARAM_GIVEN(struct listener_params, given.field)
#define LISTENER_CHOSEN(name, field, set, usual, built, help)                                      \
	{                                                                                          \
		.key = (name), .type = PARAM_CHOICE, LISTENER_FIELD(field),                        \
		.choices = &choices_##set, .fallback = (usual), .only = (built), .summary = (help) \
	}
#define LISTENER_NUMBER(name, field, low, high, usual, help)                              \
	{                                                                                 \
		.key = (name), .type = PARAM_NUMBER, LISTENER_FIELD(field), .min = (low), \
		.max = (high), .fallback = (usual), .summary = (help)                     \
	}
#define LISTENER_REFUSED(name)            \
	{                                 \
		.key = (name), .only = "" \
	}

/* What both protocols take; timeouts and intervals have their own defaults. */
#define LISTENER_ROWS(USUAL, bandwidth_required, timeout, interval)                               \
	LISTENER_ID(struct listener_params, record.lb_id),                                        \
		LISTENER_PORT(struct listener_params, record.port),                               \
		{ .key = "Bandwidth",                                                             \
		  .type = PARAM_NUMBER,                                                           \
		  LISTENER_FIELD(bandwidth),                                                      \
		  .required = (bandwidth_required),                                               \
		  .only = "-1",                                                                   \
		  .decode = listener_decode_bandwidth,                                            \
		  .summary = "Mbit/s; -1: unlimited" },                                           \
		{ .key = "VServerGroupId",                                                        \
		  .type = PARAM_ID,                                                               \
		  LISTENER_FIELD(group_id),                                                       \
		  .summary = "a VServer group in place of the default group" },                   \
		LISTENER_REFUSED("MasterSlaveServerGroupId"),                                     \
		{ .key = "Description",                                                           \
		  .type = PARAM_TEXT,                                                             \
		  LISTENER_FIELD(description),                                                    \
		  .min = 1,                                                                       \
		  .max = RECORD_TEXT - 1,                                                         \
		  .set = LISTENER_DESCRIPTION_SET,                                                \
		  .summary = "free text" },                                                       \
		LISTENER_CHOSEN("HealthCheckSwitch", health.enabled, switch, USUAL("on"), NULL,   \
				"whether servers are probed"),                                    \
		{ .key = "HealthCheckConnectPort",                                                \
		  .type = PARAM_NUMBER,                                                           \
		  LISTENER_FIELD(health.port),                                                    \
		  .decode = listener_decode_check_port,                                           \
		  .range = "1-65535, or 0 or -520 for none",                                      \
		  .summary = "port to probe; the server's if absent" },                           \
		LISTENER_NUMBER("HealthCheckConnectTimeout", health.timeout_s, 1, 300,            \
				USUAL(timeout), "seconds to wait for an answer"),                 \
		LISTENER_NUMBER("healthCheckInterval", health.interval_s, 1, 50, USUAL(interval), \
				"seconds between probes"),                                        \
		LISTENER_NUMBER("HealthyThreshold", health.rise, 2, 10, USUAL("3"),               \
				"good probes in a row to come up"),                               \
		LISTENER_NUMBER("UnhealthyThreshold", health.fall, 2, 10, USUAL("3"),             \
				"bad probes in a row to go down"),                                \
		LISTENER_CHOSEN("AclStatus", acl_status, switch, USUAL("off"), "off",             \
				"access control"),                                                \
		LISTENER_REFUSED("AclType"), LISTENER_REFUSED("AclId"),                           \
		LISTENER_CHOSEN("ConnectionDrain", connection_drain, switch, USUAL("off"), NULL,  \
				"servers that leave keep their flows for a time"),                \
		LISTENER_NUMBER("ConnectionDrainTimeout", drain_timeout_s, 10, 900, NULL,         \
				"seconds; needed with ConnectionDrain"),                          \
		LISTENER_CHOSEN("ForwardingMode", mode, forwarding_mode, USUAL("nat"), "nat",     \
				"how packets reach servers"),                                     \
		LISTENER_CHOSEN("NoBackendPolicy", policy, no_backend_policy, USUAL("reject"),    \
				NULL, "the answer when no server is usable"),                     \
	{                                                                                         \
		.key = "ProxyProtocolV2Enabled", .type = PARAM_BOOL,                              \
		PARAM_FIELD(struct listener_params, proxy_protocol), .fallback = "false",         \
		.only = "false", .summary = "a header before the TCP stream"                      \
	}

#define LISTENER_TCP_ROWS(USUAL)                                                                  \
	{ .key = "Scheduler",                                                                     \
	  .type = PARAM_CHOICE,                                                                   \
	  LISTENER_FIELD(scheduler),                                                              \
	  .choices = &listener_tcp_schedulers,                                                    \
	  .fallback = USUAL("wrr"),                                                               \
	  .only = "wrr",                                                                          \
	  .summary = "how new flows are spread" },                                                \
		{ .key = "PersistenceTimeout",                                                    \
		  .type = PARAM_NUMBER,                                                           \
		  LISTENER_FIELD(persistence_s),                                                  \
		  .min = 0,                                                                       \
		  .max = 3600,                                                                    \
		  .fallback = USUAL("0"),                                                         \
		  .only = "0",                                                                    \
		  .summary = "seconds a source keeps its server; 0: off" },                       \
		LISTENER_NUMBER("EstablishedTimeout", established_s, DP_ESTABLISHED_MIN_S, 900,   \
				USUAL("900"), "idle seconds until a connection is forgotten"),    \
		LISTENER_CHOSEN("HealthCheckType", health.type, health_type, USUAL("tcp"), NULL,  \
				"kind of probe"),                                                 \
		LISTENER_CHOSEN("HealthCheckMethod", health.method, health_method, USUAL("head"), \
				NULL, "of an http probe"),                                        \
		{ .key = "HealthCheckURI",                                                        \
		  .type = PARAM_TEXT,                                                             \
		  LISTENER_FIELD(health.uri),                                                     \
		  .min = 2,                                                                       \
		  .max = RECORD_NAME - 1,                                                         \
		  .set = LISTENER_URI_SET,                                                        \
		  .first = "/",                                                                   \
		  .fallback = USUAL("/"),                                                         \
		  .summary = "path of an http probe, from /" },                                   \
		{ .key = "HealthCheckDomain",                                                     \
		  .type = PARAM_TEXT,                                                             \
		  LISTENER_FIELD(health.domain),                                                  \
		  .decode = listener_decode_domain,                                               \
		  .range = "$_ip, or 1-80 of " LISTENER_DOMAIN_SET,                               \
		  .fallback = USUAL(LISTENER_DOMAIN_IS_ADDRESS),                                  \
		  .summary = "Host header; $_ip: the server's address" },                         \
	{                                                                                         \
		.key = "HealthCheckHttpCode", .type = PARAM_TEXT, LISTENER_FIELD(health.codes),   \
		.decode = listener_decode_codes,                                                  \
		.range = "comma list of http_2xx, http_3xx, http_4xx, http_5xx",                  \
		.fallback = USUAL("http_2xx"), .summary = "what counts as healthy"                \
	}

#define LISTENER_PAYLOAD(name, field, bad, bad_length, help)                        \
	{                                                                           \
		.key = (name), .type = PARAM_TEXT, LISTENER_FIELD(field), .min = 1, \
		.max = RECORD_ID - 1, .set = LISTENER_PAYLOAD_SET, .error = (bad),  \
		.length_error = (bad_length), .summary = (help)                     \
	}
#define LISTENER_UDP_ROWS(USUAL)                                                       \
	LISTENER_CHOSEN("Scheduler", scheduler, scheduler, USUAL("wrr"), "wrr",        \
			"how new flows are spread"),                                   \
		LISTENER_PAYLOAD("healthCheckReq", health.request, ERR_HEALTH_REQ,     \
				 ERR_HEALTH_REQ_LENGTH, "payload that a probe sends"), \
		LISTENER_PAYLOAD("healthCheckExp", health.expect, ERR_HEALTH_EXP,      \
				 ERR_HEALTH_EXP_LENGTH, "payload that a probe expects")

/* A VServerGroupId that is given may be too long to be one: it is as one that does not exist. */
int listener_check_group_id(const struct listener_params *params, struct error *error);

#endif
