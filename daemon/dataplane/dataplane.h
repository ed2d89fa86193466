/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane as the rest of the daemon sees it: the pinned program, links and maps of one pin
 * directory. The only user of libbpf. Lifecycle: dataplane_open (maps made or taken over),
 * publication of everything the model holds (publish.h) and dataplane_reconciled, dataplane_attach,
 * then transactions, dataplane_tick, and dataplane_close, which leaves the forwarding in place.
 */
#ifndef SLUICE_DATAPLANE_DATAPLANE_H
#define SLUICE_DATAPLANE_DATAPLANE_H

#include "base/address.h"
#include "sluice_maps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct dataplane;

/* Loads the program against the pinned maps, or makes and pins them. Refuses pins of another store
 * (uuid), and live maps when the store is empty, unless config->adopt_pins. Negative with one line
 * in `why` that names what is missing and what to do. */
int dataplane_open(struct dataplane **dataplane, const struct config *config,
		   const uint8_t uuid[16], const uint8_t ring_key[16], bool store_empty, char *why,
		   size_t why_size);
/* Attaches to every configured interface with a pinned link, or swaps the program of a link that
 * is already there; lets go of pinned links of interfaces that are configured no more. */
int dataplane_attach(struct dataplane *dataplane, char *why, size_t why_size);
/* Frees memory and descriptors; forwarding goes on from the pins. NULL is fine. */
void dataplane_close(struct dataplane *dataplane);

/* True if the maps were pinned before this process (flows may live in them). */
bool dataplane_taken_over(const struct dataplane *dataplane);

/* True if the last dp_stage_service failed for want of room in the tables of rings and members that
 * may come within a second, when what earlier switches replaced is free again: try anew then. */
bool dataplane_room_resting(const struct dataplane *dataplane);

/* The generation last used with a backend id, from the pinned map; 0 if never used. */
uint8_t dataplane_generation(const struct dataplane *dataplane, uint32_t backend);

/* What the pinned maps say of a backend: what was known when its word was last written. */
struct dataplane_known {
	uint8_t generation;
	uint8_t state; /* enum sluice_backend_state */
	uint8_t health; /* 0 nothing known, 1 up, 2 down */
};
/* Zeros if it was never used. */
struct dataplane_known dataplane_known(const struct dataplane *dataplane, uint32_t backend);

/* The netlink and ring buffer descriptors that the event loop must watch for reading; returns how
 * many were stored. dataplane_readable serves one of them. */
#define DATAPLANE_DESCRIPTORS 4
size_t dataplane_descriptors(const struct dataplane *dataplane, int fds[DATAPLANE_DESCRIPTORS]);
void dataplane_readable(struct dataplane *dataplane, int fd);
/* Call about ten times a second: frees old ring room after a second, retries what must be retried
 * (VIP addresses, links of interfaces that came back), sweeps a slice of the flow table. */
void dataplane_tick(struct dataplane *dataplane);

/* True once the next hop of this address is resolved, or it needs none. */
bool dataplane_hop_ready(const struct dataplane *dataplane, const struct address *address);

/* Sum over CPUs. */
void dataplane_traffic(const struct dataplane *dataplane, uint32_t backend,
		       struct sluice_traffic *out);
/* Connections of a backend as they are now, and ever scheduled to it. */
void dataplane_load(const struct dataplane *dataplane, uint32_t backend, struct sluice_load *out);
void dataplane_counters(const struct dataplane *dataplane, uint64_t out[SLUICE_COUNT_MAX]);

/* Live flows of a backend at the last complete sweep of the flow table, those that are closing
 * included: what a drain waits for. */
uint32_t dataplane_active_flows(const struct dataplane *dataplane, uint32_t backend);
/* The same by state; flows of UDP count as established. */
struct dataplane_flows {
	uint32_t half_open, established, closing;
};
void dataplane_flows(const struct dataplane *dataplane, uint32_t backend,
		     struct dataplane_flows *out);
/* Number of complete sweeps so far. A sweep that begins after a switch is complete when this has
 * grown by two. */
uint64_t dataplane_sweeps(const struct dataplane *dataplane);

struct dataplane_link_status {
	char name[16];
	const char *mode; /* "native", "generic", "detached" */
	uint32_t mtu;
	bool up;
	char warning[128]; /* "": none */
};
struct dataplane_table_status {
	const char *name;
	uint64_t size, used, bytes; /* used: UINT64_MAX if it is not counted */
};
/* Bytes of kernel memory, computed from the tables' sizes. */
struct dataplane_memory {
	uint64_t total;
	uint64_t per_flow, per_listener, per_backend;
	uint64_t per_slot; /* of a ring, which listeners with the same servers share */
};
struct dataplane_status {
	char pins[256];
	uint32_t abi;
	bool taken_over;
	uint32_t program_id;
	struct dataplane_link_status links[64];
	size_t link_count;
	struct dataplane_table_status tables[24];
	size_t table_count;
	struct address unresolved[64]; /* the first of them */
	size_t unresolved_count; /* all of them */
	uint64_t bytes; /* of all maps, as the kernel counts them */
	struct dataplane_memory memory;
	char warnings[8][160]; /* neighbour table limits, forwarding off, … */
	size_t warning_count;
	size_t unlisted_warnings; /* beyond those; the last place counts them */
};
void dataplane_status(struct dataplane *dataplane, struct dataplane_status *out);

#endif
