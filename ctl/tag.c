// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl tag: keys and values on load balancers, listeners and groups. */
#include "command.h"

#define RESOURCE                                                                              \
	{                                                                                     \
		.label = "RESOURCE", .parameter = "ResourceId.1", .kind = POSITIONAL_RESOURCE \
	}

static const struct view list_views[] = {
	{
		.title = "",
		.rows = "TagResources.TagResource",
		.columns =
			(const struct column[]){
				{ "KEY", "TagKey", COLUMN_TEXT },
				{ "VALUE", "TagValue", COLUMN_TEXT },
				{ "RESOURCE", "ResourceId", COLUMN_TEXT | COLUMN_WIDE },
				{ "TYPE", "ResourceType", COLUMN_TEXT | COLUMN_WIDE },
				{ 0 },
			},
	},
	{ 0 },
};

static const struct verb verbs[] = {
	{
		.name = "set",
		.summary = "put tags on a resource; a key that it has gets the new value",
		.action = "TagResources",
		.takes = { RESOURCE,
			   { .label = "KEY=VALUE...",
			     .parameter = "Tag.1.Key",
			     .kind = POSITIONAL_TAGS } },
		.example = "tag set web env=production owner=shop\n"
			   "tag set web/tcp/80 public=yes\n"
			   "tag set web/blue release=42",
	},
	{
		.name = "remove",
		.summary = "take tags off a resource",
		.action = "UntagResources",
		.takes = { RESOURCE,
			   { .label = "KEY...",
			     .parameter = "TagKey.N",
			     .kind = POSITIONAL_MANY } },
		.example = "tag remove web owner",
	},
	{
		.name = "clear",
		.summary = "take all tags off a resource",
		.action = "UntagResources",
		.takes = { RESOURCE },
		.defaults = "All=true",
		.example = "tag clear web",
	},
	{
		.name = "list",
		.summary = "list a resource's tags",
		.action = "ListTagResources",
		.takes = { RESOURCE },
		.paged = "TagResources.TagResource",
		.views = list_views,
		.example = "tag list web/tcp/80",
	},
	{ 0 },
};

const struct family family_tag = {
	.name = "tag",
	.summary = "tags of LBs, listeners (LB/tcp/PORT), groups (LB/NAME)",
	.verbs = verbs,
};
