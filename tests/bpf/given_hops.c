// SPDX-License-Identifier: BSD-2-Clause
#include "given_hops.h"

#include "frame.h"
#include "world_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <string.h>

#include "sluice.skel.h"

/* The same next hops under new indexes, once their old ones are dead. */
#define RENEWED 16

static const struct {
	const char *address; /* where packets go */
	const char *neighbour; /* over whom */
	enum station station;
	enum world_link link;
} hops[] = {
	{ WORLD_FIRST, WORLD_FIRST, STATION_FIRST, LINK_BACK },
	{ WORLD_SECOND, WORLD_SECOND, STATION_SECOND, LINK_BACK },
	{ WORLD_NEAR, WORLD_NEAR, STATION_NEAR, LINK_FRONT },
	{ WORLD_SMALL, WORLD_SMALL, STATION_SMALL_HOST, LINK_SMALL },
	{ WORLD_CLIENT, WORLD_CLIENT, STATION_CLIENT, LINK_FRONT },
	{ WORLD_ROUTED, "192.0.2.254", STATION_ROUTER, LINK_FRONT },
};
#define HOPS (sizeof(hops) / sizeof(*hops))

/* LINK_FAR is not one of Sluice's. */
static const struct {
	enum station station;
	uint32_t index, mtu;
} links[LINK_MAX] = {
	[LINK_FRONT] = { STATION_FRONT, 1, 1500 },
	[LINK_BACK] = { STATION_BACK, 2, 1500 },
	[LINK_SMALL] = { STATION_SMALL, 5, 600 },
};

static uint32_t hop_index(const char *address)
{
	for (uint32_t i = 0; i < HOPS; i++)
		if (!strcmp(hops[i].address, address))
			return i + 1;
	return 0;
}

uint32_t given_hop(const struct given *given, const char *address)
{
	return given->no_hops ? 0 : hop_index(address);
}

uint32_t given_hop_learned(const struct given *given, const char *address)
{
	if (given->unknown_hops)
		return 0;
	return hop_index(address) + (given->dead_hops ? RENEWED : 0);
}

static void put_hop(const struct given *given, uint32_t i)
{
	struct sluice_hop_key key = { .ifindex = world_ifindex(hops[i].link),
				      .address = frame_address(hops[i].neighbour) };
	uint32_t index = i + 1 + (given->dead_hops ? RENEWED : 0);
	uint64_t *words = world_memory(MAP_HOPS), mac = 0;

	/* A hop whose link is down must not be used: so it would lead astray. */
	frame_station(given->links_down ? STATION_FAR_HOST : hops[i].station, (uint8_t *)&mac);
	words[index] = SLUICE_PUT(HOP_MAC, mac) | SLUICE_PUT(HOP_LINK, links[hops[i].link].index);
	if (!given->unknown_hops)
		world_must(bpf_map_update_elem(bpf_map__fd(world_skeleton()->maps.known_hops), &key,
					       &index, BPF_ANY),
			   "known_hops");
	else
		bpf_map_delete_elem(bpf_map__fd(world_skeleton()->maps.known_hops), &key);
}

static void put_link(const struct given *given, enum world_link link)
{
	struct bpf_devmap_val port = { .ifindex = world_ifindex(link) };
	struct sluice_link value = { .ifindex = port.ifindex,
				     .mtu = links[link].mtu,
				     .flags = given->links_down ? 0 : SLUICE_LINK_UP };

	frame_station(links[link].station, (uint8_t *)&value.station);
	((struct sluice_link *)world_memory(MAP_LINKS))[links[link].index] = value;
	world_must(bpf_map_update_elem(bpf_map__fd(world_skeleton()->maps.link_ports),
				       &links[link].index, &port, BPF_ANY),
		   "link_ports");
}

void given_stations_put(struct sluice_state *kept)
{
	for (enum world_link link = 0; link < LINK_MAX; link++) {
		uint32_t ifindex = world_ifindex(link);
		uint64_t station = 0;

		frame_station(links[link].station, (uint8_t *)&station);
		if (links[link].index)
			kept->stations[ifindex % SLUICE_STATIONS] = station << 16 | ifindex;
	}
}

void given_hops_put(const struct given *given)
{
	memset(world_memory(MAP_HOPS), 0, world_memory_size(MAP_HOPS));
	memset(world_memory(MAP_LINKS), 0, world_memory_size(MAP_LINKS));
	for (uint32_t i = 0; i < HOPS; i++)
		put_hop(given, i);
	for (enum world_link link = 0; link < LINK_MAX; link++)
		if (links[link].index && !given->no_links)
			put_link(given, link);
}
