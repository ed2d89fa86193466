// SPDX-License-Identifier: BSD-2-Clause
/* Requests to the kernel's routing sockets, and what it tells by itself. */
#include "dataplane/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define ANSWER_BYTES 32768 /* the kernel never makes a larger part of a dump */
#define ANSWER_S 1
#define MONITOR_BYTES (4 << 20) /* a thousand neighbours may change at once */

static const int monitor_groups[] = {
	RTNLGRP_LINK,
	RTNLGRP_IPV4_IFADDR,
	RTNLGRP_NEIGH,
	RTNLGRP_IPV4_ROUTE,
};

static int monitor_join(struct mnl_socket *socket)
{
	int fd = mnl_socket_get_fd(socket), bytes = MONITOR_BYTES;

	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(monitor_groups) / sizeof(monitor_groups[0]); i++) {
		int group = monitor_groups[i];

		if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) <
		    0)
			return -errno;
	}
	/* A smaller buffer only means more resynchronisation. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int netlink_open(struct netlink *netlink, bool monitor)
{
	const struct timeval patience = { .tv_sec = ANSWER_S };
	int error = 0;

	memset(netlink, 0, sizeof(*netlink));
	netlink->request = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!netlink->request || mnl_socket_bind(netlink->request, 0, MNL_SOCKET_AUTOPID) < 0)
		error = -errno;
	/* The event loop waits for the answer: one that never comes must not hold it for ever. */
	if (!error && setsockopt(mnl_socket_get_fd(netlink->request), SOL_SOCKET, SO_RCVTIMEO,
				 &patience, sizeof(patience)) < 0)
		error = -errno;
	if (!error && monitor) {
		netlink->monitor = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
		error = netlink->monitor ? monitor_join(netlink->monitor) : -errno;
	}
	if (error)
		netlink_close(netlink);
	return error;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->monitor)
		mnl_socket_close(netlink->monitor);
	if (netlink->request)
		mnl_socket_close(netlink->request);
	memset(netlink, 0, sizeof(*netlink));
}

struct nlmsghdr *netlink_message(char buffer[static NETLINK_MESSAGE], unsigned int type,
				 unsigned int flags, size_t header, void **family)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = (__u16)type;
	message->nlmsg_flags = (__u16)(NLM_F_REQUEST | flags);
	*family = mnl_nlmsg_put_extra_header(message, header);
	return message;
}

int netlink_request(struct netlink *netlink, struct nlmsghdr *message, mnl_cb_t each, void *arg)
{
	unsigned int port = mnl_socket_get_portid(netlink->request);
	char answer[ANSWER_BYTES];
	int more = MNL_CB_OK;

	message->nlmsg_seq = ++netlink->sequence;
	/* Its bits alone mean something else in a request that changes things. */
	if ((message->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		message->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(netlink->request, message, message->nlmsg_len) < 0)
		return -errno;
	while (more > MNL_CB_STOP) {
		ssize_t length = mnl_socket_recvfrom(netlink->request, answer, sizeof(answer));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		more = mnl_cb_run(answer, (size_t)length, message->nlmsg_seq, port, each, arg);
		/* The rest of an answer to an earlier request that was given up. */
		if (more < 0 && errno == EPROTO)
			more = MNL_CB_OK;
	}
	return more < 0 ? -errno : 0;
}

int netlink_monitor(struct netlink *netlink, mnl_cb_t each, void *arg)
{
	char messages[ANSWER_BYTES];
	int lost = 0;

	for (;;) {
		ssize_t length = mnl_socket_recvfrom(netlink->monitor, messages, sizeof(messages));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno == ENOBUFS) {
			lost = -ENOBUFS;
			continue;
		}
		if (length < 0)
			return lost;
		(void)mnl_cb_run(messages, (size_t)length, 0, 0, each, arg);
	}
}
