/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * New flows: hash, ring slot, member, backend. The backend's word is read after the draw, and one
 * that is not active is no server, so a ring that is about to be replaced sends nobody astray.
 */
#ifndef SLUICE_BPF_SCHEDULE_H
#define SLUICE_BPF_SCHEDULE_H

#include "backend.h"
#include "counters.h"
#include "flow.h"
#include "hash.h"
#include "local.h"
#include "maps.h"
#include "packet.h"
#include "place.h"
#include "vip.h"

#define SCHEDULE_PER_LINE 16
#define SCHEDULE_TRIES 16 /* slots, where a client's tuple collides */

enum { SCHEDULE_NOBODY = 0, SCHEDULE_COLLISION = -1 };

/* Volatile keeps it out of the mergeable constants, where libbpf would not find it. */
const volatile __u32 schedule_sizes[1 << SLUICE_SERVICE_CLASS_BITS] = SLUICE_RING_SIZES;

static __always_inline __u32 schedule_size(const struct packet *packet)
{
	return schedule_sizes[SLUICE_GET(packet->service_word, SERVICE_CLASS)];
}

/* The number of the ring slot of a client of the packet's service, whose ring has `size` slots. */
static __always_inline __u32 schedule_number(const struct packet *packet, __be32 client,
					     __be16 port, __u32 size)
{
	const struct sluice_service *service = packet->service;

	return sluice_scale(hash_flow(settings.ring_key[0], settings.ring_key[1], client, port,
				      service->vip, service->port, service->protocol),
			    size);
}

/* A slot of the ring, current and previous member in one word. */
static __always_inline __u32 schedule_slot(const struct packet *packet, __u32 number)
{
	__u32 line = SLUICE_GET(packet->service_word, SERVICE_RING) + number / SCHEDULE_PER_LINE;

	return READ_ONCE(rings_at(line)->slot[number % SCHEDULE_PER_LINE]);
}

/* The backend id of a member index, 0 for none. */
static __always_inline __u32 schedule_member(const struct packet *packet, __u16 index)
{
	__u32 line = SLUICE_GET(packet->service_word, SERVICE_MEMBERS) + index / SCHEDULE_PER_LINE;

	if (index == SLUICE_RING_SLOT_NONE)
		return 0;
	return READ_ONCE(members_at(line)->backend[index % SCHEDULE_PER_LINE]);
}

/* No usable backend: said at once, or not at all, as the listener's policy is. */
static __always_inline enum step schedule_refuse(struct packet *packet)
{
	if (SLUICE_GET(packet->service_word, SERVICE_REJECT) && !(packet->flags & PACKET_RST))
		return packet_answer(packet, SLUICE_COUNT_REFUSED);
	return packet_drop(packet, SLUICE_COUNT_NO_BACKEND);
}

/* The backend that a slot of a service's ring names, 0 if it takes no new flows. By itself, as the
 * next one, so that the verifier looks at it once. */
__noinline int schedule_pick(__u32 service_id, __u64 service_word, __u32 number)
{
	struct packet packet = { .service_id = service_id, .service_word = service_word };
	__u32 slot = schedule_slot(&packet, number);

	if (!backend_look(&packet, schedule_member(&packet, (__u16)slot)) ||
	    backend_state(&packet) != SLUICE_BACKEND_ACTIVE)
		return SCHEDULE_NOBODY;
	return packet.backend_id;
}

/* Draws a backend for a client of a service: its id, or SCHEDULE_NOBODY, or SCHEDULE_COLLISION. Where
 * the client's tuple would collide, the next slots that name another backend are tried. */
__noinline int schedule_draw(__u32 service_id, __u64 service_word, __u32 client, __u32 port)
{
	struct packet packet = {};
	__u32 size, number, backend, last = 0;

	if (!vip_service(&packet, service_id))
		return SCHEDULE_NOBODY;
	packet.service_word = service_word;
	size = schedule_size(&packet);
	if (!size)
		return SCHEDULE_NOBODY;
	number = schedule_number(&packet, client, port, size);
	backend = schedule_pick(service_id, service_word, number);
	if (!backend)
		return SCHEDULE_NOBODY;
#pragma clang loop unroll(disable)
	for (int i = 0; i < SCHEDULE_TRIES; i++) {
		if (backend && backend != last) {
			if (!place_taken(backend, client, port, service_id))
				return backend;
			last = backend;
		}
		number = number + 1 < size ? number + 1 : 0;
		backend = schedule_pick(service_id, service_word, number);
	}
	return SCHEDULE_COLLISION;
}

/* Schedules a packet that has no flow. A TCP segment from the middle of a connection goes by the
 * ring too, which most likely still names the backend that it had: a guess, until a backend
 * answers. A RST goes there alike, but leaves no flow: it may be forged, and would stand in the way
 * of the true one. */
static __always_inline enum step schedule_flow(struct packet *packet)
{
	bool guessed = packet_is_tcp(packet) && !packet_is_syn(packet);
	__u64 hash = vip_hash(packet, packet->ip->saddr);
	__u32 flow_state = SLUICE_FLOW_UDP;
	int backend;

	if (vip_source(packet) != STEP_NEXT)
		return STEP_DROP;
	if (vip_maybe(hash) &&
	    (vip_address(hash, packet->ip->saddr) || local_address(hash, packet->ip->saddr)))
		return packet_drop(packet, SLUICE_COUNT_BAD_SOURCE);
	backend = schedule_draw(packet->service_id, packet->service_word, packet->ip->saddr,
				packet->source);
	if (backend == SCHEDULE_COLLISION)
		return packet_drop(packet, SLUICE_COUNT_TUPLE_COLLISION);
	if (!backend_take(packet, backend) || backend_state(packet) != SLUICE_BACKEND_ACTIVE)
		return schedule_refuse(packet);
	if (packet->flags & PACKET_RST)
		return STEP_NEXT;
	if (guessed)
		flow_state = flow_next_state(SLUICE_FLOW_GUESSED, packet);
	else if (packet_is_tcp(packet))
		flow_state = SLUICE_FLOW_HALF_OPEN;
	switch (flow_insert(packet, flow_state)) {
	case TABLE_REFUSED:
		return packet_drop(packet, SLUICE_COUNT_FLOW_TABLE);
	case TABLE_THERE:
		return STEP_NEXT;
	default:
		break;
	}
	if (guessed)
		counters_add(SLUICE_COUNT_FLOW_GUESSED, 1);
	else
		counters_new_flow(packet->backend_id);
	return STEP_NEXT;
}

#endif
