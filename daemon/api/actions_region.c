// SPDX-License-Identifier: BSD-2-Clause
/* Regions and zones, as the configuration has them (API, 4.10). */
#include "api/action.h"

#include <string.h>

static int read_regions(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct config *config = call->context->config;
	struct cJSON *list = answer_list(answer, "Regions", "Region");

	(void)error;
	for (size_t i = 0; i < config->region_count; i++) {
		struct cJSON *item = answer_item(list);

		answer_text(item, "RegionId", config->regions[i].id);
		answer_text(item, "LocalName", config->regions[i].id);
		answer_text(item, "RegionEndpoint", config->host_id);
	}
	return 0;
}

static void add_zone(struct cJSON *list, const struct config_region *region, size_t zone)
{
	struct cJSON *item = answer_item(list), *others;

	answer_text(item, "ZoneId", region->zones[zone]);
	answer_text(item, "LocalName", region->zones[zone]);
	others = answer_list(item, "SlaveZones", "SlaveZone");
	for (size_t i = 0; i < region->zone_count; i++) {
		if (i == zone)
			continue;
		item = answer_item(others);
		answer_text(item, "ZoneId", region->zones[i]);
		answer_text(item, "LocalName", region->zones[i]);
	}
}

static int read_zones(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct config *config = call->context->config;
	struct cJSON *list = answer_list(answer, "Zones", "Zone");

	(void)error;
	for (size_t i = 0; i < config->region_count; i++) {
		const struct config_region *region = &config->regions[i];

		for (size_t j = 0; !strcmp(region->id, call->region) && j < region->zone_count; j++)
			add_zone(list, region, j);
	}
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeRegions", .summary = "list the regions", .read = read_regions },
	{ .name = "DescribeZones",
	  .summary = "list a region's zones, each with all others",
	  .read = read_zones },
};

const struct action_table actions_region = ACTION_TABLE(rows);
