// SPDX-License-Identifier: BSD-2-Clause
#include "given_lines.h"

#include "frame.h"
#include "world_maps.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define WORD_BITS 64
/* Never what a packet here asks for: an address that nobody has, and a tag with all bits set. */
#define OTHER_ITEM (SLUICE_PUT(VIP_ADDRESS, UINT32_MAX) | SLUICE_PUT(VIP_SERVICE, 1))

static uint64_t table_key(void)
{
	return ((const struct sluice_state *)world_memory(MAP_STATE))->table_key;
}

static void set_bit(enum world_map map, uint64_t hash)
{
	uint64_t *words = world_memory(map);
	uint32_t bit = sluice_scale(hash, WORLD_BITS);

	words[bit / WORD_BITS] |= 1ULL << bit % WORD_BITS;
}

/* Puts others into a line until only `room` of its places are free. */
static void crowd(struct sluice_line *line, int room)
{
	int free_places = 0;

	for (int i = 0; i < SLUICE_LINE_ITEMS; i++)
		free_places += !line->item[i];
	for (int i = 0; i < SLUICE_LINE_ITEMS && free_places > room; i++) {
		if (!line->item[i]) {
			line->item[i] = OTHER_ITEM;
			free_places--;
		}
	}
}

static void put(struct sluice_line *home, struct sluice_line *next, enum world_spill spill,
		uint64_t item)
{
	struct sluice_line *line = spill == SPILL_NOT ? home : next;

	if (spill != SPILL_NOT)
		crowd(home, spill == SPILL_NEXT ? 0 : 1);
	for (int i = 0; i < SLUICE_LINE_ITEMS; i++) {
		if (!line->item[i]) {
			line->item[i] = item;
			return;
		}
	}
	world_must(1, "a line is full");
}

/* The item of a reverse line that has the tag of this one. */
static __u64 *find(struct sluice_line *line, uint64_t item)
{
	for (int i = 0; i < SLUICE_LINE_ITEMS; i++) {
		if (line->item[i] &&
		    SLUICE_GET(line->item[i], REVERSE_TAG) == SLUICE_GET(item, REVERSE_TAG))
			return &line->item[i];
	}
	return NULL;
}

void given_lines_clear(const struct given *given)
{
	memset(world_memory(MAP_VIPS), 0, world_memory_size(MAP_VIPS));
	memset(world_memory(MAP_REVERSE), 0, world_memory_size(MAP_REVERSE));
	memset(world_memory(MAP_LOCALS), 0, world_memory_size(MAP_LOCALS));
	memset(world_memory(MAP_VIP_BITMAP), given->all_bits ? 0xff : 0,
	       world_memory_size(MAP_VIP_BITMAP));
	memset(world_memory(MAP_REVERSE_BITMAP), given->all_bits ? 0xff : 0,
	       world_memory_size(MAP_REVERSE_BITMAP));
}

void given_lines_vip(const struct given *given, const char *address, uint16_t port,
		     uint8_t protocol, uint16_t service)
{
	struct sluice_line *lines = world_memory(MAP_VIPS);
	uint32_t ip = frame_address(address), half = WORLD_LINES / 2;
	uint32_t home = sluice_scale(sluice_hash_vip(ip, htons(port), table_key()), half);

	if (protocol == IPPROTO_UDP)
		lines += half;
	put(&lines[home], &lines[(home + 1) % half], given->vip_spill,
	    SLUICE_PUT(VIP_ADDRESS, ip) | SLUICE_PUT(VIP_PORT, htons(port)) |
		    SLUICE_PUT(VIP_SERVICE, service));
	if (!port && !given->no_vip_bits)
		set_bit(MAP_VIP_BITMAP, sluice_hash_address(ip, table_key()));
}

void given_lines_local(const struct given *given, const char *address)
{
	struct sluice_line *lines = world_memory(MAP_LOCALS);
	uint32_t ip = frame_address(address);
	uint32_t home = sluice_scale(sluice_hash_address(ip, table_key()), SLUICE_LOCAL_LINES);

	put(&lines[home], &lines[(home + 1) % SLUICE_LOCAL_LINES], given->local_spill, ip);
	set_bit(MAP_VIP_BITMAP, sluice_hash_address(ip, table_key()));
}

void given_lines_reverse(const struct given *given, const char *address, uint16_t port,
			 uint8_t protocol, uint32_t backend, uint16_t service)
{
	struct sluice_line *lines = world_memory(MAP_REVERSE), *home, *next;
	struct sluice_backend *backends = world_memory(MAP_BACKENDS);
	uint64_t hash =
		sluice_hash_reverse(frame_address(address), htons(port), protocol, table_key());
	uint32_t line = sluice_scale(hash, WORLD_LINES);
	uint64_t item = SLUICE_PUT(REVERSE_TAG, sluice_reverse_tag(hash, line)) |
			SLUICE_PUT(REVERSE_BACKEND, backend) | SLUICE_PUT(REVERSE_SERVICE, service);
	__u64 *first;

	home = &lines[line];
	next = &lines[(line + 1) % WORLD_LINES];
	first = find(home, item) ?: find(next, item);
	backends[backend].next = first ? *first : 0;
	if (first)
		*first = item;
	else
		put(home, next, given->reverse_spill, item);
	if (!given->no_reverse_bits)
		set_bit(MAP_REVERSE_BITMAP, hash);
}
