// SPDX-License-Identifier: BSD-2-Clause
/*
 * The next hop of every backend is kept resolved, so that its first packet need not wait. A target
 * is a backend's address; a hop is the neighbour that its route leads to, shared by many targets
 * behind one router (hops.c).
 */
#include "dataplane/hops.h"

#include "base/memory.h"

#include <linux/rtnetlink.h>
#include <search.h>
#include <string.h>

#define RECHECKS 512 /* route look-ups a tick */

struct target {
	uint32_t address; /* the key */
	uint32_t first; /* of the backends that are there; 0: none */
	struct hop *hop; /* NULL: no route, or none needed */
	bool is_local; /* an address of this host: needs no hop */
	TAILQ_ENTRY(target) entry;
	bool rechecking;
};

static int compare_targets(const void *a, const void *b)
{
	const struct target *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

/* --- targets --- */

struct route {
	unsigned int ifindex;
	uint32_t gateway;
	uint8_t type;
};

static int on_route_attribute(const struct nlattr *attribute, void *arg)
{
	struct route *route = arg;

	if (mnl_attr_get_type(attribute) == RTA_OIF)
		route->ifindex = mnl_attr_get_u32(attribute);
	else if (mnl_attr_get_type(attribute) == RTA_GATEWAY)
		route->gateway = mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct route *route = arg;

	route->type = header->rtm_type;
	mnl_attr_parse(message, sizeof(*header), on_route_attribute, route);
	return MNL_CB_OK;
}

static int find_route(struct netlink *netlink, uint32_t address, struct route *route)
{
	char buffer[NETLINK_MESSAGE];
	void *memory;
	struct nlmsghdr *message =
		netlink_message(buffer, RTM_GETROUTE, 0, sizeof(struct rtmsg), &memory);
	struct rtmsg *header = memory;

	header->rtm_family = AF_INET;
	header->rtm_dst_len = 32;
	mnl_attr_put_u32(message, RTA_DST, address);
	memset(route, 0, sizeof(*route));
	return netlink_request(netlink, message, on_route, route);
}

static uint16_t index_of(struct dataplane *dataplane, struct hop *hop)
{
	if (!hop)
		return 0;
	if (!hop->index) {
		hop->index = hop_index_new(dataplane);
		hop_publish(dataplane, hop);
	}
	return hop->index;
}

static void write_hop(struct dataplane *dataplane, uint32_t backend, uint16_t index)
{
	__atomic_store_n(&dataplane->backends[backend].hop, index, __ATOMIC_RELEASE);
}

static void write_hops(struct dataplane *dataplane, const struct target *target)
{
	uint16_t index = index_of(dataplane, target->hop);

	for (uint32_t id = target->first; id; id = dataplane->index.after[id])
		write_hop(dataplane, id, index);
}

/* Follows the route as it is now. */
static void settle(struct dataplane *dataplane, struct target *target)
{
	struct hop *old = target->hop;
	struct route route;
	int error = find_route(&dataplane->netlink, target->address, &route);

	target->hop = NULL;
	target->is_local = !error && route.type == RTN_LOCAL;
	if (!error && route.type == RTN_UNICAST && route.ifindex)
		target->hop = hop_get(dataplane, route.ifindex,
				      route.gateway ? route.gateway : target->address);
	if (target->hop != old)
		write_hops(dataplane, target);
	hop_put(dataplane, old);
}

static struct target *find_target(const struct neighbours *neighbours, uint32_t address)
{
	struct target key = { .address = address };
	void *node = tfind(&key, &neighbours->target_tree, compare_targets);

	return node ? *(struct target **)node : NULL;
}

/* --- the backends of a target --- */

static void link_backend(struct dataplane *dataplane, struct target *target, uint32_t id)
{
	struct dp_index *index = &dataplane->index;

	index->before[id] = 0;
	index->after[id] = target->first;
	if (target->first)
		index->before[target->first] = id;
	target->first = id;
}

static void unlink_backend(struct dataplane *dataplane, struct target *target, uint32_t id)
{
	struct dp_index *index = &dataplane->index;

	if (index->before[id])
		index->after[index->before[id]] = index->after[id];
	else
		target->first = index->after[id];
	if (index->after[id])
		index->before[index->after[id]] = index->before[id];
	index->before[id] = index->after[id] = 0;
}

void neighbours_want(struct dataplane *dataplane, uint32_t backend)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	uint32_t address = dataplane->backends[backend].address;
	struct target *target = find_target(neighbours, address);

	if (!target) {
		target = memory_new(1, sizeof(*target));
		target->address = address;
		tsearch(target, &neighbours->target_tree, compare_targets);
		TAILQ_INSERT_TAIL(&neighbours->settled, target, entry);
		neighbours->target_count++;
		settle(dataplane, target);
	}
	link_backend(dataplane, target, backend);
	write_hop(dataplane, backend, index_of(dataplane, target->hop));
}

