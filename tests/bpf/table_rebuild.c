// SPDX-License-Identifier: BSD-2-Clause
/* Replies whose flow was lost: rebuilt while that may happen, from the ring alone. */
#include "row.h"

#define MAY .may_rebuild = true
#define REBUILT(wanted_flags, wanted_state)                                                 \
	.link = LINK_BACK, .in = REPLY_TCP(.flags = wanted_flags), .verdict = XDP_REDIRECT, \
	.out = CLIENT_GETS_TCP(.flags = wanted_flags), .counts = COUNTS(FLOW_REBUILT),      \
	.backend = 1, .then = FLOW(wanted_state, 1)
#define PASSES(wanted_flags) \
	.link = LINK_BACK, .in = REPLY_TCP(.flags = wanted_flags), .verdict = XDP_PASS
/* Both services that share the backend have rings that name it; the first candidate wins. */
#define BY_TWIN .from_port = WORLD_TWIN_PORT

static const struct row rows[] = {
	{ "the ring names the backend: rebuilt, at the first candidate whose ring does",
	  .given = { MAY }, .link = LINK_BACK, .in = REPLY_TCP(.flags = ACK),
	  .verdict = XDP_REDIRECT, .out = CLIENT_GETS_TCP(BY_TWIN, .flags = ACK),
	  .counts = COUNTS(FLOW_REBUILT), .backend = 1,
	  .then = { .state = SLUICE_FLOW_ESTABLISHED, .backend = 1, .of_twin = true } },
	{ "a FIN is rebuilt as such, by the ring as it is now",
	  .given = { MAY, .no_twin = true, .ring_before = 1 }, REBUILT(FIN | ACK, FIN_BACKEND) },
	{ "the ring named it before its last change",
	  .given = { MAY, .no_twin = true, .ring_now = 1, .ring_before = 0 },
	  REBUILT(ACK, ESTABLISHED) },
	{ "a draining backend that the ring named before",
	  .given = { MAY, .no_twin = true, .ring_now = 1, .first = DRAINING },
	  REBUILT(ACK | PSH, ESTABLISHED) },
	{ "over an expired entry",
	  .given = { MAY, .no_twin = true,
		     .flow = FLOW_IDLE(ESTABLISHED, 2, WORLD_ESTABLISHED_END_S + 1) },
	  REBUILT(ACK, ESTABLISHED) },
	{ "at the last of eight candidates, whose ring alone names it",
	  .given = { MAY, .no_twin = true, .strangers = 7 }, REBUILT(ACK, ESTABLISHED) },
	{ "outside of the window it passes", PASSES(ACK) },
	{ "a SYN-ACK is never rebuilt: it opens a connection past the VIPs", .given = { MAY },
	  PASSES(SYN | ACK), .direct = true },
	{ "… which is not kept outside of the window", PASSES(SYN | ACK) },
	{ "nor a RST", .given = { MAY }, PASSES(RST | ACK) },
	{ "nor a malformed one", .given = { MAY }, .link = LINK_BACK,
	  .in = REPLY_TCP(.flags = ACK, .doff = 3), .verdict = XDP_PASS },
	{ "nor when the ring names another backend, now and before",
	  .given = { MAY, .ring_now = 1, .ring_before = 1 }, PASSES(ACK) },
	{ "nor when the ring's backend is down", .given = { MAY, .first = DOWN }, PASSES(ACK) },
	{ "nor without a ring", .given = { MAY, .no_ring = true }, PASSES(ACK) },
	{ "nor at a stopped listener", .given = { MAY, .listener = STOPPED }, PASSES(ACK) },
	{ "nor a datagram", .given = { MAY }, .link = LINK_BACK, .in = REPLY_UDP(),
	  .verdict = XDP_PASS },
	{ "nor into a full table", .given = { MAY, .full_table = true }, PASSES(ACK) },
	{ "nor what a backend sends to the gateway itself", .given = { MAY, .no_twin = true },
	  .link = LINK_BACK, .in = REPLY_TCP(.to = WORLD_GATEWAY_BACK, .flags = ACK | PSH),
	  .verdict = XDP_PASS },
	{ "… to its address in another link", .given = { MAY, .no_twin = true }, .link = LINK_BACK,
	  .in = REPLY_TCP(.to = WORLD_GATEWAY, .flags = FIN | ACK), .verdict = XDP_PASS },
	{ "… nor is that kept as a connection past the VIPs", .given = { MAY, .no_twin = true },
	  .link = LINK_BACK, .in = REPLY_TCP(.to = WORLD_GATEWAY_BACK, .flags = SYN | ACK),
	  .verdict = XDP_PASS },
	{ "nor what belongs to a connection that opened past the VIPs, seen again",
	  .given = { MAY, .no_twin = true, .direct_s = WORLD_REBUILD_S }, PASSES(ACK | PSH),
	  .direct = true },
	{ "… its FIN", .given = { MAY, .no_twin = true, .direct_s = 1 }, PASSES(FIN | ACK),
	  .direct = true },
	{ "… but not for ever", .given = { MAY, .no_twin = true, .direct_s = WORLD_REBUILD_S + 1 },
	  REBUILT(ACK, ESTABLISHED) },
	{ "… nor against a flow that is there",
	  .given = { MAY, .no_twin = true, .direct_s = 1, ESTABLISHED_FLOW }, .link = LINK_BACK,
	  .in = REPLY_TCP(.flags = ACK), .verdict = XDP_REDIRECT,
	  .out = CLIENT_GETS_TCP(.flags = ACK), .backend = 1, .then = FLOW(ESTABLISHED, 1) },
	{ "nor with its last hop used up, but then the flow is known",
	  .given = { MAY, .no_twin = true }, .link = LINK_BACK,
	  .in = REPLY_TCP(.flags = ACK, .ttl = 1), .verdict = XDP_DROP,
	  .counts = COUNTS(FLOW_REBUILT) | COUNTS(TTL), .then = FLOW(ESTABLISHED, 1) },
};

const struct table table_rebuild = TABLE(rows);
