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
#include "maps.h"
#include "packet.h"
#include "vip.h"

#define SCHEDULE_PER_LINE 16
#define SCHEDULE_SLOT_NONE (SLUICE_RING_SLOT_NONE << 16 | SLUICE_RING_SLOT_NONE)

/* Volatile keeps it out of the mergeable constants, where libbpf would not find it. */
const volatile __u32 schedule_sizes[1 << SLUICE_SERVICE_CLASS_BITS] = SLUICE_RING_SIZES;

/* The ring's slot for a client of the packet's service, current and previous member in one word. */
static __always_inline __u32 schedule_slot(const struct packet *packet, __be32 client, __be16 port)
{
	const struct sluice_service *service = packet->service;
	__u32 size = schedule_sizes[SLUICE_GET(packet->service_word, SERVICE_CLASS)];
	struct sluice_ring_line *ring;
	__u32 slot, line;

	if (!size)
		return SCHEDULE_SLOT_NONE;
	slot = hash_scale(hash_flow(settings.ring_key[0], settings.ring_key[1], client, port,
				    service->vip, service->port, service->protocol),
			  size);
	line = SLUICE_GET(packet->service_word, SERVICE_RING) + slot / SCHEDULE_PER_LINE;
	ring = bpf_map_lookup_elem(&rings, &line);
	return ring ? READ_ONCE(ring->slot[slot % SCHEDULE_PER_LINE]) : SCHEDULE_SLOT_NONE;
}

/* The backend id of a member index, 0 for none. */
static __always_inline __u32 schedule_member(const struct packet *packet, __u16 index)
{
	__u32 line = SLUICE_GET(packet->service_word, SERVICE_MEMBERS) + index / SCHEDULE_PER_LINE;
	struct sluice_member_line *member;

	if (index == SLUICE_RING_SLOT_NONE)
		return 0;
	member = bpf_map_lookup_elem(&members, &line);
	return member ? READ_ONCE(member->backend[index % SCHEDULE_PER_LINE]) : 0;
}

/* No usable backend: said at once, or not at all, as the listener's policy is. */
static __always_inline enum step schedule_refuse(struct packet *packet)
{
	if (SLUICE_GET(packet->service_word, SERVICE_REJECT) && !packet->rst)
		return packet_answer(packet, SLUICE_COUNT_REFUSED);
	return packet_drop(packet, SLUICE_COUNT_NO_BACKEND);
}

static __always_inline bool schedule_draw(struct packet *packet)
{
	__u32 slot = schedule_slot(packet, packet->ip->saddr, packet->source);

	return backend_take(packet, schedule_member(packet, (__u16)slot)) &&
	       backend_state(packet) == SLUICE_BACKEND_ACTIVE;
}

/* Schedules a packet that has no flow. A TCP segment from the middle of a connection goes by the
 * ring too, which most likely still names the backend that it had. */
static __always_inline enum step schedule_flow(struct packet *packet)
{
	__u64 key = flow_key(packet->ip->saddr, packet->source, packet->service_id);
	bool guessed = packet_is_tcp(packet) && !packet->syn;
	__u8 flow_state = SLUICE_FLOW_UDP;

	if (vip_address(packet->ip->saddr))
		return packet_drop(packet, SLUICE_COUNT_BAD_SOURCE);
	if (!schedule_draw(packet))
		return schedule_refuse(packet);
	if (guessed)
		flow_state = flow_next_state(SLUICE_FLOW_ESTABLISHED, packet);
	else if (packet_is_tcp(packet))
		flow_state = SLUICE_FLOW_HALF_OPEN;
	if (!flow_insert(key, packet, flow_state))
		return packet_drop(packet, SLUICE_COUNT_FLOW_TABLE);
	if (guessed)
		counters_add(SLUICE_COUNT_FLOW_GUESSED, 1);
	else
		counters_new_flow(packet->backend_id);
	return STEP_NEXT;
}

#endif
