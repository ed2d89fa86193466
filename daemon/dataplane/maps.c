// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pinned maps. A new set is made in the sizes of the configuration; a set that is there already
 * is taken over as it is, since flows live in it. What an earlier version did not have, and a start
 * fills anyway, is added to it.
 */
#include "dataplane/direct.h"
#include "dataplane/internal.h"

#include "base/config.h"
#include "base/log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "sluice.skel.h"

/* Eight items a line, of which a quarter at most is in use, even if all are of one protocol. */
static uint32_t vip_lines(const struct config *config)
{
	return (config->tables.vips + 1) / 2 * 2;
}

static uint32_t bitmap_lines(uint64_t bits)
{
	return (uint32_t)((bits + SLUICE_BITMAP_LINE_BITS - 1) / SLUICE_BITMAP_LINE_BITS);
}

/* Sixteen bits an address, if each has a listener. */
static uint32_t vip_bitmap_lines(const struct config *config)
{
	return bitmap_lines(8ULL * config->tables.vips);
}

static uint32_t reverse_bitmap_lines(const struct config *config)
{
	return bitmap_lines(16ULL * config->tables.backends);
}

/* Tables by id have a power of two of rows (bpf/maps.h). */
static uint32_t power_of_two(uint64_t least)
{
	uint32_t power = 1;

	while (power < least)
		power *= 2;
	return power;
}

static uint32_t service_count(const struct config *config)
{
	return power_of_two(config->tables.services + 1); /* id 0 is never used */
}

static uint32_t backend_count(const struct config *config)
{
	return power_of_two(config->tables.backends);
}

/* An even number: see sluice_reverse_tag. */
static uint32_t reverse_lines(const struct config *config)
{
	return (config->tables.backends + 1) / 2 * 2;
}

static uint32_t ring_lines(const struct config *config)
{
	return power_of_two(config->tables.ring_lines);
}

static uint32_t member_lines(const struct config *config)
{
	return power_of_two(config->tables.member_lines);
}

static uint32_t counted_backends(const struct config *config)
{
	return config->tables.counted_backends;
}

/* The power of two that is not below the wanted number of flows. */
static uint32_t bucket_count(const struct config *config)
{
	return power_of_two((config->tables.flows + SLUICE_FLOW_ENTRIES - 1) / SLUICE_FLOW_ENTRIES);
}

/* By enum dp_map. */
static const struct map_row {
	const char *name;
	uint32_t (*size)(const struct config *config); /* NULL: as the program has it */
	size_t value; /* bytes of a value */
	bool is_table; /* its rows are written through memory; other maps, by system calls */
	bool per_cpu;
	bool added; /* later than the others: a set of pins may be without it */
} map_rows[MAP_COUNT] = {
	[MAP_VIP_BITMAP] = { "vip_bitmap", vip_bitmap_lines, sizeof(struct sluice_bitmap_line),
			     .is_table = true },
	[MAP_VIPS] = { "vips", vip_lines, sizeof(struct sluice_line), .is_table = true },
	[MAP_SERVICES] = { "services", service_count, sizeof(struct sluice_service),
			   .is_table = true },
	[MAP_RINGS] = { "rings", ring_lines, sizeof(struct sluice_ring_line), .is_table = true },
	[MAP_MEMBERS] = { "members", member_lines, sizeof(struct sluice_member_line),
			  .is_table = true },
	[MAP_BACKENDS] = { "backends", backend_count, sizeof(struct sluice_backend),
			   .is_table = true },
	[MAP_LOADS] = { "loads", backend_count, sizeof(struct sluice_load), .is_table = true },
	[MAP_REVERSE_BITMAP] = { "reverse_bitmap", reverse_bitmap_lines,
				 sizeof(struct sluice_bitmap_line), .is_table = true },
	[MAP_REVERSE] = { "reverse", reverse_lines, sizeof(struct sluice_line), .is_table = true },
	[MAP_FLOWS] = { "flows", bucket_count, sizeof(struct sluice_bucket), .is_table = true },
	[MAP_HOPS] = { "hops", NULL, sizeof(__u64), .is_table = true },
	[MAP_KNOWN_HOPS] = { "known_hops", NULL, sizeof(struct sluice_hop_key) + sizeof(__u32) },
	[MAP_LINKS] = { "links", NULL, sizeof(struct sluice_link), .is_table = true },
	[MAP_LINK_PORTS] = { "link_ports", NULL, sizeof(struct bpf_devmap_val) },
	[MAP_LOCALS] = { "locals", NULL, sizeof(struct sluice_line), .is_table = true,
			 .added = true },
	[MAP_DIRECT] = { "direct", NULL, sizeof(struct sluice_direct) + sizeof(__u64),
			 .added = true },
	[MAP_TRAFFIC] = { "traffic", counted_backends, sizeof(struct sluice_traffic),
			  .per_cpu = true },
	[MAP_COUNTERS] = { "counters", NULL, sizeof(__u64), .per_cpu = true },
	[MAP_EVENTS] = { "events", NULL, 1 },
	[MAP_STATE] = { "state", NULL, sizeof(struct sluice_state), .is_table = true },
};

