/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's settings: one key table (base/config_keys.h), from which the file is read
 * (libconfig), checked, and documented. Everything has a default but the interfaces. The names keep
 * clear of libconfig's own config_init, config_read and config_destroy.
 */
#ifndef SLUICE_BASE_CONFIG_H
#define SLUICE_BASE_CONFIG_H

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_NAME_MAX 65 /* ids, regions, zones: up to 64 characters */
#define CONFIG_PATH_MAX 256
#define CONFIG_INTERFACES_MAX 64

struct config_region {
	char id[CONFIG_NAME_MAX];
	char (*zones)[CONFIG_NAME_MAX];
	size_t zone_count;
};

/* VIPs that CreateLoadBalancer may give out: by vSwitch, or by address type and family. */
struct config_pool {
	struct address_range range;
	char vswitch_id[CONFIG_NAME_MAX]; /* "": keyed by address type and family */
	char vpc_id[CONFIG_NAME_MAX];
	char zone_id[CONFIG_NAME_MAX];
	uint8_t address_type; /* enum address_type */
};

struct config {
	char interfaces[CONFIG_INTERFACES_MAX][16]; /* names */
	size_t interface_count;
	char socket[CONFIG_PATH_MAX];
	char store[CONFIG_PATH_MAX];
	char pins[CONFIG_PATH_MAX];
	char vip_interface[16]; /* "": chosen by connected prefix, else the first interface */
	char host_id[CONFIG_NAME_MAX];
	struct config_region *regions; /* at least one; the first is the default */
	size_t region_count;
	struct config_pool *pools;
	size_t pool_count;
	uint8_t ring_key[16];
	bool ring_key_set; /* else the store's own */
	bool auto_register;
	bool unmatched_pass; /* VIP ports without a listener: to the stack instead of dropped */
	bool generic_xdp; /* attach in generic mode; slow, for interfaces without native support */
	bool adopt_pins; /* take over pins of another store, or empty live maps */
	uint32_t log_level; /* enum log_level */
	uint8_t all_unhealthy; /* enum all_unhealthy */
	struct {
		uint32_t probes; /* in flight at a time */
	} health;
	struct {
		uint32_t half_open, closing, udp, mark; /* seconds */
		uint32_t rebuild_window; /* seconds after start or flush */
	} timeouts;
	struct {
		uint32_t services, backends, vips, flows; /* entries */
		uint32_t ring_lines, member_lines; /* 64 bytes each */
		uint32_t counted_backends; /* ids below this have traffic counters */
	} tables;
	struct {
		uint32_t load_balancers, listeners_per_lb, listeners, groups_per_lb, servers_per_lb;
		uint32_t backends, lbs_per_server, services_per_backend, instances;
	} quotas;
	uint64_t store_max_bytes; /* cap for the growth of the LMDB map */
};

/* Fills in the defaults (section 6 of the API for quotas); -ERR_UNAVAILABLE without memory. Release
 * with config_free, also after a failure. */
int config_defaults(struct config *config);
void config_free(struct config *config);
/* Reads a file over what is there. Negative with one line in `why` ("file:line: key: what is wrong,
 * the bad value") on an unknown key, a wrong type or a value out of range; some settings may have
 * been taken over by then. */
int config_load(struct config *config, const char *path, char *why, size_t why_size);
/* What must hold between settings (an interface is named, pools have a region's zone, …). */
int config_check(const struct config *config, char *why, size_t why_size);

#endif
