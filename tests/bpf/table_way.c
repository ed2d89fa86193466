// SPDX-License-Identifier: BSD-2-Clause
/* The way out: one- and two-armed, routers, VLAN tags, and every way that does not exist. */
#include "row.h"

#define AT(address) .given = { .first_at = address }
#define NEW_FLOW .counts = COUNTS(FLOW_NEW), .new_flow = true
#define LOST(name) .new_flow = true, .verdict = XDP_DROP, .counts = COUNTS(FLOW_NEW) | COUNTS(name)
/* The flow stays, so the next try goes the same way; a packet that went nowhere is no traffic. */
#define KEPT .then = FLOW(HALF_OPEN, 1)
#define KEPT_UDP .then = FLOW(UDP, 1)
#define NEAR_GETS .to_station = STATION_NEAR, .from_station = STATION_FRONT, .to = WORLD_NEAR

static const struct row rows[] = {
	{ "one-armed TCP goes back out of its link", AT(WORLD_NEAR), .in = CLIENT_TCP(.flags = SYN),
	  .verdict = XDP_TX, .out = FIRST_GETS_TCP(NEAR_GETS, .flags = SYN), NEW_FLOW, .backend = 1,
	  KEPT },
	{ "one-armed UDP goes back out of its link", AT(WORLD_NEAR), .in = CLIENT_UDP(),
	  .verdict = XDP_TX, .out = FIRST_GETS_UDP(NEAR_GETS), NEW_FLOW, .backend = 1, KEPT_UDP },
	{ "one-armed reply through the back link's client", .link = LINK_BACK,
	  .given = { .flow_client = WORLD_SECOND, .flow = FLOW_IDLE(ESTABLISHED, 1, WORLD_OLD_S) },
	  .in = REPLY_TCP(.to = WORLD_SECOND, .flags = ACK), .verdict = XDP_TX,
	  .out = CLIENT_GETS_TCP(.to_station = STATION_SECOND, .from_station = STATION_BACK,
				 .to = WORLD_SECOND, .flags = ACK),
	  .backend = 1, .then = FLOW(ESTABLISHED, 1) },
	{ "a backend behind a router gets it by the router's station", AT(WORLD_ROUTED),
	  .in = CLIENT_TCP(.flags = SYN), .verdict = XDP_TX,
	  .out = FIRST_GETS_TCP(.to_station = STATION_ROUTER, .from_station = STATION_FRONT,
				.to = WORLD_ROUTED, .flags = SYN),
	  NEW_FLOW, .backend = 1, KEPT },
	{ "a client behind a router gets its reply by the router's station", .link = LINK_BACK,
	  .given = { .flow_client = WORLD_ROUTED, .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_OLD_S) },
	  .in = REPLY_UDP(.to = WORLD_ROUTED), .verdict = XDP_REDIRECT,
	  .out = CLIENT_GETS_UDP(.to_station = STATION_ROUTER, .to = WORLD_ROUTED), .backend = 1,
	  .then = FLOW(UDP, 1) },

	{ "no route to the backend", AT(WORLD_NOWHERE), .in = CLIENT_TCP(.flags = SYN),
	  LOST(NO_ROUTE), KEPT },
	{ "no route to the client", .link = LINK_BACK,
	  .given = { .flow_client = WORLD_NOWHERE, .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_OLD_S) },
	  .in = REPLY_UDP(.to = WORLD_NOWHERE), .verdict = XDP_DROP, .counts = COUNTS(NO_ROUTE),
	  .then = FLOW(UDP, 1) },
	{ "the backend is the gateway itself", AT("10.0.0.1"), .in = CLIENT_TCP(.flags = SYN),
	  LOST(NO_ROUTE), KEPT },
	{ "the backend's neighbour entry is missing: the daemon is asked", AT(WORLD_SILENT),
	  .in = CLIENT_TCP(.flags = SYN), LOST(NO_NEIGHBOUR), KEPT, .asks = WORLD_SILENT },
	{ "… for a datagram too", AT(WORLD_SILENT), .in = CLIENT_UDP(), LOST(NO_NEIGHBOUR),
	  KEPT_UDP, .asks = WORLD_SILENT },
	{ "nobody takes the daemon's messages: counted",
	  .given = { .first_at = WORLD_SILENT, .full_events = true },
	  .in = CLIENT_TCP(.flags = SYN), LOST(NO_NEIGHBOUR) | COUNTS(EVENT_LOST), KEPT },
	{ "the way out is not one of our links", AT(WORLD_FAR), .in = CLIENT_TCP(.flags = SYN),
	  LOST(NO_LINK), KEPT },
	{ "… for a datagram too", AT(WORLD_FAR), .in = CLIENT_UDP(), LOST(NO_LINK), KEPT_UDP },
	{ "as long as the way out takes", AT(WORLD_SMALL),
	  .in = CLIENT_TCP(.flags = SYN, .payload = 560), .verdict = XDP_REDIRECT,
	  .out = FIRST_GETS_TCP(.to_station = STATION_SMALL_HOST, .from_station = STATION_SMALL,
				.to = WORLD_SMALL, .flags = SYN, .payload = 560),
	  NEW_FLOW, .backend = 1, KEPT },
	{ "longer than the way out takes", AT(WORLD_SMALL),
	  .in = CLIENT_TCP(.flags = SYN, .payload = 561), LOST(MTU), KEPT },
	{ "a datagram longer than the way out takes", AT(WORLD_SMALL),
	  .in = CLIENT_UDP(.payload = 573), LOST(MTU), KEPT_UDP },
	{ "a segment of several buffers is longer than 1,500", .given = { ESTABLISHED_FLOW },
	  .in = CLIENT_TCP(.flags = ACK, .payload = 5000), .verdict = XDP_DROP,
	  .counts = COUNTS(MTU), .then = FLOW(ESTABLISHED, 1) },
	{ "a reply longer than the way out takes", .given = { ESTABLISHED_FLOW }, .link = LINK_BACK,
	  .in = REPLY_TCP(.flags = ACK, .payload = 1461), .verdict = XDP_DROP,
	  .counts = COUNTS(MTU), .then = FLOW(ESTABLISHED, 1) },

	{ "a priority tag stays on its link", AT(WORLD_NEAR),
	  .in = CLIENT_TCP(.tags = 1, .flags = SYN), .verdict = XDP_TX,
	  .out = FIRST_GETS_TCP(NEAR_GETS, .tags = 1, .flags = SYN), NEW_FLOW, .backend = 1, KEPT },
	{ "two priority tags stay on their link", AT(WORLD_NEAR), .in = CLIENT_UDP(.tags = 2),
	  .verdict = XDP_TX, .out = FIRST_GETS_UDP(NEAR_GETS, .tags = 2), NEW_FLOW, .backend = 1,
	  KEPT_UDP },
	{ "a priority tag does not change links", .in = CLIENT_TCP(.tags = 1, .flags = SYN),
	  LOST(NO_LINK), KEPT },
	{ "a VLAN has no way out, even on its link", AT(WORLD_NEAR),
	  .in = CLIENT_TCP(.tags = 1, .vlan = 10, .flags = SYN), LOST(NO_LINK), KEPT },
	{ "a VLAN in a VLAN has none", .in = CLIENT_UDP(.tags = 2, .vlan = 10), LOST(NO_LINK),
	  KEPT_UDP },
	{ "a reply in a VLAN has none", .given = { ESTABLISHED_FLOW }, .link = LINK_BACK,
	  .in = REPLY_TCP(.tags = 1, .vlan = 10, .flags = ACK), .verdict = XDP_DROP,
	  .counts = COUNTS(NO_LINK), .then = FLOW(ESTABLISHED, 1) },
	{ "a free port behind a tag is dropped like any",
	  .in = CLIENT_TCP(.tags = 1, .vlan = 10, .to_port = 81), .verdict = XDP_DROP,
	  .counts = COUNTS(NO_LISTENER) },
};

const struct table table_way = TABLE(rows);
