// SPDX-License-Identifier: BSD-2-Clause
/* The table behind config_keys.h. */
#include "base/config_keys.h"
#include "base/choice.h"
#include "base/config.h"
#include "base/text.h"

#include "sluice_api.h"

#include <inttypes.h>
#include <net/if.h>
#include <string.h>

#define FIELD(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define DAEMON(member) .owner = CONFIG_OF_DAEMON, FIELD(config, member)
#define REGION(member) .owner = CONFIG_OF_REGION, FIELD(config_region, member)
#define POOL(member) .owner = CONFIG_OF_POOL, FIELD(config_pool, member)
#define BETWEEN(least, most) .type = CONFIG_KEY_NUMBER, .low = (least), .high = (most)
#define SECONDS BETWEEN(1, 3600)

static const char *const unmatched_words[] = { "drop", "pass", NULL };
static const char *const level_words[] = { "error", "warning", "info", "debug", NULL };
static const struct choices choices_unmatched = { .names = unmatched_words };
static const struct choices choices_level = { .names = level_words };
static const char *const all_unhealthy_words[] = { "reject", "serve", NULL };
static const struct choices choices_all_unhealthy = { .names = all_unhealthy_words };

/* clang-format off: a row is a key, and reads best as one */
static const struct config_key keys[] = {
	{ .path = "interfaces",
	  .type = CONFIG_KEY_INTERFACES,
	  DAEMON(interfaces),
	  .standard = "[]",
	  .summary = "interfaces that take part in forwarding, clients' and backends' side" },
	{ .path = "generic_xdp",
	  .type = CONFIG_KEY_SWITCH,
	  DAEMON(generic_xdp),
	  .standard = "false",
	  .summary = "attach in generic mode: slow, for interfaces without native XDP" },
	{ .path = "socket",
	  .type = CONFIG_KEY_PATH,
	  DAEMON(socket),
	  .standard = "\"" SLUICE_SOCKET_DEFAULT "\"",
	  .summary = "Unix socket of the API" },
	{ .path = "store",
	  .type = CONFIG_KEY_PATH,
	  DAEMON(store),
	  .standard = "\"" SLUICE_STORE_DEFAULT "\"",
	  .summary = "directory of the store" },
	{ .path = "store_max_bytes",
	  BETWEEN(1ULL << 26, 1ULL << 44),
	  DAEMON(store_max_bytes),
	  .standard = "17179869184L",
	  .summary = "bytes that the store may grow to" },
	{ .path = "pins",
	  .type = CONFIG_KEY_PATH,
	  DAEMON(pins),
	  .standard = "\"" SLUICE_PINS_DEFAULT "\"",
	  .summary = "directory for pinned maps and links, on a bpf file system" },
	{ .path = "adopt_pins",
	  .type = CONFIG_KEY_SWITCH,
	  DAEMON(adopt_pins),
	  .standard = "false",
	  .summary = "take over the pins of another store, or empty live maps when the store is "
		     "empty" },
	{ .path = "vip_interface",
	  .type = CONFIG_KEY_INTERFACE,
	  DAEMON(vip_interface),
	  .standard = "\"\"",
	  .summary =
		  "interface for VIP addresses that no connected prefix holds; empty: the first" },
	{ .path = "host_id",
	  .type = CONFIG_KEY_NAME,
	  DAEMON(host_id),
	  .standard = "\"sluice\"",
	  .summary = "HostId in error answers" },
	{ .path = "ring_key",
	  .type = CONFIG_KEY_HEX,
	  DAEMON(ring_key),
	  .standard = "\"\"",
	  .summary = "seeds the choice of backend, equal on gateways that share a VIP; empty: the "
		     "store's" },
	{ .path = "auto_register",
	  .type = CONFIG_KEY_SWITCH,
	  DAEMON(auto_register),
	  .standard = "false",
	  .summary = "unknown servers that are added with a ServerIp are registered" },
	{ .path = "unmatched",
	  .type = CONFIG_KEY_CHOICE,
	  DAEMON(unmatched_pass),
	  .choices = &choices_unmatched,
	  .standard = "\"drop\"",
	  .summary = "what happens to packets to a VIP's port that has no listener" },
	{ .path = "all_unhealthy",
	  .type = CONFIG_KEY_CHOICE,
	  DAEMON(all_unhealthy),
	  .choices = &choices_all_unhealthy,
	  .standard = "\"reject\"",
	  .summary = "what happens when every server of a listener is unhealthy" },
	{ .path = "log_level",
	  .type = CONFIG_KEY_CHOICE,
	  DAEMON(log_level),
	  .choices = &choices_level,
	  .standard = "\"info\"",
	  .summary = "the least important lines that are logged" },

	{ .path = "regions",
	  .type = CONFIG_KEY_REGIONS,
	  DAEMON(regions),
	  .standard = "( { id = \"local-1\"; zones = [ \"local-1a\" ]; } )",
	  .summary = "regions with their zones; the first is the default" },
	{ .path = "regions.id", .type = CONFIG_KEY_NAME, REGION(id), .summary = "RegionId" },
	{ .path = "regions.zones", .type = CONFIG_KEY_ZONES, REGION(zones), .summary = "ZoneIds" },

	{ .path = "pools",
	  .type = CONFIG_KEY_POOLS,
	  DAEMON(pools),
	  .standard = "()",
	  .summary = "addresses that CreateLoadBalancer may give out" },
	{ .path = "pools.range",
	  .type = CONFIG_KEY_RANGE,
	  POOL(range),
	  .summary = "first and last address, \"192.0.2.10-192.0.2.99\"" },
	{ .path = "pools.cidr",
	  .type = CONFIG_KEY_RANGE,
	  POOL(range),
	  .summary = "or a prefix, \"192.0.2.0/24\"" },
	{ .path = "pools.vswitch_id",
	  .type = CONFIG_KEY_NAME,
	  POOL(vswitch_id),
	  .standard = "\"\"",
	  .summary = "VSwitchId of the pool; empty: it is keyed by address type and family" },
	{ .path = "pools.vpc_id",
	  .type = CONFIG_KEY_NAME,
	  POOL(vpc_id),
	  .standard = "\"\"",
	  .summary = "VpcId of the VSwitch" },
	{ .path = "pools.zone_id",
	  .type = CONFIG_KEY_NAME,
	  POOL(zone_id),
	  .standard = "\"\"",
	  .summary = "zone of its load balancers" },
	{ .path = "pools.address_type",
	  .type = CONFIG_KEY_CHOICE,
	  POOL(address_type),
	  .choices = &choices_address_type,
	  .standard = "\"internet\"",
	  .summary = "AddressType that the pool serves" },

	{ .path = "health", .type = CONFIG_KEY_GROUP, .summary = "of servers" },
	{ .path = "health.probes",
	  BETWEEN(16, 1000000),
	  DAEMON(health.probes),
	  .standard = "4096",
	  .summary = "probes in flight at a time, a descriptor each; those beyond are late" },

	{ .path = "timeouts", .type = CONFIG_KEY_GROUP, .summary = "of flows, in seconds" },
	{ .path = "timeouts.half_open",
	  SECONDS,
	  DAEMON(timeouts.half_open),
	  .standard = "60",
	  .summary = "idle limit of a TCP flow whose handshake is not complete" },
	{ .path = "timeouts.closing",
	  SECONDS,
	  DAEMON(timeouts.closing),
	  .standard = "15",
	  .summary =
		  "idle limit of a TCP flow after both FINs, or a drain's patience after a RST" },
	{ .path = "timeouts.udp",
	  SECONDS,
	  DAEMON(timeouts.udp),
	  .standard = "120",
	  .summary = "idle limit of a UDP flow" },
	{ .path = "timeouts.mark",
	  BETWEEN(1, 60),
	  DAEMON(timeouts.mark),
	  .standard = "1",
	  .summary = "a second SYN on a draining backend's flow counts after that long" },
	{ .path = "timeouts.rebuild_window",
	  BETWEEN(0, 3600),
	  DAEMON(timeouts.rebuild_window),
	  .standard = "60",
	  .summary = "how long replies may rebuild their flows after a start or flush" },

	{ .path = "tables",
	  .type = CONFIG_KEY_GROUP,
	  .summary = "sizes of the kernel's maps; new sizes need new pins" },
	{ .path = "tables.services",
	  BETWEEN(16, 65534),
	  DAEMON(tables.services),
	  .standard = "20480",
	  .summary = "listeners" },
	{ .path = "tables.backends",
	  BETWEEN(16, 1048576),
	  DAEMON(tables.backends),
	  .standard = "262144",
	  .summary = "backends, one a member and listener; id 0 is never used" },
	{ .path = "tables.vips",
	  BETWEEN(16, 1048576),
	  DAEMON(tables.vips),
	  .standard = "65536",
	  .summary = "one a load balancer and one a listener" },
	{ .path = "tables.flows",
	  BETWEEN(262144, 33554432),
	  DAEMON(tables.flows),
	  .standard = "1048576",
	  .summary = "connections known at a time, up to the next power of two" },
	{ .path = "tables.ring_lines",
	  BETWEEN(64, 4194304),
	  DAEMON(tables.ring_lines),
	  .standard = "2097152",
	  .summary = "room for rings, 64 bytes each" },
	{ .path = "tables.member_lines",
	  BETWEEN(64, 1048576),
	  DAEMON(tables.member_lines),
	  .standard = "65536",
	  .summary = "room for listeners' members, 64 bytes each" },
	{ .path = "tables.counted_backends",
	  BETWEEN(1, 1048576),
	  DAEMON(tables.counted_backends),
	  .standard = "65536",
	  .summary = "backends with traffic counters, memory on every CPU" },

	{ .path = "quotas", .type = CONFIG_KEY_GROUP, .summary = "beyond them: OverQuota" },
	{ .path = "quotas.load_balancers",
	  BETWEEN(1, 65534),
	  DAEMON(quotas.load_balancers),
	  .standard = "10000",
	  .summary = "load balancers" },
	{ .path = "quotas.listeners_per_lb",
	  BETWEEN(1, 65534),
	  DAEMON(quotas.listeners_per_lb),
	  .standard = "1000",
	  .summary = "listeners of one load balancer" },
	{ .path = "quotas.listeners",
	  BETWEEN(1, 65534),
	  DAEMON(quotas.listeners),
	  .standard = "20000",
	  .summary = "listeners in all" },
	{ .path = "quotas.groups_per_lb",
	  BETWEEN(1, 65534),
	  DAEMON(quotas.groups_per_lb),
	  .standard = "100",
	  .summary = "VServer groups of one load balancer" },
	{ .path = "quotas.servers_per_lb",
	  BETWEEN(1, 65534),
	  DAEMON(quotas.servers_per_lb),
	  .standard = "2000",
	  .summary = "servers of one load balancer, in all of its groups" },
	{ .path = "quotas.backends",
	  BETWEEN(1, 1048575),
	  DAEMON(quotas.backends),
	  .standard = "1000000",
	  .summary = "listener and server pairs in all; a smaller tables.backends comes first" },
	{ .path = "quotas.lbs_per_server",
	  BETWEEN(1, 65534),
	  DAEMON(quotas.lbs_per_server),
	  .standard = "1000",
	  .summary = "load balancers that one server belongs to" },
	{ .path = "quotas.services_per_backend",
	  BETWEEN(1, 8),
	  DAEMON(quotas.services_per_backend),
	  .standard = "8",
	  .summary = "listeners that share a backend's address, port and protocol" },
	{ .path = "quotas.instances",
	  BETWEEN(1, 10000000),
	  DAEMON(quotas.instances),
	  .standard = "100000",
	  .summary = "instances in the inventory" },
};
/* clang-format on */

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

