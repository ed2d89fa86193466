// SPDX-License-Identifier: BSD-2-Clause
/* A client's packets beyond the SYN: states, draining and dead backends, lost entries, datagrams. */
#include "row.h"

#define SENDS(wanted_flags)                                               \
	.in = CLIENT_TCP(.flags = wanted_flags), .verdict = XDP_REDIRECT, \
	.out = FIRST_GETS_TCP(.flags = wanted_flags), .backend = 1
#define SENDS_DATAGRAM \
	.in = CLIENT_UDP(), .verdict = XDP_REDIRECT, .out = FIRST_GETS_UDP(), .backend = 1
#define ANEW_TO_SECOND                                                                       \
	.in = CLIENT_UDP(), .verdict = XDP_REDIRECT, .out = SECOND_GETS_UDP(), .backend = 2, \
	.new_flow = true, .counts = COUNTS(FLOW_NEW), .then = FLOW(UDP, 2)
#define NOW_SECOND .ring_now = 1
#define RESET_AT_ONCE                                      \
	.in = CLIENT_TCP(.flags = ACK), .verdict = XDP_TX, \
	.out = CLIENT_GETS_RESET(.flags = RST, .seq = 2000), .counts = COUNTS(BACKEND_DOWN)

static const struct frame datagram = CLIENT_UDP();

