// SPDX-License-Identifier: BSD-2-Clause
/* What no single key can know: rules between settings, and those that options may have broken. */
#include "base/config.h"
#include "base/config_keys.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <sys/un.h>

struct check {
	const struct config *config;
	char *why;
	size_t why_size;
};

#define REFUSE(check, ...) (text_format((check)->why, (check)->why_size, __VA_ARGS__), -1)

static int check_interfaces(const struct check *check)
{
	const struct config *config = check->config;

	if (!config->interface_count)
		return REFUSE(check, "interfaces: none is named, "
				     "give at least one in the configuration or by --interface");
	for (size_t i = 0; i < config->interface_count; i++) {
		const char *name = config->interfaces[i];

		if (!config_interface_valid(name))
			return REFUSE(check,
				      "interfaces: \"%s\" can not be the name of an "
				      "interface",
				      name);
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(name, config->interfaces[j]))
				return REFUSE(check, "interfaces: \"%s\" is named twice", name);
		}
	}
	return 0;
}

static int check_paths(const struct check *check)
{
	const struct config *config = check->config;
	const struct {
		const char *key, *path;
	} paths[] = { { "socket", config->socket },
		      { "store", config->store },
		      { "pins", config->pins } };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!config_path_valid(paths[i].path))
			return REFUSE(check, "%s: \"%s\" is not an absolute path", paths[i].key,
				      paths[i].path);
	}
	if (strlen(config->socket) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return REFUSE(check,
			      "socket: \"%s\" is longer than the %zu bytes of a Unix "
			      "socket's address",
			      config->socket, sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	return 0;
}

static bool has_zone(const struct config_region *region, const char *zone)
{
	for (size_t i = 0; i < region->zone_count; i++) {
		if (!strcmp(region->zones[i], zone))
			return true;
	}
	return false;
}

static int check_regions(const struct check *check)
{
	const struct config *config = check->config;

	if (!config->region_count)
		return REFUSE(check, "regions: at least one is needed");
	for (size_t i = 0; i < config->region_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(config->regions[i].id, config->regions[j].id))
				return REFUSE(check, "regions.id: \"%s\" is there twice",
					      config->regions[i].id);
		}
	}
	return 0;
}

static bool zone_known(const struct config *config, const char *zone)
{
	for (size_t i = 0; i < config->region_count; i++) {
		if (has_zone(&config->regions[i], zone))
			return true;
	}
	return false;
}

/* Pools that CreateLoadBalancer could not tell apart: the second would never be used. */
static bool same_key(const struct config_pool *a, const struct config_pool *b)
{
	if (a->range.first.family != b->range.first.family ||
	    strcmp(a->vswitch_id, b->vswitch_id) != 0)
		return false;
	return a->vswitch_id[0] || a->address_type == b->address_type;
}

static int check_pool(const struct check *check, const struct config_pool *pool)
{
	char first[ADDRESS_TEXT], last[ADDRESS_TEXT];

	address_format(&pool->range.first, first);
	address_format(&pool->range.last, last);
	if (!address_is_unicast(&pool->range.first) || !address_is_unicast(&pool->range.last))
		return REFUSE(check, "pools: %s-%s is not a range of unicast addresses", first,
			      last);
	if (pool->zone_id[0] && !zone_known(check->config, pool->zone_id))
		return REFUSE(check, "pools.zone_id: \"%s\" is no zone of any region",
			      pool->zone_id);
	if (pool->vpc_id[0] && !pool->vswitch_id[0])
		return REFUSE(check,
			      "pools.vpc_id: \"%s\" stands without a vswitch_id, "
			      "which is what it belongs to",
			      pool->vpc_id);
	return 0;
}

static int check_pools(const struct check *check)
{
	const struct config *config = check->config;

	for (size_t i = 0; i < config->pool_count; i++) {
		const struct config_pool *pool = &config->pools[i];

		if (check_pool(check, pool))
			return -1;
		for (size_t j = 0; j < i; j++) {
			if (same_key(pool, &config->pools[j]))
				return REFUSE(check,
					      "pools: pool %zu has the same vswitch_id, or "
					      "address type and family, as pool %zu",
					      i + 1, j + 1);
		}
	}
	return 0;
}

/* Tables too small for the quotas would answer OverQuota long before the quota that is shown. */
static int check_sizes(const struct check *check)
{
	const struct config *config = check->config;
	uint64_t lines = (uint64_t)config->quotas.load_balancers + config->quotas.listeners;

	if (config->quotas.listeners >= config->tables.services)
		return REFUSE(check, "quotas.listeners: %u is not below tables.services, %u",
			      config->quotas.listeners, config->tables.services);
	if (lines > config->tables.vips)
		return REFUSE(check,
			      "tables.vips: %u is less than quotas.load_balancers plus "
			      "quotas.listeners, %llu",
			      config->tables.vips, (unsigned long long)lines);
	if (config->tables.counted_backends > config->tables.backends)
		return REFUSE(check, "tables.counted_backends: %u is more than tables.backends, %u",
			      config->tables.counted_backends, config->tables.backends);
	return 0;
}

int config_check(const struct config *config, char *why, size_t why_size)
{
	const struct check check = { .config = config, .why = why, .why_size = why_size };

	if (check_interfaces(&check) || check_paths(&check) || check_regions(&check) ||
	    check_pools(&check) || check_sizes(&check))
		return -ERR_INVALID_PARAMETER;
	return 0;
}
