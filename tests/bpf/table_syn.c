// SPDX-License-Identifier: BSD-2-Clause
/* The SYN: new flows, and what a SYN does to a flow that is there. */
#include "row.h"

#define PLAIN_SYN CLIENT_TCP(.flags = SYN, .ack = 0, .payload = 0)
#define FIRST_GETS_SYN FIRST_GETS_TCP(.flags = SYN, .ack = 0, .payload = 0)
#define SECOND_GETS_SYN SECOND_GETS_TCP(.flags = SYN, .ack = 0, .payload = 0)
#define TO_FIRST .verdict = XDP_REDIRECT, .out = FIRST_GETS_SYN, .backend = 1
#define ANEW_TO_FIRST \
	TO_FIRST, .new_flow = true, .counts = COUNTS(FLOW_NEW), .then = FLOW(HALF_OPEN, 1)
#define ANEW_TO_SECOND                                                                   \
	.verdict = XDP_REDIRECT, .out = SECOND_GETS_SYN, .backend = 2, .new_flow = true, \
	.counts = COUNTS(FLOW_NEW), .then = FLOW(HALF_OPEN, 2)
#define REFUSED                                                                       \
	.verdict = XDP_TX, .out = CLIENT_GETS_RESET(.flags = RST | ACK, .ack = 1001), \
	.counts = COUNTS(REFUSED)
#define MARKED_AND_DROPPED \
	.verdict = XDP_DROP, .counts = COUNTS(SYN_ON_DRAINING), .then = FLOW(MARKED, 1)
/* The ring has the second backend by now. */
#define NOW_SECOND .ring_now = 1