static const struct row rows[] = {
	{ "half-open: the client's ACK makes it established",
	  .given = { .flow = FLOW_IDLE(HALF_OPEN, 1, 2) }, SENDS(ACK),
	  .then = FLOW(ESTABLISHED, 1) },
	{ "half-open: a segment without ACK does not",
	  .given = { .flow = FLOW_IDLE(HALF_OPEN, 1, 2) }, SENDS(PSH), .then = FLOW(HALF_OPEN, 1) },
	{ "established: stays with its backend when the ring has moved on",
	  .given = { NOW_SECOND, ESTABLISHED_FLOW }, SENDS(ACK | PSH),
	  .then = FLOW(ESTABLISHED, 1) },
	{ "established: an empty segment, padded by Ethernet", .given = { ESTABLISHED_FLOW },
	  .in = CLIENT_TCP(.flags = ACK, .payload = 0, .padding = 6), .verdict = XDP_REDIRECT,
	  .out = FIRST_GETS_TCP(.flags = ACK, .payload = 0, .padding = 6), .backend = 1,
	  .then = FLOW(ESTABLISHED, 1) },
	{ "established, draining: goes on",
	  .given = { NOW_SECOND, .first = DRAINING, ESTABLISHED_FLOW }, SENDS(ACK),
	  .then = FLOW(ESTABLISHED, 1) },
	{ "established, idle for all its time, draining: goes on",
	  .given = { NOW_SECOND, .first = DRAINING,
		     .flow = FLOW_IDLE(ESTABLISHED, 1, WORLD_ESTABLISHED_S) },
	  SENDS(ACK), .then = FLOW(ESTABLISHED, 1) },
	{ "established, expired, active: goes where it went",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(ESTABLISHED, 1, WORLD_ESTABLISHED_S + 1) },
	  SENDS(ACK), .then = FLOW(ESTABLISHED, 1) },
	{ "established, expired, draining: over, the ring guesses",
	  .given = { NOW_SECOND, .first = DRAINING,
		     .flow = FLOW_IDLE(ESTABLISHED, 1, WORLD_ESTABLISHED_S + 1) },
	  .in = CLIENT_TCP(.flags = ACK), .verdict = XDP_REDIRECT,
	  .out = SECOND_GETS_TCP(.flags = ACK), .counts = COUNTS(FLOW_GUESSED), .backend = 2,
	  .then = FLOW(ESTABLISHED, 2) },
	{ "the same across the wrap of the stamp",
	  .given = { NOW_SECOND, .first = DRAINING, .now_s = 7 * 65536 + 1,
		     .flow = FLOW_IDLE(ESTABLISHED, 1, WORLD_ESTABLISHED_S) },
	  SENDS(ACK), .then = FLOW(ESTABLISHED, 1) },
	{ "the client's FIN", .given = { ESTABLISHED_FLOW }, SENDS(FIN | ACK),
	  .then = FLOW(FIN_CLIENT, 1) },
	{ "the client's FIN once more", .given = { .flow = FLOW_IDLE(FIN_CLIENT, 1, 1) },
	  SENDS(FIN | ACK), .then = FLOW(FIN_CLIENT, 1) },
	{ "the client's ACK after its FIN", .given = { .flow = FLOW_IDLE(FIN_CLIENT, 1, 1) },
	  SENDS(ACK), .then = FLOW(FIN_CLIENT, 1) },
	{ "the client's FIN after the backend's", .given = { .flow = FLOW_IDLE(FIN_BACKEND, 1, 1) },
	  SENDS(FIN | ACK), .then = FLOW(CLOSING, 1) },
	{ "the last ACK", .given = { .flow = FLOW_IDLE(CLOSING, 1, 1) }, SENDS(ACK),
	  .then = FLOW(CLOSING, 1) },
	{ "the client's RST", .given = { ESTABLISHED_FLOW }, SENDS(RST), .then = FLOW(CLOSING, 1) },
	{ "the client's RST on half-open", .given = { .flow = FLOW_IDLE(HALF_OPEN, 1, 1) },
	  SENDS(RST | ACK), .then = FLOW(CLOSING, 1) },
	{ "closing and expired, draining: over",
	  .given = { .no_ring = true,
		     .first = DRAINING,
		     .flow = FLOW_IDLE(CLOSING, 1, WORLD_CLOSING_S + 1) },
	  .in = CLIENT_TCP(.flags = ACK), .verdict = XDP_TX,
	  .out = CLIENT_GETS_RESET(.flags = RST, .seq = 2000), .counts = COUNTS(REFUSED),
	  .then = FLOW_IDLE(CLOSING, 1, WORLD_CLOSING_S + 1) },

	{ "backend down: the next segment gets a RST",
	  .given = { NOW_SECOND, .first = DOWN, ESTABLISHED_FLOW }, RESET_AT_ONCE,
	  .then = FLOW_IDLE(ESTABLISHED, 1, 5) },
	{ "backend down: a RST gets none", .given = { NOW_SECOND, .first = DOWN, ESTABLISHED_FLOW },
	  .in = CLIENT_TCP(.flags = RST), .verdict = XDP_DROP, .counts = COUNTS(BACKEND_DOWN),
	  .then = FLOW_IDLE(ESTABLISHED, 1, 5) },
	{ "the backend's id has a new generation: RST",
	  .given = { NOW_SECOND, .flow = { .state = SLUICE_FLOW_ESTABLISHED,
					   .backend = 1,
					   .old_generation = true,
					   .idle_s = 5 } },
	  RESET_AT_ONCE,
	  .then = { .state = SLUICE_FLOW_ESTABLISHED,
		    .backend = 1,
		    .old_generation = true,
		    .idle_s = 5 } },
	{ "the backend's id is free: RST", .given = { .first = GONE, ESTABLISHED_FLOW },
	  RESET_AT_ONCE, .then = FLOW_IDLE(ESTABLISHED, 1, 5) },

	{ "no entry: a segment goes by the ring, established", SENDS(ACK | PSH),
	  .counts = COUNTS(FLOW_GUESSED), .then = FLOW(ESTABLISHED, 1) },
	{ "no entry: a FIN goes by the ring", SENDS(FIN | ACK), .counts = COUNTS(FLOW_GUESSED),
	  .then = FLOW(FIN_CLIENT, 1) },
	{ "no entry: a RST goes by the ring, so that the backend hears of it", SENDS(RST),
	  .counts = COUNTS(FLOW_GUESSED), .then = FLOW(CLOSING, 1) },
	{ "no entry: SYN with ACK goes by the ring", SENDS(SYN | ACK),
	  .counts = COUNTS(FLOW_GUESSED), .then = FLOW(ESTABLISHED, 1) },
	{ "no entry and no usable backend: RST", .given = { .first = DOWN },
	  .in = CLIENT_TCP(.flags = ACK), .verdict = XDP_TX,
	  .out = CLIENT_GETS_RESET(.flags = RST, .seq = 2000), .counts = COUNTS(REFUSED) },

	{ "a first datagram", SENDS_DATAGRAM, .counts = COUNTS(FLOW_NEW), .new_flow = true,
	  .then = FLOW(UDP, 1) },
	{ "a known flow's datagram, the ring has moved on",
	  .given = { NOW_SECOND, .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_S) }, SENDS_DATAGRAM,
	  .then = FLOW(UDP, 1) },
	{ "a datagram in the second of the last one", .given = { .flow = FLOW_IDLE(UDP, 1, 0) },
	  SENDS_DATAGRAM, .then = FLOW(UDP, 1) },
	{ "expired: anew", .given = { NOW_SECOND, .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_S + 1) },
	  ANEW_TO_SECOND },
	{ "draining: leaves at its next datagram",
	  .given = { NOW_SECOND, .first = DRAINING, .flow = FLOW_IDLE(UDP, 1, 1) },
	  ANEW_TO_SECOND },
	{ "down: leaves at its next datagram",
	  .given = { NOW_SECOND, .first = DOWN, .flow = FLOW_IDLE(UDP, 1, 1) }, ANEW_TO_SECOND },
	{ "another generation: leaves at its next datagram",
	  .given = { NOW_SECOND,
		     .flow = { .state = SLUICE_FLOW_UDP, .backend = 1, .old_generation = true } },
	  ANEW_TO_SECOND },
	{ "draining and nobody else: refused",
	  .given = { .no_ring = true, .first = DRAINING, .flow = FLOW_IDLE(UDP, 1, 1) },
	  .in = CLIENT_UDP(), .verdict = XDP_TX, .out = CLIENT_GETS_UNREACHABLE(&datagram),
	  .counts = COUNTS(REFUSED), .then = FLOW_IDLE(UDP, 1, 1) },
	{ "a full flow table refuses a datagram", .given = { .full_table = true },
	  .in = CLIENT_UDP(), .verdict = XDP_DROP, .counts = COUNTS(FLOW_TABLE) },
};

const struct table table_flow = TABLE(rows);
