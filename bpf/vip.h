/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The VIP line: is this address ours, which listener is it, and what does the listener take. */
#ifndef SLUICE_BPF_VIP_H
#define SLUICE_BPF_VIP_H

#include "line.h"
#include "maps.h"
#include "packet.h"
#include "parse.h"

#define VIP_ABOVE SLUICE_VIP_SERVICE_BITS

static __always_inline __u64 vip_hash(const struct packet *packet, __be32 address)
{
	return sluice_hash_address(address, packet->state->table_key);
}

/* False for most addresses that are neither a VIP nor the gateway's own, at one look. */
static __always_inline bool vip_maybe(__u64 hash)
{
	return line_bit(vip_bitmap_at(0), hash, settings.vip_bits);
}

/* What stands under an address, of this hash, and a port in one half of the table, 0 for nothing. */
static __always_inline __u32 vip_find(__u64 hash, __be32 address, __be16 port, bool udp)
{
	__u64 wanted = SLUICE_PUT(VIP_ADDRESS, address) | SLUICE_PUT(VIP_PORT, port);
	__u32 half = settings.vip_lines / 2, begin = udp ? half : 0;
	__u32 home = sluice_scale(sluice_hash_and(hash, port), half);
	__u32 next = home + 1 < half ? home + 1 : 0;

	return SLUICE_GET(line_find(vips_at(0), begin + home, begin + next, wanted, VIP_ABOVE),
			  VIP_SERVICE);
}

/* What an address is to us (enum sluice_vip_address), 0 if it is no VIP. */
static __always_inline __u32 vip_address(__u64 hash, __be32 address)
{
	return vip_find(hash, address, 0, false);
}

/* Notes a service and its word; false if there is none under this id. */
static __always_inline bool vip_service(struct packet *packet, __u32 id)
{
	packet->service_id = id;
	packet->service = services_at(id);
	packet->service_word = READ_ONCE(packet->service->word);
	return SLUICE_GET(packet->service_word, SERVICE_STATE) != SLUICE_SERVICE_ABSENT;
}

/* A packet to an address of which it is not yet certain that it is ours, and whose port and protocol
 * no listener has. */
static __always_inline enum step vip_unmatched(struct packet *packet)
{
	switch (vip_address(packet->dest_hash, packet->ip->daddr)) {
	case 0:
		return STEP_OTHER;
	case SLUICE_VIP_PASS_UNMATCHED:
		return STEP_PASS;
	default:
		return packet_drop(packet, SLUICE_COUNT_NO_LISTENER);
	}
}

/* Notes the service of the listener that a packet's ports and protocol name. False if there is none.
 * Port 0 is none: the address itself stands there. */
static __always_inline bool vip_has_listener(struct packet *packet)
{
	__u32 service = 0;

	if (packet->dest)
		service = vip_find(packet->dest_hash, packet->ip->daddr, packet->dest,
				   !packet_is_tcp(packet));
	return service && vip_service(packet, service);
}

/* Finds the listener of a packet to a VIP. */
static __always_inline enum step vip_listener(struct packet *packet)
{
	return vip_has_listener(packet) ? STEP_NEXT : vip_unmatched(packet);
}

/* Sources that the kernel would have refused. Asked before a new flow or an answer: a flow that exists
 * has passed it. */
static __always_inline enum step vip_source(struct packet *packet)
{
	__u32 source = bpf_ntohl(packet->ip->saddr);

	if (source >> 24 == 0 || source >> 24 == 127 || source >> 28 == 0xe || source == ~0U)
		return packet_drop(packet, SLUICE_COUNT_BAD_SOURCE);
	return STEP_NEXT;
}

/* The flows of a deleted listener are ended rather than left to time out. */
static __always_inline enum step vip_deleted(struct packet *packet)
{
	if (!packet_is_tcp(packet))
		return packet_drop(packet, SLUICE_COUNT_NO_LISTENER);
	if (vip_source(packet) != STEP_NEXT)
		return STEP_DROP;
	return packet_answer(packet, SLUICE_COUNT_LISTENER_DELETED);
}

/* A stopped listener lets nothing through in either direction and keeps its flows; any other wants
 * whole headers. */
static __always_inline enum step vip_open(struct packet *packet)
{
	__u32 service_state = SLUICE_GET(packet->service_word, SERVICE_STATE);
	enum step step;

	if (service_state == SLUICE_SERVICE_STOPPED)
		return packet_drop(packet, SLUICE_COUNT_LISTENER_STOPPED);
	step = parse_whole(packet);
	if (step == STEP_NEXT && service_state == SLUICE_SERVICE_DELETED)
		return vip_deleted(packet);
	return step;
}

/* The kernel forwards nothing that arrives with its last hop used up. */
static __always_inline enum step vip_ttl(struct packet *packet)
{
	return packet->ip->ttl <= 1 ? packet_drop(packet, SLUICE_COUNT_TTL) : STEP_NEXT;
}

#endif
