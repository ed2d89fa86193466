// SPDX-License-Identifier: BSD-2-Clause
/*
 * The gateway's own addresses as packets ask for them: nobody else may send from one, and what a
 * backend sends to one is no reply. VIPs that we have put on an interface are not among them: they
 * have their own table, and may be many more.
 */
#include "dataplane/internal.h"

static uint32_t home(const void *arg, uint64_t item)
{
	const struct dataplane *dataplane = arg;

	if (item >> 32)
		return LINES_NOWHERE;
	return sluice_scale(sluice_hash_address((__be32)item, dataplane->state->table_key),
			    dataplane->local_lines.count);
}

static bool is_local(const struct dataplane *dataplane, uint32_t address)
{
	for (size_t i = 0; i < dataplane->addresses.count; i++) {
		const struct dp_address *item = &dataplane->addresses.items[i];

		if (item->address == address && item->tag != ADDRESS_TAG)
			return true;
	}
	return false;
}

static bool stands_there(const struct dataplane *dataplane, uint32_t address)
{
	const struct lines *lines = &dataplane->local_lines;

	for (unsigned int i = 0; i < LINES_PLACES; i++) {
		if (*lines_place(lines, home(dataplane, address), i) == address)
			return true;
	}
	return false;
}

static void put(struct dataplane *dataplane, uint32_t address)
{
	if (lines_put(&dataplane->local_lines, home(dataplane, address), address)) {
		dataplane->locals_left_out++;
		return;
	}
	dataplane->locals++;
	vip_bitmap_add(dataplane, address);
}

static bool keep(void *arg, uint64_t item)
{
	return is_local(arg, (uint32_t)item);
}

static void count(void *arg, uint64_t item)
{
	(void)item;
	((struct dataplane *)arg)->locals++;
}

void locals_resync(struct dataplane *dataplane)
{
	const struct addresses *addresses = &dataplane->addresses;

	lines_repair(&dataplane->local_lines, keep, dataplane);
	dataplane->locals = dataplane->locals_left_out = 0;
	lines_each(&dataplane->local_lines, count, dataplane);
	for (size_t i = 0; i < addresses->count; i++) {
		const struct dp_address *item = &addresses->items[i];

		if (item->tag != ADDRESS_TAG && !stands_there(dataplane, item->address))
			put(dataplane, item->address);
	}
	vip_bitmap_recount(dataplane);
}

void locals_follow(struct dataplane *dataplane, uint32_t address)
{
	bool wanted = is_local(dataplane, address), there = stands_there(dataplane, address);

	if (!address)
		return;
	if (wanted && !there)
		put(dataplane, address);
	if (wanted || !there)
		return;
	lines_take(&dataplane->local_lines, home(dataplane, address), address);
	dataplane->locals--;
	vip_bitmap_remove(dataplane, address);
	/* There is room now. */
	if (dataplane->locals_left_out)
		locals_resync(dataplane);
}

void locals_open(struct dataplane *dataplane)
{
	const struct dp_table *table = &dataplane->tables[MAP_LOCALS];

	dataplane->local_lines = (struct lines){
		.lines = table->memory, .count = table->size, .home = home, .arg = dataplane
	};
	locals_resync(dataplane);
}

void locals_close(struct dataplane *dataplane)
{
	lines_close(&dataplane->local_lines);
}
