/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the packet program (bpf/) and the daemon: what every pinned map holds,
 * bit by bit. A change of any layout here is a new SLUICE_ABI_VERSION, and so a new pin directory.
 *
 * Fields that a switch alters are packed into one aligned 8-byte word, so that a packet sees
 * either the old state or the new one. Addresses and ports marked __be are in network byte order;
 * all else is in host order.
 */
#ifndef SLUICE_MAPS_H
#define SLUICE_MAPS_H

#include <linux/types.h>

#include "sluice_counters.h"
#include "sluice_hash.h"

#define SLUICE_ABI_VERSION 4

/* Ids: 0 means "none"; a service id of 65535 is kept free for the flow table's BUSY word. */
#define SLUICE_SERVICE_MAX 65535u
#define SLUICE_BACKEND_MAX (1u << 20)

/*
 * Tables of lines. vips, reverse and flows are arrays of 64-byte lines that the daemon (vips,
 * reverse) or the program (flows) lays out by hash. In vips and reverse an item stands in its home
 * line or, only while that one is full, in the next line (wrapping, in vips within the half): a
 * look-up goes on to the next line if and only if the home line has no empty place. The daemon moves
 * items back when a place becomes free, the copy first. Before each of the two stands a bitmap, one
 * bit for each value of a hash: a clear bit says "not here" with one look.
 */
#define SLUICE_LINE_ITEMS 8

struct sluice_line {
	__u64 item[SLUICE_LINE_ITEMS]; /* 0: empty */
};
_Static_assert(sizeof(struct sluice_line) == 64, "line");

#define SLUICE_BITMAP_LINE_BITS 512

struct sluice_bitmap_line {
	__u64 word[8];
};

/*
 * --- vips: {address, port, protocol} -> service, and {address} alone: this address is ours ---
 * An item, low bit first: address 32 (as on the wire) | port 16 (as on the wire) | service 16.
 * The protocol is not in it: TCP items and address items (port 0, service = enum
 * sluice_vip_address) stand in the first half of the lines, UDP items in the second.
 * Home line: sluice_hash_vip(address, port) scaled to half of the lines, plus half for UDP.
 * vip_bitmap: bit sluice_hash_address(address) scaled to its bits, set for every address item, and
 * for every address in `locals`.
 */
#define SLUICE_VIP_ADDRESS_SHIFT 0
#define SLUICE_VIP_ADDRESS_BITS 32
#define SLUICE_VIP_PORT_SHIFT 32
#define SLUICE_VIP_PORT_BITS 16
#define SLUICE_VIP_SERVICE_SHIFT 48
#define SLUICE_VIP_SERVICE_BITS 16

enum sluice_vip_address {
	SLUICE_VIP_DROP_UNMATCHED = 1, /* ports without a listener are dropped */
	SLUICE_VIP_PASS_UNMATCHED = 2, /* … go to the stack */
};

/* --- services: by service id --- */

enum sluice_service_state {
	SLUICE_SERVICE_ABSENT, /* treated as a port without a listener */
	SLUICE_SERVICE_STOPPED, /* drops both directions, keeps its flows */
	SLUICE_SERVICE_RUNNING,
	SLUICE_SERVICE_DELETED, /* answers every TCP segment with a RST, drops the rest */
};

/*
 * struct sluice_service.word, low bit first:
 *   ring line 22 | ring size class 3 | state 2 | reject 1 | members line 20 | version 16
 * The ring begins at line `ring line` of `rings` and has sluice_ring_sizes[class] slots; class 0:
 * no usable backend. Member index i is slot i % 16 of line `members line` + i / 16 of `members`.
 */
#define SLUICE_SERVICE_RING_SHIFT 0
#define SLUICE_SERVICE_RING_BITS 22
#define SLUICE_SERVICE_CLASS_SHIFT 22
#define SLUICE_SERVICE_CLASS_BITS 3
#define SLUICE_SERVICE_STATE_SHIFT 25
#define SLUICE_SERVICE_STATE_BITS 2
#define SLUICE_SERVICE_REJECT_SHIFT 27
#define SLUICE_SERVICE_REJECT_BITS 1
#define SLUICE_SERVICE_MEMBERS_SHIFT 28
#define SLUICE_SERVICE_MEMBERS_BITS 20
#define SLUICE_SERVICE_VERSION_SHIFT 48
#define SLUICE_SERVICE_VERSION_BITS 16

struct sluice_service {
	__u64 word;
	__be32 vip;
	__be16 port;
	__u8 protocol;
	__u8 pad0;
	__u16 established_s; /* idle limit of an established TCP flow, seconds, with its grain */
	__u16 grain_s; /* sluice_flow_grain() of that limit */
	__u8 pad[44];
};
_Static_assert(sizeof(struct sluice_service) == 64, "service");

