// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ways out as packets use them: a row a link, and the same index in the map by which frames are
 * redirected. Words of hops name rows, so an interface keeps its row as long as it is ours. Interfaces
 * that receive for a link (bonds.c) have rows too, as its aliases: they say what the link's row says.
 */
#include "dataplane/hops.h"

#include "base/journal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

static uint32_t find_row(const struct dataplane *dataplane, unsigned int ifindex)
{
	for (uint32_t index = 1; ifindex && index < SLUICE_LINKS; index++) {
		if (dataplane->ports[index].ifindex == ifindex)
			return index;
	}
	return 0;
}

uint32_t port_find(const struct dataplane *dataplane, unsigned int ifindex)
{
	uint32_t index = find_row(dataplane, ifindex);

	return dataplane->alias_of[index] ? 0 : index;
}

uint32_t port_find_alias(const struct dataplane *dataplane, unsigned int ifindex)
{
	uint32_t index = find_row(dataplane, ifindex);

	return dataplane->alias_of[index] ? index : 0;
}

static bool is_links(const struct dataplane *dataplane, uint32_t index)
{
	for (size_t i = 0; i < dataplane->link_count; i++) {
		if (dataplane->links[i].index == index)
			return true;
	}
	return false;
}

static bool is_taken(const struct dataplane *dataplane, uint32_t index)
{
	return dataplane->alias_of[index] || is_links(dataplane, index);
}

/* One that nobody has had, else one of an interface that is ours no more. */
static uint32_t find_free(const struct dataplane *dataplane)
{
	uint32_t left = 0;

	for (uint32_t index = 1; index < SLUICE_LINKS; index++) {
		if (is_taken(dataplane, index))
			continue;
		if (!dataplane->ports[index].ifindex)
			return index;
		left = index;
	}
	return left;
}

/* Without an alias packets only take longer, without a link they go nowhere. */
static uint32_t find_any_alias(const struct dataplane *dataplane)
{
	uint32_t index = SLUICE_LINKS - 1;

	while (index && !dataplane->alias_of[index])
		index--;
	return index;
}

static bool has_aliases(const struct dataplane *dataplane, uint32_t index)
{
	for (uint32_t alias = 1; alias < SLUICE_LINKS; alias++) {
		if (dataplane->alias_of[alias] == index)
			return true;
	}
	return false;
}

static void set_station(struct sluice_link *port, const struct link_info *info)
{
	uint64_t word = 0;

	memcpy(&word, info->mac, sizeof(info->mac));
	word_store(&port->station, word);
}

/* Of interfaces that share a place the first one has it, and packets look into the rows for the others.
 * But a link that has aliases gives way to anybody: no packet comes in by itself. */
static void copy_station(struct dataplane *dataplane, const struct sluice_link *port)
{
	__u64 *place = &dataplane->state->stations[port->ifindex % SLUICE_STATIONS];
	uint16_t holder = (uint16_t)*place;
	uint32_t row = find_row(dataplane, holder);

	if (holder == (uint16_t)port->ifindex || !row || has_aliases(dataplane, row))
		word_store(place, port->station << 16 | (uint16_t)port->ifindex);
}

/* An alias says what its link's row says; but for the station, which may be another's with a bond that
 * takes over that of its active slave. */
static void copy_link(struct dataplane *dataplane, uint32_t alias)
{
	const struct sluice_link *link = &dataplane->ports[dataplane->alias_of[alias]];
	struct sluice_link *port = &dataplane->ports[alias];

	__atomic_store_n(&port->mtu, link->mtu, __ATOMIC_RELEASE);
	__atomic_store_n(&port->flags, link->flags, __ATOMIC_RELEASE);
}

static void copy_to_aliases(struct dataplane *dataplane, uint32_t index)
{
	for (uint32_t alias = 1; alias < SLUICE_LINKS; alias++) {
		if (dataplane->alias_of[alias] == index)
			copy_link(dataplane, alias);
	}
}

static void clear(struct dataplane *dataplane, uint32_t index)
{
	struct sluice_link *port = &dataplane->ports[index];

	dataplane->alias_of[index] = 0;
	__atomic_store_n(&port->flags, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&port->ifindex, 0, __ATOMIC_RELEASE);
	(void)bpf_map_delete_elem(dataplane->tables[MAP_LINK_PORTS].fd, &index);
}