void pins_directory(const char *pins, char out[static 256])
{
	snprintf(out, 256, "%s/v%d", pins, SLUICE_ABI_VERSION);
}

/* Pins that begin with link_ are the program on an interface. */
static void map_path(const struct dataplane *dataplane, const char *name, char out[static 320])
{
	if (!strcmp(name, map_rows[MAP_LINK_PORTS].name))
		name = "ports";
	snprintf(out, 320, "%s/%s", dataplane->directory, name);
}

static int make_directory(struct dataplane *dataplane, char *why, size_t why_size)
{
	const char *pins = dataplane->config->pins;
	struct statfs where;

	if (mkdir(pins, 0700) && errno != EEXIST)
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot make the directory %s: %m",
			       pins);
	if (statfs(pins, &where))
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot look at %s: %m", pins);
	if ((unsigned long)where.f_type != BPF_FS_MAGIC)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "%s is not on a bpf file system: mount -t bpf bpf /sys/fs/bpf",
			       pins);
	if (mkdir(dataplane->directory, 0700) && errno != EEXIST)
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot make the directory %s: %m",
			       dataplane->directory);
	return 0;
}

static const struct map_row *row_of(const struct bpf_map *map)
{
	for (size_t i = 0; i < MAP_COUNT; i++) {
		if (!strcmp(map_rows[i].name, bpf_map__name(map)))
			return &map_rows[i];
	}
	return NULL;
}

/* Entries of a map, rows of a table. */
static uint32_t entries_of(const struct bpf_map *map)
{
	const struct map_row *row = row_of(map);

	return row && row->is_table ? bpf_map__value_size(map) / (uint32_t)row->value
				    : bpf_map__max_entries(map);
}

static uint32_t wanted_size(const struct dataplane *dataplane, const struct map_row *row,
			    const struct bpf_map *map)
{
	return row && row->size ? row->size(dataplane->config) : entries_of(map);
}

static void keep_size(struct dataplane *dataplane, const char *name, uint32_t pinned,
		      uint32_t wanted)
{
	snprintf(dataplane->size_warning, sizeof(dataplane->size_warning),
		 "table %s keeps its pinned size of %" PRIu32 ", not %" PRIu32
		 " as configured: 'sluicectl datapath detach' and a start make it anew",
		 name, pinned, wanted);
	log_warning(DOMAIN, "%s", dataplane->size_warning);
}

