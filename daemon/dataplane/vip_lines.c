// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of VIPs as packets read it: listeners by protocol, each protocol in its half of the
 * lines, and the addresses themselves among TCP's.
 */
#include "dataplane/internal.h"

#include "base/memory.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static uint64_t item_of(uint32_t address, uint16_t port, uint16_t value)
{
	return SLUICE_PUT(VIP_ADDRESS, address) | SLUICE_PUT(VIP_PORT, port) |
	       SLUICE_PUT(VIP_SERVICE, value);
}

static uint32_t home_of(const struct dataplane *dataplane, uint32_t address, uint16_t port)
{
	return sluice_scale(sluice_hash_vip(address, port, dataplane->state->table_key),
			    dataplane->tcp_lines.count);
}

static uint32_t bit_of(const struct dataplane *dataplane, uint32_t address)
{
	return sluice_scale(sluice_hash_address(address, dataplane->state->table_key),
			    dataplane->vip_bitmap.bits);
}

static uint32_t home(const void *arg, uint64_t item)
{
	return home_of(arg, (uint32_t)SLUICE_GET(item, VIP_ADDRESS),
		       (uint16_t)SLUICE_GET(item, VIP_PORT));
}

static bool is_address(uint64_t item)
{
	return !SLUICE_GET(item, VIP_PORT);
}

static void count_address(void *arg, uint64_t item)
{
	struct dataplane *dataplane = arg;

	if (is_address(item))
		vip_bitmap_add(dataplane, (uint32_t)SLUICE_GET(item, VIP_ADDRESS));
}

static void count_local(void *arg, uint64_t item)
{
	vip_bitmap_add(arg, (uint32_t)item);
}

void vip_bitmap_add(struct dataplane *dataplane, uint32_t address)
{
	bitmap_add(&dataplane->vip_bitmap, bit_of(dataplane, address));
}

void vip_bitmap_remove(struct dataplane *dataplane, uint32_t address)
{
	bitmap_remove(&dataplane->vip_bitmap, bit_of(dataplane, address));
}

void vip_bitmap_recount(struct dataplane *dataplane)
{
	bitmap_recount(&dataplane->vip_bitmap);
	lines_each(&dataplane->tcp_lines, count_address, dataplane);
	lines_each(&dataplane->local_lines, count_local, dataplane);
	bitmap_trim(&dataplane->vip_bitmap);
}

void vip_lines_open(struct dataplane *dataplane)
{
	const struct dp_table *table = &dataplane->tables[MAP_VIPS];
	const struct dp_table *bitmap = &dataplane->tables[MAP_VIP_BITMAP];
	struct sluice_line *lines = table->memory;

	dataplane->tcp_lines = (struct lines){
		.lines = lines, .count = table->size / 2, .home = home, .arg = dataplane
	};
	dataplane->udp_lines = dataplane->tcp_lines;
	dataplane->udp_lines.lines += table->size / 2;
	bitmap_open(&dataplane->vip_bitmap, bitmap->memory, bitmap->size * SLUICE_BITMAP_LINE_BITS);
}

void vip_lines_close(struct dataplane *dataplane)
{
	lines_close(&dataplane->tcp_lines);
	lines_close(&dataplane->udp_lines);
	bitmap_close(&dataplane->vip_bitmap);
}

/* The place of an address and port, NULL without one. */
static __u64 *find(const struct lines *lines, uint32_t address, uint16_t port)
{
	uint64_t wanted = item_of(address, port, 0), mask = item_of(UINT32_MAX, UINT16_MAX, 0);
	uint32_t line = home_of(lines->arg, address, port);

	for (unsigned int i = 0; i < LINES_PLACES; i++) {
		__u64 *place = lines_place(lines, line, i);

		if (*place && (*place & mask) == wanted)
			return place;
	}
	return NULL;
}

/* An item that is there changes where it stands: 0. A new one: 1, or -ENOSPC. */
static int set(struct lines *lines, uint32_t address, uint16_t port, uint16_t value)
{
	uint64_t item = item_of(address, port, value), old;
	__u64 *place = find(lines, address, port);
	int error;

	if (!place) {
		error = lines_put(lines, home_of(lines->arg, address, port), item);
		return error ? error : 1;
	}
	/* Copies of it that are to be vacated must not stay as they were. */
	old = *place;
	for (unsigned int i = 0; i < LINES_PLACES && old != item; i++) {
		place = lines_place(lines, home_of(lines->arg, address, port), i);
		if (*place == old)
			word_store(place, item);
	}
	return 0;
}

