// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading: the file's tree is walked and each setting looked up in the key table, so that a key
 * which nothing would read is an error. The defaults take the same way, as text.
 */
#include "base/config.h"
#include "base/config_keys.h"
#include "base/config_text.h"
#include "base/config_value.h"
#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PATH_MAX_LENGTH 128
#define REGIONS_MAX 64
#define POOLS_MAX 4096

static void *field_of(void *owner, const struct config_key *key)
{
	return (char *)owner + key->offset;
}

static int take(const struct config_reader *reader, const struct config_key *key,
		const config_setting_t *setting, void *owner);

/* Every member of a group, under the key path `prefix`. */
static int take_members(const struct config_reader *reader, const char *prefix,
			const config_setting_t *group, void *owner)
{
	int count = config_setting_length(group);

	for (int i = 0; i < count; i++) {
		const config_setting_t *setting = config_setting_get_elem(group, (unsigned int)i);
		char path[PATH_MAX_LENGTH];
		const struct config_key *key;

		text_format(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "",
			    config_setting_name(setting));
		key = config_key_find(path);
		if (!key)
			return config_value_fault(reader, path, setting, "there is no such key");
		if (take(reader, key, setting, owner))
			return -1;
	}
	return 0;
}

/* One key's default, read as if the file said it. */
static int take_standard(const struct config_key *key, void *owner)
{
	char text[256], why[256];
	struct config_reader reader = { .path = "default", .why = why, .why_size = sizeof(why) };
	config_t tree;
	int result = -1;

	config_init(&tree);
	text_format(text, sizeof(text), "v = %s;", key->standard);
	if (config_read_string(&tree, text))
		result = take(&reader, key, config_lookup(&tree, "v"), owner);
	config_destroy(&tree);
	return result;
}

static int take_standards(enum config_owner type, void *owner)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);

	for (size_t i = 0; i < count; i++) {
		if (keys[i].owner == type && keys[i].standard && take_standard(&keys[i], owner))
			return -1;
	}
	return 0;
}

/* The element's group over its defaults. */
static int take_element(const struct config_reader *reader, const struct config_key *key,
			const config_setting_t *setting, enum config_owner type, void *owner)
{
	if (!config_setting_is_group(setting))
		return config_value_refuse(reader, key, setting);
	if (take_standards(type, owner))
		return config_value_fault(reader, key->path, setting, "out of memory");
	return take_members(reader, key->path, setting, owner);
}

static void free_regions(struct config *config)
{
	for (size_t i = 0; i < config->region_count; i++)
		free(config->regions[i].zones);
	free(config->regions);
	config->regions = NULL;
	config->region_count = 0;
}

static int take_region(const struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, struct config_region *region)
{
	if (take_element(reader, key, setting, CONFIG_OF_REGION, region))
		return -1;
	if (!region->id[0])
		return config_value_fault(reader, "regions.id", setting, "a region needs an id");
	if (!region->zones)
		return config_value_fault(reader, "regions.zones", setting,
					  "the region \"%s\" needs its zones", region->id);
	return 0;
}

static int take_regions(const struct config_reader *reader, const struct config_key *key,
			const config_setting_t *setting, struct config *config)
{
	int count = config_setting_length(setting);

	if (!config_setting_is_list(setting) || count < 1 || count > REGIONS_MAX)
		return config_value_refuse(reader, key, setting);
	free_regions(config);
	config->regions = calloc((size_t)count, sizeof(*config->regions));
	if (!config->regions)
		return config_value_fault(reader, key->path, setting, "out of memory");
	config->region_count = (size_t)count;
	for (int i = 0; i < count; i++) {
		if (take_region(reader, key, config_setting_get_elem(setting, (unsigned int)i),
				&config->regions[i]))
			return -1;
	}
	return 0;
}

static int take_pool(const struct config_reader *reader, const struct config_key *key,
		     const config_setting_t *setting, struct config_pool *pool)
{
	if (take_element(reader, key, setting, CONFIG_OF_POOL, pool))
		return -1;
	if (!pool->range.first.family)
		return config_value_fault(reader, "pools.range", setting,
					  "a pool needs a range or a cidr");
	return 0;
}

static int take_pools(const struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, struct config *config)
{
	int count = config_setting_length(setting);

	if (!config_setting_is_list(setting) || count > POOLS_MAX)
		return config_value_refuse(reader, key, setting);
	free(config->pools);
	config->pool_count = 0;
	config->pools = calloc((size_t)count + 1, sizeof(*config->pools));
	if (!config->pools)
		return config_value_fault(reader, key->path, setting, "out of memory");
	config->pool_count = (size_t)count;
	for (int i = 0; i < count; i++) {
		if (take_pool(reader, key, config_setting_get_elem(setting, (unsigned int)i),
			      &config->pools[i]))
			return -1;
	}
	return 0;
}

static int take(const struct config_reader *reader, const struct config_key *key,
		const config_setting_t *setting, void *owner)
{
	if (key->type == CONFIG_KEY_REGIONS)
		return take_regions(reader, key, setting, owner);
	if (key->type == CONFIG_KEY_POOLS)
		return take_pools(reader, key, setting, owner);
	if (key->type != CONFIG_KEY_GROUP)
		return config_value_take(reader, key, setting, field_of(owner, key));
	if (!config_setting_is_group(setting))
		return config_value_refuse(reader, key, setting);
	return take_members(reader, key->path, setting, owner);
}

int config_defaults(struct config *config)
{
	memset(config, 0, sizeof(*config));
	return take_standards(CONFIG_OF_DAEMON, config) ? -ERR_UNAVAILABLE : 0;
}

void config_free(struct config *config)
{
	free_regions(config);
	free(config->pools);
	memset(config, 0, sizeof(*config));
}

int config_load(struct config *config, const char *path, char *why, size_t why_size)
{
	struct config_reader reader = { .path = path, .why = why, .why_size = why_size };
	char *text = config_text_read(path, why, why_size);
	config_t tree;
	int result = -ERR_INVALID_PARAMETER;

	if (!text)
		return result;
	config_init(&tree);
	if (!config_read_string(&tree, text))
		text_format(why, why_size, "%s:%d: %s", path, config_error_line(&tree),
			    config_error_text(&tree));
	else if (!take_members(&reader, "", config_root_setting(&tree), config))
		result = 0;
	config_destroy(&tree);
	free(text);
	return result;
}