static int reuse(struct dataplane *dataplane, struct bpf_map *map, uint32_t wanted, char *why,
		 size_t why_size)
{
	const struct map_row *row = row_of(map);
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	char path[320];
	int fd, error = 0;

	map_path(dataplane, bpf_map__name(map), path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "cannot open the pinned map %s: %m; if it is missing, "
			       "'sluicectl datapath detach' removes what is left",
			       path);
	if (bpf_obj_get_info_by_fd(fd, &info, &length)) {
		error = dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot look at the map %s: %m",
				path);
		goto out;
	}
	if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
	    (row && row->is_table ? info.max_entries != 1 || info.value_size % row->value
				  : info.value_size != bpf_map__value_size(map))) {
		error = dp_fail(why, why_size, ERR_UNAVAILABLE,
				"the pinned map %s has another layout than this version needs: "
				"'sluicectl datapath detach' removes it",
				path);
		goto out;
	}
	if (bpf_map__reuse_fd(map, fd))
		error = dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot reuse the map %s: %m",
				path);
	else if (entries_of(map) != wanted)
		keep_size(dataplane, bpf_map__name(map), entries_of(map), wanted);
out:
	close(fd);
	return error;
}

static bool is_pinned(const struct dataplane *dataplane, const char *name)
{
	char path[320];

	map_path(dataplane, name, path);
	return !access(path, F_OK);
}

/* True for a map that this start makes. */
static bool is_new(const struct dataplane *dataplane, const struct bpf_map *map)
{
	const struct map_row *row = row_of(map);

	return !dataplane->taken_over ||
	       (row && row->added && !is_pinned(dataplane, bpf_map__name(map)));
}

static int resize(struct bpf_map *map, uint32_t entries)
{
	const struct map_row *row = row_of(map);

	return row && row->is_table ? direct_resize(map, entries, (uint32_t)row->value)
				    : bpf_map__set_max_entries(map, entries);
}

int maps_prepare(struct dataplane *dataplane, char *why, size_t why_size)
{
	struct bpf_map *map;
	int error = make_directory(dataplane, why, why_size);

	if (error)
		return error;
	dataplane->taken_over = is_pinned(dataplane, map_rows[MAP_STATE].name);
	bpf_object__for_each_map(map, dataplane->skeleton->obj)
	{
		uint32_t size = wanted_size(dataplane, row_of(map), map);

		if (bpf_map__is_internal(map))
			continue;
		if (!is_new(dataplane, map))
			error = reuse(dataplane, map, size, why, why_size);
		else if (resize(map, size))
			error = dp_fail(why, why_size, ERR_UNAVAILABLE,
					"cannot size the map %s: %m", bpf_map__name(map));
		if (error)
			return error;
	}
	return 0;
}

static uint32_t size_of(const struct dataplane *dataplane, enum dp_map map)
{
	return entries_of(
		bpf_object__find_map_by_name(dataplane->skeleton->obj, map_rows[map].name));
}

void maps_settings(struct dataplane *dataplane)
{
	struct sluice_settings *settings = &dataplane->skeleton->rodata->settings;
	uint32_t buckets = size_of(dataplane, MAP_FLOWS);

	settings->flow_bits = 0;
	while (buckets >>= 1)
		settings->flow_bits++;
	settings->services_mask = size_of(dataplane, MAP_SERVICES) - 1;
	settings->backends_mask = size_of(dataplane, MAP_BACKENDS) - 1;
	settings->rings_mask = size_of(dataplane, MAP_RINGS) - 1;
	settings->members_mask = size_of(dataplane, MAP_MEMBERS) - 1;
	settings->vip_lines = size_of(dataplane, MAP_VIPS);
	settings->vip_bits = size_of(dataplane, MAP_VIP_BITMAP) * SLUICE_BITMAP_LINE_BITS;
	settings->reverse_lines = size_of(dataplane, MAP_REVERSE);
	settings->reverse_bits = size_of(dataplane, MAP_REVERSE_BITMAP) * SLUICE_BITMAP_LINE_BITS;
}

static int map_memory(struct dp_table *table, size_t value, char *why, size_t why_size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), length = value * table->size;

	length = (length + page - 1) / page * page;
	table->memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, table->fd, 0);
	if (table->memory == MAP_FAILED) {
		table->memory = NULL;
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "cannot map the table %s into memory: %m", table->name);
	}
	table->length = length;
	return 0;
}

