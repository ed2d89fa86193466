/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the packet program counts: the last part of the contract in sluice_maps.h. */
#ifndef SLUICE_COUNTERS_H
#define SLUICE_COUNTERS_H

#include <linux/types.h>

/* traffic: by backend id, per CPU */
struct sluice_traffic {
	__u64 packets_in; /* client to backend */
	__u64 bytes_in; /* IP length */
	__u64 packets_out;
	__u64 bytes_out;
};

/*
 * counters: per CPU, one row each: X(symbol, name, kind, meaning). A `drop` ends a packet, an
 * `event` only counts. Names are what DescribeStatistics, sluicectl and the README show.
 */
#define SLUICE_COUNTERS(X)                                                                         \
	X(NO_LISTENER, "no_listener", drop, "to a port of a VIP that has no listener")             \
	X(LISTENER_STOPPED, "listener_stopped", drop, "to or from a listener that is stopped")     \
	X(MALFORMED, "malformed", drop,                                                            \
	  "header to a listener that is cut short or contradicts itself")                          \
	X(BAD_SOURCE, "bad_source", drop,                                                          \
	  "source is loopback, multicast, broadcast, 0/8, a VIP or the gateway's own address")     \
	X(IP_OPTIONS, "ip_options", drop, "IP options to a listener or in a backend's reply")      \
	X(FRAGMENT, "fragment", drop, "IP fragment to a listener, or first fragment of a reply")   \
	X(TTL, "ttl", drop, "TTL used up")                                                         \
	X(MTU, "mtu", drop, "longer than the way out takes")                                       \
	X(REFUSED, "refused", drop,                                                                \
	  "no usable backend: answered with RST or ICMP port unreachable")                         \
	X(NO_BACKEND, "no_backend", drop,                                                          \
	  "no usable backend: dropped, as the listener's policy says")                             \
	X(BACKEND_DOWN, "backend_down", drop, "flow of a backend that is down: answered with RST") \
	X(LISTENER_DELETED, "listener_deleted", drop, "flow of a deleted listener")                \
	X(SYN_ON_DRAINING, "syn_on_draining", drop,                                                \
	  "SYN on an established flow of a draining backend")                                      \
	X(REPLY_OF_OTHER, "reply_of_other", drop,                                                  \
	  "TCP reply from a backend that is not the flow's")                                       \
	X(FLOW_TABLE, "flow_table", drop, "the flow table refused a new entry")                    \
	X(TUPLE_COLLISION, "tuple_collision", drop,                                                \
	  "every backend tried has this client's address and port at another listener")            \
	X(NO_ROUTE, "no_route", drop, "the gateway has no route to where the packet must go")      \
	X(NO_NEIGHBOUR, "no_neighbour", drop,                                                      \
	  "the link-layer address of the next hop is not known yet")                               \
	X(NO_LINK, "no_link", drop, "the way out is not one of Sluice's interfaces")               \
	X(NO_ROOM, "no_room", drop, "the frame could not be enlarged for an ICMP answer")          \
	X(REDIRECT_ERROR, "redirect_error", drop,                                                  \
	  "the kernel refused the redirect after the verdict")                                     \
	X(TRANSMIT_ERROR, "transmit_error", drop, "the way out's transmit queue was full")         \
	X(FLOW_NEW, "flow_new", event, "flows scheduled to a backend")                             \
	X(FLOW_GUESSED, "flow_guessed", event, "flows taken up in their middle, by the ring")      \
	X(FLOW_CORRECTED, "flow_corrected", event, "guessed flows corrected by a backend's reply") \
	X(FLOW_EVICTED, "flow_evicted", event, "live established flows that had to make room")     \
	X(FLOW_REBUILT, "flow_rebuilt", event, "flows rebuilt from a backend's reply")             \
	X(EVENT_LOST, "event_lost", event, "messages to the daemon that found no room")

enum sluice_counter {
#define X(symbol, name, kind, meaning) SLUICE_COUNT_##symbol,
	SLUICE_COUNTERS(X)
#undef X
		SLUICE_COUNT_MAX
};

#endif
