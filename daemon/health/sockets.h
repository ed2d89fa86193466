/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP sockets between two probes. To take one that has been connected before and make it connect
 * elsewhere costs the kernel a third less than to close it and to open another.
 */
#ifndef SLUICE_HEALTH_SOCKETS_H
#define SLUICE_HEALTH_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#define SOCKETS_MAX 128 /* of a family: what 5,000 probes a second have on the way, and some more */

/* Zeroed: none. */
struct sockets {
	struct sockets_family {
		int fds[SOCKETS_MAX];
		uint32_t count;
	} families[2];
};

/* One that is not connected, and keeps its options; -1: there is none. */
int sockets_take(struct sockets *sockets, uint8_t family);
/* Resets its connection, and keeps it. False: it is to be closed. `fresh`: has not been kept before. */
bool sockets_keep(struct sockets *sockets, uint8_t family, int fd, bool fresh);
/* How many are kept, each a descriptor. */
uint32_t sockets_count(const struct sockets *sockets);
void sockets_close(struct sockets *sockets);

#endif
