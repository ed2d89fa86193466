// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel runs a bond's program where its slaves receive, and names the slave as the interface that
 * a packet came in by. Without a row of its own a slave would cost each packet a look at all rows, and
 * what is dropped after the verdict would not be counted.
 */
#include "dataplane/internal.h"

#include "base/config.h"
#include "base/log.h"

#include <linux/rtnetlink.h>
#include <string.h>

/* The row of the bond of ours that an interface receives for, 0 for none. */
static uint32_t find_bond(const struct dataplane *dataplane, const struct link_info *info)
{
	/* Generic XDP runs on the bond itself. */
	if (dataplane->config->generic_xdp || strcmp(info->port_of, "bond") != 0)
		return 0;
	return port_find(dataplane, info->master);
}

static void follow(struct dataplane *dataplane, const struct link_info *info, uint32_t bond)
{
	uint32_t alias = port_find_alias(dataplane, info->ifindex);
	bool same = bond == dataplane->alias_of[alias];
	int error;

	if (alias && !same)
		port_unalias(dataplane, alias);
	error = bond ? port_alias(dataplane, info, bond) : 0;
	if (same)
		return;
	if (error)
		log_warning(DOMAIN, "packets of slave=%s take longer, it gets no row: %s",
			    info->name, strerror(-error));
	else
		log_info(DOMAIN, "slave=%s %s its bond", info->name, bond ? "came to" : "left");
}

void bonds_on_message(struct dataplane *dataplane, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct link_info info;

	/* Bridges tell of their ports by messages of their own family, with less in them. */
	if (header->ifi_family != AF_UNSPEC)
		return;
	link_read(message, &info);
	follow(dataplane, &info,
	       message->nlmsg_type == RTM_NEWLINK ? find_bond(dataplane, &info) : 0);
}

struct dump {
	struct dataplane *dataplane;
	bool seen[SLUICE_LINKS];
};

static int on_link(const struct nlmsghdr *message, void *arg)
{
	struct dump *dump = arg;
	struct link_info info;

	link_read(message, &info);
	follow(dump->dataplane, &info, find_bond(dump->dataplane, &info));
	dump->seen[port_find_alias(dump->dataplane, info.ifindex)] = true;
	return MNL_CB_OK;
}

void bonds_resync(struct dataplane *dataplane)
{
	struct dump dump = { .dataplane = dataplane };
	char buffer[NETLINK_MESSAGE];
	void *header;
	struct nlmsghdr *message =
		netlink_message(buffer, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg), &header);
	int error = netlink_request(&dataplane->netlink, message, on_link, &dump);

	if (error) {
		log_warning(DOMAIN, "cannot look for the slaves of bonds: %s", strerror(-error));
		return;
	}
	for (uint32_t index = 1; index < SLUICE_LINKS; index++) {
		if (dataplane->alias_of[index] && !dump.seen[index])
			port_unalias(dataplane, index);
	}
}
