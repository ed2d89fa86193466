// SPDX-License-Identifier: BSD-2-Clause
/* TCP: the handshake is the answer. Nothing is said, and the server's program does not even wake. */
#include "health/probe.h"

#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static void prepare(int fd, const struct check *check)
{
	const int off = 0;

	probe_reset_on_close(fd, check);
	/* The last packet of the handshake is held back, and the reset goes in its stead. */
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off));
}

static bool ready(struct probe *probe, struct outcome *outcome)
{
	if (probe_connected(probe, outcome))
		*outcome = (struct outcome){ .kind = OUTCOME_CONNECTED, .good = true };
	return true;
}

const struct probe_kind probe_tcp = {
	.socket_type = SOCK_STREAM,
	.awaits = EV_WRITE,
	.prepare = prepare,
	.ready = ready,
	.silent = probe_timed_out,
};
