// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sluice's packet program. Start reading here: the three functions below tell a packet's story,
 * each step is in the header of its name, the maps are in maps.h, and what the maps hold is in
 * include/sluice_maps.h. Packets that are never translated have a way of their own, in odd.h.
 */
#include "packet.h"

#include "counters.h"
#include "flow.h"
#include "hop.h"
#include "icmp.h"
#include "late.h"
#include "link.h"
#include "maps.h"
#include "nat.h"
#include "odd.h"
#include "parse.h"
#include "reset.h"
#include "reverse.h"
#include "schedule.h"
#include "state.h"
#include "vip.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Client to VIP: translated, answered, or dropped under a reason; passed only where there is no
 * listener, and to the kernel that drops it if it is another station's. */
static __always_inline enum step story_of_client(struct packet *packet)
{
	enum step step = link_is_for_us(packet) ? vip_listener(packet) : STEP_PASS;

	if (step == STEP_NEXT)
		step = vip_open(packet);
	if (step == STEP_NEXT)
		step = vip_ttl(packet);
	if (step == STEP_NEXT)
		step = flow_of_client(packet);
	if (step == STEP_NEW)
		step = schedule_flow(packet);
	if (step != STEP_NEXT)
		return step;
	hop_to_backend(packet);
	nat_to_backend(packet);
	return hop_send(packet);
}

/* Anything else: a backend's reply that belongs to a flow, or not ours. */
static __always_inline enum step story_of_backend(struct packet *packet)
{
	enum step step = reverse_flow(packet);

	if (step != STEP_NEXT)
		return step;
	hop_to_client(packet);
	nat_to_client(packet);
	return hop_send(packet);
}

/* Sends a refused packet back as the answer to itself. */
static __always_inline int story_answer(struct packet *packet)
{
	bool tcp = packet_is_tcp(packet);

	if (tcp && packet->flags & PACKET_RST)
		return XDP_DROP;
	if (tcp ? reset_make(packet) : icmp_make(packet))
		return XDP_TX;
	packet->reason = SLUICE_COUNT_NO_ROOM;
	return XDP_DROP;
}

SEC("xdp.frags")
int sluice_xdp(struct xdp_md *ctx)
{
	struct packet packet = {};
	enum step step = STEP_OTHER;
	int verdict = XDP_DROP;

	if (!parse_frame(&packet, ctx))
		return XDP_PASS;
	if (!parse_is_plain(&packet))
		return odd_packet(ctx);
	packet.state = state_line();
	packet.dest_hash = vip_hash(&packet, packet.ip->daddr);
	if (vip_maybe(packet.dest_hash))
		step = story_of_client(&packet);
	if (step == STEP_OTHER)
		step = story_of_backend(&packet);
	if (step == STEP_SENT)
		return packet.verdict;
	if (step == STEP_PASS)
		return XDP_PASS;
	if (step == STEP_ANSWER)
		verdict = story_answer(&packet);
	counters_add(packet.reason, 1);
	return verdict;
}