void neighbours_release(struct dataplane *dataplane, uint32_t backend)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	struct target *target = find_target(neighbours, dataplane->backends[backend].address);

	if (!target)
		return;
	unlink_backend(dataplane, target, backend);
	write_hop(dataplane, backend, 0);
	if (target->first)
		return;
	TAILQ_REMOVE(target->rechecking ? &neighbours->recheck : &neighbours->settled, target,
		     entry);
	tdelete(target, &neighbours->target_tree, compare_targets);
	neighbours->target_count--;
	hop_put(dataplane, target->hop);
	free(target);
}

static bool is_ready(const struct target *target)
{
	return target->is_local || (target->hop && target->hop->is_resolved);
}

/* Routes to our own addresses say nothing of where packets leave. */
void neighbours_on_route(struct dataplane *dataplane, const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);

	dataplane->neighbours.stale = true;
	if (header->rtm_type != RTN_LOCAL && header->rtm_type != RTN_BROADCAST)
		dataplane->neighbours.rotate = true;
}

bool dataplane_hop_ready(const struct dataplane *dataplane, const struct address *address)
{
	const struct target *target = find_target(&dataplane->neighbours, address_be32(address));

	return target && is_ready(target);
}

/* --- what changes --- */

void neighbours_resync(struct dataplane *dataplane)
{
	dataplane->neighbours.stale = true;
	dataplane->neighbours.rotate = true;
	hops_resync(dataplane);
}

static void recheck(struct dataplane *dataplane)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	struct target *target;

	if (neighbours->stale) {
		neighbours->stale = false;
		TAILQ_FOREACH(target, &neighbours->settled, entry)
		target->rechecking = true;
		TAILQ_CONCAT(&neighbours->recheck, &neighbours->settled, entry);
	}
	for (int i = 0; i < RECHECKS && (target = TAILQ_FIRST(&neighbours->recheck)); i++) {
		TAILQ_REMOVE(&neighbours->recheck, target, entry);
		TAILQ_INSERT_TAIL(&neighbours->settled, target, entry);
		target->rechecking = false;
		settle(dataplane, target);
	}
}

void neighbours_tick(struct dataplane *dataplane)
{
	recheck(dataplane);
	fronts_tick(dataplane);
	hops_tick(dataplane);
}

void neighbours_open(struct dataplane *dataplane)
{
	struct neighbours *neighbours = &dataplane->neighbours;

	TAILQ_INIT(&neighbours->settled);
	TAILQ_INIT(&neighbours->recheck);
	TAILQ_INIT(&neighbours->resolved);
	TAILQ_INIT(&neighbours->unresolved);
	TAILQ_INIT(&neighbours->fronts);
}

/* The kernel's entries stay managed: forwarding goes on without us. */
void neighbours_close(struct dataplane *dataplane)
{
	tdestroy(dataplane->neighbours.target_tree, free);
	tdestroy(dataplane->neighbours.hop_tree, free);
}

static void note_unresolved(const struct targets *targets, struct dataplane_status *out)
{
	const struct target *target;

	TAILQ_FOREACH(target, targets, entry)
	{
		if (is_ready(target))
			continue;
		if (out->unresolved_count < sizeof(out->unresolved) / sizeof(out->unresolved[0]))
			out->unresolved[out->unresolved_count] = address_from_be32(target->address);
		out->unresolved_count++;
	}
}

void neighbours_status(const struct dataplane *dataplane, struct dataplane_status *out)
{
	note_unresolved(&dataplane->neighbours.settled, out);
	note_unresolved(&dataplane->neighbours.recheck, out);
}

static void note_fault(struct target_faults *faults, const struct target *target)
{
	if (faults->count++)
		return;
	faults->address = target->address;
	faults->ifindex = target->hop ? target->hop->ifindex : 0;
}

static void note_faults(const struct dataplane *dataplane, const struct targets *targets,
			struct target_faults *local, struct target_faults *astray)
{
	const struct target *target;

	TAILQ_FOREACH(target, targets, entry)
	{
		if (target->is_local)
			note_fault(local, target);
		else if (target->hop && !port_find(dataplane, target->hop->ifindex))
			note_fault(astray, target);
	}
}

void neighbours_faults(const struct dataplane *dataplane, struct target_faults *local,
		       struct target_faults *astray)
{
	note_faults(dataplane, &dataplane->neighbours.settled, local, astray);
	note_faults(dataplane, &dataplane->neighbours.recheck, local, astray);
}
