// SPDX-License-Identifier: BSD-2-Clause
/*
 * The hops of replies. The program finds the way of a flow's first reply by the kernel's routes and
 * tells us of neighbours that are new; we give them an index, by which later packets go. When routes
 * change, every front hop gets a new index: the flows find the old one's word empty, and ask the
 * routes again.
 */
#include "dataplane/hops.h"

#include "base/log.h"

#include <bpf/bpf.h>

#define ROTATE_MS 500 /* at most that often */
#define IDLE_MS 60000

static struct sluice_hop_key key_of(const struct hop *hop)
{
	return (struct sluice_hop_key){ .ifindex = hop->ifindex, .address = hop->address };
}

/* 0 or -1: the table is full. */
static int make_known(const struct dataplane *dataplane, const struct hop *hop)
{
	struct sluice_hop_key key = key_of(hop);
	uint32_t index = hop->front;

	return bpf_map_update_elem(dataplane->tables[MAP_KNOWN_HOPS].fd, &key, &index, BPF_ANY);
}

static void add(struct dataplane *dataplane, struct hop *hop, uint16_t index)
{
	struct neighbours *neighbours = &dataplane->neighbours;

	hop->front = index;
	hop->used_ms = dp_now_ms();
	TAILQ_INSERT_TAIL(&neighbours->fronts, hop, front_entry);
	neighbours->front_count++;
	hop_publish(dataplane, hop);
}

static void forget(struct dataplane *dataplane, struct hop *hop)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	struct sluice_hop_key key = key_of(hop);

	(void)bpf_map_delete_elem(dataplane->tables[MAP_KNOWN_HOPS].fd, &key);
	TAILQ_REMOVE(&neighbours->fronts, hop, front_entry);
	neighbours->front_count--;
	hop_index_rest(dataplane, hop->front);
	hop->front = 0;
	hop_put(dataplane, hop);
}

void front_learn(struct dataplane *dataplane, unsigned int ifindex, uint32_t address)
{
	struct hop *hop;
	uint16_t index;

	if (!port_find(dataplane, ifindex) ||
	    dataplane->neighbours.front_count >= dataplane->tables[MAP_KNOWN_HOPS].size)
		return;
	hop = hop_get(dataplane, ifindex, address);
	index = hop->front ? 0 : hop_index_new(dataplane);
	if (!index) {
		/* Known already: the program asked before it could see it. Else there is no room. */
		hop_put(dataplane, hop);
		return;
	}
	add(dataplane, hop, index);
	if (make_known(dataplane, hop))
		forget(dataplane, hop);
}

static void adopt(struct dataplane *dataplane, const struct sluice_hop_key *key)
{
	int fd = dataplane->tables[MAP_KNOWN_HOPS].fd;
	uint32_t index;

	if (bpf_map_lookup_elem(fd, key, &index) || hop_index_adopt(dataplane, index)) {
		(void)bpf_map_delete_elem(fd, key);
		return;
	}
	add(dataplane, hop_get(dataplane, key->ifindex, key->address), (uint16_t)index);
}

void fronts_open(struct dataplane *dataplane)
{
	int fd = dataplane->tables[MAP_KNOWN_HOPS].fd;
	struct sluice_hop_key key, next;
	bool more = !bpf_map_get_next_key(fd, NULL, &next);

	dataplane->neighbours.front_idle_ms = IDLE_MS;
	while (more) {
		key = next;
		more = !bpf_map_get_next_key(fd, &key, &next);
		adopt(dataplane, &key);
	}
}

/* New ones first: a flow that finds its old index empty must not find it among the known ones. */
static void rotate(struct dataplane *dataplane)
{
	struct hop *hop, *next;

	for (hop = TAILQ_FIRST(&dataplane->neighbours.fronts); hop; hop = next) {
		uint16_t old = hop->front;

		next = TAILQ_NEXT(hop, front_entry);
		hop->front = hop_index_new(dataplane);
		hop_publish(dataplane, hop);
		if (hop->front && !make_known(dataplane, hop)) {
			hop_index_rest(dataplane, old);
			continue;
		}
		hop_index_rest(dataplane, hop->front);
		hop->front = old;
		forget(dataplane, hop);
	}
}

/* After each complete sweep: which of them flows still have. */
static void look_at_flows(struct dataplane *dataplane)
{
	uint64_t now_ms = dp_now_ms();
	struct hop *hop, *next;

	for (hop = TAILQ_FIRST(&dataplane->neighbours.fronts); hop; hop = next) {
		next = TAILQ_NEXT(hop, front_entry);
		if (dataplane->hops.living[hop->front])
			hop->used_ms = now_ms;
		else if (now_ms > hop->used_ms + dataplane->neighbours.front_idle_ms)
			forget(dataplane, hop);
	}
}

void fronts_tick(struct dataplane *dataplane)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	uint64_t now_ms = dp_now_ms();

	if (neighbours->swept != dataplane->sweep.complete) {
		neighbours->swept = dataplane->sweep.complete;
		look_at_flows(dataplane);
	}
	if (!neighbours->rotate || now_ms < neighbours->rotated_ms + ROTATE_MS)
		return;
	neighbours->rotate = false;
	neighbours->rotated_ms = now_ms;
	rotate(dataplane);
}
