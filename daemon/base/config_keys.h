/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key table of the configuration file: reading, range checks, defaults and documentation come
 * from its rows. A new setting is a field in struct config and a row here.
 */
#ifndef SLUICE_BASE_CONFIG_KEYS_H
#define SLUICE_BASE_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum config_type {
	CONFIG_KEY_NUMBER, /* 4 or 8 bytes, from low to high */
	CONFIG_KEY_SWITCH, /* bool */
	CONFIG_KEY_CHOICE, /* one of `choices`, into 1 or 4 bytes */
	CONFIG_KEY_PATH, /* absolute */
	CONFIG_KEY_NAME, /* an id, a host, a zone */
	CONFIG_KEY_INTERFACE,
	CONFIG_KEY_HEX, /* ring_key */
	CONFIG_KEY_RANGE, /* addresses */
	CONFIG_KEY_INTERFACES, /* [ "eth0", … ] */
	CONFIG_KEY_ZONES, /* [ "local-1a", … ] */
	CONFIG_KEY_REGIONS, /* ( { … }, … ) */
	CONFIG_KEY_POOLS, /* ( { … }, … ) */
	CONFIG_KEY_GROUP, /* { … } of the keys whose path goes on */
	CONFIG_KEY_TYPES
};

/* Whose offset it is. */
enum config_owner { CONFIG_OF_DAEMON, CONFIG_OF_REGION, CONFIG_OF_POOL };

struct choices;

struct config_key {
	const char *path; /* "timeouts.half_open" */
	enum config_type type;
	enum config_owner owner;
	size_t offset, size; /* of the field */
	uint64_t low, high; /* numbers: what is allowed, both ends included */
	const struct choices *choices;
	const char *standard; /* the default as the file would have it; NULL: none, must be given */
	const char *summary;
};

const struct config_key *config_keys(size_t *count);
/* NULL if there is no such key. */
const struct config_key *config_key_find(const char *path);
/* What a value may be, in words: "number from 1 to 3600". Returns out. */
const char *config_key_values(const struct config_key *key, char *out, size_t size);
/* Every key with its values, default and summary, for --help and the manual. */
void config_keys_print(FILE *out);

/* The forms of text, for values from the file and from options alike. */
bool config_path_valid(const char *path);
bool config_name_valid(const char *name);
bool config_interface_valid(const char *name);

#endif
