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
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static bool is_staged(const struct dataplane *dataplane, uint32_t address)
{
	return tfind(&address, &dataplane->vips, compare) != NULL;
}

static void forget(struct dataplane *dataplane, uint32_t address)
{
	void *node = tfind(&address, &dataplane->vips, compare);
	uint32_t *item = node ? *(uint32_t **)node : NULL;

	if (!item)
		return;
	tdelete(&address, &dataplane->vips, compare);
	free(item);
}

void vips_close(struct dataplane *dataplane)
{
	tdestroy(dataplane->vips, free);
	dataplane->vips = NULL;
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

/* 1: it is new, 0: it was there. */
static int put(struct dataplane *dataplane, uint32_t be32, char *why, size_t why_size)
{
	struct address address = address_from_be32(be32);
	char text[ADDRESS_TEXT];
	unsigned int ifindex;
	int error;

	if (addresses_find(&dataplane->addresses, be32))
		return 0;
	address_format(&address, text);
	ifindex = choose_interface(dataplane, be32);
	if (!ifindex)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "no interface to put the address %s on: set vip_interface", text);
	error = address_put(&dataplane->netlink, ifindex, be32);
	if (error && error != -EEXIST)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "cannot put the address %s on interface %u: %s", text, ifindex,
			       strerror(-error));
	address_announce(&dataplane->netlink, ifindex, be32);
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
	error = put(all->dataplane, **(const uint32_t *const *)node, all->why, all->why_size);
	if (error < 0 && !all->error)
		all->error = error;
}

int vips_put(struct dataplane *dataplane, char *why, size_t why_size)
{
	struct put_all all = { .dataplane = dataplane, .why = why, .why_size = why_size };

	dp_catch_up(dataplane);
	twalk_r(dataplane->vips, put_one, &all);
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

int vip_remove(struct dataplane *dataplane, uint32_t address)
{
	int error;

	if (is_staged(dataplane, address))
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
	uint32_t address = address_be32(vip), *item;
	int line, there = 0;

	if (vip->family != 4)
		return dp_fail(why, why_size, ERR_INTERNAL, "the data plane has IPv4 only");
	dp_catch_up(dataplane);
	if (is_staged(dataplane, address))
		return 0;
	line = set_address_line(dataplane, address);
	if (line < 0)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "the table of VIPs takes no more (tables.vips = %u): %s",
			       dataplane->tables[MAP_VIPS].size, strerror(-line));
	if (dataplane->attached)
		there = put(dataplane, address, why, why_size);
	if (there < 0) {
		vip_unstage(dataplane, address, line, false);
		return there;
	}
	item = memory_copy(&address, 1, sizeof(address));
	tsearch(item, &dataplane->vips, compare);
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
		if (!is_staged(dataplane, addresses[i]))
			retry_do(dataplane,
				 &(struct retry){ .kind = RETRY_VIP, .address = addresses[i] });
	}
	free(addresses);
	vip_lines_repair(dataplane, is_current);
}
