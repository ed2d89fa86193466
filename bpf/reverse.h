/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Replies. The reverse lines lead to the backends that have an address and port; the flow is the
 * proof that a packet is a reply. Without one it may be a direct connection to the backend, and
 * passes, except while the flow table is known to have lost entries.
 */
#ifndef SLUICE_BPF_REVERSE_H
#define SLUICE_BPF_REVERSE_H

#include "backend.h"
#include "counters.h"
#include "flow.h"
#include "line.h"
#include "link.h"
#include "local.h"
#include "maps.h"
#include "packet.h"
#include "parse.h"
#include "place.h"
#include "schedule.h"
#include "state.h"
#include "vip.h"

/* How a candidate's flow relates to the packet. */
enum reverse_match {
	REVERSE_FOREIGN, /* from nowhere that is ours */
	REVERSE_NONE,
	REVERSE_OTHER, /* a flow of another backend */
	REVERSE_FOUND,
};

/* True if the noted backend has the source that the packet has. */
static __always_inline bool reverse_is_source(const struct packet *packet)
{
	return place_is(packet->backend, packet->ip->saddr, packet->source, packet->protocol);
}

/* Looks for the flow of one candidate's service; leaves service, backend and the flow in place. The
 * flow's backend need not be the candidate, but most often is: so the candidate's line is read first, and
 * comes while the flow's does. */
static __always_inline enum reverse_match reverse_try(struct packet *packet, __u64 item)
{
	__u16 service = SLUICE_GET(item, REVERSE_SERVICE);
	__u32 candidate = SLUICE_GET(item, REVERSE_BACKEND), backend;

	backend_take(packet, candidate);
	if (!flow_take(packet, packet->ip->daddr, packet->dest, service) ||
	    !vip_service(packet, service) || flow_expired(packet, packet->flow_word))
		return REVERSE_NONE;
	backend = SLUICE_GET(packet->flow_word, FLOW_BACKEND);
	if (backend != candidate)
		backend_take(packet, backend);
	if (backend && reverse_is_source(packet) &&
	    backend_state_for(packet, packet->flow_word) != SLUICE_BACKEND_GONE)
		return REVERSE_FOUND;
	/* The tag only narrows: is the candidate the source at all? */
	if (!backend_take(packet, candidate) || !reverse_is_source(packet))
		return REVERSE_NONE;
	return REVERSE_OTHER;
}

/* What the last candidate has left: so that nothing of one lives on into the look at the next. */
static __always_inline void reverse_forget(struct packet *packet)
{
	packet->service_id = 0;
	packet->service = NULL;
	packet->service_word = 0;
	packet->backend_id = 0;
	packet->backend = NULL;
	packet->backend_word = 0;
	packet->flow_key = 0;
	packet->bucket = NULL;
	packet->flow = NULL;
	packet->flow_word = 0;
}

/* Tries every candidate's flow line. A flow of another backend counts if there is none of this: its
 * candidate is left in `other`. */
static __always_inline enum reverse_match reverse_find(struct packet *packet, __u64 hash,
						       __u64 *other)
{
	__u64 item = place_first(hash);

#pragma clang loop unroll(disable)
	for (int step = 0; step < SLUICE_REVERSE_CHAIN && item; step++) {
		enum reverse_match match = reverse_try(packet, item);

		if (match == REVERSE_FOUND)
			return match;
		if (match == REVERSE_OTHER)
			*other = item;
		item = place_next(item);
	}
	reverse_forget(packet);
	return *other && vip_service(packet, SLUICE_GET(*other, REVERSE_SERVICE)) ? REVERSE_OTHER
										  : REVERSE_NONE;
}

/* True if a ring slot's member has this place, and is not down. */
static __always_inline bool reverse_is_member(struct packet *packet, __u16 index, __u64 source)
{
	__u32 now;

	if (!backend_look(packet, schedule_member(packet, index)) ||
	    !place_is(packet->backend, (__be32)source, (__be16)(source >> 32), source >> 48))
		return false;
	now = backend_state(packet);
	return now == SLUICE_BACKEND_ACTIVE || now == SLUICE_BACKEND_DRAINING;
}

