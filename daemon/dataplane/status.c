// SPDX-License-Identifier: BSD-2-Clause
/* What an operator asks first. */
#include "dataplane/internal.h"

#include "base/config.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_link(struct dataplane *dataplane, const char *name, struct dataplane_status *out)
{
	struct dataplane_link_status *link = &out->links[out->link_count++];
	struct link_info info;
	const char *warning = "";

	snprintf(link->name, sizeof(link->name), "%s", name);
	link->mode = "detached";
	if (link_query(&dataplane->netlink, name, 0, &info)) {
		warning = "the interface does not exist";
	} else {
		link->mode = link_mode(info.ifindex);
		link->mtu = info.mtu;
		link->up = info.up && info.carrier;
	}
	if (!*warning && !strcmp(link->mode, "detached"))
		warning = "the program is not attached: traffic goes to the local stack";
	else if (!*warning && !link->up)
		warning = "the link is down";
	else if (!*warning && !strcmp(link->mode, "generic"))
		warning = "generic XDP: slow";
	else if (!*warning && !strcmp(info.kind, "veth"))
		warning = "veth: hosts behind it must turn checksum offload off "
			  "(ethtool -K DEV tx off)";
	snprintf(link->warning, sizeof(link->warning), "%s", warning);
}

static uint64_t used_services(const struct dataplane *dataplane)
{
	uint64_t used = 0;

	for (uint32_t id = 1; id < dataplane->tables[MAP_SERVICES].size; id++)
		used += SLUICE_GET(dataplane->services[id].word, SERVICE_STATE) !=
			SLUICE_SERVICE_ABSENT;
	return used;
}

static uint64_t used_backends(const struct dataplane *dataplane)
{
	uint64_t used = 0;

	for (uint32_t id = 1; id < dataplane->tables[MAP_BACKENDS].size; id++)
		used += dataplane->index.owner[id] != 0;
	return used;
}

static uint64_t used_hops(const struct dataplane *dataplane)
{
	uint64_t used = 0;

	for (uint32_t index = 1; index < dataplane->hops.size; index++)
		used += dataplane->hops.states[index] != HOP_INDEX_FREE;
	return used;
}

static uint64_t used_of(const struct dataplane *dataplane, enum dp_map map)
{
	switch (map) {
	case MAP_SERVICES:
		return used_services(dataplane);
	case MAP_BACKENDS:
		return used_backends(dataplane);
	case MAP_RINGS:
		return dataplane->ring_room.used;
	case MAP_MEMBERS:
		return dataplane->member_room.used;
	case MAP_FLOWS:
		return dataplane->sweep.last_total;
	case MAP_HOPS:
		return used_hops(dataplane);
	case MAP_KNOWN_HOPS:
		return dataplane->neighbours.front_count;
	case MAP_LINKS:
		return dataplane->link_count;
	case MAP_LOCALS:
		return dataplane->locals;
	default:
		return UINT64_MAX;
	}
}

/* Bytes of kernel memory that the kernel accounts to a map. */
static uint64_t map_bytes(int fd)
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

static void add_table(const struct dataplane *dataplane, enum dp_map map,
		      struct dataplane_status *out)
{
	const struct dp_table *table = &dataplane->tables[map];

	out->tables[out->table_count++] = (struct dataplane_table_status){
		.name = table->name,
		.size = map == MAP_FLOWS ? dataplane->flow_count : table->size,
		.used = used_of(dataplane, map),
		.bytes = map_bytes(table->fd),
	};
	out->bytes += out->tables[out->table_count - 1].bytes;
}

void dataplane_status(struct dataplane *dataplane, struct dataplane_status *out)
{
	const struct config *config = dataplane->config;
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	memset(out, 0, sizeof(*out));
	dp_catch_up(dataplane);
	snprintf(out->pins, sizeof(out->pins), "%s", dataplane->directory);
	out->abi = SLUICE_ABI_VERSION;
	out->taken_over = dataplane->taken_over;
	if (!bpf_obj_get_info_by_fd(dataplane->program, &info, &length))
		out->program_id = info.id;
	for (size_t i = 0; i < config->interface_count; i++)
		add_link(dataplane, config->interfaces[i], out);
	for (int map = 0; map < MAP_COUNT; map++)
		add_table(dataplane, map, out);
	maps_memory(dataplane, &out->memory);
	neighbours_status(dataplane, out);
	warnings_status(dataplane, out);
}
