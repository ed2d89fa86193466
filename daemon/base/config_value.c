// SPDX-License-Identifier: BSD-2-Clause
/* A taker for each type of key. */
#include "base/config_value.h"
#include "base/address.h"
#include "base/choice.h"
#include "base/config.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ZONES_MAX 64

typedef int config_take(const struct config_reader *reader, const struct config_key *key,
			const config_setting_t *setting, void *field);

int config_value_fault(const struct config_reader *reader, const char *key,
		       const config_setting_t *setting, const char *format, ...)
{
	va_list arguments;
	size_t length = text_format(reader->why, reader->why_size, "%s:%u: %s: ", reader->path,
				    config_setting_source_line(setting), key);

	va_start(arguments, format);
	text_vformat(reader->why + length, reader->why_size - length, format, arguments);
	va_end(arguments);
	return -1;
}

static void describe(const config_setting_t *setting, char *out, size_t size)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		text_format(out, size, "%lld", config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		text_format(out, size, "%g", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_STRING:
		text_format(out, size, "\"%.80s\"", config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_BOOL:
		text_format(out, size, "%s", config_setting_get_bool(setting) ? "true" : "false");
		break;
	default:
		text_format(out, size, "a group, list or array");
	}
}

int config_value_refuse(const struct config_reader *reader, const struct config_key *key,
			const config_setting_t *setting)
{
	char values[128], value[128];

	describe(setting, value, sizeof(value));
	return config_value_fault(reader, key->path, setting, "must be %s, not %s",
				  config_key_values(key, values, sizeof(values)), value);
}

static int take_number(const struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, void *field)
{
	int type = config_setting_type(setting);
	long long value = config_setting_get_int64(setting);

	if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || value < 0 ||
	    (uint64_t)value < key->low || (uint64_t)value > key->high)
		return config_value_refuse(reader, key, setting);
	if (key->size == sizeof(uint64_t))
		*(uint64_t *)field = (uint64_t)value;
	else
		*(uint32_t *)field = (uint32_t)value;
	return 0;
}

static int take_switch(const struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, void *field)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		return config_value_refuse(reader, key, setting);
	*(bool *)field = config_setting_get_bool(setting) != 0;
	return 0;
}

static int take_choice(const struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, void *field)
{
	const char *text = config_setting_get_string(setting);
	int value = text ? choice_find(key->choices, text) : -1;

	if (value < 0)
		return config_value_refuse(reader, key, setting);
	if (key->size == sizeof(uint32_t))
		*(uint32_t *)field = (uint32_t)value;
	else
		*(uint8_t *)field = (uint8_t)value;
	return 0;
}

/* Empty text is taken where the default is empty: it means "not given". */
static int take_text(const struct config_reader *reader, const struct config_key *key,
		     const config_setting_t *setting, void *field)
{
	const char *text = config_setting_get_string(setting);
	bool valid = false;

	if (text && !*text)
		valid = key->standard && !strcmp(key->standard, "\"\"");
	else if (text && key->type == CONFIG_KEY_PATH)
		valid = config_path_valid(text);
	else if (text && key->type == CONFIG_KEY_NAME)
		valid = config_name_valid(text);
	else if (text)
		valid = config_interface_valid(text);
	if (!valid || strlen(text) >= key->size)
		return config_value_refuse(reader, key, setting);
	memcpy(field, text, strlen(text) + 1);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The ring key: its flag stands beside it. */
static int take_hex(const struct config_reader *reader, const struct config_key *key,
		    const config_setting_t *setting, void *field)
{
	const char *text = config_setting_get_string(setting);
	struct config *config = (struct config *)((char *)field - key->offset);
	uint8_t bytes[sizeof(config->ring_key)] = { 0 };

	if (!text || (*text && strlen(text) != 2 * sizeof(bytes)))
		return config_value_refuse(reader, key, setting);
	for (size_t i = 0; text[i]; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return config_value_refuse(reader, key, setting);
		bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | digit);
	}
	memcpy(config->ring_key, bytes, sizeof(bytes));
	config->ring_key_set = *text != '\0';
	return 0;
}

static int take_range(const struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, void *field)
{
	const char *text = config_setting_get_string(setting);
	struct address_range *range = field;

	if (range->first.family)
		return config_value_fault(reader, key->path, setting,
					  "a pool has one range or one cidr, not both");
	if (!text || address_range_parse(text, range))
		return config_value_refuse(reader, key, setting);
	return 0;
}

/* The number of elements of an array or list of text; negative if it is none. */
static int name_count(const config_setting_t *setting, int most)
{
	int count = config_setting_length(setting);

	if (!config_setting_is_array(setting) && !config_setting_is_list(setting))
		return -1;
	return count <= most ? count : -1;
}

static const char *name_at(const config_setting_t *setting, int at)
{
	const char *text = config_setting_get_string_elem(setting, at);

	return text ? text : "";
}

static int take_interfaces(const struct config_reader *reader, const struct config_key *key,
			   const config_setting_t *setting, void *field)
{
	struct config *config = (struct config *)((char *)field - key->offset);
	int count = name_count(setting, CONFIG_INTERFACES_MAX);

	if (count < 0)
		return config_value_refuse(reader, key, setting);
	for (int i = 0; i < count; i++) {
		const char *name = name_at(setting, i);

		if (!config_interface_valid(name))
			return config_value_fault(reader, key->path, setting,
						  "\"%.80s\" can not be the name of an interface",
						  name);
		memcpy(config->interfaces[i], name, strlen(name) + 1);
	}
	config->interface_count = (size_t)count;
	return 0;
}

static int take_zones(const struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, void *field)
{
	struct config_region *region =
		(struct config_region *)((char *)field - offsetof(struct config_region, zones));
	int count = name_count(setting, ZONES_MAX);

	if (count <= 0)
		return config_value_refuse(reader, key, setting);
	region->zones = calloc((size_t)count, sizeof(*region->zones));
	if (!region->zones)
		return config_value_fault(reader, key->path, setting, "out of memory");
	region->zone_count = (size_t)count;
	for (int i = 0; i < count; i++) {
		const char *name = name_at(setting, i);

		if (!config_name_valid(name))
			return config_value_fault(reader, key->path, setting,
						  "\"%.80s\" can not be the name of a zone", name);
		memcpy(region->zones[i], name, strlen(name) + 1);
	}
	return 0;
}

int config_value_take(const struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, void *field)
{
	static config_take *const takers[CONFIG_KEY_TYPES] = {
		[CONFIG_KEY_NUMBER] = take_number,
		[CONFIG_KEY_SWITCH] = take_switch,
		[CONFIG_KEY_CHOICE] = take_choice,
		[CONFIG_KEY_PATH] = take_text,
		[CONFIG_KEY_NAME] = take_text,
		[CONFIG_KEY_INTERFACE] = take_text,
		[CONFIG_KEY_HEX] = take_hex,
		[CONFIG_KEY_RANGE] = take_range,
		[CONFIG_KEY_INTERFACES] = take_interfaces,
		[CONFIG_KEY_ZONES] = take_zones,
	};

	return takers[key->type](reader, key, setting, field);
}
