/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder share: the opaque struct dataplane, and each file's part of it. */
#ifndef SLUICE_DATAPLANE_INTERNAL_H
#define SLUICE_DATAPLANE_INTERNAL_H

#include "base/error.h"
#include "dataplane/dataplane.h"
#include "dataplane/flow_entry.h"
#include "dataplane/lines.h"
#include "dataplane/network.h"
#include "dataplane/publish.h"
#include "dataplane/room.h"

#include <pthread.h>
#include <sys/queue.h>

struct config;
struct sluice;
struct ring_buffer;

#define DOMAIN "dataplane"

/* --- maps.c: the pinned maps --- */

enum dp_map {
	MAP_VIP_BITMAP,
	MAP_VIPS,
	MAP_SERVICES,
	MAP_RINGS,
	MAP_MEMBERS,
	MAP_BACKENDS,
	MAP_LOADS,
	MAP_REVERSE_BITMAP,
	MAP_REVERSE,
	MAP_FLOWS,
	MAP_HOPS,
	MAP_KNOWN_HOPS,
	MAP_LINKS,
	MAP_LINK_PORTS,
	MAP_LOCALS,
	MAP_DIRECT,
	MAP_TRAFFIC,
	MAP_COUNTERS,
	MAP_EVENTS,
	MAP_STATE, /* pinned last: where it is, all are */
	MAP_COUNT,
};

struct dp_table {
	const char *name;
	int fd;
	uint32_t size; /* entries */
	void *memory; /* memory-mapped, or NULL */
	size_t length; /* of memory */
};

/* Sets every map's size, or reuses its pin. */
int maps_prepare(struct dataplane *dataplane, char *why, size_t why_size);
/* Tells the program the sizes that the maps have. */
void maps_settings(struct dataplane *dataplane);
/* After the load: maps into memory what is written by stores. */
int maps_map(struct dataplane *dataplane, char *why, size_t why_size);
/* Pins what is new; `state` last, so that half a set of pins is never taken for a whole one. */
int maps_pin(struct dataplane *dataplane, char *why, size_t why_size);
/* Takes back what a start that came to nothing has pinned. */
void maps_unpin(struct dataplane *dataplane);
void maps_close(struct dataplane *dataplane);
/* What the maps take, from their sizes alone. */
void maps_memory(const struct dataplane *dataplane, struct dataplane_memory *out);
/* "<directory>/v<ABI>". */
void pins_directory(const char *pins, char out[static 256]);

/* --- load.c: the program --- */

struct loading {
	pthread_t thread;
	bool under_way;
	int error;
	char why[512];
};

/* Opens the skeleton with the settings and loads it against the maps. Where these are there already
 * a thread loads it, for the kernel takes its time to look at the program, and nothing but
 * attaching it waits for that. */
int program_load(struct dataplane *dataplane, const uint8_t ring_key[16], char *why,
		 size_t why_size);
/* Waits for the thread, if there is one; the result of the load. */
int program_wait(struct dataplane *dataplane, char *why, size_t why_size);
/* Attaches and pins the programs that count drops after the verdict. */
void tracers_attach(struct dataplane *dataplane);

/* --- vip_lines.c: the table that packets ask --- */

/* An address with a port at it, both as on the wire, and a protocol. */
struct endpoint {
	uint32_t address;
	uint16_t port;
	uint8_t protocol;
};

void vip_lines_open(struct dataplane *dataplane);
void vip_lines_close(struct dataplane *dataplane);
/* The listener's service from now on; 0, or -ENOSPC. */
int vip_line_set(struct dataplane *dataplane, const struct endpoint *listener, uint16_t service);
/* Takes the listener's line out if it is still this service's. */
void vip_line_delete(struct dataplane *dataplane, const struct endpoint *listener,
		     uint16_t service);
