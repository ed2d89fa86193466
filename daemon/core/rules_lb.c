// SPDX-License-Identifier: BSD-2-Clause
/* Load balancers come and go (API, 4.1). */
#include "core/staging.h"

#include "base/choice.h"
#include "base/config.h"
#include "base/memory.h"

#include <stdio.h>

static const struct config_region *find_region(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->region_count; i++) {
		if (!strcmp(config->regions[i].id, id))
			return &config->regions[i];
	}
	return &config->regions[0];
}

/* Fills in the first zone where none is known; a zone that was named must exist. */
static int settle_zone(const struct config_region *region, const char *parameter,
		       char zone[static RECORD_ID], struct error *error)
{
	if (!zone[0]) {
		snprintf(zone, RECORD_ID, "%s", region->zone_count ? region->zones[0] : "");
		return 0;
	}
	for (size_t i = 0; i < region->zone_count; i++) {
		if (!strcmp(region->zones[i], zone))
			return 0;
	}
	return error_set(error, ERR_INVALID_PARAMETER, "%s: region %s has no zone %s", parameter,
			 region->id, zone);
}

int model_create_lb(struct model *model, const struct create_lb *request,
		    const struct load_balancer **out, struct error *error)
{
	const struct config_region *region = find_region(model->config, request->wanted.region);
	struct load_balancer *lb;
	struct lb_record wanted = request->wanted;
	int result;

	wanted.network_type = wanted.vswitch_id[0] ? NETWORK_VPC : NETWORK_CLASSIC;
	if (!request->address_type_given)
		wanted.address_type = wanted.vswitch_id[0] ? ADDRESS_TYPE_INTRANET
							   : ADDRESS_TYPE_INTERNET;
	result = vip_choose(model, request, &wanted, error);
	if (result)
		return result;
	result = settle_zone(region, "MasterZoneId", wanted.master_zone, error);
	if (!result)
		result = settle_zone(region, "SlaveZoneId", wanted.slave_zone, error);
	if (result)
		return result;
	if (model->index.lb_count >= model->config->quotas.load_balancers)
		return error_set(error, ERR_OVER_QUOTA, "quotas.load_balancers is %u",
				 model->config->quotas.load_balancers);
	identity_make("lb-", wanted.id);
	if (!wanted.name[0])
		snprintf(wanted.name, sizeof(wanted.name), "%s", wanted.id);
	wanted.created_ms = identity_now_ms();
	lb = load_balancer_new(&wanted);
	stage_lb(model, wanted.id, lb);
	*out = lb;
	return 0;
}

int model_delete_lb(struct model *model, const char *region, const char *id, struct error *error)
{
	const struct load_balancer *lb = find_lb(model, region, id);

	if (!lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", id);
	if (lb->record.delete_protection)
		return error_set(error, ERR_DELETE_PROTECTION, "LoadBalancerId %s", id);
	stage_lb(model, id, NULL);
	return 0;
}

bool model_has_vip(const struct model *model, const struct address *vip)
{
	return tally_get(&model->index.vips, vip, sizeof(*vip)) > 0;
}

bool model_vip_is_committed(const struct model *model, const struct address *vip)
{
	return tally_get(&model->committed_vips, vip, sizeof(*vip)) > 0;
}
