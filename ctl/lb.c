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
				{ "VPC", "VpcId", COLUMN_TEXT | COLUMN_WIDE },
				{ "VSWITCH", "VSwitchId", COLUMN_TEXT | COLUMN_WIDE },
				{ "SPEC", "LoadBalancerSpec", COLUMN_TEXT | COLUMN_WIDE },
				{ "PROTECTED", "DeleteProtection", COLUMN_TEXT | COLUMN_WIDE },
				{ "ZONES", "MasterZoneId/SlaveZoneId", COLUMN_TEXT | COLUMN_WIDE },
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
				{ "Zones", "MasterZoneId/SlaveZoneId", COLUMN_TEXT | COLUMN_WIDE },
				{ "Spec", "LoadBalancerSpec", COLUMN_TEXT },
				{ "Charged", "InstanceChargeType", COLUMN_TEXT | COLUMN_WIDE },
				{ "Traffic charged", "InternetChargeType",
				  COLUMN_TEXT | COLUMN_WIDE },
				{ "Bandwidth", "Bandwidth", COLUMN_NUMBER | COLUMN_WIDE },
				{ "Paid", "PayType", COLUMN_TEXT | COLUMN_WIDE },
				{ "Resource group", "ResourceGroupId", COLUMN_TEXT | COLUMN_WIDE },
				{ "Delete protection", "DeleteProtection", COLUMN_TEXT },
				{ "Modification protection", "ModificationProtectionStatus",
				  COLUMN_TEXT | COLUMN_WIDE },
				{ "Protection reason", "ModificationProtectionReason",
				  COLUMN_TEXT | COLUMN_WIDE },
				{ "Created", "CreateTime", COLUMN_TEXT },
				{ 0 },
			},
	},
	{
		.title = "Tags",
		.rows = "Tags.Tag",
		.columns =
			(const struct column[]){
				{ "KEY", "TagKey", COLUMN_TEXT },
				{ "VALUE", "TagValue", COLUMN_TEXT },
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

#define LB                                                   \
	{                                                    \
		.label = "LB", .parameter = "LoadBalancerId" \
	}

static const struct verb verbs[] = {
	{
		.name = "create",
		.summary = "make a load balancer, at ADDRESS or the next free one of its pool",
		.action = "CreateLoadBalancer",
		.takes = { { .label = "ADDRESS", .parameter = "Address", .optional = true } },
		.example = "lb create 10.1.0.100 LoadBalancerName=web\n"
			   "lb create VSwitchId=vsw-1 LoadBalancerSpec=slb.s1.small",
	},
	{
		.name = "delete",
		.summary = "delete a load balancer with its listeners and groups",
		.action = "DeleteLoadBalancer",
		.takes = { LB },
		.example = "lb delete web",
	},
	{
		.name = "list",
		.summary = "list the load balancers, all or those that match the parameters",
		.action = "DescribeLoadBalancers",
		.defaults = "PageSize=100",
		.paged = "LoadBalancers.LoadBalancer",
		.views = list_views,
		.example = "lb list\nlb list -o wide ServerId=web1",
	},
	{
		.name = "show",
		.summary = "show a load balancer, its listeners and servers",
		.action = "DescribeLoadBalancerAttribute",
		.takes = { LB },
		.views = show_views,
		.example = "lb show web",
	},
	{
		.name = "set-status",
		.summary = "let a load balancer forward (active), or none of its listeners "
			   "(inactive)",
		.action = "SetLoadBalancerStatus",
		.takes = { LB, { .label = "active|inactive", .parameter = "LoadBalancerStatus" } },
		.example = "lb set-status web inactive",
	},
	{
		.name = "set-name",
		.summary = "rename a load balancer",
		.action = "SetLoadBalancerName",
		.takes = { LB, { .label = "NAME", .parameter = "LoadBalancerName" } },
		.example = "lb set-name web shop",
	},
	{
		.name = "set-delete-protection",
		.summary = "say whether a load balancer may be deleted (off) or not (on)",
		.action = "SetLoadBalancerDeleteProtection",
		.takes = { LB, { .label = "on|off", .parameter = "DeleteProtection" } },
		.example = "lb set-delete-protection web on",
	},
	{
		.name = "set-modification-protection",
		.summary = "store a modification protection and its reason; it hinders no call",
		.action = "SetLoadBalancerModificationProtection",
		.takes = { LB,
			   { .label = "STATUS", .parameter = "ModificationProtectionStatus" },
			   { .label = "REASON",
			     .parameter = "ModificationProtectionReason",
			     .optional = true } },
		.example = "lb set-modification-protection web ConsoleProtection by-apply",
	},
	{
		.name = "set-spec",
		.summary = "set a load balancer's specification",
		.action = "ModifyLoadBalancerInstanceSpec",
		.takes = { LB, { .label = "SPEC", .parameter = "LoadBalancerSpec" } },
		.example = "lb set-spec web slb.s2.small",
	},
	{
		.name = "set-internet",
		.summary = "set how traffic is charged, and the bandwidth under paybybandwidth",
		.action = "ModifyLoadBalancerInternetSpec",
		.takes = { LB },
		.example = "lb set-internet web InternetChargeType=paybybandwidth Bandwidth=100",
	},
	{
		.name = "set-charge",
		.summary = "charge a load balancer by its specification or by use",
		.action = "ModifyLoadBalancerInstanceChargeType",
		.takes = { LB,
			   { .label = "PayBySpec|PayByCLCU", .parameter = "InstanceChargeType" } },
		.example = "lb set-charge web PayByCLCU",
	},
	{
		.name = "set-pay",
		.summary = "store how a load balancer is paid",
		.action = "ModifyLoadBalancerPayType",
		.takes = { LB, { .label = "PayOnDemand|PrePay", .parameter = "PayType" } },
		.example = "lb set-pay web PrePay",
	},
	{ 0 },
};

const struct family family_lb = {
	.name = "lb",
	.summary = "load balancers: an address each",
	.verbs = verbs,
};