/* 0 without a line. */
uint16_t vip_line_service(const struct dataplane *dataplane, const struct endpoint *listener);
/* What happens at ports without a listener; 0: the address is not ours. */
enum sluice_vip_address vip_address_rule(const struct dataplane *dataplane, uint32_t address);
/* 1: it is new, 0: it was there, -ENOSPC. */
int vip_address_set(struct dataplane *dataplane, uint32_t address, enum sluice_vip_address rule);
void vip_address_delete(struct dataplane *dataplane, uint32_t address);
/* Takes out the lines of listeners that `keep` does not want, and what a crash left unfinished. */
void vip_lines_repair(struct dataplane *dataplane,
		      bool (*keep)(struct dataplane *dataplane, const struct endpoint *listener,
				   uint16_t service));
/* The bitmap before the table has bits of VIPs, and of the gateway's own addresses. */
void vip_bitmap_add(struct dataplane *dataplane, uint32_t address);
void vip_bitmap_remove(struct dataplane *dataplane, uint32_t address);
/* Makes it what both tables say. */
void vip_bitmap_recount(struct dataplane *dataplane);
/* Every address that is ours; malloc'ed. */
uint32_t *vip_addresses(const struct sluice_line *lines, uint32_t count, size_t *addresses);

/* --- locals.c: the gateway's own addresses, as packets ask for them --- */

void locals_open(struct dataplane *dataplane);
void locals_close(struct dataplane *dataplane);
/* An address came, went, or changed hands. */
void locals_follow(struct dataplane *dataplane, uint32_t address);
/* Makes the table what `addresses` says. */
void locals_resync(struct dataplane *dataplane);

/* --- reverse.c: which backends an address and port may be --- */

void reverse_open(struct dataplane *dataplane);
void reverse_close(struct dataplane *dataplane);
/* For a backend whose address, port and protocol stand in its line: 1 if it was added, 0 if it was
 * there, -EMLINK if the place is taken by as many as may be, -ENOSPC. */
int reverse_add(struct dataplane *dataplane, uint16_t service, uint32_t backend);
/* Before the backend's place changes, too. */
void reverse_remove(struct dataplane *dataplane, uint32_t backend);
void reverse_reconcile(struct dataplane *dataplane);

/* --- rings.c: rings that services share --- */

struct rings {
	void *by_content, *by_line; /* tsearch */
};

/* Counts a ring that a live service word names. */
void ring_count(struct dataplane *dataplane, const struct room_block *block);
/* A ring with this content: one that is there, or new room. 0 or -ENOSPC. */
int ring_take(struct dataplane *dataplane, const __u32 *slots, uint32_t lines,
	      struct room_block *block);
/* One user less. The last one's room is free at once if nobody has ever used it, else it rests. */
void ring_put(struct dataplane *dataplane, const struct room_block *block, bool used);
void rings_close(struct dataplane *dataplane);

/* --- backends.c: which backends a service has --- */

struct dp_index {
	uint32_t *first; /* by service: a backend id */
	uint32_t *next; /* by backend: another of its service */
	uint16_t *owner; /* by backend: its service, 0: none */
	uint32_t *position; /* by backend: scratch for comparing member blocks */
	uint32_t *after, *before; /* by backend: others at the same target (neighbours.c) */
	uint8_t *staged_service; /* by service: staged since open */
	uint8_t *staged_backend; /* by backend: staged since open, and its neighbour is asked for */
};

void backends_open(struct dataplane *dataplane);
void backends_close(struct dataplane *dataplane);
void backend_link(struct dataplane *dataplane, uint16_t service, uint32_t id);
void backend_unlink(struct dataplane *dataplane, uint32_t id);

/* --- retry.c: what must be done, and could not be yet --- */

enum retry_kind { RETRY_VIP, RETRY_LINE_SET };

struct retry {
	enum retry_kind kind;
	uint16_t service;
	uint32_t address;
	struct endpoint line;
};

struct retries {
	struct retry *items;
	size_t count;
};

/* Does it now, or remembers it. */
void retry_do(struct dataplane *dataplane, const struct retry *retry);
void retries_tick(struct dataplane *dataplane);

