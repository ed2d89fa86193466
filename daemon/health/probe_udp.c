// SPDX-License-Identifier: BSD-2-Clause
/*
 * UDP: one datagram. ICMP's word that it can not arrive is failure; where an answer is expected it
 * must be that one, and come; where none is, silence is good.
 */
#include "health/probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_MAX 256

/* Without it the kernel keeps to itself that a host or a network is unreachable. */
static void prepare(const struct probe *probe)
{
	const int on = 1;

	if (probe->check->spec.address.family == 4)
		setsockopt(probe->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	else
		setsockopt(probe->fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
}

static int open_with_request(struct probe *probe)
{
	const char *request = probe->check->spec.request;
	/* An empty datagram is one that many things on the way do not pass on: its closing zero goes. */
	size_t size = *request ? strlen(request) : 1;

	return send(probe->fd, request, size, MSG_NOSIGNAL) < 0 ? errno : 0;
}

static bool ready(struct probe *probe, struct outcome *outcome)
{
	const char *expect = probe->check->spec.expect;
	char answer[ANSWER_MAX];
	ssize_t size = recv(probe->fd, answer, sizeof(answer), MSG_TRUNC);
	bool same;

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (size < 0) {
		*outcome = probe_error(probe, errno);
		return true;
	}
	same = (size_t)size == strlen(expect) && (size_t)size <= sizeof(answer) &&
	       !memcmp(answer, expect, (size_t)size);
	*outcome = (struct outcome){ .kind = OUTCOME_DIFFERS };
	if (!*expect || same)
		*outcome = (struct outcome){ .kind = OUTCOME_ANSWERED, .good = true };
	return true;
}

static struct outcome silent(const struct probe *probe)
{
	if (*probe->check->spec.expect)
		return probe_timed_out(probe);
	return (struct outcome){ .kind = OUTCOME_NOT_REFUSED, .good = true };
}

const struct probe_kind probe_udp = {
	.socket_type = SOCK_DGRAM,
	.awaits = EPOLLIN,
	.looks = 1,
	.prepare = prepare,
	.open = open_with_request,
	.ready = ready,
	.silent = silent,
};
