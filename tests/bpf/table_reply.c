// SPDX-License-Identifier: BSD-2-Clause
/* A backend's packets: the flow is the proof that they are replies. */
#include "row.h"

#define SENDS(wanted_flags)                                                                 \
	.link = LINK_BACK, .in = REPLY_TCP(.flags = wanted_flags), .verdict = XDP_REDIRECT, \
	.out = CLIENT_GETS_TCP(.flags = wanted_flags), .backend = 1
#define SENDS_DATAGRAM \
	.link = LINK_BACK, .in = REPLY_UDP(), .verdict = XDP_REDIRECT, .out = CLIENT_GETS_UDP()
#define PASSES(wanted_flags) \
	.link = LINK_BACK, .in = REPLY_TCP(.flags = wanted_flags), .verdict = XDP_PASS
#define UNTOUCHED .then = FLOW_IDLE(ESTABLISHED, 1, 5)

static const struct row rows[] = {
	{ "SYN-ACK of a half-open flow", .given = { .flow = FLOW_IDLE(HALF_OPEN, 1, 1) },
	  SENDS(SYN | ACK), .then = FLOW(HALF_OPEN, 1) },
	{ "data of an established flow", .given = { ESTABLISHED_FLOW }, SENDS(ACK | PSH),
	  .then = FLOW(ESTABLISHED, 1) },
	{ "the backend's FIN", .given = { ESTABLISHED_FLOW }, SENDS(FIN | ACK),
	  .then = FLOW(FIN_BACKEND, 1) },
	{ "the backend's FIN after the client's", .given = { .flow = FLOW_IDLE(FIN_CLIENT, 1, 1) },
	  SENDS(FIN | ACK), .then = FLOW(CLOSING, 1) },
	{ "data after the client's FIN", .given = { .flow = FLOW_IDLE(FIN_CLIENT, 1, 1) },
	  SENDS(ACK | PSH), .then = FLOW(FIN_CLIENT, 1) },
	{ "the backend's RST", .given = { ESTABLISHED_FLOW }, SENDS(RST),
	  .then = FLOW(CLOSING, 1) },
	{ "the backend refuses: RST on half-open", .given = { .flow = FLOW_IDLE(HALF_OPEN, 1, 1) },
	  SENDS(RST | ACK), .then = FLOW(CLOSING, 1) },
	{ "the ring has moved on: replies of the flow's backend go on",
	  .given = { .ring_now = 1, ESTABLISHED_FLOW }, SENDS(ACK), .then = FLOW(ESTABLISHED, 1) },
	{ "a draining backend's reply", .given = { .first = DRAINING, ESTABLISHED_FLOW },
	  SENDS(ACK), .then = FLOW(ESTABLISHED, 1) },
	{ "a down backend's reply is answered with a RST",
	  .given = { .first = DOWN, ESTABLISHED_FLOW }, .link = LINK_BACK,
	  .in = REPLY_TCP(.flags = ACK), .verdict = XDP_TX,
	  .out = FIRST_GETS_RESET(.flags = RST, .seq = 1010), .counts = COUNTS(BACKEND_DOWN),
	  UNTOUCHED },
	{ "a down backend's RST is not", .given = { .first = DOWN, ESTABLISHED_FLOW },
	  .link = LINK_BACK, .in = REPLY_TCP(.flags = RST), .verdict = XDP_DROP,
	  .counts = COUNTS(BACKEND_DOWN), UNTOUCHED },
	{ "a down backend's datagram", .link = LINK_BACK,
	  .given = { .first = DOWN, .flow = FLOW_IDLE(UDP, 1, 1) }, .in = REPLY_UDP(),
	  .verdict = XDP_DROP, .counts = COUNTS(BACKEND_DOWN), .then = FLOW_IDLE(UDP, 1, 1) },

	{ "the second candidate's flow is not the first candidate's",
	  .given = { .flow = { .state = SLUICE_FLOW_ESTABLISHED, .backend = 1, .of_twin = true } },
	  .link = LINK_BACK, .in = REPLY_TCP(.flags = ACK), .verdict = XDP_REDIRECT,
	  .out = CLIENT_GETS_TCP(.from_port = WORLD_TWIN_PORT, .flags = ACK), .backend = 1,
	  .then = { .state = SLUICE_FLOW_ESTABLISHED, .backend = 1, .of_twin = true } },
	{ "TCP of a backend that is not the flow's",
	  .given = { .flow = FLOW_IDLE(ESTABLISHED, 2, 5) }, .link = LINK_BACK,
	  .in = REPLY_TCP(.flags = ACK), .verdict = XDP_DROP, .counts = COUNTS(REPLY_OF_OTHER),
	  .then = FLOW_IDLE(ESTABLISHED, 2, 5) },
	{ "TCP of a backend of another generation",
	  .given = { .flow = { .state = SLUICE_FLOW_ESTABLISHED,
			       .backend = 1,
			       .old_generation = true,
			       .idle_s = 5 } },
	  .link = LINK_BACK, .in = REPLY_TCP(.flags = ACK), .verdict = XDP_DROP,
	  .counts = COUNTS(REPLY_OF_OTHER),
	  .then = { .state = SLUICE_FLOW_ESTABLISHED,
		    .backend = 1,
		    .old_generation = true,
		    .idle_s = 5 } },
	{ "TCP of another backend, when the flow has expired, passes",
	  .given = { .flow = FLOW_IDLE(ESTABLISHED, 2, WORLD_ESTABLISHED_S + 1) }, PASSES(ACK),
	  .then = FLOW_IDLE(ESTABLISHED, 2, WORLD_ESTABLISHED_S + 1) },
	{ "TTL 1 of another backend's datagram", .given = { .flow = FLOW_IDLE(UDP, 2, 5) },
	  .link = LINK_BACK, .in = REPLY_UDP(.ttl = 1), .verdict = XDP_DROP, .counts = COUNTS(TTL),
	  .then = FLOW_IDLE(UDP, 2, 5) },

	{ "a datagram of the flow's backend", .given = { .flow = FLOW_IDLE(UDP, 1, 5) },
	  SENDS_DATAGRAM, .backend = 1, .then = FLOW(UDP, 1) },
	{ "a datagram of another backend is translated all the same",
	  .given = { .flow = FLOW_IDLE(UDP, 2, 5) }, SENDS_DATAGRAM, .then = FLOW_IDLE(UDP, 2, 5) },
	{ "… by the service whose flow it is, not by another that had one",
	  .given = { .flow = { .state = SLUICE_FLOW_UDP, .backend = 2, .of_twin = true },
		     .beside = FLOW_IDLE(UDP, 2, WORLD_UDP_S + 1) },
	  .link = LINK_BACK, .in = REPLY_UDP(), .verdict = XDP_REDIRECT,
	  .out = CLIENT_GETS_UDP(.from_port = WORLD_TWIN_PORT),
	  .then = { .state = SLUICE_FLOW_UDP, .backend = 2, .of_twin = true } },
	{ "a datagram of a draining backend",
	  .given = { .first = DRAINING, .flow = FLOW_IDLE(UDP, 1, 5) }, SENDS_DATAGRAM,
	  .backend = 1, .then = FLOW(UDP, 1) },
	{ "a datagram when the flow has expired passes", .link = LINK_BACK,
	  .given = { .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_S + 1) }, .in = REPLY_UDP(),
	  .verdict = XDP_PASS, .then = FLOW_IDLE(UDP, 1, WORLD_UDP_S + 1) },
	{ "a datagram without a flow passes", .link = LINK_BACK, .in = REPLY_UDP(),
	  .verdict = XDP_PASS },

	{ "a direct connection to the backend: SYN-ACK passes", PASSES(SYN | ACK) },
	{ "a direct connection to the backend: data passes", PASSES(ACK | PSH) },
	{ "a direct connection to the backend: RST passes", PASSES(RST) },
	{ "the backend's other ports pass", .given = { ESTABLISHED_FLOW }, .link = LINK_BACK,
	  .in = REPLY_TCP(.from_port = 22, .flags = ACK), .verdict = XDP_PASS, UNTOUCHED },
	{ "the backend's packets to other ports of the client pass", .given = { ESTABLISHED_FLOW },
	  .link = LINK_BACK, .in = REPLY_TCP(.to_port = WORLD_CLIENT_PORT + 1, .flags = ACK),
	  .verdict = XDP_PASS, UNTOUCHED },
	{ "UDP from a TCP backend's port is UDP's matter", .given = { ESTABLISHED_FLOW },
	  .link = LINK_BACK, .in = REPLY_TCP(.protocol = 47), .verdict = XDP_PASS, UNTOUCHED },
};

const struct table table_reply = TABLE(rows);