int maps_map(struct dataplane *dataplane, char *why, size_t why_size)
{
	for (size_t i = 0; i < MAP_COUNT; i++) {
		struct dp_table *table = &dataplane->tables[i];
		const struct bpf_map *map =
			bpf_object__find_map_by_name(dataplane->skeleton->obj, map_rows[i].name);
		int error = 0;

		if (!map)
			return dp_fail(why, why_size, ERR_INTERNAL,
				       "the packet program has no map %s", map_rows[i].name);
		table->name = map_rows[i].name;
		table->fd = bpf_map__fd(map);
		table->size = entries_of(map);
		if (map_rows[i].is_table)
			error = map_memory(table, map_rows[i].value, why, why_size);
		if (error)
			return error;
	}
	dataplane->services = dataplane->tables[MAP_SERVICES].memory;
	dataplane->backends = dataplane->tables[MAP_BACKENDS].memory;
	dataplane->rings = dataplane->tables[MAP_RINGS].memory;
	dataplane->members = dataplane->tables[MAP_MEMBERS].memory;
	dataplane->state = dataplane->tables[MAP_STATE].memory;
	dataplane->ports = dataplane->tables[MAP_LINKS].memory;
	dataplane->flows = dataplane->tables[MAP_FLOWS].memory;
	dataplane->flow_count = (uint64_t)dataplane->tables[MAP_FLOWS].size * SLUICE_FLOW_ENTRIES;
	dataplane->loads = (struct loads){ .items = dataplane->tables[MAP_LOADS].memory,
					   .size = dataplane->tables[MAP_LOADS].size };
	return 0;
}

static int pin(struct dataplane *dataplane, const struct bpf_map *map, char *why, size_t why_size)
{
	char path[320];

	map_path(dataplane, bpf_map__name(map), path);
	/* What a start that was cut short has left there. */
	(void)unlink(path);
	if (bpf_obj_pin(bpf_map__fd(map), path))
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot pin the map %s: %m", path);
	return 0;
}

int maps_pin(struct dataplane *dataplane, char *why, size_t why_size)
{
	const struct bpf_map *last = dataplane->skeleton->maps.state;
	const struct bpf_map *map;

	bpf_object__for_each_map(map, dataplane->skeleton->obj)
	{
		int error = 0;

		if (!bpf_map__is_internal(map) && map != last && is_new(dataplane, map))
			error = pin(dataplane, map, why, why_size);
		if (error)
			return error;
	}
	return is_new(dataplane, last) ? pin(dataplane, last, why, why_size) : 0;
}

void maps_unpin(struct dataplane *dataplane)
{
	const struct bpf_map *state = dataplane->skeleton->maps.state;
	const struct bpf_map *map;
	char path[320];

	/* The other way round: without `state` the rest is nothing. */
	map_path(dataplane, bpf_map__name(state), path);
	(void)unlink(path);
	bpf_object__for_each_map(map, dataplane->skeleton->obj)
	{
		map_path(dataplane, bpf_map__name(map), path);
		if (!bpf_map__is_internal(map))
			(void)unlink(path);
	}
	(void)rmdir(dataplane->directory);
}

void maps_close(struct dataplane *dataplane)
{
	for (size_t i = 0; i < MAP_COUNT; i++) {
		struct dp_table *table = &dataplane->tables[i];

		if (table->memory)
			munmap(table->memory, table->length);
		table->memory = NULL;
	}
}

void maps_memory(const struct dataplane *dataplane, struct dataplane_memory *out)
{
	uint64_t cpus = (uint64_t)libbpf_num_possible_cpus();

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < MAP_COUNT; i++)
		out->total += map_rows[i].value * dataplane->tables[i].size *
			      (map_rows[i].per_cpu ? cpus : 1);
	out->per_flow = sizeof(struct sluice_flow);
	out->per_slot = sizeof(__u32);
	/* Two items in the VIP table, its address included, each with room around it. */
	out->per_listener = sizeof(struct sluice_service) + 2 * sizeof(struct sluice_line) + 2;
	out->per_backend = sizeof(struct sluice_backend) + sizeof(struct sluice_load) +
			   sizeof(struct sluice_line) + 2 + sizeof(__u32) +
			   cpus * sizeof(struct sluice_traffic);
}
