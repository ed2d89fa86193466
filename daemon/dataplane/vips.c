// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which addresses are ours, and which of their ports belong to which service. An address goes onto
 * an interface only while the program is attached there: without it the local stack would answer.
 */
#include "dataplane/internal.h"
#include "dataplane/transaction.h"

#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <search.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct vip *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

struct vip *vip_find(const struct dataplane *dataplane, uint32_t address)
{
	struct vip key = { .address = address };
	void *node = tfind(&key, &dataplane->vips.tree, compare);

	return node ? *(struct vip **)node : NULL;
}

static void forget(struct dataplane *dataplane, uint32_t address)
{
	struct vip *vip = vip_find(dataplane, address);

	if (!vip)
		return;
	vip_well(dataplane, vip);
	tdelete(vip, &dataplane->vips.tree, compare);
	free(vip);
}

void vips_open(struct dataplane *dataplane)
{
	TAILQ_INIT(&dataplane->vips.ailing);
}

void vips_close(struct dataplane *dataplane)
{
	tdestroy(dataplane->vips.tree, free);
	dataplane->vips.tree = NULL;
}

/* 1: it is new, 0: it was there. An address that is on the gateway without our tag was there before
 * us, and its other ports stay with the local stack. */
static int set_address_line(struct dataplane *dataplane, uint32_t address)
{
	const struct dp_address *there = addresses_find(&dataplane->addresses, address);
	bool pass = dataplane->config->unmatched_pass || (there && there->tag != ADDRESS_TAG);

	return vip_address_set(dataplane, address,
			       pass ? SLUICE_VIP_PASS_UNMATCHED : SLUICE_VIP_DROP_UNMATCHED);
}

/* --- addresses --- */

static unsigned int choose_interface(const struct dataplane *dataplane, uint32_t address)
{
	const struct config *config = dataplane->config;
	unsigned int ifindex = addresses_connected(&dataplane->addresses, address);

	if (ifindex)
		return ifindex;
	if (*config->vip_interface)
		return if_nametoindex(config->vip_interface);
	return config->interface_count ? if_nametoindex(config->interfaces[0]) : 0;
}

int vip_put(struct dataplane *dataplane, struct vip *vip, char *why, size_t why_size)
{
	const struct dp_address *there = addresses_find(&dataplane->addresses, vip->address);
	struct address address = address_from_be32(vip->address);
	char text[ADDRESS_TEXT];
	unsigned int ifindex;
	int error;

	if (there) {
		vip_there(dataplane, vip, there->ifindex);
		return 0;
	}
	address_format(&address, text);
	ifindex = *vip->interface ? if_nametoindex(vip->interface)
				  : choose_interface(dataplane, vip->address);
	if (!ifindex && *vip->interface)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "interface %s, which had the address %s, is gone", vip->interface,
			       text);
	if (!ifindex)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "no interface to put the address %s on: set vip_interface", text);
	error = address_put(&dataplane->netlink, ifindex, vip->address);
	if (error && error != -EEXIST)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "cannot put the address %s on interface %u: %s", text, ifindex,
			       strerror(-error));
	vip_there(dataplane, vip, ifindex);
	vip_announce(dataplane, vip);
	return !error;
}

struct put_all {
	struct dataplane *dataplane;
	int error;
	char *why;
	size_t why_size;
};

static void put_one(const void *node, VISIT visit, void *arg)
{
	struct put_all *all = arg;
	int error;

	if (visit != postorder && visit != leaf)
		return;
	error = vip_put(all->dataplane, *(struct vip *const *)node, all->why, all->why_size);
	if (error < 0 && !all->error)
		all->error = error;
}

int vips_put(struct dataplane *dataplane, char *why, size_t why_size)
{
	struct put_all all = { .dataplane = dataplane, .why = why, .why_size = why_size };

	dp_catch_up(dataplane);
	twalk_r(dataplane->vips.tree, put_one, &all);
	return all.error;
}