/* The backend in this place that the ring of a service, now or before its last change, gives to a
 * client; 0 for none. */
static __always_inline __u32 reverse_by_ring(__u16 service, __u64 source, __u64 client)
{
	struct packet packet = {};
	__u32 size, slot;

	if (!vip_service(&packet, service) ||
	    SLUICE_GET(packet.service_word, SERVICE_STATE) != SLUICE_SERVICE_RUNNING)
		return 0;
	size = schedule_size(&packet);
	if (!size)
		return 0;
	slot = schedule_slot(&packet, schedule_number(&packet, (__be32)client,
						      (__be16)(client >> 32), size));
	return reverse_is_member(&packet, (__u16)slot, source) ||
			       reverse_is_member(&packet, slot >> 16, source)
		       ? packet.backend_id
		       : 0;
}

/*
 * The first candidate whose ring gives the source to the client, as an item with service and backend;
 * 0 for none. Low bit first, source: address 32 | port 16 | protocol 8; client: address 32 | port 16.
 * By itself, so that the verifier looks at it once.
 */
__noinline __u64 reverse_by_rings(__u64 source, __u64 client)
{
	struct sluice_state *kept = state_line();
	__u64 item;

	item = place_first(sluice_hash_reverse((__be32)source, (__be16)(source >> 32), source >> 48,
					       kept->table_key));
#pragma clang loop unroll(disable)
	for (int step = 0; step < SLUICE_REVERSE_CHAIN && item; step++) {
		__u32 backend = reverse_by_ring(SLUICE_GET(item, REVERSE_SERVICE), source, client);

		if (backend)
			return SLUICE_SET(item, REVERSE_BACKEND, backend);
		item = place_next(item);
	}
	return 0;
}

/* True for a connection past the VIPs: no flow was waiting for its SYN-ACK when that went by here, in
 * the rebuild window, and it has not been silent since for as long as that. */
static __always_inline bool reverse_is_direct(const struct packet *packet,
					      const struct sluice_direct *tuple)
{
	__u64 now_s = packet->now_s, *seen;

	if (packet->flags & PACKET_SYN) {
		bpf_map_update_elem(&direct, tuple, &now_s, BPF_ANY);
		return true;
	}
	seen = bpf_map_lookup_elem(&direct, tuple);
	if (!seen || now_s > READ_ONCE(*seen) + settings.rebuild_window_s)
		return false;
	WRITE_ONCE(*seen, now_s);
	return true;
}

/* A reply that has no flow: rebuilt at the first candidate whose ring gives it, or none of our
 * business. What a backend sends to the gateway itself never is ours. */
static __always_inline enum step reverse_lost(struct packet *packet)
{
	struct sluice_direct tuple = {
		.source = packet->ip->saddr | (__u64)packet->source << 32 |
			  (__u64)packet->protocol << 48,
		.client = packet->ip->daddr | (__u64)packet->dest << 32,
	};
	__u64 hash = vip_hash(packet, packet->ip->daddr), item;

	if (!packet_is_tcp(packet) || !state_in_rebuild_window(packet) ||
	    (vip_maybe(hash) && local_address(hash, packet->ip->daddr)))
		return STEP_PASS;
	if (parse_whole(packet) != STEP_NEXT || packet->flags & PACKET_RST ||
	    reverse_is_direct(packet, &tuple))
		return STEP_PASS;
	item = reverse_by_rings(tuple.source, tuple.client);
	if (!item || !vip_service(packet, SLUICE_GET(item, REVERSE_SERVICE)) ||
	    !backend_take(packet, SLUICE_GET(item, REVERSE_BACKEND)))
		return STEP_PASS;
	flow_take(packet, packet->ip->daddr, packet->dest, packet->service_id);
	switch (flow_insert(packet, flow_next_state(SLUICE_FLOW_ESTABLISHED, packet))) {
	case TABLE_REFUSED:
		return STEP_PASS;
	case TABLE_INSERTED:
		counters_add(SLUICE_COUNT_FLOW_REBUILT, 1);
		return vip_ttl(packet);
	case TABLE_THERE:
		break;
	}
	return reverse_is_source(packet) ? vip_ttl(packet) : STEP_PASS;
}

