/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two rtnetlink sockets: one for requests, answered before the call returns, and one on which the
 * kernel tells what changes. The only user of libmnl is this folder.
 */
#ifndef SLUICE_DATAPLANE_NETLINK_H
#define SLUICE_DATAPLANE_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>

struct netlink {
	struct mnl_socket *request;
	struct mnl_socket *monitor; /* NULL: requests only */
	unsigned int sequence;
};

#define NETLINK_MESSAGE 512 /* room for any request we make */

/* 0 or -errno. The monitor is told of links, addresses, neighbours and routes (IPv4). */
int netlink_open(struct netlink *netlink, bool monitor);
/* What was never opened (all zero) is fine. */
void netlink_close(struct netlink *netlink);

/* A request of `type` with a zeroed family header of `header` bytes, in `buffer`. */
struct nlmsghdr *netlink_message(char buffer[static NETLINK_MESSAGE], unsigned int type,
				 unsigned int flags, size_t header, void **family);
/* Sends it and reads the whole answer, a dump included; `each` (may be NULL) sees each message. 0
 * or -errno as the kernel says. */
int netlink_request(struct netlink *netlink, struct nlmsghdr *message, mnl_cb_t each, void *arg);
/* Hands what the monitor has in store to `each`. 0, or -ENOBUFS when the kernel had to leave
 * messages out, so that the caller must ask for everything anew. */
int netlink_monitor(struct netlink *netlink, mnl_cb_t each, void *arg);

#endif
