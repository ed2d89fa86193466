// SPDX-License-Identifier: BSD-2-Clause
/* Next hops by index: dead words, links that are down, and hops that have no index yet. */
#include "row.h"

#define ESTABLISHED_SENDS                                        \
	.in = CLIENT_TCP(.flags = ACK), .verdict = XDP_REDIRECT, \
	.out = FIRST_GETS_TCP(.flags = ACK), .backend = 1, .then = FLOW(ESTABLISHED, 1)
#define ESTABLISHED_REPLIES                                                        \
	.link = LINK_BACK, .in = REPLY_TCP(.flags = ACK), .verdict = XDP_REDIRECT, \
	.out = CLIENT_GETS_TCP(.flags = ACK), .backend = 1, .then = FLOW(ESTABLISHED, 1)
#define TOO_LONG .in = CLIENT_UDP(.payload = 573), .verdict = XDP_DROP, .counts = COUNTS(MTU)

static const struct row rows[] = {
	{ "a backend's dead hop: the kernel is asked",
	  .given = { .dead_hops = true, ESTABLISHED_FLOW }, ESTABLISHED_SENDS },
	{ "a flow's dead hop: the kernel is asked, and its new index kept",
	  .given = { .dead_hops = true, ESTABLISHED_FLOW }, ESTABLISHED_REPLIES },
	{ "… cleared if there is none yet, and the daemon told",
	  .given = { .dead_hops = true, .unknown_hops = true, ESTABLISHED_FLOW },
	  ESTABLISHED_REPLIES, .tells = WORLD_CLIENT },
	{ "a backend's link is down: the kernel is asked",
	  .given = { .links_down = true, ESTABLISHED_FLOW }, ESTABLISHED_SENDS },
	{ "a reply's link is down: the kernel is asked",
	  .given = { .links_down = true, ESTABLISHED_FLOW }, ESTABLISHED_REPLIES },
	{ "a first reply to behind a router: the router is told, not the client",
	  .given = { .dead_hops = true,
		     .unknown_hops = true,
		     .flow_client = WORLD_ROUTED,
		     .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_OLD_S) },
	  .link = LINK_BACK, .in = REPLY_UDP(.to = WORLD_ROUTED), .verdict = XDP_REDIRECT,
	  .out = CLIENT_GETS_UDP(.to_station = STATION_ROUTER, .to = WORLD_ROUTED), .backend = 1,
	  .then = FLOW(UDP, 1), .tells = "192.0.2.254" },
	{ "nobody takes the daemon's messages: counted, and sent all the same",
	  .given = { .dead_hops = true,
		     .unknown_hops = true,
		     .full_events = true,
		     .first_at = WORLD_SILENT,
		     ESTABLISHED_FLOW },
	  .link = LINK_BACK, .in = REPLY_TCP(.from = WORLD_SILENT, .flags = ACK),
	  .verdict = XDP_REDIRECT, .out = CLIENT_GETS_TCP(.flags = ACK), .backend = 1,
	  .counts = COUNTS(EVENT_LOST), .then = FLOW(ESTABLISHED, 1) },
	{ "longer than a dead hop's link takes",
	  .given = { .dead_hops = true, .first_at = WORLD_SMALL, .flow = FLOW(UDP, 1) }, TOO_LONG,
	  .then = FLOW(UDP, 1) },
	{ "a late datagram's next hop is kept in nobody's flow",
	  .given = { .dead_hops = true,
		     .unknown_hops = true,
		     .flow = FLOW_IDLE(UDP, 2, WORLD_UDP_OLD_S) },
	  .link = LINK_BACK, .in = REPLY_UDP(), .verdict = XDP_REDIRECT, .out = CLIENT_GETS_UDP(),
	  .then = FLOW_IDLE(UDP, 2, WORLD_UDP_OLD_S) },
};

const struct table table_hop = TABLE(rows);
