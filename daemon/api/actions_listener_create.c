// SPDX-License-Identifier: BSD-2-Clause
/* TCP and UDP listeners are made (API, 4.2): every parameter a row, checked before the model. */
#include "api/action.h"
#include "api/listener_params.h"

#include <string.h>

#define DESCRIPTION_SET "A-Za-z0-9-/._"
#define URI_SET "A-Za-z0-9-/.%?#&"
#define DOMAIN_SET "A-Za-z0-9.-"
#define PAYLOAD_SET "A-Za-z0-9"
#define BANDWIDTH_MAX 5120
#define PORT_NONE (-520) /* how the real service writes "no port of its own" */
#define DOMAIN_IS_ADDRESS "$_ip"

static int decode_bandwidth(const struct param *param, const char *text, void *field,
			    struct error *error)
{
	int64_t value;

	if (!param_integer(text, &value) || (value != -1 && (value < 1 || value > BANDWIDTH_MAX)))
		return param_bad(param, text, "is neither -1 nor an integer in [1, 5120]", error);
	param_store(field, param->size, value);
	return 0;
}

static int decode_check_port(const struct param *param, const char *text, void *field,
			     struct error *error)
{
	int64_t value;

	if (!param_integer(text, &value) || value > UINT16_MAX || (value < 0 && value != PORT_NONE))
		return param_bad(param, text, "is not an integer in [1, 65535], 0 or -520", error);
	param_store(field, param->size, value == PORT_NONE ? 0 : value);
	return 0;
}

static int decode_domain(const struct param *param, const char *text, void *field,
			 struct error *error)
{
	size_t length = strlen(text);

	if (length >= param->size ||
	    (strcmp(text, DOMAIN_IS_ADDRESS) != 0 && !param_charset(DOMAIN_SET, text)))
		return param_bad(param, text, "is neither $_ip nor 1-80 of " DOMAIN_SET, error);
	memcpy(field, text, length + 1);
	return 0;
}

/* A comma list of http_2xx … http_5xx. */
static int decode_codes(const struct param *param, const char *text, void *field,
			struct error *error)
{
	static const char code[] = "http_?xx";
	size_t length = strlen(text), step = sizeof(code); /* with its comma */
	bool good = length < param->size && (length + 1) % step == 0;

	for (size_t i = 0; good && i < length; i++) {
		char want = i % step == step - 1 ? ',' : code[i % step];

		good = want == '?' ? text[i] >= '2' && text[i] <= '5' : text[i] == want;
	}
	if (!good)
		return param_bad(param, text, "is not a comma list of http_2xx … http_5xx", error);
	memcpy(field, text, length + 1);
	return 0;
}

#define LISTENER(field) PARAM_FIELD(struct listener_record, field)
#define CHOSEN(name, field, set, usual, built, help)                                             \
	{                                                                                        \
		.key = (name), .type = PARAM_CHOICE, LISTENER(field), .choices = &choices_##set, \
		.fallback = (usual), .only = (built), .summary = (help)                          \
	}
#define NUMBER(name, field, low, high, usual, help)                                                \
	{                                                                                          \
		.key = (name), .type = PARAM_NUMBER, LISTENER(field), .min = (low), .max = (high), \
		.fallback = (usual), .summary = (help)                                             \
	}
#define REFUSED(name)                     \
	{                                 \
		.key = (name), .only = "" \
	}

/* What both protocols take; timeouts and intervals have their own defaults. */
#define COMMON_PARAMS(timeout, interval)                                                         \
	LISTENER_ID(struct listener_record, lb_id), LISTENER_PORT(struct listener_record, port), \
		{ .key = "Bandwidth",                                                            \
		  .type = PARAM_NUMBER,                                                          \
		  LISTENER(bandwidth),                                                           \
		  .required = true,                                                              \
		  .only = "-1",                                                                  \
		  .decode = decode_bandwidth,                                                    \
		  .summary = "Mbit/s; -1: unlimited" },                                          \
		NUMBER("BackendServerPort", backend_port, 1, UINT16_MAX, NULL,                   \
		       "port of the servers that name none of their own"),                       \
		REFUSED("VServerGroupId"), REFUSED("MasterSlaveServerGroupId"),                  \
		{ .key = "Description",                                                          \
		  .type = PARAM_TEXT,                                                            \
		  LISTENER(description),                                                         \
		  .min = 1,                                                                      \
		  .max = RECORD_TEXT - 1,                                                        \
		  .set = DESCRIPTION_SET,                                                        \
		  .summary = "free text" },                                                      \
		CHOSEN("HealthCheckSwitch", health.enabled, switch, "on", NULL,                  \
		       "stored; servers count as healthy until checks are built"),               \
		{ .key = "HealthCheckConnectPort",                                               \
		  .type = PARAM_NUMBER,                                                          \
		  LISTENER(health.port),                                                         \
		  .decode = decode_check_port,                                                   \
		  .range = "1-65535, or 0 or -520 for none",                                     \
		  .summary = "port to probe; the server's if absent" },                          \
		NUMBER("HealthCheckConnectTimeout", health.timeout_s, 1, 300, timeout,           \
		       "seconds to wait for an answer"),                                         \
		NUMBER("healthCheckInterval", health.interval_s, 1, 50, interval,                \
		       "seconds between probes"),                                                \
		NUMBER("HealthyThreshold", health.rise, 2, 10, "3",                              \
		       "good probes in a row to come up"),                                       \
		NUMBER("UnhealthyThreshold", health.fall, 2, 10, "3",                            \
		       "bad probes in a row to go down"),                                        \
		CHOSEN("AclStatus", acl_status, switch, "off", "off", "access control"),         \
		REFUSED("AclType"), REFUSED("AclId"),                                            \
		CHOSEN("ConnectionDrain", connection_drain, switch, "off", "off",                \
		       "bound the drain of servers that leave"),                                 \
		REFUSED("ConnectionDrainTimeout"),                                               \
		CHOSEN("ForwardingMode", mode, forwarding_mode, "nat", "nat",                    \
		       "how packets reach servers"),                                             \
		CHOSEN("NoBackendPolicy", policy, no_backend_policy, "reject", NULL,             \
		       "the answer when no server is usable"),                                   \
		REFUSED("Tag")

