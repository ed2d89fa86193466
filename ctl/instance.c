// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl instance: the inventory that says which addresses a ServerId has. */
#include "command.h"

static const struct view list_views[] = {
	{
		.title = "",
		.rows = "Instances.Instance",
		.columns =
			(const struct column[]){
				{ "ID", "InstanceId", COLUMN_TEXT },
				{ "NAME", "InstanceName", COLUMN_TEXT },
				{ "STATUS", "Status", COLUMN_TEXT },
				{ "KIND", "Kind", COLUMN_TEXT },
				{ "NETWORK", "NetworkType", COLUMN_TEXT },
				{ "VPC", "VpcId", COLUMN_TEXT },
				{ "ZONE", "ZoneId", COLUMN_TEXT | COLUMN_WIDE },
				{ "REGION", "RegionId", COLUMN_TEXT | COLUMN_WIDE },
				{ "AUTOMATIC", "AutoRegistered", COLUMN_TEXT | COLUMN_WIDE },
				{ "CREATED", "CreateTime", COLUMN_TEXT | COLUMN_WIDE },
				{ "ADDRESSES", "IpAddresses", COLUMN_TEXT },
				{ "LOAD BALANCERS", "LoadBalancerIds", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ 0 },
};

#define ID                                               \
	{                                                \
		.label = "ID", .parameter = "InstanceId" \
	}

static const struct verb verbs[] = {
	{
		.name = "register",
		.summary = "tell the daemon a server's addresses, or change them",
		.example = "instance register web1 10.2.0.11\ninstance register eni-web2 10.2.0.12 "
			   "VpcId=vpc-1",
		.action = "RegisterInstance",
		.takes = { ID,
			   { .label = "ADDRESS...",
			     .parameter = "IpAddress.N",
			     .kind = POSITIONAL_MANY } },
	},
	{
		.name = "set-status",
		.summary = "say whether a server runs: only Running ones get traffic",
		.example = "instance set-status web1 Stopped",
		.action = "SetInstanceStatus",
		.takes = { ID, { .label = "STATUS", .parameter = "Status" } },
	},
	{
		.name = "deregister",
		.summary = "forget a server that is no backend any more",
		.example = "instance deregister web1",
		.action = "DeregisterInstance",
		.takes = { ID },
	},
	{
		.name = "list",
		.summary = "list the servers, all or those with these IDs",
		.example = "instance list\ninstance list web1 -o json",
		.action = "DescribeInstances",
		.takes = { { .label = "ID...",
			     .parameter = "InstanceId.N",
			     .kind = POSITIONAL_MANY,
			     .optional = true } },
		.defaults = "PageSize=100",
		.paged = "Instances.Instance",
		.views = list_views,
	},
	{ 0 },
};

const struct family family_instance = {
	.name = "instance",
	.summary = "servers that backends may name, and their addresses",
	.verbs = verbs,
};
