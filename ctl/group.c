// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl group: VServer groups, which listeners may use instead of the default group. */
#include "command.h"

#define GROUP                                                   \
	{                                                       \
		.label = "GROUP", .parameter = "VServerGroupId" \
	}
#define LB                                                   \
	{                                                    \
		.label = "LB", .parameter = "LoadBalancerId" \
	}
#define SERVERS(is_optional)                                                                     \
	{                                                                                        \
		.label = "SERVER...", .parameter = "BackendServers", .kind = POSITIONAL_SERVERS, \
		.optional = (is_optional)                                                        \
	}

#define SERVER_COLUMNS                                                                            \
	(const struct column[])                                                                   \
	{                                                                                         \
		{ "SERVER", "ServerId", COLUMN_TEXT }, { "ADDRESS", "ServerIp", COLUMN_TEXT },    \
			{ "PORT", "Port", COLUMN_NUMBER }, { "WEIGHT", "Weight", COLUMN_NUMBER }, \
			{ "TYPE", "Type", COLUMN_TEXT },                                          \
			{ "DESCRIPTION", "Description", COLUMN_TEXT }, { 0 },                     \
	}

static const struct view created_views[] = {
	{
		.title = "",
		.columns =
			(const struct column[]){
				{ "VServerGroupId", "VServerGroupId", COLUMN_TEXT },
				{ "VServerGroupName", "VServerGroupName", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ .title = "Servers", .rows = "BackendServers.BackendServer", .columns = SERVER_COLUMNS },
	{ 0 },
};

static const struct view changed_views[] = {
	{ .title = "", .rows = "BackendServers.BackendServer", .columns = SERVER_COLUMNS },
	{ 0 },
};

static const struct view list_views[] = {
	{
		.title = "",
		.rows = "VServerGroups.VServerGroup",
		.columns =
			(const struct column[]){
				{ "ID", "VServerGroupId", COLUMN_TEXT },
				{ "NAME", "VServerGroupName", COLUMN_TEXT },
				{ "SERVERS", "ServerCount", COLUMN_NUMBER },
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
				{ "ID", "VServerGroupId", COLUMN_TEXT },
				{ "Name", "VServerGroupName", COLUMN_TEXT },
				{ "Load balancer", "LoadBalancerId", COLUMN_TEXT },
				{ "Created", "CreateTime", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ .title = "Servers", .rows = "BackendServers.BackendServer", .columns = SERVER_COLUMNS },
	{ 0 },
};

static const struct verb verbs[] = {
	{
		.name = "create",
		.summary = "make a group of a load balancer, with servers or empty",
		.action = "CreateVServerGroup",
		.takes = { LB,
			   { .label = "NAME", .parameter = "VServerGroupName" },
			   SERVERS(true) },
		.views = created_views,
		.example = "group create web blue web1,port=8080 web2,port=8080,weight=50",
	},
	{
		.name = "add",
		.summary = "add servers to a group, all or none; each needs a port",
		.action = "AddVServerGroupBackendServers",
		.takes = { GROUP, SERVERS(false) },
		.views = changed_views,
		.example = "group add web/blue web3,port=8080",
	},
	{
		.name = "set",
		.summary = "set servers' weights (100 unless given) and descriptions",
		.action = "SetVServerGroupAttribute",
		.takes = { GROUP, SERVERS(false) },
		.views = changed_views,
		.example = "group set web/blue web1,port=8080,weight=0",
	},
	{
		.name = "set-name",
		.summary = "rename a group",
		.action = "SetVServerGroupAttribute",
		.takes = { GROUP, { .label = "NAME", .parameter = "VServerGroupName" } },
		.views = created_views,
		.example = "group set-name web/blue green",
	},
	{
		.name = "remove",
		.summary = "remove servers; those without a port at every port",
		.action = "RemoveVServerGroupBackendServers",
		.takes = { GROUP, SERVERS(false) },
		.views = changed_views,
		.example = "group remove web/blue web3",
	},
	{
		.name = "modify",
		.summary = "in one step take OldBackendServers out and put NewBackendServers in",
		.action = "ModifyVServerGroupBackendServers",
		.takes = { GROUP },
		.views = changed_views,
		.example = "group modify web/blue "
			   "OldBackendServers='[{\"ServerId\":\"web1\",\"Port\":8080}]' "
			   "NewBackendServers='[{\"ServerId\":\"web1\",\"Port\":8081}]'",
	},
	{
		.name = "delete",
		.summary = "delete a group that no listener uses",
		.action = "DeleteVServerGroup",
		.takes = { GROUP },
		.example = "group delete web/blue",
	},
	{
		.name = "list",
		.summary = "list a load balancer's groups",
		.action = "DescribeVServerGroups",
		.takes = { LB },
		.views = list_views,
		.example = "group list web",
	},
	{
		.name = "show",
		.summary = "show a group and its servers",
		.action = "DescribeVServerGroupAttribute",
		.takes = { GROUP },
		.views = show_views,
		.example = "group show web/blue",
	},
	{ 0 },
};

const struct family family_group = {
	.name = "group",
	.summary = "VServer groups (GROUP: an id, or LB/NAME)",
	.verbs = verbs,
};
