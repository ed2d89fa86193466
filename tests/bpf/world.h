/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world that a row runs in: a network namespace of this process with links, routes, neighbours
 * and forwarding, and the loaded program with its maps. Lifecycle: world_make once, then for each
 * row world_reset, world_run, and the questions; world_end.
 */
#ifndef SLUICE_TESTS_BPF_WORLD_H
#define SLUICE_TESTS_BPF_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sluice_maps.h"

#define WORLD_VIP "192.0.2.100" /* its free ports are dropped */
#define WORLD_OPEN_VIP "192.0.2.101" /* its free ports belong to the stack */
#define WORLD_GATEWAY "192.0.2.1" /* the gateway's own addresses */
#define WORLD_GATEWAY_BACK "10.0.0.1"
#define WORLD_CLIENT "192.0.2.10"
#define WORLD_FIRST "10.0.0.11" /* backends: where no row says otherwise */
#define WORLD_SECOND "10.0.0.12"
#define WORLD_NEAR "192.0.2.20" /* in the client's link */
#define WORLD_SILENT "10.0.0.99" /* no neighbour entry */
#define WORLD_FAR "10.9.0.5" /* behind an interface that is not Sluice's */
#define WORLD_SMALL "10.8.0.5" /* behind an MTU of 600 */
#define WORLD_NOWHERE "203.0.113.9" /* no route */
#define WORLD_ROUTED "198.51.100.7" /* behind a router in the client's link */
#define WORLD_CLIENT_PORT 40000
#define WORLD_TCP_PORT 80
#define WORLD_UDP_PORT 53
#define WORLD_BACKEND_PORT 8080
#define WORLD_TCP 1 /* service ids */
#define WORLD_UDP 2
#define WORLD_TWIN \
	3 /* a service of the row's protocol that shares the backends' addresses and ports */
#define WORLD_TWIN_PORT 8000
#define WORLD_STRANGERS 4 /* and on: services that only the chain of the first's place knows */
#define WORLD_GENERATION 7
#define WORLD_REBUILD_S 60
#define WORLD_BACKENDS 1024 /* entries of `backends` and `loads` */
#define WORLD_NOW_S 1000000
#define WORLD_HALF_OPEN_S 60
#define WORLD_CLOSING_S 15
#define WORLD_UDP_S 120
#define WORLD_UDP_END_S 127 /* idle for longer, it has expired */
#define WORLD_UDP_OLD_S 8 /* a stamp that the next packet writes anew */
#define WORLD_LIVE_S 10
#define WORLD_MARK_S 1
#define WORLD_ESTABLISHED_S 900
#define WORLD_ESTABLISHED_END_S 908
#define WORLD_OLD_S 9

enum world_link { LINK_FRONT, LINK_BACK, LINK_FAR, LINK_SMALL, LINK_MAX };

/* Backend ids: the first and second backend of each service. */
static inline uint32_t world_backend(uint16_t service, int which)
{
	return (uint32_t)service * 2 + (uint32_t)which - 1;
}

struct world_flow {
	uint8_t state; /* enum sluice_flow_state; NONE: no entry */
	uint8_t backend; /* 1: the service's first, 2: its second; 0: an id that does not exist */
	uint16_t idle_s;
	bool old_generation;
	bool of_twin; /* an entry of WORLD_TWIN, not of the packet's service */
};

/* An entry of other flows in the bucket of the packet's flow. */
struct world_filler {
	uint8_t state; /* NONE: a free entry */
	uint16_t idle_s;
	bool busy; /* being written by another CPU */
};

/* Where items of the tables of lines stand. */
enum world_spill {
	SPILL_NOT,
	SPILL_NEXT, /* home lines are full of others, so in the next */
	SPILL_PAST_ROOM, /* in the next, although the home line has one free place: as good as nowhere */
};

/* What is different from the usual: both backends active, listeners running, rejecting, the ring's
 * slots all {first, first}, no flow, the clock still at WORLD_NOW_S, all hops known. */
struct given {
	enum { USUAL, DRAINING, DOWN, GONE } first, second;
	bool keep; /* draining backends keep their UDP flows */
	enum { RUNNING, STOPPED, DELETED, ABSENT } listener;
	bool drops; /* no usable backend: silent */
	bool no_ring;
	bool ring_names_nobody; /* slots say SLUICE_RING_SLOT_NONE */
	bool ring_alternates; /* every second slot names the second backend */
	uint16_t ring_now, ring_before; /* member indexes */
	const char *first_at; /* the first backend's address */
	struct world_flow flow, beside;
	const char *flow_client; /* else WORLD_CLIENT */
	bool no_twin; /* WORLD_TWIN does not share the backends */
	bool twin_deleted; /* its listener */
	uint8_t strangers; /* so many services more, without flows, have the first backend's place */
	bool stranger_left; /* the first of them has just got another place: packets are there still */
	bool unshared; /* backends' lines say that no other service has their place */
	bool may_rebuild;
	uint32_t direct_s; /* the reply's tuple last went past the VIPs so long ago; 0: never did */
	uint64_t now_s; /* 0: WORLD_NOW_S */
	bool full_table; /* the flow table takes no new entry */
	bool full_events; /* nor does the ring buffer */
	struct world_filler bucket[SLUICE_FLOW_ENTRIES];
	enum world_spill vip_spill, reverse_spill, local_spill;
	bool no_vip_bits, no_reverse_bits; /* bitmaps are clear, against what the lines say */
	bool all_bits; /* bitmaps are set, against what the lines say */
	bool no_hops; /* neither backends nor flows have one: the kernel is asked */
	bool dead_hops; /* indexes stand everywhere, but their words are 0 */
	bool unknown_hops; /* the kernel's next hops have no index */
	bool links_down;
	bool no_links; /* the links have no lines yet */
};

struct world_run {
	int verdict; /* negative errno if the run itself was refused */
	uint8_t *out;
	size_t length;
};

/* 0, or negative with a sentence in `why`. */
int world_make(char *why, size_t why_size);
void world_end(void);
void world_reset(const struct given *given, uint16_t service);
void world_clock(uint64_t now_s);
/* Lets the clock run again. */
void world_clock_runs(void);
uint64_t world_clock_kept(void);
/* Runs one frame in; `metadata` bytes of headroom are taken before. `out` has FRAME_MAX bytes. */
struct world_run world_run(const uint8_t *in, size_t length, enum world_link link, uint8_t *out,
			   uint32_t metadata);

uint64_t world_counter(enum sluice_counter counter);
struct sluice_traffic world_traffic(uint32_t backend);
struct sluice_load world_load(uint32_t backend);
/* True if an entry with this word1 counts in its backend's load. */
bool world_counts(uint64_t word1);
/* How many entries of the flow table count in a backend's load. */
uint64_t world_counted(uint32_t backend);
/* The flow word of a client at a service, 0 without one. */
uint64_t world_flow(const char *client, uint16_t port, uint16_t service);
/* True if a filler of the packet's bucket stands there as it was given. */
bool world_filler(const struct given *given, int index, uint16_t service);
uint64_t world_rebuild_until(void);
/* The second in which a backend's port was last seen to send past the VIPs; 0: never. */
uint64_t world_direct(const char *backend, uint16_t port, const char *client, uint16_t client_port);
/* Takes all events; returns how many there were and the last one. */
size_t world_events(struct sluice_event *last);
uint32_t world_ifindex(enum world_link link);
/* Sets slot `index` of every service's ring. */
void world_ring_slot(uint32_t index, uint16_t now, uint16_t before);

#endif
