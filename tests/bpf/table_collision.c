// SPDX-License-Identifier: BSD-2-Clause
/* Two services with the same backends: a client's port must not go to one place by both. */
#include "row.h"

#define TWIN(name, which, idle) \
	.beside = { .state = SLUICE_FLOW_##name, .backend = which, .idle_s = idle, .of_twin = true }
#define NEW_TO_FIRST                                                          \
	.in = CLIENT_UDP(), .verdict = XDP_REDIRECT, .out = FIRST_GETS_UDP(), \
	.counts = COUNTS(FLOW_NEW), .new_flow = true, .backend = 1, .then = FLOW(UDP, 1)
#define NEW_TO_SECOND                                                          \
	.in = CLIENT_UDP(), .verdict = XDP_REDIRECT, .out = SECOND_GETS_UDP(), \
	.counts = COUNTS(FLOW_NEW), .new_flow = true, .backend = 2, .then = FLOW(UDP, 2)
#define REFUSED .in = CLIENT_UDP(), .verdict = XDP_DROP, .counts = COUNTS(TUPLE_COLLISION)
#define ALTERNATES .ring_alternates = true

static const struct row rows[] = {
	{ "the other service's flow goes to the same place: refused", .given = { TWIN(UDP, 1, 5) },
	  REFUSED },
	{ "… a SYN too", .given = { TWIN(ESTABLISHED, 1, 5) }, .in = CLIENT_TCP(.flags = SYN),
	  .verdict = XDP_DROP, .counts = COUNTS(TUPLE_COLLISION) },
	{ "… and a segment in its middle", .given = { TWIN(ESTABLISHED, 1, 5) },
	  .in = CLIENT_TCP(.flags = ACK), .verdict = XDP_DROP, .counts = COUNTS(TUPLE_COLLISION) },
	{ "the next slots name another backend: it is taken",
	  .given = { ALTERNATES, TWIN(UDP, 1, 5) }, NEW_TO_SECOND },
	{ "… and its other neighbour likewise", .given = { ALTERNATES, TWIN(UDP, 2, 5) },
	  NEW_TO_FIRST },
	{ "the other backend drains: refused, nothing new there",
	  .given = { ALTERNATES, .second = DRAINING, TWIN(UDP, 1, 5) }, REFUSED },
	{ "the other flow goes elsewhere: no matter", .given = { TWIN(UDP, 2, 5) }, NEW_TO_FIRST },
	{ "the other listener is deleted: its flow gives way",
	  .given = { .twin_deleted = true, TWIN(ESTABLISHED, 1, 5) },
	  .in = CLIENT_TCP(.flags = SYN), .verdict = XDP_REDIRECT,
	  .out = FIRST_GETS_TCP(.flags = SYN), .counts = COUNTS(FLOW_NEW), .new_flow = true,
	  .backend = 1, .then = FLOW(HALF_OPEN, 1), .twin_gone = true },
	{ "… to a connection that goes on, too, as after a listener was made anew",
	  .given = { .twin_deleted = true, TWIN(ESTABLISHED, 1, 5) },
	  .in = CLIENT_TCP(.flags = ACK), .verdict = XDP_REDIRECT,
	  .out = FIRST_GETS_TCP(.flags = ACK), .counts = COUNTS(FLOW_GUESSED), .backend = 1,
	  .then = FLOW(GUESSED, 1), .twin_gone = true },
	{ "the other flow has expired: no matter", .given = { TWIN(UDP, 1, WORLD_UDP_END_S + 1) },
	  NEW_TO_FIRST },
	{ "the other flow was reset, a while ago: it gives way",
	  .given = { TWIN(RESET, 1, WORLD_CLOSING_S + 1) }, .in = CLIENT_TCP(.flags = SYN),
	  .verdict = XDP_REDIRECT, .out = FIRST_GETS_TCP(.flags = SYN), .counts = COUNTS(FLOW_NEW),
	  .new_flow = true, .backend = 1, .then = FLOW(HALF_OPEN, 1), .twin_gone = true },
	{ "… just now: that may have been forged, refused",
	  .given = { TWIN(RESET, 1, WORLD_CLOSING_S) }, .in = CLIENT_TCP(.flags = SYN),
	  .verdict = XDP_DROP, .counts = COUNTS(TUPLE_COLLISION) },
	{ "… a while ago, but elsewhere: it stays",
	  .given = { TWIN(RESET, 2, WORLD_CLOSING_S + 1) }, .in = CLIENT_TCP(.flags = SYN),
	  .verdict = XDP_REDIRECT, .out = FIRST_GETS_TCP(.flags = SYN), .counts = COUNTS(FLOW_NEW),
	  .new_flow = true, .backend = 1, .then = FLOW(HALF_OPEN, 1) },
	{ "it is looked for in spilled lines too",
	  .given = { .reverse_spill = SPILL_NEXT, TWIN(UDP, 1, 5) }, REFUSED },
	{ "… and behind all others that have the place",
	  .given = { .strangers = 6, TWIN(UDP, 1, 5) }, REFUSED },
	{ "it is not looked for where no place is shared",
	  .given = { .unshared = true, TWIN(UDP, 1, 5) }, NEW_TO_FIRST },
	{ "a flow that exists is not asked", .given = { .flow = FLOW(UDP, 1), TWIN(UDP, 1, 5) },
	  .in = CLIENT_UDP(), .verdict = XDP_REDIRECT, .out = FIRST_GETS_UDP(), .backend = 1,
	  .then = FLOW(UDP, 1) },
};

const struct table table_collision = TABLE(rows);
