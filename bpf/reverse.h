/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Replies. The reverse line names the services that use a backend's address and port; the flow is
 * the proof that a packet is a reply. Without one it may be a direct connection to the backend, and
 * passes, except while the flow table is known to have lost entries.
 */
#ifndef SLUICE_BPF_REVERSE_H
#define SLUICE_BPF_REVERSE_H

#include "backend.h"
#include "clock.h"
#include "counters.h"
#include "flow.h"
#include "maps.h"
#include "packet.h"
#include "parse.h"
#include "schedule.h"
#include "vip.h"

/* How a candidate's flow relates to the packet. */
enum reverse_match {
	REVERSE_NONE,
	REVERSE_OTHER, /* a flow of another backend */
	REVERSE_FOUND,
};

static __always_inline struct sluice_reverse *reverse_line(const struct packet *packet)
{
	struct sluice_reverse_key key = {
		.address = packet->ip->saddr,
		.port = packet->source,
		.protocol = packet->protocol,
	};

	return bpf_map_lookup_elem(&reverse, &key);
}

/* True if the noted backend has the source that the packet has. */
static __always_inline bool reverse_is_source(const struct packet *packet)
{
	return packet->backend->address == packet->ip->saddr &&
	       packet->backend->port == packet->source;
}

/* Looks for the flow at one candidate service; leaves service, backend and the flow in place. */
static __always_inline enum reverse_match reverse_try(struct packet *packet, __u16 service,
						      __u64 **line, __u64 *word)
{
	__u64 key = flow_key(packet->ip->daddr, packet->dest, service);

	*line = bpf_map_lookup_elem(&flows, &key);
	if (!*line || !vip_service(packet, service))
		return REVERSE_NONE;
	*word = READ_ONCE(**line);
	if (flow_expired(packet, *word))
		return REVERSE_NONE;
	if (!backend_take(packet, SLUICE_GET(*word, FLOW_BACKEND)) || !reverse_is_source(packet) ||
	    backend_state_for(packet, *word) == SLUICE_BACKEND_GONE)
		return REVERSE_OTHER;
	return REVERSE_FOUND;
}

/* True if a ring slot's member is the source of this packet, and not down. */
static __always_inline bool reverse_is_member(struct packet *packet, __u16 index)
{
	__u32 now;

	if (!backend_take(packet, schedule_member(packet, index)) || !reverse_is_source(packet))
		return false;
	now = backend_state(packet);
	return now == SLUICE_BACKEND_ACTIVE || now == SLUICE_BACKEND_DRAINING;
}

/* Rebuilds a lost flow at one candidate service if its ring, now or before the last change, gives
 * this backend to this client. */
static __always_inline bool reverse_rebuild(struct packet *packet, __u16 service)
{
	__u64 key = flow_key(packet->ip->daddr, packet->dest, service);
	__u32 slot;

	if (!vip_service(packet, service) ||
	    SLUICE_GET(packet->service_word, SERVICE_STATE) != SLUICE_SERVICE_RUNNING)
		return false;
	slot = schedule_slot(packet, packet->ip->daddr, packet->dest);
	if (!reverse_is_member(packet, (__u16)slot) && !reverse_is_member(packet, slot >> 16))
		return false;
	if (!flow_insert(key, packet, flow_next_state(SLUICE_FLOW_ESTABLISHED, packet)))
		return false;
	counters_add(SLUICE_COUNT_FLOW_REBUILT, 1);
	return true;
}

/* Tries every candidate's flow line. A flow of another backend counts if there is none of this. */
static __always_inline enum reverse_match reverse_find(struct packet *packet,
						       const struct sluice_reverse *candidates,
						       __u64 **line, __u64 *word)
{
	__u16 other = 0;

	for (int i = 0; i < SLUICE_REVERSE_SERVICES; i++) {
		__u16 service = candidates->service[i];
		enum reverse_match match;

		if (!service)
			break;
		match = reverse_try(packet, service, line, word);
		if (match == REVERSE_FOUND)
			return match;
		if (match == REVERSE_OTHER)
			other = service;
	}
	return other && vip_service(packet, other) ? REVERSE_OTHER : REVERSE_NONE;
}

/* A reply that has no flow: rebuilt, or none of our business. */
static __always_inline enum step reverse_lost(struct packet *packet,
					      const struct sluice_reverse *candidates)
{
	if (!packet_is_tcp(packet) || !clock_in_rebuild_window(packet->now_s))
		return STEP_PASS;
	if (parse_whole(packet) != STEP_NEXT || packet->syn_any || packet->rst)
		return STEP_PASS;
	for (int i = 0; i < SLUICE_REVERSE_SERVICES; i++) {
		if (!candidates->service[i])
			break;
		if (reverse_rebuild(packet, candidates->service[i]))
			return vip_ttl(packet);
	}
	return STEP_PASS;
}

/* A reply of a backend that its flow does not go to (any more). A late datagram is still an answer,
 * but in nobody's traffic. */
static __always_inline enum step reverse_other(struct packet *packet)
{
	if (packet_is_tcp(packet))
		return packet_drop(packet, SLUICE_COUNT_REPLY_OF_OTHER);
	packet->backend_id = 0;
	return vip_ttl(packet);
}

static __always_inline enum step reverse_found(struct packet *packet, __u64 *line, __u64 word)
{
	if (backend_state(packet) == SLUICE_BACKEND_DOWN) {
		if (packet_is_tcp(packet))
			return packet_answer(packet, SLUICE_COUNT_BACKEND_DOWN);
		return packet_drop(packet, SLUICE_COUNT_BACKEND_DOWN);
	}
	if (packet->ip->ttl <= 1)
		return packet_drop(packet, SLUICE_COUNT_TTL);
	flow_touch(packet, line, word);
	return STEP_NEXT;
}

/* A backend's packet and its flow: go on to the client, or what else becomes of it. */
static __always_inline enum step reverse_flow(struct packet *packet)
{
	const struct sluice_reverse *candidates = reverse_line(packet);
	enum reverse_match match;
	enum step step;
	__u64 *line = NULL;
	__u64 word = 0;

	if (!candidates)
		return STEP_PASS;
	packet->reply = true;
	packet->now_s = clock_now_s();
	match = reverse_find(packet, candidates, &line, &word);
	if (match == REVERSE_NONE)
		return reverse_lost(packet, candidates);
	step = vip_open(packet);
	if (step == STEP_NEXT)
		step = vip_deleted(packet);
	if (step != STEP_NEXT)
		return step;
	if (match == REVERSE_OTHER)
		return reverse_other(packet);
	return line ? reverse_found(packet, line, word) : STEP_PASS;
}

#endif
