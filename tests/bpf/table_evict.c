// SPDX-License-Identifier: BSD-2-Clause
/* A full bucket: who makes room for a new flow, and what is counted. */
#include "row.h"

#define NEW                                                                                     \
	.in = CLIENT_UDP(), .verdict = XDP_REDIRECT, .out = FIRST_GETS_UDP(), .new_flow = true, \
	.backend = 1, .then = FLOW(UDP, 1)
#define QUIETLY .counts = COUNTS(FLOW_NEW)
#define LIVE .counts = COUNTS(FLOW_NEW) | COUNTS(FLOW_EVICTED)
#define ENTRY(name, idle)                       \
	{                                       \
		SLUICE_FLOW_##name, idle, false \
	}
#define BUSY                                \
	{                                   \
		SLUICE_FLOW_UDP, 9000, true \
	}
#define FREE                               \
	{                                  \
		SLUICE_FLOW_NONE, 0, false \
	}
#define LIMIT WORLD_ESTABLISHED_END_S

static const struct row rows[] = {
	{ "the free place is taken, and nobody makes room",
	  .given = { .bucket = { ENTRY(HALF_OPEN, 50), ENTRY(CLOSING, 900), FREE,
				 ENTRY(ESTABLISHED, 800) } },
	  NEW, QUIETLY },
	{ "half-open before closing and expired",
	  .given = { .bucket = { ENTRY(ESTABLISHED, LIMIT + 9), ENTRY(CLOSING, 900),
				 ENTRY(HALF_OPEN, 1), ENTRY(UDP, 900) } },
	  NEW, QUIETLY, .evicts = 3 },
	{ "the oldest half-open",
	  .given = { .bucket = { ENTRY(HALF_OPEN, 3), ENTRY(HALF_OPEN, 5), ENTRY(HALF_OPEN, 4),
				 ENTRY(UDP, 900) } },
	  NEW, QUIETLY, .evicts = 2 },
	{ "a guess is as good as half-open",
	  .given = { .bucket = { ENTRY(CLOSING, 900), ENTRY(ESTABLISHED, 5), ENTRY(GUESSED, 1),
				 ENTRY(UDP, 900) } },
	  NEW, QUIETLY, .evicts = 3 },
	{ "closing before expired",
	  .given = { .bucket = { ENTRY(ESTABLISHED, LIMIT + 9), ENTRY(UDP, 900),
				 ENTRY(ESTABLISHED, 1), ENTRY(CLOSING, 0) } },
	  NEW, QUIETLY, .evicts = 4 },
	{ "reset is as good as closing: the idler one",
	  .given = { .bucket = { ENTRY(CLOSING, 1), ENTRY(UDP, 900), ENTRY(RESET, 2),
				 ENTRY(ESTABLISHED, LIMIT + 9) } },
	  NEW, QUIETLY, .evicts = 3 },
	{ "expired before what is alive and idler: a datagram's flow",
	  .given = { .bucket = { ENTRY(ESTABLISHED, 800), ENTRY(UDP, WORLD_UDP_END_S + 1),
				 ENTRY(MARKED, 700), ENTRY(FIN_CLIENT, 600) } },
	  NEW, QUIETLY, .evicts = 2 },
	{ "expired before what is alive: a connection",
	  .given = { .bucket = { ENTRY(ESTABLISHED, 800), ENTRY(UDP, WORLD_UDP_END_S),
				 ENTRY(ESTABLISHED, LIMIT + 1), ENTRY(FIN_CLIENT, LIMIT) } },
	  NEW, QUIETLY, .evicts = 3 },
	{ "the idlest of those alive: counted, and replies may rebuild flows",
	  .given = { .bucket = { ENTRY(ESTABLISHED, 100), ENTRY(FIN_BACKEND, 300), ENTRY(UDP, 110),
				 ENTRY(ESTABLISHED, 299) } },
	  NEW, LIVE, .evicts = 2, .opens_window = true },
	{ "a live datagram's flow is counted, but none of its replies is rebuilt",
	  .given = { .bucket = { ENTRY(ESTABLISHED, 100), ENTRY(ESTABLISHED, 30), ENTRY(UDP, 110),
				 ENTRY(ESTABLISHED, 99) } },
	  NEW, LIVE, .evicts = 3 },
	{ "a busy entry is never the one",
	  .given = { .bucket = { BUSY, BUSY, ENTRY(UDP, 3), BUSY } }, NEW, LIVE, .evicts = 3 },
	{ "all are busy: refused", .given = { .bucket = { BUSY, BUSY, BUSY, BUSY } },
	  .in = CLIENT_UDP(), .verdict = XDP_DROP, .counts = COUNTS(FLOW_TABLE) },
	{ "the flow's own former entry, before a free one",
	  .given = { .ring_now = 1,
		     .bucket = { ENTRY(ESTABLISHED, 1) },
		     .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_END_S + 1) },
	  .in = CLIENT_UDP(), .verdict = XDP_REDIRECT, .out = SECOND_GETS_UDP(),
	  .counts = COUNTS(FLOW_NEW), .new_flow = true, .backend = 2, .then = FLOW(UDP, 2) },
	{ "a SYN makes room as a datagram does",
	  .given = { .bucket = { ENTRY(ESTABLISHED, 10), ENTRY(ESTABLISHED, 20),
				 ENTRY(ESTABLISHED, 40), ENTRY(ESTABLISHED, 30) } },
	  .in = CLIENT_TCP(.flags = SYN), .verdict = XDP_REDIRECT,
	  .out = FIRST_GETS_TCP(.flags = SYN), .new_flow = true, .backend = 1,
	  .then = FLOW(HALF_OPEN, 1), LIVE, .evicts = 3, .opens_window = true },
	{ "a rebuilt flow makes room too",
	  .given = { .may_rebuild = true,
		     .no_twin = true,
		     .bucket = { ENTRY(ESTABLISHED, 10), ENTRY(HALF_OPEN, 20), ENTRY(UDP, 40),
				 ENTRY(ESTABLISHED, 30) } },
	  .link = LINK_BACK, .in = REPLY_TCP(.flags = ACK), .verdict = XDP_REDIRECT,
	  .out = CLIENT_GETS_TCP(.flags = ACK), .counts = COUNTS(FLOW_REBUILT), .backend = 1,
	  .then = FLOW(ESTABLISHED, 1), .evicts = 2 },
	{ "a stamp a little ahead is young, not the idlest",
	  .given = { .bucket = { ENTRY(UDP, 1), ENTRY(UDP, 0xffff), ENTRY(UDP, 2),
				 ENTRY(UDP, 1) } },
	  NEW, LIVE, .evicts = 3 },
};

const struct table table_evict = TABLE(rows);
