// SPDX-License-Identifier: BSD-2-Clause
/* Which VIP a new load balancer gets (API, 4.1: VIP allocation). */
#include "core/staging.h"

#include "base/choice.h"
#include "base/config.h"

#include <stdio.h>
#include <string.h>

static bool vip_used(const struct model *model, const struct address *vip)
{
	return tally_get(&model->index.vips, vip, sizeof(*vip)) > 0;
}

static const struct config_pool *find_pool(const struct config *config,
					   const struct create_lb *request,
					   const struct lb_record *wanted)
{
	uint8_t family = request->ip_version == IP_VERSION_6 ? 6 : 4;

	for (size_t i = 0; i < config->pool_count; i++) {
		const struct config_pool *pool = &config->pools[i];

		if (wanted->vswitch_id[0]
			    ? !strcmp(pool->vswitch_id, wanted->vswitch_id)
			    : !pool->vswitch_id[0] && pool->address_type == wanted->address_type &&
				      pool->range.first.family == family)
			return pool;
	}
	return NULL;
}

static int take_wanted(const struct model *model, const struct create_lb *request,
		       const struct config_pool *pool, const struct address *vip,
		       struct error *error)
{
	uint8_t family = request->ip_version == IP_VERSION_6 ? 6 : 4;
	char text[ADDRESS_TEXT];

	address_format(vip, text);
	if (vip->family != family || (pool && !address_range_holds(&pool->range, vip)))
		return error_set(error, ERR_ADDRESS_NOT_IN_SUBNET,
				 "Address %s is not in the pool's range", text);
	if (!address_is_unicast(vip))
		return error_set(error, ERR_ADDRESS_NOT_IN_SUBNET,
				 "Address %s is not a unicast address", text);
	if (vip_used(model, vip))
		return error_set(error, ERR_ADDRESS_IN_USE, "Address %s is another load balancer's",
				 text);
	return 0;
}

static int take_lowest(struct model *model, const struct config_pool *pool, struct address *vip,
		       struct error *error)
{
	struct address *lowest;

	if (!pool)
		return error_set(error, ERR_SUBNET_EXHAUST,
				 "no pool is configured for such a load balancer");
	lowest = &model->index.lowest_vips[pool - model->config->pools];
	*vip = *lowest;
	while (vip_used(model, vip)) {
		if (address_equal(vip, &pool->range.last) || !address_next(vip))
			return error_set(error, ERR_SUBNET_EXHAUST,
					 "every address of the pool is taken");
	}
	*lowest = *vip;
	return 0;
}

int vip_choose(struct model *model, const struct create_lb *request, struct lb_record *wanted,
	       struct error *error)
{
	const struct config_pool *pool = find_pool(model->config, request, wanted);

	if (wanted->vswitch_id[0] && !pool)
		return error_set(error, ERR_VSWITCH_NOT_EXIST,
				 "no pool is configured for VSwitchId %s", wanted->vswitch_id);
	if (wanted->vpc_id[0] &&
	    (!wanted->vswitch_id[0] || strcmp(wanted->vpc_id, pool->vpc_id) != 0))
		return error_set(error, ERR_VPC_NOT_EXIST, "VpcId %s is not the VSwitch's",
				 wanted->vpc_id);
	if (pool) {
		snprintf(wanted->vpc_id, sizeof(wanted->vpc_id), "%s",
			 wanted->vswitch_id[0] ? pool->vpc_id : "");
		if (!wanted->master_zone[0])
			snprintf(wanted->master_zone, sizeof(wanted->master_zone), "%s",
				 pool->zone_id);
		if (!wanted->slave_zone[0])
			snprintf(wanted->slave_zone, sizeof(wanted->slave_zone), "%s",
				 pool->zone_id);
	}
	if (request->vip_given)
		return take_wanted(model, request, pool, &wanted->vip, error);
	return take_lowest(model, pool, &wanted->vip, error);
}
