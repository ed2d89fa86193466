// SPDX-License-Identifier: BSD-2-Clause
/* Guessed flows: what the ring said in the middle of a connection, until a backend answers. */
#include "row.h"

#define GUESS(which) .flow = FLOW_IDLE(GUESSED, which, 2)
#define SENDS(wanted_flags)                                               \
	.in = CLIENT_TCP(.flags = wanted_flags), .verdict = XDP_REDIRECT, \
	.out = FIRST_GETS_TCP(.flags = wanted_flags), .backend = 1
#define REPLIES(wanted_flags)                                                               \
	.link = LINK_BACK, .in = REPLY_TCP(.flags = wanted_flags), .verdict = XDP_REDIRECT, \
	.out = CLIENT_GETS_TCP(.flags = wanted_flags), .backend = 1
#define CORRECTED .counts = COUNTS(FLOW_CORRECTED)
#define OF_OTHER(wanted_flags)                                                          \
	.link = LINK_BACK, .in = REPLY_TCP(.flags = wanted_flags), .verdict = XDP_DROP, \
	.counts = COUNTS(REPLY_OF_OTHER)

static const struct row rows[] = {
	{ "the client's segments do not confirm a guess", .given = { GUESS(1) }, SENDS(ACK),
	  .then = FLOW(GUESSED, 1) },
	{ "nor does the client's FIN: another backend may have to correct it",
	  .given = { GUESS(1) }, SENDS(FIN | ACK), .then = FLOW(GUESSED, 1) },
	{ "nor its RST", .given = { GUESS(1) }, SENDS(RST), .then = FLOW(GUESSED, 1) },
	{ "the guessed backend's reply confirms it", .given = { GUESS(1) }, REPLIES(ACK),
	  .then = FLOW(ESTABLISHED, 1) },
	{ "… as a FIN does", .given = { GUESS(1) }, REPLIES(FIN | ACK),
	  .then = FLOW(FIN_BACKEND, 1) },
	{ "the guessed backend knows nothing of it: RST", .given = { GUESS(1) }, REPLIES(RST | ACK),
	  .then = FLOW(RESET, 1) },
	{ "another candidate's reply corrects it", .given = { GUESS(2) }, REPLIES(ACK | PSH),
	  CORRECTED, .then = FLOW(ESTABLISHED, 1) },
	{ "… a draining one's too", .given = { GUESS(2), .first = DRAINING }, REPLIES(ACK),
	  CORRECTED, .then = FLOW(ESTABLISHED, 1) },
	{ "… when the guessed one is gone", .given = { GUESS(2), .second = GONE }, REPLIES(ACK),
	  CORRECTED, .then = FLOW(ESTABLISHED, 1) },
	{ "… with its FIN", .given = { GUESS(2) }, REPLIES(FIN | ACK), CORRECTED,
	  .then = FLOW(FIN_BACKEND, 1) },
	{ "… with its RST, and the flow counts no more", .given = { GUESS(2) }, REPLIES(RST),
	  CORRECTED, .then = FLOW(RESET, 1) },
	{ "… with its last hop used up, but then it is known", .given = { GUESS(2) },
	  .link = LINK_BACK, .in = REPLY_TCP(.flags = ACK, .ttl = 1), .verdict = XDP_DROP,
	  .counts = COUNTS(FLOW_CORRECTED) | COUNTS(TTL), .then = FLOW(ESTABLISHED, 1) },
	{ "once: what is established stays", .given = { .flow = FLOW_IDLE(ESTABLISHED, 2, 2) },
	  OF_OTHER(ACK), .then = FLOW_IDLE(ESTABLISHED, 2, 2) },
	{ "a backend that is down corrects nothing", .given = { GUESS(2), .first = DOWN },
	  OF_OTHER(ACK), .then = FLOW_IDLE(GUESSED, 2, 2) },
	{ "nor does one whose id is free", .given = { GUESS(2), .first = GONE }, OF_OTHER(ACK),
	  .then = FLOW_IDLE(GUESSED, 2, 2) },
	{ "nor a SYN-ACK, which belongs to no connection in its middle", .given = { GUESS(2) },
	  OF_OTHER(SYN | ACK), .then = FLOW_IDLE(GUESSED, 2, 2) },
	{ "a guess that nobody confirms expires as half-open does",
	  .given = { .flow = FLOW_IDLE(GUESSED, 2, WORLD_HALF_OPEN_S + 1) }, .link = LINK_BACK,
	  .in = REPLY_TCP(.flags = ACK), .verdict = XDP_PASS,
	  .then = FLOW_IDLE(GUESSED, 2, WORLD_HALF_OPEN_S + 1) },
	{ "a SYN on a guess is forwarded, and is no sign of life", .given = { GUESS(1) },
	  SENDS(SYN), .then = FLOW_IDLE(GUESSED, 1, 2) },
};

const struct table table_guess = TABLE(rows);