/* Gives a guessed flow to the candidate that has answered. False if it is not a guess (any more). */
static __always_inline bool reverse_correct(struct packet *packet, __u64 candidate)
{
	__u64 word;
	__u32 now;

	if (packet->flags & PACKET_SYN ||
	    !flow_take(packet, packet->ip->daddr, packet->dest, packet->service_id) ||
	    !backend_take(packet, SLUICE_GET(candidate, REVERSE_BACKEND)))
		return false;
	now = backend_state(packet);
	word = packet->flow_word;
	if (SLUICE_GET(word, FLOW_STATE) != SLUICE_FLOW_GUESSED ||
	    (now != SLUICE_BACKEND_ACTIVE && now != SLUICE_BACKEND_DRAINING))
		return false;
	word = SLUICE_SET(word, FLOW_BACKEND, packet->backend_id);
	word = SLUICE_SET(word, FLOW_GENERATION,
			  SLUICE_GET(packet->backend_word, BACKEND_GENERATION));
	word = SLUICE_SET(word, FLOW_STATE, flow_next_state(SLUICE_FLOW_GUESSED, packet));
	word = SLUICE_SET(word, FLOW_SEEN, packet->now_s);
	if (!table_move(packet->flow, packet->flow_word, word))
		return false;
	packet->flow_word = word;
	counters_add(SLUICE_COUNT_FLOW_CORRECTED, 1);
	return true;
}

/* A reply of a backend that its flow does not go to (any more). A late datagram is still an answer,
 * but in nobody's traffic. */
static __always_inline enum step reverse_other(struct packet *packet, __u64 candidate)
{
	if (packet_is_tcp(packet)) {
		if (!reverse_correct(packet, candidate))
			return packet_drop(packet, SLUICE_COUNT_REPLY_OF_OTHER);
		return vip_ttl(packet);
	}
	backend_take(packet, 0);
	packet->flow = NULL;
	return vip_ttl(packet);
}

static __always_inline enum step reverse_found(struct packet *packet)
{
	if (backend_state(packet) == SLUICE_BACKEND_DOWN) {
		if (packet_is_tcp(packet))
			return packet_answer(packet, SLUICE_COUNT_BACKEND_DOWN);
		return packet_drop(packet, SLUICE_COUNT_BACKEND_DOWN);
	}
	if (packet->ip->ttl <= 1)
		return packet_drop(packet, SLUICE_COUNT_TTL);
	flow_touch(packet);
	return STEP_NEXT;
}

/* Whose reply a packet is; `other` is the candidate that it came from if that is not its flow's. Most
 * packets are no backend's to us, which one look tells. */
static __always_inline enum reverse_match reverse_match(struct packet *packet, __u64 *other)
{
	__u64 hash = sluice_hash_reverse(packet->ip->saddr, packet->source, packet->protocol,
					 packet->state->table_key);

	if (!place_maybe(hash) || !link_is_for_us(packet))
		return REVERSE_FOREIGN;
	packet->reply = true;
	packet->now_s = state_now_s(packet->state);
	return reverse_find(packet, hash, other);
}

/* A backend's packet and its flow: go on to the client, or what else becomes of it. */
static __always_inline enum step reverse_flow(struct packet *packet)
{
	enum reverse_match match;
	enum step step;
	__u64 other = 0;

	match = reverse_match(packet, &other);
	if (match == REVERSE_FOREIGN)
		return STEP_PASS;
	if (match == REVERSE_NONE)
		return reverse_lost(packet);
	step = vip_open(packet);
	if (step != STEP_NEXT)
		return step;
	return match == REVERSE_OTHER ? reverse_other(packet, other) : reverse_found(packet);
}

#endif