/* --- neighbours.c: next hops --- */

struct hop;
struct target;
TAILQ_HEAD(targets, target);
TAILQ_HEAD(hops, hop);
TAILQ_HEAD(fronts, hop);

struct neighbours {
	void *target_tree, *hop_tree; /* tsearch */
	struct targets settled, recheck; /* every target is in one of them */
	struct hops resolved, unresolved;
	struct fronts fronts; /* hops that replies leave by */
	size_t hop_count, target_count, front_count;
	uint64_t ask_ms; /* when the unresolved were last asked for */
	uint64_t front_idle_ms; /* a front that no flow has had for so long is forgotten */
	uint64_t rotated_ms; /* when the fronts last got new indexes */
	uint64_t swept; /* sweep that was last looked at for fronts without flows */
	bool stale; /* routes or links changed */
	bool rotate; /* … or addresses, in a way that may send replies elsewhere */
	bool unmanaged; /* the kernel has no managed neighbours */
};

void neighbours_open(struct dataplane *dataplane);
void neighbours_close(struct dataplane *dataplane);
/* A backend whose address stands in its line; its hop is written there as long as it is wanted. */
void neighbours_want(struct dataplane *dataplane, uint32_t backend);
void neighbours_release(struct dataplane *dataplane, uint32_t backend);
void neighbours_on_message(struct dataplane *dataplane, const struct nlmsghdr *message);
void neighbours_on_route(struct dataplane *dataplane, const struct nlmsghdr *message);
/* Everything may have changed. */
void neighbours_resync(struct dataplane *dataplane);
void neighbours_tick(struct dataplane *dataplane);
void neighbours_status(const struct dataplane *dataplane, struct dataplane_status *out);
/* Backends that no packet reaches though all looks well. */
struct target_faults {
	size_t count;
	uint32_t address; /* the first of them, … */
	unsigned int ifindex; /* … and the interface it is behind */
};
/* local: addresses of this host; astray: behind an interface that is not ours. */
void neighbours_faults(const struct dataplane *dataplane, struct target_faults *local,
		       struct target_faults *astray);
/* Has the kernel resolve a neighbour that a packet waits for. 0 or -errno. */
int neighbours_ask(struct dataplane *dataplane, unsigned int ifindex, uint32_t address);

/* --- events.c --- */

#define EVENT_MEMORY 256

struct events {
	struct ring_buffer *ring;
	struct {
		uint32_t kind, ifindex, address;
		uint64_t at_ms;
	} recent[EVENT_MEMORY];
	uint64_t second; /* in which `asked` were asked */
	unsigned int asked;
};

int events_open(struct dataplane *dataplane);
void events_close(struct dataplane *dataplane);
int events_fd(const struct dataplane *dataplane);
void events_readable(struct dataplane *dataplane);

/* --- hop_words.c: the indexes of hops --- */

enum hop_index_state { HOP_INDEX_FREE, HOP_INDEX_USED, HOP_INDEX_RESTING };

struct hop_words {
	__u64 *words; /* by index */
	uint8_t *states; /* enum hop_index_state */
	uint64_t *until; /* the sweep after which a resting one is free */
	uint8_t *seen; /* in a flow, by the sweep that is under way */
	uint8_t *living; /* by the last complete one */
	uint32_t size, next;
	size_t resting;
};

void hop_words_open(struct dataplane *dataplane);
void hop_words_close(struct dataplane *dataplane);
/* 0: all are in use. */
uint16_t hop_index_new(struct dataplane *dataplane);
/* Takes over one that flows have; 0 or -EBUSY. */
int hop_index_adopt(struct dataplane *dataplane, uint32_t index);
/* Its word is 0 from here on, and it is nobody's until no flow has it any more. */
void hop_index_rest(struct dataplane *dataplane, uint16_t index);
void hop_word_set(struct dataplane *dataplane, uint16_t index, uint64_t word);
/* At the end of a sweep. */
void hop_words_swept(struct dataplane *dataplane);
/* At the end of the first publication: indexes of an earlier daemon that nobody adopted. */
void hop_words_reconcile(struct dataplane *dataplane);

