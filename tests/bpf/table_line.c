// SPDX-License-Identifier: BSD-2-Clause
/* Tables of lines: spilled items, and the bitmaps before them. */
#include "row.h"

#define SENDS                                                                 \
	.in = CLIENT_UDP(), .verdict = XDP_REDIRECT, .out = FIRST_GETS_UDP(), \
	.counts = COUNTS(FLOW_NEW), .new_flow = true, .backend = 1, .then = FLOW(UDP, 1)
#define REPLIES                                                                                  \
	.link = LINK_BACK, .in = REPLY_UDP(), .verdict = XDP_REDIRECT, .out = CLIENT_GETS_UDP(), \
	.backend = 1, .then = FLOW(UDP, 1)
#define KNOWN .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_OLD_S)

static const struct row rows[] = {
	{ "a listener whose home line is full stands in the next",
	  .given = { .vip_spill = SPILL_NEXT }, SENDS },
	{ "… and so does its address, whose free ports are dropped",
	  .given = { .vip_spill = SPILL_NEXT }, .in = CLIENT_UDP(.to_port = 81),
	  .verdict = XDP_DROP, .counts = COUNTS(NO_LISTENER) },
	{ "… or belong to the stack", .given = { .vip_spill = SPILL_NEXT },
	  .in = CLIENT_UDP(.to = WORLD_OPEN_VIP, .to_port = 81), .verdict = XDP_PASS },
	{ "a source that is a VIP is found in the next line", .given = { .vip_spill = SPILL_NEXT },
	  .in = CLIENT_UDP(.from = WORLD_OPEN_VIP), .verdict = XDP_DROP,
	  .counts = COUNTS(BAD_SOURCE) },
	{ "nothing is looked for past a home line with room",
	  .given = { .vip_spill = SPILL_PAST_ROOM }, .in = CLIENT_UDP(), .verdict = XDP_PASS },
	{ "a backend whose home line is full stands in the next",
	  .given = { .reverse_spill = SPILL_NEXT, KNOWN }, REPLIES },
	{ "no backend is looked for past a home line with room",
	  .given = { .reverse_spill = SPILL_PAST_ROOM, KNOWN }, .link = LINK_BACK,
	  .in = REPLY_UDP(), .verdict = XDP_PASS, .then = FLOW_IDLE(UDP, 1, WORLD_UDP_OLD_S) },
	{ "a place is one backend's alone", .given = { .no_twin = true, KNOWN }, REPLIES },
	{ "… or of three", .given = { .strangers = 1, KNOWN }, REPLIES },
	{ "… or of five", .given = { .strangers = 3, KNOWN }, REPLIES },
	{ "… or of eight, of which the last has the flow", .given = { .strangers = 6, KNOWN },
	  REPLIES },
	{ "two places may share a chain: of sixteen the last has the flow",
	  .given = { .strangers = 14, KNOWN }, REPLIES },
	{ "more are not looked at", .given = { .strangers = 15, KNOWN }, .link = LINK_BACK,
	  .in = REPLY_UDP(), .verdict = XDP_PASS, .then = FLOW_IDLE(UDP, 1, WORLD_UDP_OLD_S) },
	{ "one that has just got another place leads on to the others",
	  .given = { .strangers = 3, .stranger_left = true, KNOWN }, REPLIES },
	{ "the home line is full, and the next one names the first of eight",
	  .given = { .reverse_spill = SPILL_NEXT, .strangers = 6, KNOWN }, REPLIES },
	{ "an address whose bit is clear is not looked for in the lines",
	  .given = { .no_vip_bits = true }, .in = CLIENT_UDP(), .verdict = XDP_PASS },
	{ "nor is a place whose bit is clear", .given = { .no_reverse_bits = true, KNOWN },
	  .link = LINK_BACK, .in = REPLY_UDP(), .verdict = XDP_PASS,
	  .then = FLOW_IDLE(UDP, 1, WORLD_UDP_OLD_S) },
	{ "port 0 is no listener's, although the address stands under it",
	  .in = CLIENT_TCP(.to_port = 0, .flags = SYN), .verdict = XDP_DROP,
	  .counts = COUNTS(NO_LISTENER) },
	{ "… and at an address that the stack shares, it is the stack's",
	  .in = CLIENT_TCP(.to = WORLD_OPEN_VIP, .to_port = 0, .flags = SYN), .verdict = XDP_PASS },
	{ "a transit packet passes", .in = CLIENT_TCP(.to = WORLD_ROUTED, .flags = SYN),
	  .verdict = XDP_PASS },
	{ "a transit ping passes", .in = CLIENT_TCP(.to = WORLD_ROUTED, .protocol = IPPROTO_ICMP),
	  .verdict = XDP_PASS },
	{ "a transit fragment passes", .in = CLIENT_TCP(.to = WORLD_ROUTED, .fragment = 5),
	  .verdict = XDP_PASS },
};

const struct table table_line = TABLE(rows);
