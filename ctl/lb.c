// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl lb: load balancers. */
#include "command.h"

static const struct view list_views[] = {
	{
		.title = "",
		.rows = "LoadBalancers.LoadBalancer",
		.columns =
			(const struct column[]){
				{ "ID", "LoadBalancerId", COLUMN_TEXT },
				{ "NAME", "LoadBalancerName", COLUMN_TEXT },
				{ "ADDRESS", "Address", COLUMN_TEXT },
				{ "STATUS", "LoadBalancerStatus", COLUMN_TEXT },
				{ "TYPE", "AddressType", COLUMN_TEXT },
				{ "NETWORK", "NetworkType", COLUMN_TEXT },
				{ "REGION", "RegionId", COLUMN_TEXT },
				{ "CREATED", "CreateTime", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ 0 },
};

static const struct view show_views[] = {
	{
		.title = "",
		.columns =
			(const struct column[]){
				{ "ID", "LoadBalancerId", COLUMN_TEXT },
				{ "Name", "LoadBalancerName", COLUMN_TEXT },
				{ "Address", "Address", COLUMN_TEXT },
				{ "Status", "LoadBalancerStatus", COLUMN_TEXT },
				{ "Type", "AddressType", COLUMN_TEXT },
				{ "Network", "NetworkType", COLUMN_TEXT },
				{ "VPC", "VpcId", COLUMN_TEXT },
				{ "vSwitch", "VSwitchId", COLUMN_TEXT },
				{ "Region", "RegionId", COLUMN_TEXT },
				{ "Spec", "LoadBalancerSpec", COLUMN_TEXT },
				{ "Delete protection", "DeleteProtection", COLUMN_TEXT },
				{ "Created", "CreateTime", COLUMN_TEXT },
				{ 0 },
			},
	},
	{
		.title = "Listeners",
		.rows = "ListenerPortsAndProtocol.ListenerPortAndProtocol",
		.columns =
			(const struct column[]){
				{ "PORT", "ListenerPort", COLUMN_NUMBER },
				{ "PROTOCOL", "ListenerProtocol", COLUMN_TEXT },
				{ "DESCRIPTION", "Description", COLUMN_TEXT },
				{ 0 },
			},
	},
	{
		.title = "Servers",
		.rows = "BackendServers.BackendServer",
		.columns =
			(const struct column[]){
				{ "SERVER", "ServerId", COLUMN_TEXT },
				{ "ADDRESS", "ServerIp", COLUMN_TEXT },
				{ "PORT", "Port", COLUMN_NUMBER },
				{ "WEIGHT", "Weight", COLUMN_NUMBER },
				{ "TYPE", "Type", COLUMN_TEXT },
				{ "DESCRIPTION", "Description", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ 0 },
};

static const struct verb verbs[] = {
	{
		.name = "create",
		.summary = "make a load balancer, at ADDRESS or the next free one of its pool",
		.action = "CreateLoadBalancer",
		.takes = { { .label = "ADDRESS", .parameter = "Address", .optional = true } },
	},
	{
		.name = "delete",
		.summary = "delete a load balancer with its listeners",
		.action = "DeleteLoadBalancer",
		.takes = { { .label = "LB", .parameter = "LoadBalancerId" } },
	},
	{
		.name = "list",
		.summary = "list the load balancers",
		.action = "DescribeLoadBalancers",
		.defaults = "PageSize=100",
		.paged = "LoadBalancers.LoadBalancer",
		.views = list_views,
	},
	{
		.name = "show",
		.summary = "show a load balancer, its listeners and servers",
		.action = "DescribeLoadBalancerAttribute",
		.takes = { { .label = "LB", .parameter = "LoadBalancerId" } },
		.views = show_views,
	},
	{ 0 },
};

const struct family family_lb = {
	.name = "lb",
	.summary = "load balancers: an address each",
	.verbs = verbs,
};
