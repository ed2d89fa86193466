// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl region: what the daemon's configuration says of places. */
#include "command.h"

static const struct view list_views[] = {
	{
		.title = "",
		.rows = "Regions.Region",
		.columns =
			(const struct column[]){
				{ "REGION", "RegionId", COLUMN_TEXT },
				{ "NAME", "LocalName", COLUMN_TEXT | COLUMN_WIDE },
				{ "ENDPOINT", "RegionEndpoint", COLUMN_TEXT | COLUMN_WIDE },
				{ 0 },
			},
	},
	{ 0 },
};

static const struct view zone_views[] = {
	{
		.title = "",
		.rows = "Zones.Zone",
		.columns =
			(const struct column[]){
				{ "ZONE", "ZoneId", COLUMN_TEXT },
				{ "NAME", "LocalName", COLUMN_TEXT | COLUMN_WIDE },
				{ 0 },
			},
	},
	{ 0 },
};

static const struct verb verbs[] = {
	{
		.name = "list",
		.summary = "list the regions; the first is the one meant unless another is named",
		.action = "DescribeRegions",
		.views = list_views,
		.example = "region list",
	},
	{
		.name = "zones",
		.summary = "list the zones of a region",
		.action = "DescribeZones",
		.takes = { { .label = "REGION", .parameter = "RegionId", .optional = true } },
		.views = zone_views,
		.example = "region zones local-1",
	},
	{ 0 },
};

const struct family family_region = {
	.name = "region",
	.summary = "regions and their zones",
	.verbs = verbs,
};
