// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pinned maps. A new set is made in the sizes of the configuration; a set that is there already
 * is taken over as it is, since flows live in it.
 */
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

#define CONFIGURED(member) .configured = true, .setting = offsetof(struct config, tables.member)

/* By enum dp_map. */
static const struct map_row {
	const char *name;
	size_t setting;
	size_t value; /* bytes of a value that is written through memory, 0: by system calls */
	uint32_t extra; /* entries beside the configured ones */
	bool configured; /* else as the program has it */
} map_rows[MAP_COUNT] = {
	[MAP_VIPS] = { .name = "vips", CONFIGURED(vips) },
	/* Id 0 is never used. */
	[MAP_SERVICES] = { .name = "services",
			   CONFIGURED(services),
			   .extra = 1,
			   .value = sizeof(struct sluice_service) },
	[MAP_RINGS] = { .name = "rings",
			CONFIGURED(ring_lines),
			.value = sizeof(struct sluice_ring_line) },
	[MAP_MEMBERS] = { .name = "members",
			  CONFIGURED(member_lines),
			  .value = sizeof(struct sluice_member_line) },
	[MAP_BACKENDS] = { .name = "backends",
			   CONFIGURED(backends),
			   .value = sizeof(struct sluice_backend) },
	[MAP_REVERSE] = { .name = "reverse", CONFIGURED(backends) },
	[MAP_FLOWS] = { .name = "flows", CONFIGURED(flows) },
	[MAP_LINKS] = { .name = "links" },
	[MAP_TRAFFIC] = { .name = "traffic", CONFIGURED(counted_backends) },
	[MAP_COUNTERS] = { .name = "counters" },
	[MAP_EVENTS] = { .name = "events" },
	[MAP_STATE] = { .name = "state", .value = sizeof(struct sluice_state) },
};

void pins_directory(const char *pins, char out[static 256])
{
	snprintf(out, 256, "%s/v%d", pins, SLUICE_ABI_VERSION);
}

static void map_path(const struct dataplane *dataplane, const char *name, char out[static 320])
{
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

static uint32_t wanted_size(const struct dataplane *dataplane, const struct map_row *row,
			    const struct bpf_map *map)
{
	if (!row || !row->configured)
		return bpf_map__max_entries(map);
	return *(const uint32_t *)((const char *)dataplane->config + row->setting) + row->extra;
}

static const struct map_row *row_of(const struct bpf_map *map)
{
	for (size_t i = 0; i < MAP_COUNT; i++) {
		if (!strcmp(map_rows[i].name, bpf_map__name(map)))
			return &map_rows[i];
	}
	return NULL;
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
	    info.value_size != bpf_map__value_size(map)) {
		error = dp_fail(why, why_size, ERR_UNAVAILABLE,
				"the pinned map %s has another layout than this version needs: "
				"'sluicectl datapath detach' removes it",
				path);
		goto out;
	}
	if (info.max_entries != wanted)
		keep_size(dataplane, bpf_map__name(map), info.max_entries, wanted);
	if (bpf_map__reuse_fd(map, fd))
		error = dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot reuse the map %s: %m",
				path);
out:
	close(fd);
	return error;
}

int maps_prepare(struct dataplane *dataplane, char *why, size_t why_size)
{
	struct bpf_map *map;
	char path[320];
	int error = make_directory(dataplane, why, why_size);

	if (error)
		return error;
	map_path(dataplane, map_rows[MAP_STATE].name, path);
	dataplane->taken_over = !access(path, F_OK);
	bpf_object__for_each_map(map, dataplane->skeleton->obj)
	{
		uint32_t size = wanted_size(dataplane, row_of(map), map);

		if (bpf_map__is_internal(map))
			continue;
		if (dataplane->taken_over)
			error = reuse(dataplane, map, size, why, why_size);
		else if (bpf_map__set_max_entries(map, size))
			error = dp_fail(why, why_size, ERR_UNAVAILABLE,
					"cannot size the map %s: %m", bpf_map__name(map));
		if (error)
			return error;
	}
	return 0;
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
		table->size = bpf_map__max_entries(map);
		if (map_rows[i].value)
			error = map_memory(table, map_rows[i].value, why, why_size);
		if (error)
			return error;
	}
	dataplane->services = dataplane->tables[MAP_SERVICES].memory;
	dataplane->backends = dataplane->tables[MAP_BACKENDS].memory;
	dataplane->rings = dataplane->tables[MAP_RINGS].memory;
	dataplane->members = dataplane->tables[MAP_MEMBERS].memory;
	dataplane->state = dataplane->tables[MAP_STATE].memory;
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

void maps_close(struct dataplane *dataplane)
{
	for (size_t i = 0; i < MAP_COUNT; i++) {
		struct dp_table *table = &dataplane->tables[i];

		if (table->memory)
			munmap(table->memory, table->length);
		table->memory = NULL;
	}
}

uint64_t maps_bytes(int fd)
{
	static const char label[] = "memlock:";
	char path[64], line[128];
	uint64_t bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, label, strlen(label)))
			bytes = strtoull(line + strlen(label), NULL, 10);
	}
	fclose(file);
	return bytes;
}