static const struct row rows[] = {
	{ "a new connection goes to the ring's member", .in = PLAIN_SYN, ANEW_TO_FIRST },
	{ "… to its other member", .given = { NOW_SECOND }, .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "the slot's previous member gets nothing new", .given = { .ring_before = 1 },
	  .in = PLAIN_SYN, ANEW_TO_FIRST },
	{ "a listener of an address that the stack shares",
	  .in = CLIENT_TCP(.to = WORLD_OPEN_VIP, .flags = SYN, .ack = 0, .payload = 0),
	  ANEW_TO_FIRST },
	{ "a SYN with data, TOS and another id",
	  .in = CLIENT_TCP(.flags = SYN | PSH, .payload = 7, .tos = 0x2e, .id = 9,
			   .window = 0xffff),
	  .verdict = XDP_REDIRECT,
	  .out = FIRST_GETS_TCP(.flags = SYN | PSH, .payload = 7, .tos = 0x2e, .id = 9,
				.window = 0xffff),
	  .counts = COUNTS(FLOW_NEW), .backend = 1, .new_flow = true, .then = FLOW(HALF_OPEN, 1) },
	{ "a full flow table refuses it", .given = { .full_table = true }, .in = PLAIN_SYN,
	  .verdict = XDP_DROP, .counts = COUNTS(FLOW_TABLE) },

	{ "half-open, active: a retransmit goes to the same backend, the ring has moved on",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(HALF_OPEN, 1, 3) }, .in = PLAIN_SYN, TO_FIRST,
	  .then = FLOW(HALF_OPEN, 1) },
	{ "half-open for all its time: still a retransmit",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(HALF_OPEN, 1, WORLD_HALF_OPEN_S) },
	  .in = PLAIN_SYN, TO_FIRST, .then = FLOW(HALF_OPEN, 1) },
	{ "half-open, expired: anew",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(HALF_OPEN, 1, WORLD_HALF_OPEN_S + 1) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "half-open, draining: anew",
	  .given = { NOW_SECOND, .first = DRAINING, .flow = FLOW_IDLE(HALF_OPEN, 1, 3) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "half-open, draining, the last backend: refused, nothing new at weight 0",
	  .given = { .no_ring = true, .first = DRAINING, .flow = FLOW_IDLE(HALF_OPEN, 1, 3) },
	  .in = PLAIN_SYN, REFUSED, .then = FLOW_IDLE(HALF_OPEN, 1, 3) },
	{ "half-open, down: anew",
	  .given = { NOW_SECOND, .first = DOWN, .flow = FLOW_IDLE(HALF_OPEN, 1, 3) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },

	{ "established, active: forwarded, and the flow is not refreshed by it (RFC 5961)",
	  .given = { NOW_SECOND, ESTABLISHED_FLOW }, .in = PLAIN_SYN, TO_FIRST,
	  .then = FLOW_IDLE(ESTABLISHED, 1, 5) },
	{ "one FIN, active: forwarded, unchanged",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(FIN_CLIENT, 1, 5) }, .in = PLAIN_SYN, TO_FIRST,
	  .then = FLOW_IDLE(FIN_CLIENT, 1, 5) },
	{ "marked, but active again: forwarded, unchanged",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(MARKED, 1, 5) }, .in = PLAIN_SYN, TO_FIRST,
	  .then = FLOW_IDLE(MARKED, 1, 5) },
	{ "established, expired: anew",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(ESTABLISHED, 1, WORLD_ESTABLISHED_S + 1) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "established, down: anew", .given = { NOW_SECOND, .first = DOWN, ESTABLISHED_FLOW },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "established, another generation: anew",
	  .given = { NOW_SECOND, .flow = { .state = SLUICE_FLOW_ESTABLISHED,
					   .backend = 1,
					   .old_generation = true } },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "established, the id is free: anew",
	  .given = { NOW_SECOND, .first = GONE, ESTABLISHED_FLOW }, .in = PLAIN_SYN,
	  ANEW_TO_SECOND },
	{ "an entry that names no backend: anew",
	  .given = { .flow = { .state = SLUICE_FLOW_ESTABLISHED } }, .in = PLAIN_SYN,
	  ANEW_TO_FIRST },
	{ "closing: anew", .given = { NOW_SECOND, .flow = FLOW_IDLE(CLOSING, 1, 2) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "closing, draining: anew",
	  .given = { NOW_SECOND, .first = DRAINING, .flow = FLOW_IDLE(CLOSING, 1, 2) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },

	{ "established, draining: dropped and marked",
	  .given = { NOW_SECOND, .first = DRAINING, ESTABLISHED_FLOW }, .in = PLAIN_SYN,
	  MARKED_AND_DROPPED },
	{ "one FIN, draining: dropped and marked",
	  .given = { NOW_SECOND, .first = DRAINING, .flow = FLOW_IDLE(FIN_BACKEND, 1, 5) },
	  .in = PLAIN_SYN, MARKED_AND_DROPPED },
	{ "marked in this second: dropped, the mark's age stays",
	  .given = { NOW_SECOND, .first = DRAINING, .flow = FLOW_IDLE(MARKED, 1, 0) },
	  .in = PLAIN_SYN, MARKED_AND_DROPPED },
	{ "marked a second ago: anew",
	  .given = { NOW_SECOND, .first = DRAINING, .flow = FLOW_IDLE(MARKED, 1, WORLD_MARK_S) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "marked a second ago, no usable backend: refused",
	  .given = { .first = DRAINING, .flow = FLOW_IDLE(MARKED, 1, WORLD_MARK_S) },
	  .in = PLAIN_SYN, REFUSED, .then = FLOW_IDLE(MARKED, 1, WORLD_MARK_S) },
	{ "a client's other packet takes the mark away",
	  .given = { .first = DRAINING, .flow = FLOW_IDLE(MARKED, 1, 3) },
	  .in = CLIENT_TCP(.flags = ACK), .verdict = XDP_REDIRECT,
	  .out = FIRST_GETS_TCP(.flags = ACK), .backend = 1, .then = FLOW(ESTABLISHED, 1) },
	{ "so does a reply", .link = LINK_BACK,
	  .given = { .first = DRAINING, .flow = FLOW_IDLE(MARKED, 1, 3) },
	  .in = REPLY_TCP(.flags = ACK), .verdict = XDP_REDIRECT,
	  .out = CLIENT_GETS_TCP(.flags = ACK), .backend = 1, .then = FLOW(ESTABLISHED, 1) },

	{ "SYN and RST together is a RST", .given = { ESTABLISHED_FLOW },
	  .in = CLIENT_TCP(.flags = SYN | RST), .verdict = XDP_REDIRECT,
	  .out = FIRST_GETS_TCP(.flags = SYN | RST), .backend = 1, .then = FLOW(CLOSING, 1) },
	{ "a half-open stamp of before the wrap has its right age",
	  .given = { NOW_SECOND, .now_s = 4 * 65536 + 3,
		     .flow = FLOW_IDLE(HALF_OPEN, 1, WORLD_HALF_OPEN_S) },
	  .in = PLAIN_SYN, TO_FIRST, .then = FLOW(HALF_OPEN, 1) },
	{ "and expires across the wrap",
	  .given = { NOW_SECOND, .now_s = 4 * 65536 + 3,
		     .flow = FLOW_IDLE(HALF_OPEN, 1, WORLD_HALF_OPEN_S + 1) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "a mark from before the wrap is a second old",
	  .given = { NOW_SECOND, .first = DRAINING, .now_s = 65536,
		     .flow = FLOW_IDLE(MARKED, 1, 1) },
	  .in = PLAIN_SYN, ANEW_TO_SECOND },
	{ "a stamp a little ahead is another CPU's, not an age of 18 hours",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(HALF_OPEN, 1, 0xffff) }, .in = PLAIN_SYN,
	  TO_FIRST, .then = FLOW(HALF_OPEN, 1) },
	{ "a stamp of more than half a period is old",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(HALF_OPEN, 1, 40000) }, .in = PLAIN_SYN,
	  ANEW_TO_SECOND },
};

const struct table table_syn = TABLE(rows);
