// SPDX-License-Identifier: BSD-2-Clause
/* TCP: the handshake is the answer. Nothing is said, and the server's program does not even wake. */
#include "health/probe.h"

#include <event2/event.h>
#include <sys/socket.h>

static bool ready(struct probe *probe, short what, struct outcome *outcome)
{
	int error = 0;
	socklen_t size = sizeof(error);

	(void)what;
	getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	*outcome = (struct outcome){ .kind = OUTCOME_CONNECTED, .good = true };
	if (error)
		*outcome = probe_error(probe, error);
	return true;
}

const struct probe_kind probe_tcp = {
	.socket_type = SOCK_STREAM,
	.awaits = EV_WRITE,
	.prepare = probe_prepare_tcp,
	.ready = ready,
	.silent = probe_timed_out,
};