/* --- fronts.c: the hops of replies --- */

void fronts_open(struct dataplane *dataplane);
/* A packet has left by a neighbour that has no index yet. */
void front_learn(struct dataplane *dataplane, unsigned int ifindex, uint32_t address);
void fronts_tick(struct dataplane *dataplane);

/* --- flows.c --- */

struct sweep {
	struct dataplane_flows *counted, *counting; /* by backend */
	uint64_t position; /* the next entry */
	bool under_way;
	uint64_t began_ms;
	uint64_t total; /* entries in this sweep */
	uint64_t last_total; /* entries at the last one */
	uint64_t complete; /* sweeps */
};

void flows_open(struct dataplane *dataplane);
void flows_close(struct dataplane *dataplane);
void flows_tick(struct dataplane *dataplane);
/* Removes every flow of a table. */
void flows_empty(struct sluice_flow *entries, uint64_t count, const struct loads *loads);
uint64_t flows_count(const struct sluice_flow *entries, uint64_t count);

/* --- warnings.c: what would bite, for the status --- */

void warnings_status(const struct dataplane *dataplane, struct dataplane_status *out);

/* --- all of it --- */

struct dataplane {
	const struct config *config;
	char directory[256]; /* of the pins */
	bool taken_over;
	bool is_unused; /* its maps were pinned by this process, and nothing was attached yet */
	bool attached; /* links are there: VIP addresses may be */
	struct sluice *skeleton;
	struct loading loading;
	int program; /* after program_wait */
	struct dp_table tables[MAP_COUNT];
	struct sluice_service *services;
	struct sluice_backend *backends;
	struct sluice_ring_line *rings;
	struct sluice_member_line *members;
	struct sluice_state *state;
	struct sluice_flow *flows;
	uint64_t flow_count; /* entries */
	struct loads loads;
	struct lines tcp_lines, udp_lines, reverse_lines, local_lines;
	struct bitmap vip_bitmap, reverse_bitmap;
	uint64_t walkers_until_ms; /* packets may be at a backend that has left its chain */
	size_t locals, locals_left_out; /* own addresses in the table, and without room there */
	size_t crowded; /* places that more than REVERSE_CROWD backends have */
	struct rings shared_rings;
	struct hop_words hops;
	struct sluice_link *ports;
	uint8_t alias_of
		[SLUICE_LINKS]; /* by row: that of the link it is an alias of; 0: it is none */
	struct room ring_room, member_room;
	struct room_refusal refused; /* by the last stage */
	struct dp_index index;
	struct vips vips;
	struct retries retries;
	struct netlink netlink;
	struct addresses addresses;
	struct dp_link links[64];
	size_t link_count;
	bool links_stale;
	uint64_t links_ms;
	struct neighbours neighbours;
	struct events events;
	struct sweep sweep;
	uint64_t ticked_ms;
	char size_warning[160];
};

/* CLOCK_MONOTONIC. */
uint64_t dp_now_ms(void);
#define REVERSE_CROWD 4

/* Formats into why, and returns -code. */
int dp_fail(char *why, size_t why_size, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Serves the monitor socket: from here on what we know of addresses is up to date. */
void dp_catch_up(struct dataplane *dataplane);

/* Ring and member block that a service word names; lines 0: none. */
struct room_block service_ring(uint64_t word);
struct room_block service_members(const struct dataplane *dataplane, uint64_t word,
				  uint32_t *count);
/* Stores a new word with the next version. */
void service_store(struct dataplane *dataplane, uint16_t service, uint64_t word);
void word_store(__u64 *word, uint64_t value);
/* The class of rings of that many slots; SLUICE_RING_CLASSES if there is none. */
unsigned int ring_class(uint32_t slots);
uint32_t ring_class_lines(unsigned int class);

#endif
