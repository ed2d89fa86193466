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
	},
	{
		.name = "start",
		.summary = "let a listener forward",
		.action = "StartLoadBalancerListener",
		.takes = { LB, PROTOCOL(true), PORT },
	},
	{
		.name = "stop",
		.summary = "stop forwarding at once; flows are kept for a restart",
		.action = "StopLoadBalancerListener",
		.takes = { LB, PROTOCOL(true), PORT },
	},
	{
		.name = "delete",
		.summary = "delete a listener",
		.action = "DeleteLoadBalancerListener",
		.takes = { LB, PROTOCOL(true), PORT },
	},
	{
		.name = "show",
		.summary = "show a listener's settings",
		.action = "DescribeLoadBalancer%sListenerAttribute",
		.takes = { LB, PROTOCOL(false), PORT },
	},
	{ 0 },
};

const struct family family_listener = {
	.name = "listener",
	.summary = "listeners: a protocol and port of a load balancer",
	.verbs = verbs,
};
