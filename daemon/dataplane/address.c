// SPDX-License-Identifier: BSD-2-Clause
/*
 * IPv4 addresses on interfaces. Ours carry a tag (IFA_PROTO), so that they are known as ours after
 * a restart, and those that were there before us are never touched.
 */
#include "dataplane/internal.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct found {
	uint32_t address;
	uint8_t tag;
	bool local;
};

static int on_attribute(const struct nlattr *attribute, void *arg)
{
	struct found *found = arg;
	unsigned int type = mnl_attr_get_type(attribute);

	/* IFA_ADDRESS is the other end on point-to-point links, else the same. */
	if (type == IFA_LOCAL || (type == IFA_ADDRESS && !found->local))
		found->address = mnl_attr_get_u32(attribute);
	if (type == IFA_LOCAL)
		found->local = true;
	if (type == IFA_PROTO)
		found->tag = mnl_attr_get_u8(attribute);
	return MNL_CB_OK;
}

static struct dp_address *same(const struct addresses *addresses, const struct dp_address *wanted)
{
	for (size_t i = 0; i < addresses->count; i++) {
		struct dp_address *item = &addresses->items[i];

		if (item->address == wanted->address && item->ifindex == wanted->ifindex &&
		    item->prefix == wanted->prefix)
			return item;
	}
	return NULL;
}

static void add(struct addresses *addresses, const struct dp_address *address)
{
	struct dp_address *item = same(addresses, address);

	if (!item) {
		if (addresses->count == addresses->capacity) {
			addresses->capacity = addresses->capacity ? 2 * addresses->capacity : 64;
			addresses->items = memory_resize(addresses->items, addresses->capacity,
							 sizeof(*addresses->items));
		}
		item = &addresses->items[addresses->count++];
	}
	*item = *address;
}

bool addresses_on_message(struct addresses *addresses, const struct nlmsghdr *message,
			  struct dp_address *about)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	struct found found = { 0 };
	struct dp_address *item;

	*about = (struct dp_address){ 0 };
	if (header->ifa_family != AF_INET)
		return true;
	mnl_attr_parse(message, sizeof(*header), on_attribute, &found);
	*about = (struct dp_address){
		.ifindex = header->ifa_index,
		.address = found.address,
		.prefix = header->ifa_prefixlen,
		.tag = found.tag,
	};
	if (message->nlmsg_type == RTM_NEWADDR) {
		add(addresses, about);
		return found.tag == ADDRESS_TAG;
	}
	item = same(addresses, about);
	if (item)
		*item = addresses->items[--addresses->count];
	return found.tag == ADDRESS_TAG;
}

static int on_address(const struct nlmsghdr *message, void *arg)
{
	struct dp_address about;

	(void)addresses_on_message(arg, message, &about);
	return MNL_CB_OK;
}

int addresses_load(struct netlink *netlink, struct addresses *addresses)
{
	int error = -EINTR;

	/* EINTR: the list changed while it was read. */
	for (int tries = 0; error == -EINTR && tries < 10; tries++) {
		char buffer[NETLINK_MESSAGE];
		void *header;
		struct nlmsghdr *message = netlink_message(buffer, RTM_GETADDR, NLM_F_DUMP,
							   sizeof(struct ifaddrmsg), &header);

		((struct ifaddrmsg *)header)->ifa_family = AF_INET;
		addresses->count = 0;
		error = netlink_request(netlink, message, on_address, addresses);
	}
	return error;
}

const struct dp_address *addresses_find(const struct addresses *addresses, uint32_t address)
{
	for (size_t i = 0; i < addresses->count; i++) {
		if (addresses->items[i].address == address)
			return &addresses->items[i];
	}
	return NULL;
}

unsigned int addresses_connected(const struct addresses *addresses, uint32_t address)
{
	const struct dp_address *best = NULL;

	for (size_t i = 0; i < addresses->count; i++) {
		const struct dp_address *item = &addresses->items[i];
		uint32_t mask = item->prefix ? htonl(~0U << (32 - item->prefix)) : 0;

		if (item->prefix == 0 || item->prefix == 32 || (item->address ^ address) & mask)
			continue;
		if (!best || item->prefix > best->prefix)
			best = item;
	}
	return best ? best->ifindex : 0;
}

static struct nlmsghdr *request(char buffer[static NETLINK_MESSAGE], unsigned int type,
				unsigned int flags, const struct dp_address *address)
{
	void *memory;
	struct nlmsghdr *message =
		netlink_message(buffer, type, flags, sizeof(struct ifaddrmsg), &memory);
	struct ifaddrmsg *header = memory;

	header->ifa_family = AF_INET;
	header->ifa_prefixlen = address->prefix;
	header->ifa_scope = RT_SCOPE_UNIVERSE;
	header->ifa_index = address->ifindex;
	mnl_attr_put_u32(message, IFA_LOCAL, address->address);
	mnl_attr_put_u32(message, IFA_ADDRESS, address->address);
	return message;
}

int address_put(struct netlink *netlink, unsigned int ifindex, uint32_t address)
{
	struct dp_address wanted = { .ifindex = ifindex, .address = address, .prefix = 32 };
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *message = request(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &wanted);

	mnl_attr_put_u8(message, IFA_PROTO, ADDRESS_TAG);
	return netlink_request(netlink, message, NULL, NULL);
}

int address_remove(struct netlink *netlink, const struct dp_address *address)
{
	char buffer[NETLINK_MESSAGE];
	int error = netlink_request(netlink, request(buffer, RTM_DELADDR, 0, address), NULL, NULL);

	return error == -EADDRNOTAVAIL || error == -ENODEV ? 0 : error;
}
