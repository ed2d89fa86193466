// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl health: which servers are fit. */
#include "command.h"

static const struct view views[] = {
	{
		.title = "",
		.rows = "BackendServers.BackendServer",
		.columns =
			(const struct column[]){
				{ "LISTENER", "ListenerPort/Protocol", COLUMN_TEXT },
				{ "SERVER", "ServerId", COLUMN_TEXT },
				{ "ADDRESS", "ServerIp", COLUMN_TEXT },
				{ "PORT", "Port", COLUMN_NUMBER },
				{ "HEALTH", "ServerHealthStatus", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ 0 },
};

static const struct verb verbs[] = {
	{
		.summary = "show the health of a load balancer's servers, by listener",
		.action = "DescribeHealthStatus",
		.takes = { { .label = "LB", .parameter = "LoadBalancerId" },
			   { .label = "tcp|udp",
			     .parameter = "ListenerProtocol",
			     .kind = POSITIONAL_PROTOCOL,
			     .optional = true },
			   { .label = "PORT", .parameter = "ListenerPort", .optional = true } },
		.views = views,
		.example = "health web\nhealth web tcp 80",
	},
	{ 0 },
};

const struct family family_health = {
	.name = "health",
	.summary = "health of a load balancer's servers",
	.verbs = verbs,
};
