// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl health: which servers are fit, and why not. */
#include "command.h"

static const struct view views[] = {
	{
		.title = "",
		.rows = "Servers.Server",
		.columns =
			(const struct column[]){
				{ "LOAD BALANCER", "LoadBalancerId", COLUMN_TEXT },
				{ "LISTENER", "ListenerPort/Protocol", COLUMN_TEXT },
				{ "SERVER", "ServerId", COLUMN_TEXT },
				{ "ADDRESS", "ServerIp", COLUMN_TEXT },
				{ "PORT", "Port", COLUMN_NUMBER },
				{ "WEIGHT", "Weight", COLUMN_NUMBER | COLUMN_WIDE },
				{ "CHECK", "CheckType/CheckPort", COLUMN_TEXT | COLUMN_WIDE },
				{ "HEALTH", "ServerHealthStatus", COLUMN_TEXT },
				{ "STATE", "State", COLUMN_TEXT },
				{ "CHANGED", "SecondsSinceChange", COLUMN_AGO },
				{ "CHECKED", "SecondsSinceCheck", COLUMN_AGO | COLUMN_WIDE },
				{ "LAST RESULT", "LastReason", COLUMN_TEXT },
				{ "CHECKS", "Checks", COLUMN_COUNT },
				{ "FAILURES", "Failures", COLUMN_COUNT },
				{ 0 },
			},
	},
	{
		.title = "All checks",
		.columns =
			(const struct column[]){
				{ "Servers watched", "Totals.Watched",
				  COLUMN_NUMBER | COLUMN_WIDE },
				{ "Checks made", "Totals.Checks", COLUMN_NUMBER | COLUMN_WIDE },
				{ "Down", "Totals.Down", COLUMN_NUMBER | COLUMN_WIDE },
				{ "Probes in flight", "Totals.InFlight",
				  COLUMN_NUMBER | COLUMN_WIDE },
				{ "Probes", "Totals.Probes", COLUMN_COUNT | COLUMN_WIDE },
				{ "Late", "Totals.Late", COLUMN_COUNT | COLUMN_WIDE },
				{ "Not sent", "Totals.Unsent", COLUMN_COUNT | COLUMN_WIDE },
				{ 0 },
			},
	},
	{ 0 },
};

static const struct verb verbs[] = {
	{
		.summary =
			"show which servers are healthy, since when, and what the last check saw",
		.action = "DescribeHealthChecks",
		.takes = { { .label = "LB", .parameter = "LoadBalancerId", .optional = true },
			   { .label = "tcp|udp",
			     .parameter = "ListenerProtocol",
			     .kind = POSITIONAL_PROTOCOL,
			     .optional = true },
			   { .label = "PORT", .parameter = "ListenerPort", .optional = true } },
		.defaults = "MaxResults=1000",
		.views = views,
		.paged = "Servers.Server",
		.more = "HEALTH is normal, abnormal, or unavailable where nothing is known: the "
			"check is "
			"off, the listener is stopped, or the first result is to come.",
		.example = "health\nhealth web tcp 80\nhealth web -o wide",
	},
	{ 0 },
};

const struct family family_health = {
	.name = "health",
	.summary = "health of servers, and what their checks saw",
	.verbs = verbs,
};