static int take_off(struct dataplane *dataplane, uint32_t address)
{
	dp_catch_up(dataplane);
	for (size_t i = 0; i < dataplane->addresses.count; i++) {
		const struct dp_address *item = &dataplane->addresses.items[i];
		int error = 0;

		if (item->address == address && item->tag == ADDRESS_TAG)
			error = address_remove(&dataplane->netlink, item);
		if (error)
			return error;
	}
	return 0;
}

void vips_withdraw(struct dataplane *dataplane)
{
	const struct addresses *addresses = &dataplane->addresses;

	dp_catch_up(dataplane);
	for (size_t i = 0; i < addresses->count; i++) {
		const struct dp_address *item = &addresses->items[i];

		if (item->tag == ADDRESS_TAG && vip_find(dataplane, item->address) &&
		    address_remove(&dataplane->netlink, item))
			log_warning(DOMAIN, "a VIP address stays on its interface after a bypass");
	}
}

int vip_remove(struct dataplane *dataplane, uint32_t address)
{
	int error;

	if (vip_find(dataplane, address))
		return 0;
	/* The line goes last: without it the local stack would answer for the address. */
	error = take_off(dataplane, address);
	if (!error)
		vip_address_delete(dataplane, address);
	return error;
}

/* --- staging --- */

int dp_stage_vip(struct dp_transaction *transaction, const struct address *vip, char *why,
		 size_t why_size)
{
	struct dataplane *dataplane = transaction->dataplane;
	struct vip *item;
	uint32_t address = address_be32(vip);
	int line, there = 0;

	if (vip->family != 4)
		return dp_fail(why, why_size, ERR_INTERNAL, "the data plane has IPv4 only");
	dp_catch_up(dataplane);
	if (vip_find(dataplane, address))
		return 0;
	line = set_address_line(dataplane, address);
	if (line < 0)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "the table of VIPs takes no more (tables.vips = %u): %s",
			       dataplane->tables[MAP_VIPS].size, strerror(-line));
	item = memory_new(1, sizeof(*item));
	item->address = address;
	tsearch(item, &dataplane->vips.tree, compare);
	if (dataplane->attached)
		there = vip_put(dataplane, item, why, why_size);
	if (there < 0) {
		vip_unstage(dataplane, address, line, false);
		return there;
	}
	step_add(transaction,
		 &(struct step){
			 .kind = STEP_VIP,
			 .vip = { .address = address, .line = line > 0, .put = there > 0 } });
	return 0;
}

void vip_unstage(struct dataplane *dataplane, uint32_t address, bool line, bool put_there)
{
	forget(dataplane, address);
	if (line)
		retry_do(dataplane, &(struct retry){ .kind = RETRY_VIP, .address = address });
	else if (put_there && take_off(dataplane, address))
		log_warning(DOMAIN, "an address stays on its interface after an undone change");
}

void dp_drop_vip(struct dataplane *dataplane, const struct address *vip)
{
	uint32_t address = address_be32(vip);

	forget(dataplane, address);
	retry_do(dataplane, &(struct retry){ .kind = RETRY_VIP, .address = address });
}

static bool is_current(struct dataplane *dataplane, const struct endpoint *listener, uint16_t id)
{
	const struct sluice_service *service = &dataplane->services[id];

	return id && id < dataplane->tables[MAP_SERVICES].size &&
	       dataplane->index.staged_service[id] && service->vip == listener->address &&
	       service->port == listener->port && service->protocol == listener->protocol;
}

void vips_reconcile(struct dataplane *dataplane)
{
	const struct dp_table *table = &dataplane->tables[MAP_VIPS];
	size_t count;
	uint32_t *addresses = vip_addresses(table->memory, table->size, &count);

	for (size_t i = 0; i < count; i++) {
		if (!vip_find(dataplane, addresses[i]))
			retry_do(dataplane,
				 &(struct retry){ .kind = RETRY_VIP, .address = addresses[i] });
	}
	free(addresses);
	vip_lines_repair(dataplane, is_current);
}