#define PROXY_PROTOCOL(params, field)                                                             \
	{                                                                                         \
		.key = "ProxyProtocolV2Enabled", .type = PARAM_BOOL, PARAM_FIELD(params, field),  \
		.fallback = "false", .only = "false", .summary = "a header before the TCP stream" \
	}

/* The record, and what is only looked at. */
struct create_params {
	struct listener_record record; /* first: rows name its fields */
	bool proxy_protocol;
};

static const struct choices tcp_schedulers = {
	.names = (const char *const[]){ "wrr", "rr", "wlc", "sch", "tch", NULL },
};

static const struct param tcp_params[] = {
	COMMON_PARAMS("5", "2"),
	PROXY_PROTOCOL(struct create_params, proxy_protocol),
	{ .key = "Scheduler",
	  .type = PARAM_CHOICE,
	  LISTENER(scheduler),
	  .choices = &tcp_schedulers,
	  .fallback = "wrr",
	  .only = "wrr",
	  .summary = "how new flows are spread" },
	{ .key = "PersistenceTimeout",
	  .type = PARAM_NUMBER,
	  LISTENER(persistence_s),
	  .min = 0,
	  .max = 3600,
	  .fallback = "0",
	  .only = "0",
	  .summary = "seconds a source keeps its server; 0: off" },
	NUMBER("EstablishedTimeout", established_s, 10, 900, "900",
	       "idle seconds until a connection is forgotten"),
	CHOSEN("HealthCheckType", health.type, health_type, "tcp", NULL, "kind of probe"),
	CHOSEN("HealthCheckMethod", health.method, health_method, "head", NULL, "of an http probe"),
	{ .key = "HealthCheckURI",
	  .type = PARAM_TEXT,
	  LISTENER(health.uri),
	  .min = 2,
	  .max = RECORD_NAME - 1,
	  .set = URI_SET,
	  .first = "/",
	  .fallback = "/",
	  .summary = "path of an http probe, from /" },
	{ .key = "HealthCheckDomain",
	  .type = PARAM_TEXT,
	  LISTENER(health.domain),
	  .decode = decode_domain,
	  .range = "$_ip, or 1-80 of " DOMAIN_SET,
	  .fallback = DOMAIN_IS_ADDRESS,
	  .summary = "Host header; $_ip: the server's address" },
	{ .key = "HealthCheckHttpCode",
	  .type = PARAM_TEXT,
	  LISTENER(health.codes),
	  .decode = decode_codes,
	  .range = "comma list of http_2xx, http_3xx, http_4xx, http_5xx",
	  .fallback = "http_2xx",
	  .summary = "what counts as healthy" },
};

#define PAYLOAD(name, field, bad, bad_length, help)                           \
	{                                                                     \
		.key = (name), .type = PARAM_TEXT, LISTENER(field), .min = 1, \
		.max = RECORD_ID - 1, .set = PAYLOAD_SET, .error = (bad),     \
		.length_error = (bad_length), .summary = (help)               \
	}

static const struct param udp_params[] = {
	COMMON_PARAMS("10", "5"),
	PROXY_PROTOCOL(struct create_params, proxy_protocol),
	CHOSEN("Scheduler", scheduler, scheduler, "wrr", "wrr", "how new flows are spread"),
	PAYLOAD("healthCheckReq", health.request, ERR_HEALTH_REQ, ERR_HEALTH_REQ_LENGTH,
		"payload that a probe sends"),
	PAYLOAD("healthCheckExp", health.expect, ERR_HEALTH_EXP, ERR_HEALTH_EXP_LENGTH,
		"payload that a probe expects"),
};

static int prepare_create(struct call *call, unsigned int protocol, struct error *error)
{
	struct listener_record *record = &((struct create_params *)call->params)->record;

	record->protocol = (uint8_t)protocol;
	if (!record->backend_port)
		return error_set(
			error, ERR_LISTENER_NO_GROUP,
			"BackendServerPort is absent, and VServer groups are not built yet");
	return 0;
}

static int prepare_tcp(struct call *call, struct error *error)
{
	return prepare_create(call, PROTOCOL_TCP, error);
}

static int prepare_udp(struct call *call, struct error *error)
{
	return prepare_create(call, PROTOCOL_UDP, error);
}

static int apply_create(struct call *call, struct model *model, struct error *error)
{
	const struct create_params *params = call->params;

	return model_create_listener(model, call->region, &params->record, error);
}

static const struct action rows[] = {
	{ .name = "CreateLoadBalancerTCPListener",
	  .summary = "create a TCP listener, stopped",
	  ACTION_PARAMS(struct create_params, tcp_params),
	  .prepare = prepare_tcp,
	  .apply = apply_create },
	{ .name = "CreateLoadBalancerUDPListener",
	  .summary = "create a UDP listener, stopped",
	  ACTION_PARAMS(struct create_params, udp_params),
	  .prepare = prepare_udp,
	  .apply = apply_create },
};

const struct action_table actions_listener_create = ACTION_TABLE(rows);
