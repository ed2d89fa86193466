// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl status and stats: what an operator asks first. */
#include "command.h"

static const struct verb status_verbs[] = {
	{
		.summary = "show the daemon's store, interfaces, tables, checks and warnings",
		.action = "DescribeStatus",
		.example = "status\nstatus -o json",
	},
	{ 0 },
};

const struct family family_status = {
	.name = "status",
	.summary = "the daemon's state",
	.verbs = status_verbs,
};

#define TRAFFIC                                                                                 \
	{ "ACTIVE", "ActiveConnections", COLUMN_COUNT },                                        \
		{ "NEW", "NewConnections", COLUMN_COUNT },                                      \
		{ "HALF-OPEN", "HalfOpenConnections", COLUMN_COUNT },                           \
		{ "ESTABLISHED", "EstablishedConnections", COLUMN_COUNT },                      \
		{ "CLOSING", "ClosingConnections", COLUMN_COUNT },                              \
		{ "PACKETS IN", "PacketsIn", COLUMN_COUNT }, { "IN", "BytesIn", COLUMN_BYTES }, \
		{ "PACKETS OUT", "PacketsOut", COLUMN_COUNT },                                  \
	{                                                                                       \
		"OUT", "BytesOut", COLUMN_BYTES                                                 \
	}

#define COUNTERS                                                                              \
	(const struct column[])                                                               \
	{                                                                                     \
		{ "REASON", "Reason", COLUMN_TEXT }, { "PACKETS", "Packets", COLUMN_NUMBER }, \
			{ "MEANING", "Meaning", COLUMN_TEXT }, { 0 },                         \
	}

static const struct view stats_views[] = {
	{
		.title = "Listeners",
		.rows = "Listeners.Listener",
		.columns =
			(const struct column[]){
				{ "LOAD BALANCER", "LoadBalancerId", COLUMN_TEXT },
				{ "LISTENER", "ListenerPort/ListenerProtocol", COLUMN_TEXT },
				TRAFFIC,
				{ 0 },
			},
	},
	{
		.title = "Backends",
		.rows = "Listeners.Listener.*.Backends.Backend",
		.columns =
			(const struct column[]){
				{ "LOAD BALANCER", "^LoadBalancerId", COLUMN_TEXT },
				{ "LISTENER", "^ListenerPort/^ListenerProtocol", COLUMN_TEXT },
				{ "SERVER", "ServerId", COLUMN_TEXT },
				{ "ADDRESS", "ServerIp", COLUMN_TEXT },
				{ "PORT", "Port", COLUMN_NUMBER },
				{ "WEIGHT", "Weight", COLUMN_NUMBER },
				{ "STATE", "State", COLUMN_TEXT },
				{ "HEALTH", "ServerHealthStatus", COLUMN_TEXT },
				TRAFFIC,
				{ 0 },
			},
	},
	{
		.title = "Drops",
		.rows = "Drops.Drop",
		.columns = COUNTERS,
		.nonzero = "Packets",
	},
	{
		.title = "Events",
		.rows = "Events.Event",
		.columns = COUNTERS,
		.nonzero = "Packets",
	},
	{ 0 },
};

static const struct verb stats_verbs[] = {
	{
		.summary = "show traffic by listener and backend, and drops by reason",
		.action = "DescribeStatistics",
		.more = "HALF-OPEN, ESTABLISHED and CLOSING are counted when the flow table is "
			"swept, about "
			"once a second.",
		.example = "stats -a\nstats web tcp 80",
		.takes = { { .label = "LB", .parameter = "LoadBalancerId", .optional = true },
			   { .label = "tcp|udp",
			     .parameter = "ListenerProtocol",
			     .kind = POSITIONAL_PROTOCOL,
			     .optional = true },
			   { .label = "PORT", .parameter = "ListenerPort", .optional = true } },
		.defaults = "MaxResults=1000",
		.views = stats_views,
		.paged = "Listeners.Listener",
	},
	{ 0 },
};

const struct family family_stats = {
	.name = "stats",
	.summary = "traffic and drops (-a: also what counts zero)",
	.verbs = stats_verbs,
};
