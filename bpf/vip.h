/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The VIP line: is this address ours, which listener is it, and what does the listener take. */
#ifndef SLUICE_BPF_VIP_H
#define SLUICE_BPF_VIP_H

#include "maps.h"
#include "packet.h"
#include "parse.h"

/* The line of an address, NULL if it is not a VIP. */
static __always_inline struct sluice_vip *vip_address(__be32 address)
{
	struct sluice_vip_key key = { .address = address };

	return bpf_map_lookup_elem(&vips, &key);
}

/* A port or protocol of a VIP that no listener has. */
static __always_inline enum step vip_unmatched(struct packet *packet,
					       const struct sluice_vip *address)
{
	if (address->flags & SLUICE_VIP_PASS_UNMATCHED)
		return STEP_PASS;
	return packet_drop(packet, SLUICE_COUNT_NO_LISTENER);
}

/* Notes a service and its word; false if there is none under this id. */
static __always_inline bool vip_service(struct packet *packet, __u32 id)
{
	struct sluice_service *service = bpf_map_lookup_elem(&services, &id);

	if (!service)
		return false;
	packet->service_id = id;
	packet->service = service;
	packet->service_word = READ_ONCE(service->word);
	return SLUICE_GET(packet->service_word, SERVICE_STATE) != SLUICE_SERVICE_ABSENT;
}

/* Finds the listener of a packet to a VIP. A later fragment names no port: it goes to the stack only
 * where the stack may own ports, and waits there for a first one that we have dropped. */
static __always_inline enum step vip_listener(struct packet *packet,
					      const struct sluice_vip *address)
{
	struct sluice_vip_key key = { .address = packet->ip->daddr, .protocol = packet->protocol };
	struct sluice_vip *line;

	if (packet->protocol == IPPROTO_ICMP)
		return STEP_PASS;
	if (!parse_is_transport(packet))
		return vip_unmatched(packet, address);
	if (parse_is_later_fragment(packet)) {
		if (address->flags & SLUICE_VIP_PASS_UNMATCHED)
			return STEP_PASS;
		return packet_drop(packet, SLUICE_COUNT_FRAGMENT);
	}
	if (!parse_ports(packet))
		return packet_drop(packet, SLUICE_COUNT_MALFORMED);
	key.port = packet->dest;
	line = bpf_map_lookup_elem(&vips, &key);
	if (!line || !vip_service(packet, line->service))
		return vip_unmatched(packet, address);
	return STEP_NEXT;
}

/* A stopped listener lets nothing through in either direction and keeps its flows; any other wants
 * whole headers. */
static __always_inline enum step vip_open(struct packet *packet)
{
	if (SLUICE_GET(packet->service_word, SERVICE_STATE) == SLUICE_SERVICE_STOPPED)
		return packet_drop(packet, SLUICE_COUNT_LISTENER_STOPPED);
	return parse_whole(packet);
}

/* The flows of a deleted listener are ended rather than left to time out. */
static __always_inline enum step vip_deleted(struct packet *packet)
{
	if (SLUICE_GET(packet->service_word, SERVICE_STATE) != SLUICE_SERVICE_DELETED)
		return STEP_NEXT;
	if (packet_is_tcp(packet))
		return packet_answer(packet, SLUICE_COUNT_LISTENER_DELETED);
	return packet_drop(packet, SLUICE_COUNT_NO_LISTENER);
}

/* Sources that the kernel would have refused. The look for a VIP as source is left to new flows: a
 * flow that exists has passed it. */
static __always_inline enum step vip_source(struct packet *packet)
{
	__u32 source = bpf_ntohl(packet->ip->saddr);

	if (source >> 24 == 0 || source >> 24 == 127 || source >> 28 == 0xe || source == ~0U)
		return packet_drop(packet, SLUICE_COUNT_BAD_SOURCE);
	return STEP_NEXT;
}

/* The kernel forwards nothing that arrives with its last hop used up. */
static __always_inline enum step vip_ttl(struct packet *packet)
{
	return packet->ip->ttl <= 1 ? packet_drop(packet, SLUICE_COUNT_TTL) : STEP_NEXT;
}

#endif