static struct lines *lines_of(struct dataplane *dataplane, uint8_t protocol)
{
	return protocol == IPPROTO_UDP ? &dataplane->udp_lines : &dataplane->tcp_lines;
}

int vip_line_set(struct dataplane *dataplane, const struct endpoint *listener, uint16_t service)
{
	int added = set(lines_of(dataplane, listener->protocol), listener->address, listener->port,
			service);

	return added < 0 ? added : 0;
}

void vip_line_delete(struct dataplane *dataplane, const struct endpoint *listener, uint16_t service)
{
	/* A newer listener may have the port by now. */
	if (service && vip_line_service(dataplane, listener) == service)
		lines_take(lines_of(dataplane, listener->protocol),
			   home_of(dataplane, listener->address, listener->port),
			   item_of(listener->address, listener->port, service));
}

uint16_t vip_line_service(const struct dataplane *dataplane, const struct endpoint *listener)
{
	const struct lines *lines = listener->protocol == IPPROTO_UDP ? &dataplane->udp_lines
								      : &dataplane->tcp_lines;
	const __u64 *place = find(lines, listener->address, listener->port);

	return place ? (uint16_t)SLUICE_GET(*place, VIP_SERVICE) : 0;
}

enum sluice_vip_address vip_address_rule(const struct dataplane *dataplane, uint32_t address)
{
	const __u64 *place = find(&dataplane->tcp_lines, address, 0);

	return place ? (enum sluice_vip_address)SLUICE_GET(*place, VIP_SERVICE) : 0;
}

int vip_address_set(struct dataplane *dataplane, uint32_t address, enum sluice_vip_address rule)
{
	int added = set(&dataplane->tcp_lines, address, 0, (uint16_t)rule);

	if (added > 0)
		vip_bitmap_add(dataplane, address);
	return added;
}

void vip_address_delete(struct dataplane *dataplane, uint32_t address)
{
	enum sluice_vip_address rule = vip_address_rule(dataplane, address);

	if (!rule)
		return;
	vip_bitmap_remove(dataplane, address);
	lines_take(&dataplane->tcp_lines, home_of(dataplane, address, 0),
		   item_of(address, 0, (uint16_t)rule));
}

struct keep {
	struct dataplane *dataplane;
	uint8_t protocol;
	bool (*keep)(struct dataplane *dataplane, const struct endpoint *listener,
		     uint16_t service);
};

/* Addresses are judged by vips.c, which has to take them off their interfaces first. */
static bool is_kept(void *arg, uint64_t item)
{
	const struct keep *keep = arg;
	struct endpoint listener = { .address = (uint32_t)SLUICE_GET(item, VIP_ADDRESS),
				     .port = (uint16_t)SLUICE_GET(item, VIP_PORT),
				     .protocol = keep->protocol };

	if (is_address(item))
		return keep->protocol == IPPROTO_TCP && SLUICE_GET(item, VIP_SERVICE);
	return keep->keep(keep->dataplane, &listener, (uint16_t)SLUICE_GET(item, VIP_SERVICE));
}

void vip_lines_repair(struct dataplane *dataplane,
		      bool (*keep)(struct dataplane *dataplane, const struct endpoint *listener,
				   uint16_t service))
{
	struct keep tcp = { .dataplane = dataplane, .protocol = IPPROTO_TCP, .keep = keep };
	struct keep udp = { .dataplane = dataplane, .protocol = IPPROTO_UDP, .keep = keep };

	lines_repair(&dataplane->tcp_lines, is_kept, &tcp);
	lines_repair(&dataplane->udp_lines, is_kept, &udp);
	vip_bitmap_recount(dataplane);
}

uint32_t *vip_addresses(const struct sluice_line *lines, uint32_t count, size_t *addresses)
{
	uint32_t *found = NULL;
	size_t capacity = 0;

	*addresses = 0;
	for (uint32_t i = 0; i < count / 2 * SLUICE_LINE_ITEMS; i++) {
		uint64_t item = lines[i / SLUICE_LINE_ITEMS].item[i % SLUICE_LINE_ITEMS];

		if (!item || !is_address(item))
			continue;
		if (*addresses == capacity) {
			capacity = capacity ? 2 * capacity : 64;
			found = memory_resize(found, capacity, sizeof(*found));
		}
		found[(*addresses)++] = (uint32_t)SLUICE_GET(item, VIP_ADDRESS);
	}
	return found;
}