/* --- rings and members: lines of 64 bytes --- */

#define SLUICE_RING_SIZES                                \
	{                                                \
		0, 257, 1031, 4099, 16411, 65537, 131101 \
	}
#define SLUICE_RING_CLASSES 7
#define SLUICE_RING_SLOT_NONE 0xffffu

/* A slot: member index now in the low 16 bits, before the last change in the high 16. */
struct sluice_ring_line {
	__u32 slot[16];
};
struct sluice_member_line {
	__u32 backend[16]; /* backend ids */
};
_Static_assert(sizeof(struct sluice_ring_line) == 64, "ring line");
_Static_assert(sizeof(struct sluice_member_line) == 64, "member line");

/* --- backends: by backend id --- */

enum sluice_backend_state {
	SLUICE_BACKEND_GONE, /* the id is free, or not yet switched on */
	SLUICE_BACKEND_ACTIVE, /* takes new flows */
	SLUICE_BACKEND_DRAINING, /* its TCP flows go on, nothing new */
	SLUICE_BACKEND_DOWN, /* its flows are reset, nothing new */
};

/*
 * struct sluice_backend.word, low bit first: state 2 | generation 8 | service 16 | health 2 | keep 1
 * The program does not read `health`: it lets a daemon that starts know what the last one knew (0:
 * nothing, 1: up, 2: down). `keep`: while it is draining, its UDP flows go on too.
 */
#define SLUICE_BACKEND_STATE_SHIFT 0
#define SLUICE_BACKEND_STATE_BITS 2
#define SLUICE_BACKEND_GENERATION_SHIFT 2
#define SLUICE_BACKEND_GENERATION_BITS 8
#define SLUICE_BACKEND_SERVICE_SHIFT 10
#define SLUICE_BACKEND_SERVICE_BITS 16
#define SLUICE_BACKEND_HEALTH_SHIFT 26
#define SLUICE_BACKEND_HEALTH_BITS 2
#define SLUICE_BACKEND_KEEP_SHIFT 28
#define SLUICE_BACKEND_KEEP_BITS 1

struct sluice_backend {
	__u64 word;
	__be32 address;
	__be16 port;
	__u16 hop; /* index in `hops`; 0: none known, ask the kernel's routes */
	__u8 protocol;
	__u8 shared; /* other services use this address, port and protocol too */
	__u8 pad[6];
	__u64 next; /* item of the next backend in the same place (see reverse); 0: none */
};
_Static_assert(sizeof(struct sluice_backend) == 32, "backend");

/* By backend id, beside `backends`: shared atomics, changed only by who owns the transition. */
struct sluice_load {
	__u64 active; /* entries of the flow table that are neither closing nor reset */
	__u64 flows; /* ever scheduled here */
};
_Static_assert(sizeof(struct sluice_load) == 16, "load");

/*
 * --- reverse: {backend address, port, protocol}, a place -> the backends that have it ---
 * An item, low bit first: tag 28 | backend 20 | service 16. The lines have one for each place, of the
 * first of its backends; the others follow as a chain, by `next` in each backend's line. Home line:
 * sluice_hash_reverse(address, port, protocol) scaled to the lines, whose number is even; tag:
 * sluice_reverse_tag. The tag only narrows: a backend's own line (address, port, protocol) is the
 * proof. At most SLUICE_REVERSE_SERVICES backends have one place; two places that have tag and home
 * line in common share a chain, of at most SLUICE_REVERSE_CHAIN.
 * Packets walk a chain while the daemon changes it, each time with one store: a new backend gets its
 * `next` first and then comes to the front; one that goes is left out by what stands before it, and
 * keeps its own `next` for those who are just there, until its id is used again, which waits for
 * them. So a walk meets every backend that stays, and at most as many as there were when it began.
 * There are as many lines as backends: a full table, all in places of their own, has one item a line
 * in the middle, and one such table in a billion has no room for one of them.
 * reverse_bitmap: bit of the same hash scaled to its bits, set for every place.
 */
#define SLUICE_REVERSE_SERVICES 8
#define SLUICE_REVERSE_CHAIN 16
#define SLUICE_REVERSE_TAG_SHIFT 0
#define SLUICE_REVERSE_TAG_BITS 28
#define SLUICE_REVERSE_BACKEND_SHIFT 28
#define SLUICE_REVERSE_BACKEND_BITS 20
#define SLUICE_REVERSE_SERVICE_SHIFT 48
#define SLUICE_REVERSE_SERVICE_BITS 16

/* --- hops: by hop index; one word, written with one store by the neighbour watcher --- */

