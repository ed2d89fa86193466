// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ways out as packets use them: a row a link, and the same index in the map by which frames are
 * redirected. Words of hops name rows, so an interface keeps its row as long as it is ours.
 */
#include "dataplane/hops.h"

#include "base/journal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

uint32_t port_find(const struct dataplane *dataplane, unsigned int ifindex)
{
	for (uint32_t index = 1; ifindex && index < SLUICE_LINKS; index++) {
		if (dataplane->ports[index].ifindex == ifindex)
			return index;
	}
	return 0;
}

static bool is_taken(const struct dataplane *dataplane, uint32_t index)
{
	for (size_t i = 0; i < dataplane->link_count; i++) {
		if (dataplane->links[i].index == index)
			return true;
	}
	return false;
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

static void set_station(struct sluice_link *port, const struct link_info *info)
{
	uint64_t word = 0;

	memcpy(&word, info->mac, sizeof(info->mac));
	word_store(&port->station, word);
}

/* Of interfaces that share a place the first one has it; packets look into the rows for the others. */
static void copy_station(struct dataplane *dataplane, const struct sluice_link *port)
{
	__u64 *place = &dataplane->state->stations[port->ifindex % SLUICE_STATIONS];
	uint16_t holder = (uint16_t)*place;

	if (holder == (uint16_t)port->ifindex || !port_find(dataplane, holder))
		word_store(place, port->station << 16 | (uint16_t)port->ifindex);
}

static void clear(struct dataplane *dataplane, uint32_t index)
{
	struct sluice_link *port = &dataplane->ports[index];

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
}

void port_clear(struct dataplane *dataplane, struct dp_link *link)
{
	if (!link->index)
		return;
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