static void note(const struct dp_link *link, const struct sluice_link *port,
		 const struct link_info *info, uint32_t flags)
{
	if (port->flags != flags)
		journal_note(JOURNAL_LINK, link->name,
			     flags & SLUICE_LINK_UP ? "up"
			     : info->up             ? "down: no carrier"
						    : "down");
	if (port->mtu != info->mtu)
		journal_note(JOURNAL_LINK, link->name, "mtu %u, was %u", info->mtu, port->mtu);
}

int port_set(struct dataplane *dataplane, struct dp_link *link, const struct link_info *info)
{
	struct bpf_devmap_val value = { .ifindex = info->ifindex };
	uint32_t flags = info->up && info->carrier ? SLUICE_LINK_UP : 0;
	bool is_new = !link->index;
	struct sluice_link *port;

	if (is_new)
		link->index = port_find(dataplane, info->ifindex);
	if (!link->index)
		link->index = find_free(dataplane);
	if (!link->index)
		link->index = find_any_alias(dataplane);
	if (!link->index)
		return -ENOSPC;
	port = &dataplane->ports[link->index];
	if (port->ifindex != info->ifindex) {
		clear(dataplane, link->index);
		is_new = true;
	}
	if (is_new && bpf_map_update_elem(dataplane->tables[MAP_LINK_PORTS].fd, &link->index,
					  &value, BPF_ANY))
		return -errno;
	if (!is_new)
		note(link, port, info, flags);
	set_station(port, info);
	__atomic_store_n(&port->mtu, info->mtu, __ATOMIC_RELEASE);
	__atomic_store_n(&port->ifindex, info->ifindex, __ATOMIC_RELEASE);
	copy_station(dataplane, port);
	__atomic_store_n(&port->flags, flags, __ATOMIC_RELEASE);
	copy_to_aliases(dataplane, link->index);
	/* Words of hops behind an interface that was made again may lead to this row now. */
	if (is_new)
		hops_publish(dataplane);
	return 0;
}

void port_on_message(struct dataplane *dataplane, const struct nlmsghdr *message)
{
	struct link_info info;
	uint32_t index;

	link_read(message, &info);
	index = port_find(dataplane, info.ifindex);
	if (!index || message->nlmsg_type != RTM_NEWLINK || !info.has_mac)
		return;
	set_station(&dataplane->ports[index], &info);
	copy_station(dataplane, &dataplane->ports[index]);
	copy_to_aliases(dataplane, index);
}

int port_alias(struct dataplane *dataplane, const struct link_info *info, uint32_t link)
{
	struct bpf_devmap_val value = { .ifindex = dataplane->ports[link].ifindex };
	uint32_t index = find_row(dataplane, info->ifindex);

	if (!index)
		index = find_free(dataplane);
	if (!index)
		return -ENOSPC;
	if (is_links(dataplane, index))
		return -EBUSY;
	if (dataplane->ports[index].ifindex != info->ifindex)
		clear(dataplane, index);
	if (bpf_map_update_elem(dataplane->tables[MAP_LINK_PORTS].fd, &index, &value, BPF_ANY))
		return -errno;
	dataplane->alias_of[index] = (uint8_t)link;
	copy_link(dataplane, index);
	if (info->has_mac)
		set_station(&dataplane->ports[index], info);
	__atomic_store_n(&dataplane->ports[index].ifindex, info->ifindex, __ATOMIC_RELEASE);
	copy_station(dataplane, &dataplane->ports[index]);
	return 0;
}

void port_unalias(struct dataplane *dataplane, uint32_t index)
{
	clear(dataplane, index);
}

void port_clear(struct dataplane *dataplane, struct dp_link *link)
{
	if (!link->index)
		return;
	for (uint32_t alias = 1; alias < SLUICE_LINKS; alias++) {
		if (dataplane->alias_of[alias] == link->index)
			clear(dataplane, alias);
	}
	clear(dataplane, link->index);
	hops_publish(dataplane);
}

void ports_let_go(struct dataplane *dataplane)
{
	for (uint32_t index = 1; index < SLUICE_LINKS; index++) {
		if (dataplane->ports[index].ifindex && !is_taken(dataplane, index))
			clear(dataplane, index);
	}
	hops_publish(dataplane);
}