const struct config_key *config_keys(size_t *count)
{
	*count = KEY_COUNT;
	return keys;
}

const struct config_key *config_key_find(const char *path)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (!strcmp(keys[i].path, path))
			return &keys[i];
	}
	return NULL;
}

static const char *choice_words(const struct choices *choices, char *out, size_t size)
{
	size_t length = 0;

	for (unsigned int i = 0; choices->names[i]; i++)
		length += text_format(out + length, size - length, "%s\"%s\"", i ? " or " : "",
				      choices->names[i]);
	return out;
}

const char *config_key_values(const struct config_key *key, char *out, size_t size)
{
	static const char *const words[CONFIG_KEY_TYPES] = {
		[CONFIG_KEY_SWITCH] = "true or false",
		[CONFIG_KEY_PATH] = "an absolute path in quotes",
		[CONFIG_KEY_NAME] = "up to 64 of A-Z a-z 0-9 . _ - in quotes",
		[CONFIG_KEY_INTERFACE] = "the name of an interface in quotes",
		[CONFIG_KEY_HEX] = "32 hexadecimal digits in quotes",
		[CONFIG_KEY_RANGE] = "\"FIRST-LAST\" or \"NETWORK/LENGTH\"",
		[CONFIG_KEY_INTERFACES] = "names of interfaces, [ \"eth0\", \"eth1\" ]",
		[CONFIG_KEY_ZONES] = "names of zones, [ \"local-1a\" ]",
		[CONFIG_KEY_REGIONS] = "a list, ( { id = \"…\"; zones = [ \"…\" ]; } )",
		[CONFIG_KEY_POOLS] = "a list, ( { range = \"…\"; } )",
		[CONFIG_KEY_GROUP] = "a group, { key = value; }",
	};

	if (key->type == CONFIG_KEY_NUMBER)
		text_format(out, size, "a whole number from %" PRIu64 " to %" PRIu64, key->low,
			    key->high);
	else if (key->type == CONFIG_KEY_CHOICE)
		choice_words(key->choices, out, size);
	else
		text_format(out, size, "%s", words[key->type]);
	return out;
}

void config_keys_print(FILE *out)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		char values[128];

		fprintf(out, "%s%s%s\n    %s\n    %s\n", keys[i].path,
			keys[i].standard ? " = " : "", keys[i].standard ? keys[i].standard : "",
			keys[i].summary, config_key_values(&keys[i], values, sizeof(values)));
	}
}

bool config_path_valid(const char *path)
{
	if (path[0] != '/' || strlen(path) >= CONFIG_PATH_MAX)
		return false;
	for (; *path; path++) {
		if ((unsigned char)*path < 0x20 || *path == 0x7f)
			return false;
	}
	return true;
}

bool config_name_valid(const char *name)
{
	size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789._-");

	return length > 0 && length < CONFIG_NAME_MAX && !name[length];
}

/* As the kernel's dev_valid_name has it, and without control characters. */
bool config_interface_valid(const char *name)
{
	if (!*name || strlen(name) >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++) {
		if ((unsigned char)*name <= 0x20 || *name == 0x7f || *name == '/' || *name == ':')
			return false;
	}
	return true;
}
