/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The gateway's own addresses. Nobody else may send from them, and what is sent to them is the
 * gateway's own traffic, its probes of the backends for one.
 */
#ifndef SLUICE_BPF_LOCAL_H
#define SLUICE_BPF_LOCAL_H

#include "line.h"
#include "maps.h"

#define LOCAL_ABOVE 32 /* bits of an item that are no address */

/* True if an address, of this hash, is the gateway's own, and not a VIP that Sluice has put there. */
static __always_inline bool local_address(__u64 hash, __be32 address)
{
	__u32 home = sluice_scale(hash, SLUICE_LOCAL_LINES);

	return line_find(locals_at(0), home, (home + 1) % SLUICE_LOCAL_LINES, address, LOCAL_ABOVE);
}

#endif
