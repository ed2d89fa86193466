// SPDX-License-Identifier: BSD-2-Clause
/* TCP: the handshake is the answer. Nothing is said, and the server's program does not even wake. */
#include "health/probe.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static uint8_t state_of(int fd)
{
	struct tcp_info info = { .tcpi_state = TCP_CLOSE };
	socklen_t size = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	return info.tcpi_state;
}

static bool ready(struct probe *probe, struct outcome *outcome)
{
	uint8_t state = state_of(probe->fd);
	int error = 0;
	socklen_t size = sizeof(error);

	if (state == TCP_SYN_SENT || state == TCP_SYN_RECV)
		return false;
	if (state == TCP_CLOSE)
		getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	*outcome = (struct outcome){ .kind = OUTCOME_CONNECTED, .good = true };
	if (error)
		*outcome = probe_error(probe, error);
	return true;
}

const struct probe_kind probe_tcp = {
	.socket_type = SOCK_STREAM,
	.awaits = EPOLLOUT,
	.looks = 1,
	.prepare = probe_prepare_tcp,
	.ready = ready,
	.silent = probe_timed_out,
};
