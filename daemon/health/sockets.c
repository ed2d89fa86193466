// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two stacks: the one that was left last is the one that the processor still knows. The kernel would have
 * a socket count on where its last connection ended, so that one server could tell what another is to
 * expect; set to 0, the count begins anew by the kernel's own secret, as for a new socket.
 */
#include "health/sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockets_family *of_family(struct sockets *sockets, uint8_t family)
{
	return &sockets->families[family == 6];
}

int sockets_take(struct sockets *sockets, uint8_t family)
{
	struct sockets_family *kept = of_family(sockets, family);

	return kept->count ? kept->fds[--kept->count] : -1;
}

static bool set(int fd, int option, int value)
{
	return !setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
}

/* The queue that is chosen stays so, and where it begins can be set whenever there is no connection. */
static bool choose_queue(int fd)
{
	return set(fd, TCP_REPAIR, TCP_REPAIR_ON) && set(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE) &&
	       set(fd, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
}

bool sockets_keep(struct sockets *sockets, uint8_t family, int fd, bool fresh)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct sockets_family *kept = of_family(sockets, family);

	if (kept->count == SOCKETS_MAX || connect(fd, &nowhere, sizeof(nowhere)) ||
	    (fresh && !choose_queue(fd)) || !set(fd, TCP_QUEUE_SEQ, 0))
		return false;
	kept->fds[kept->count++] = fd;
	return true;
}

uint32_t sockets_count(const struct sockets *sockets)
{
	return sockets->families[0].count + sockets->families[1].count;
}

void sockets_close(struct sockets *sockets)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct sockets_family *kept = &sockets->families[i];

		while (kept->count)
			close(kept->fds[--kept->count]);
	}
}
