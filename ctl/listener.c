// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl listener: a protocol and a port of a load balancer. */
#include "command.h"

#define LB                                                   \
	{                                                    \
		.label = "LB", .parameter = "LoadBalancerId" \
	}
#define PROTOCOL(is_optional)                                                                     \
	{                                                                                         \
		.label = "tcp|udp", .parameter = "ListenerProtocol", .kind = POSITIONAL_PROTOCOL, \
		.optional = (is_optional)                                                         \
	}
#define PORT                                                 \
	{                                                    \
		.label = "PORT", .parameter = "ListenerPort" \
	}

static const struct view list_views[] = {
	{
		.title = "",
		.rows = "Listeners",
		.columns =
			(const struct column[]){
				{ "LOAD BALANCER", "LoadBalancerId", COLUMN_TEXT },
				{ "LISTENER", "ListenerPort/ListenerProtocol", COLUMN_TEXT },
				{ "STATUS", "Status", COLUMN_TEXT },
				{ "SCHEDULER", "Scheduler", COLUMN_TEXT },
				{ "GROUP", "VServerGroupId", COLUMN_TEXT },
				{ "BACKEND PORT", "BackendServerPort", COLUMN_NUMBER },
				{ "BANDWIDTH", "Bandwidth", COLUMN_NUMBER | COLUMN_WIDE },
				{ "TCP CHECK", "TCPListenerConfig.HealthCheck",
				  COLUMN_TEXT | COLUMN_WIDE },
				{ "UDP CHECK", "UDPListenerConfig.HealthCheck",
				  COLUMN_TEXT | COLUMN_WIDE },
				{ "ACL", "AclStatus", COLUMN_TEXT | COLUMN_WIDE },
				{ "DESCRIPTION", "Description", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ 0 },
};

static const struct verb verbs[] = {
	{
		.name = "create",
		.summary = "make a listener, stopped; its servers take BACKEND_PORT, or PORT",
		.action = "CreateLoadBalancer%sListener",
		.takes = { LB,
			   PROTOCOL(false),
			   PORT,
			   { .label = "BACKEND_PORT",
			     .parameter = "BackendServerPort",
			     .optional = true,
			     .fallback = "ListenerPort" } },
		.defaults = "Bandwidth=-1",
		.example = "listener create web tcp 80 8080\n"
			   "listener create web udp 53 NoBackendPolicy=drop",
	},
	{
		.name = "set",
		.summary = "change a listener's settings, those that are given",
		.action = "SetLoadBalancer%sListenerAttribute",
		.takes = { LB, PROTOCOL(false), PORT },
		.example = "listener set web tcp 80 EstablishedTimeout=300 Description=shop\n"
			   "listener set web tcp 80 VServerGroupId=rsp-…\n"
			   "listener set web tcp 80 VServerGroup=off",
	},
	{
		.name = "start",
		.summary = "let a listener forward",
		.action = "StartLoadBalancerListener",
		.takes = { LB, PROTOCOL(true), PORT },
		.example = "listener start web tcp 80",
	},
	{
		.name = "stop",
		.summary = "stop forwarding at once; flows are kept for a restart",
		.action = "StopLoadBalancerListener",
		.takes = { LB, PROTOCOL(true), PORT },
		.example = "listener stop web tcp 80",
	},
	{
		.name = "delete",
		.summary = "delete a listener",
		.action = "DeleteLoadBalancerListener",
		.takes = { LB, PROTOCOL(true), PORT },
		.example = "listener delete web tcp 80",
	},
	{
		.name = "list",
		.summary = "list the listeners, all or those of up to ten load balancers",
		.action = "DescribeLoadBalancerListeners",
		.takes = { { .label = "LB...",
			     .parameter = "LoadBalancerId.N",
			     .kind = POSITIONAL_MANY,
			     .optional = true } },
		.defaults = "MaxResults=100",
		.paged = "Listeners",
		.views = list_views,
		.example = "listener list\nlistener list web ListenerProtocol=tcp -o wide",
	},
	{
		.name = "show",
		.summary = "show a listener's settings",
		.action = "DescribeLoadBalancer%sListenerAttribute",
		.takes = { LB, PROTOCOL(false), PORT },
		.example = "listener show web tcp 80",
	},
	{ 0 },
};

const struct family family_listener = {
	.name = "listener",
	.summary = "listeners: a protocol and port of a load balancer",
	.verbs = verbs,
};
