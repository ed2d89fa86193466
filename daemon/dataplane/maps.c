// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pinned maps. A new set is made in the sizes of the configuration; a set that is there already
 * is taken over as it is, since flows live in it.
 */
#include "dataplane/direct.h"
#include "dataplane/internal.h"
#include "dataplane/map_rows.h"

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
		if (dataplane->taken_over)
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

	if (dataplane->taken_over)
		return 0;
	bpf_object__for_each_map(map, dataplane->skeleton->obj)
	{
		int error = 0;

		if (!bpf_map__is_internal(map) && map != last)
			error = pin(dataplane, map, why, why_size);
		if (error)
			return error;
	}
	return pin(dataplane, last, why, why_size);
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