/* Low bit first: MAC 48 (first octet lowest, as it lies in memory) | link 16. 0: not resolved. */
#define SLUICE_HOP_MAC_SHIFT 0
#define SLUICE_HOP_MAC_BITS 48
#define SLUICE_HOP_LINK_SHIFT 48
#define SLUICE_HOP_LINK_BITS 16
#define SLUICE_HOP_MAX 65534u
#define SLUICE_HOP_ROWS 65536u

/* known_hops: hash, so that the program finds the index of what bpf_fib_lookup told it. */
struct sluice_hop_key {
	__u32 ifindex;
	__be32 address; /* of the neighbour: the gateway, or the destination itself */
};
_Static_assert(sizeof(struct sluice_hop_key) == 8, "hop key");

/* --- links: by link index (1 …); `link_ports`, a devmap, has the same keys --- */

#define SLUICE_LINKS 65 /* entries: 64 interfaces, index 0 is none */
#define SLUICE_LINK_ROWS 128

enum sluice_link_flags { SLUICE_LINK_UP = 1 };

struct sluice_link {
	__u32 ifindex; /* 0: no such link */
	__u32 mtu;
	__u64 station; /* MAC 48, first octet lowest, as it lies in memory; one word, one store */
	__u32 flags; /* enum sluice_link_flags */
	__u8 pad[12];
};
_Static_assert(sizeof(struct sluice_link) == 32, "link");

/*
 * --- locals: the gateway's own IPv4 addresses, VIPs that Sluice has put there apart ---
 * Lines of items as in vips: an address as on the wire, the bits above it 0. Home line:
 * sluice_hash_address scaled to SLUICE_LOCAL_LINES.
 */
#define SLUICE_LOCAL_LINES 512u

/*
 * --- direct: connections to backends past the VIPs, seen to open in the rebuild window ---
 * An LRU hash from tuple to the second (CLOCK_MONOTONIC) of the backend's last segment.
 */
struct sluice_direct {
	__u64 source; /* low bit first: address 32 | port 16 | protocol 8, as the backend sends it */
	__u64 client; /* address 32 | port 16 */
};

/*
 * --- flows: 64-byte buckets of four entries {word0, word1} ---
 * word0, the exact identity, owns an entry: 0 is empty, SLUICE_FLOW_BUSY is being written. Insert:
 * compare-and-swap word0 to BUSY, exchange word1, store word0. Read: word0, word1, word0 again; a
 * difference is a miss. word1 changes by compare-and-swap only (state, mark, last seen, front hop);
 * who swaps it out of a counted state, or exchanges it away in one, corrects the backend's load.
 * word1 0 means that the entry is free, whatever word0 says: so an entry is removed (expired, killed)
 * by one swap of its word1 to 0. Bucket: the top bits of sluice_hash_flow(word0, flow_key[0],
 * flow_key[1]).
 * The program's side of this, which compiles natively too, is bpf/table.h.
 */

/* word0, low bit first: client address 32 (as on the wire) | client port 16 (as on the wire) |
 * service 16 */
#define SLUICE_FLOW_ADDRESS_SHIFT 0
#define SLUICE_FLOW_ADDRESS_BITS 32
#define SLUICE_FLOW_PORT_SHIFT 32
#define SLUICE_FLOW_PORT_BITS 16
#define SLUICE_FLOW_SERVICE_SHIFT 48
#define SLUICE_FLOW_SERVICE_BITS 16

/* word1, low bit first: backend 20 | generation 8 | state 4 | last seen 16 (seconds, wraps) |
 * front hop 16 */
#define SLUICE_FLOW_BACKEND_SHIFT 0
#define SLUICE_FLOW_BACKEND_BITS 20
#define SLUICE_FLOW_GENERATION_SHIFT 20
#define SLUICE_FLOW_GENERATION_BITS 8
#define SLUICE_FLOW_STATE_SHIFT 28
#define SLUICE_FLOW_STATE_BITS 4
#define SLUICE_FLOW_SEEN_SHIFT 32
#define SLUICE_FLOW_SEEN_BITS 16
#define SLUICE_FLOW_HOP_SHIFT 48
#define SLUICE_FLOW_HOP_BITS 16

/*
 * A stamp of an established or a UDP flow is written anew once it is older than a sixteenth of the
 * flow's limit, or than SLUICE_FLOW_GRAIN_S, so that most packets only read. For that the limit is so
 * much longer: a flow ends when it was idle for its limit, or up to that much later. The grain is less
 * than any listener's limit can be set to: a flow that is in use outlives a change of it.
 */
#define SLUICE_FLOW_GRAIN_S 8u

static inline __attribute__((always_inline)) __u32 sluice_flow_grain(__u32 limit_s)
{
	return limit_s / 16 < SLUICE_FLOW_GRAIN_S ? limit_s / 16 : SLUICE_FLOW_GRAIN_S;
}

