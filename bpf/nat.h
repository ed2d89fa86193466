/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rewriting: one address, one port and the TTL, with their checksums. */
#ifndef SLUICE_BPF_NAT_H
#define SLUICE_BPF_NAT_H

#include "checksum.h"
#include "packet.h"

/* What one less in the TTL adds to the complemented checksum: it is the lower octet of its word. */
#define NAT_TTL (0xffff - 1)

/* `change` is that of address and port. A UDP checksum of 0 means that there is none. */
static __always_inline void nat_transport_checksum(struct packet *packet, __u32 change)
{
	struct tcphdr *tcp = (void *)(packet->ip + 1);
	struct udphdr *udp = (void *)(packet->ip + 1);

	if (packet_is_tcp(packet)) {
		/* Looked at before; Linux 6.1's verifier has forgotten it by here. */
		if ((void *)(tcp + 1) > packet->end)
			return;
		tcp->check = checksum_apply(tcp->check, change);
	} else if (udp->check) {
		udp->check = checksum_apply(udp->check, change);
		if (!udp->check)
			udp->check = 0xffff;
	}
}

static __always_inline void nat_rewrite(struct packet *packet, __be32 *address, __be32 to,
					__be16 *port, __be16 to_port)
{
	struct iphdr *ip = packet->ip;
	__u32 change = checksum_change32(*address, to);

	ip->ttl--;
	ip->check = checksum_apply(ip->check, change + NAT_TTL);
	nat_transport_checksum(packet, change + checksum_change16(*port, to_port));
	*address = to;
	*port = to_port;
}

/* VIP to backend. TCP and UDP have their ports in the same place. */
static __always_inline void nat_to_backend(struct packet *packet)
{
	struct udphdr *ports = (void *)(packet->ip + 1);

	nat_rewrite(packet, &packet->ip->daddr, packet->backend->address, &ports->dest,
		    packet->backend->port);
}

/* Backend to VIP, on the way back. */
static __always_inline void nat_to_client(struct packet *packet)
{
	struct udphdr *ports = (void *)(packet->ip + 1);

	nat_rewrite(packet, &packet->ip->saddr, packet->service->vip, &ports->source,
		    packet->service->port);
}

#endif
