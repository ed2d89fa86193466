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

#include <bpf/bpf.h>
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

/* --- lines --- */

static struct sluice_vip_key address_key(uint32_t address)
{
	return (struct sluice_vip_key){ .address = address };
}

static int delete_line(struct dataplane *dataplane, const struct sluice_vip_key *key)
{
	if (bpf_map_delete_elem(dataplane->tables[MAP_VIPS].fd, key) && errno != ENOENT)
		return -errno;
	return 0;
}

uint16_t vip_line_service(const struct dataplane *dataplane, const struct sluice_vip_key *key)
{
	struct sluice_vip line = { 0 };

	if (bpf_map_lookup_elem(dataplane->tables[MAP_VIPS].fd, key, &line))
		return 0;
	return line.service;
}

int vip_line_set(struct dataplane *dataplane, const struct sluice_vip_key *key, uint16_t service)
{
	struct sluice_vip line = { .service = service };

	return bpf_map_update_elem(dataplane->tables[MAP_VIPS].fd, key, &line, BPF_ANY) ? -errno
											: 0;
}

int vip_line_delete(struct dataplane *dataplane, const struct sluice_vip_key *key, uint16_t service)
{
	/* A newer listener may have the port by now. */
	if (vip_line_service(dataplane, key) != service)
		return 0;
	return delete_line(dataplane, key);
}

/* 1: it is new, 0: it was there. An address that is on the gateway without our tag was there before
 * us, and its other ports stay with the local stack. */
static int set_address_line(struct dataplane *dataplane, uint32_t address)
{
	const struct dp_address *there = addresses_find(&dataplane->addresses, address);
	bool pass = dataplane->config->unmatched_pass || (there && there->tag != ADDRESS_TAG);
	struct sluice_vip_key key = address_key(address);
	struct sluice_vip line = { .flags = pass ? SLUICE_VIP_PASS_UNMATCHED : 0 }, old;
	bool known = !bpf_map_lookup_elem(dataplane->tables[MAP_VIPS].fd, &key, &old);

	if (known && old.flags == line.flags)
		return 0;
	if (bpf_map_update_elem(dataplane->tables[MAP_VIPS].fd, &key, &line, BPF_ANY))
		return -errno;
	return !known;
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
	struct sluice_vip_key key = address_key(address);
	int error;

	if (is_staged(dataplane, address))
		return 0;
	/* The line goes last: without it the local stack would answer for the address. */
	error = take_off(dataplane, address);
	return error ? error : delete_line(dataplane, &key);
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
			       "the kernel's table of VIPs takes no more (tables.vips = %u): %s",
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

static bool is_current(const struct dataplane *dataplane, const struct sluice_vip_key *key)
{
	uint16_t id = vip_line_service(dataplane, key);
	const struct sluice_service *service = &dataplane->services[id];

	return id && dataplane->index.staged_service[id] && service->vip == key->address &&
	       service->port == key->port && service->protocol == key->protocol;
}

void vips_reconcile(struct dataplane *dataplane)
{
	size_t count;
	struct sluice_vip_key *keys = map_entries(dataplane->tables[MAP_VIPS].fd, NULL, &count);

	for (size_t i = 0; i < count; i++) {
		struct retry retry = { .kind = RETRY_LINE_DELETE, .line = keys[i] };

		if (!keys[i].protocol && is_staged(dataplane, keys[i].address))
			continue;
		if (keys[i].protocol && is_current(dataplane, &keys[i]))
			continue;
		if (!keys[i].protocol)
			retry = (struct retry){ .kind = RETRY_VIP, .address = keys[i].address };
		else
			retry.service = vip_line_service(dataplane, &keys[i]);
		retry_do(dataplane, &retry);
	}
	free(keys);
}