/* The limit with its grain, as services and settings have it. */
static inline __attribute__((always_inline)) __u32 sluice_flow_limit(__u32 limit_s)
{
	return limit_s + sluice_flow_grain(limit_s);
}

#define SLUICE_FLOW_BUSY (65535ULL << SLUICE_FLOW_SERVICE_SHIFT)
#define SLUICE_FLOW_ENTRIES 4

struct sluice_flow {
	__u64 word0, word1;
};
struct sluice_bucket {
	struct sluice_flow entry[SLUICE_FLOW_ENTRIES];
};
_Static_assert(sizeof(struct sluice_bucket) == 64, "bucket");

enum sluice_flow_state {
	SLUICE_FLOW_NONE,
	SLUICE_FLOW_HALF_OPEN, /* a SYN went by, the backend's segments have not been acknowledged */
	SLUICE_FLOW_ESTABLISHED,
	SLUICE_FLOW_FIN_CLIENT, /* the client has sent its FIN */
	SLUICE_FLOW_FIN_BACKEND, /* the backend has sent its FIN */
	SLUICE_FLOW_CLOSING, /* both FINs, or a RST on half-open */
	SLUICE_FLOW_MARKED, /* established on a draining backend, and a SYN came (syn_on_draining) */
	SLUICE_FLOW_UDP,
	SLUICE_FLOW_GUESSED, /* by the ring, in its middle: another candidate's reply corrects it */
	SLUICE_FLOW_RESET, /* a RST went by, which anybody may have sent: a segment takes it back */
};

/* Field access for the words above: SLUICE_GET(word, FLOW_STATE), SLUICE_PUT(FLOW_STATE, v) */
#define SLUICE_MASK(field) ((1ULL << SLUICE_##field##_BITS) - 1)
#define SLUICE_GET(word, field) (((__u64)(word) >> SLUICE_##field##_SHIFT) & SLUICE_MASK(field))
#define SLUICE_PUT(field, value) (((__u64)(value)&SLUICE_MASK(field)) << SLUICE_##field##_SHIFT)
#define SLUICE_SET(word, field, value)                                       \
	(((__u64)(word) & ~(SLUICE_MASK(field) << SLUICE_##field##_SHIFT)) | \
	 SLUICE_PUT(field, value))

/* --- state: one entry, lives as long as the pins --- */

#define SLUICE_STATIONS 8u

struct sluice_state {
	__u8 store_uuid[16]; /* of the store whose ids stand in the maps */
	__u64 flow_key[2]; /* random, made with the maps: seeds sluice_hash_flow */
	__u64 table_key; /* random, made with the maps: seeds the hashes of vips and reverse */
	__u64 rebuild_until_s; /* CLOCK_MONOTONIC seconds: until then a reply may rebuild its flow */
	__u64 clock_s; /* CLOCK_MONOTONIC seconds, kept by the program */
	__u64 clock_jiffies; /* jiffies when clock_s was last looked up */
	/* By ifindex % SLUICE_STATIONS, a copy of what `links` says of one of the interfaces that share
	 * a place: ifindex 16 (its low bits) | MAC 48, as it lies in memory. 0: nothing. */
	__u64 stations[SLUICE_STATIONS];
};
_Static_assert(sizeof(struct sluice_state) == 128, "state");

/* --- settings: the program's read-only data, set before load --- */

struct sluice_settings {
	__u64 ring_key[2]; /* seeds the choice of backend; equal on gateways that share a VIP */
	__u32 half_open_s;
	__u32 closing_s;
	__u32 udp_s, udp_grain_s; /* as a service's for established flows */
	__u32 mark_s; /* a SYN on a marked flow is scheduled anew if it is older than that */
	__u32 rebuild_window_s; /* how long replies may rebuild flows once the table lost some */
	__u32 flow_bits; /* log2 of the number of buckets */
	__u32 vip_lines, vip_bits, reverse_lines,
		reverse_bits; /* sizes: lines, bits of the bitmap */
	__u32 services_mask, backends_mask, rings_mask, members_mask; /* rows less one */
	__u32 netns; /* inode number of our network namespace: tracepoints see all of them */
	__u32 live_s; /* no limit of an established or UDP flow is shorter */
	__u32 pad;
};

/* --- events: ring buffer, program -> daemon --- */

enum sluice_event_kind {
	SLUICE_EVENT_NEIGHBOUR = 1, /* no link-layer address is known for `address` on `ifindex` */
	SLUICE_EVENT_HOP = 2, /* a resolved next hop that `known_hops` does not have */
};

struct sluice_event {
	__u32 kind;
	__u32 ifindex;
	__be32 address;
	__u32 pad;
};

#endif
