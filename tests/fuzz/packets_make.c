// SPDX-License-Identifier: BSD-2-Clause
/* Packets near enough to sense that they come far, and then some that are broken. */
#include "packets.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define ANY(list) (list)[packets_random() % (sizeof(list) / sizeof(*(list)))]
#define CLIENT_PORTS 50

static uint64_t state = 1;

void packets_seed(uint64_t seed)
{
	state = seed ? seed : 1;
}

uint64_t packets_random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL) >> 16;
}

bool packets_rarely(uint32_t times)
{
	return packets_random() % times == 0;
}

static const char *random_address(void)
{
	static char text[4][16];
	static unsigned int turn;
	char *out = text[turn++ % 4];
	uint64_t value = packets_random();

	snprintf(out, sizeof(text[0]), "%u.%u.%u.%u", (unsigned int)(value & 255),
		 (unsigned int)(value >> 8 & 255), (unsigned int)(value >> 16 & 255),
		 (unsigned int)(value >> 24 & 255));
	return out;
}

static uint8_t random_flags(void)
{
	static const uint8_t usual[] = { SYN, SYN,       ACK,       ACK,       PSH | ACK,
					 RST, FIN | ACK, SYN | ACK, RST | ACK, 0 };

	return packets_rarely(20) ? (uint8_t)packets_random() : ANY(usual);
}

static uint16_t random_port(void)
{
	static const uint16_t usual[] = { WORLD_TCP_PORT, WORLD_UDP_PORT, WORLD_TWIN_PORT,
					  WORLD_BACKEND_PORT, WORLD_CLIENT_PORT };

	return packets_rarely(10) ? (uint16_t)packets_random() : ANY(usual);
}

static uint16_t client_port(void)
{
	return packets_rarely(2) ? WORLD_CLIENT_PORT
				 : (uint16_t)(WORLD_CLIENT_PORT + packets_random() % CLIENT_PORTS);
}

/* Client to VIP, backend to client, or anybody to anybody. */
static void choose_ends(struct frame *frame, enum world_link *link)
{
	static const char *const others[] = { WORLD_VIP,    WORLD_OPEN_VIP, WORLD_CLIENT,
					      WORLD_FIRST,  WORLD_NEAR,     WORLD_FAR,
					      WORLD_SILENT, WORLD_NOWHERE,  WORLD_ROUTED,
					      "127.0.0.1",  "224.0.0.1",    "255.255.255.255" };
	bool tcp = frame->protocol == IPPROTO_TCP;

	switch (packets_random() % 8) {
	case 0:
		*frame = (struct frame){ .protocol = frame->protocol,
					 .from = packets_rarely(4) ? random_address() : ANY(others),
					 .to = packets_rarely(4) ? random_address() : ANY(others),
					 .from_port = random_port(),
					 .to_port = random_port() };
		*link = (enum world_link)(packets_random() % LINK_MAX);
		return;
	case 1:
	case 2:
	case 3:
		frame->from = packets_rarely(2) ? WORLD_FIRST : WORLD_SECOND;
		frame->to = packets_rarely(8) ? WORLD_ROUTED : WORLD_CLIENT;
		frame->from_port = WORLD_BACKEND_PORT;
		frame->to_port = client_port();
		*link = LINK_BACK;
		return;
	default:
		frame->from = packets_rarely(8) ? WORLD_ROUTED : WORLD_CLIENT;
		frame->to = packets_rarely(8) ? WORLD_OPEN_VIP : WORLD_VIP;
		frame->from_port = client_port();
		frame->to_port = tcp ? WORLD_TCP_PORT : WORLD_UDP_PORT;
		*link = LINK_FRONT;
	}
}

/* Nearly all are sent to the gateway's own interface: others are none of the program's business. */
static enum station choose_station(enum world_link link)
{
	static const enum station others[] = { STATION_GROUP, STATION_NEAR, STATION_ROUTER };
	static const enum station own[] = { [LINK_FRONT] = STATION_FRONT,
					    [LINK_BACK] = STATION_BACK,
					    [LINK_FAR] = STATION_FAR,
					    [LINK_SMALL] = STATION_SMALL };

	return packets_rarely(64) ? ANY(others) : own[link];
}

/* One thing that a sender may do without being broken. */
static void make_odd(struct frame *frame)
{
	switch (packets_random() % 10) {
	case 0:
		frame->ttl = (uint8_t)(1 + packets_random() % 3);
		break;
	case 1:
		frame->option_words = (uint8_t)(packets_random() % 11);
		break;
	case 2:
		frame->fragment = (uint16_t)packets_random();
		break;
	case 3:
		frame->tags = (uint16_t)(packets_random() % 4);
		frame->vlan = packets_rarely(2) ? 0 : 7;
		break;
	case 4:
		frame->payload = (uint16_t)(packets_random() % 1500);
		break;
	case 5:
		frame->udp_checksum = UDP_NO_SUM;
		break;
	case 6:
		frame->padding = (uint16_t)(packets_random() % 60);
		break;
	case 7:
		frame->protocol = (uint8_t)packets_random();
		break;
	case 8:
		frame->to_port = random_port();
		break;
	default:
		frame->first_payload = (uint16_t)packets_random();
		frame->payload = 2;
	}
}

/* A contradiction between headers, or one with what arrived. */
static void break_frame(struct frame *frame)
{
	switch (packets_random() % 6) {
	case 0:
		frame->total_length = (uint16_t)(packets_random() % 1600);
		break;
	case 1:
		frame->udp_length = (uint16_t)(packets_random() % 1600);
		break;
	case 2:
		frame->ihl = (uint8_t)(packets_random() & 15);
		break;
	case 3:
		frame->doff = (uint8_t)(packets_random() & 15);
		break;
	case 4:
		frame->version = (uint8_t)(packets_random() & 15);
		break;
	default:
		frame->cut = (uint16_t)(14 + packets_random() % 60);
	}
}

static void flip_bytes(struct packet_in *packet)
{
	for (unsigned int i = 0; i < 1 + packets_random() % 3; i++)
		packet->bytes[packets_random() % packet->length] = (uint8_t)packets_random();
}

void packets_make(struct packet_in *packet)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP,
					     IPPROTO_UDP };
	struct frame frame = { .protocol = ANY(protocols) };
	struct frame quoted;

	choose_ends(&frame, &packet->link);
	frame.to_station = choose_station(packet->link);
	frame.flags = frame.protocol == IPPROTO_TCP ? random_flags() : 0;
	frame.seq = (uint32_t)packets_random();
	frame.payload = (uint16_t)(packets_random() % 30);
	if (packets_rarely(4))
		make_odd(&frame);
	if (packets_rarely(16)) {
		quoted = frame;
		frame.quotes = &quoted;
		frame.protocol = IPPROTO_ICMP;
	}
	if (packets_rarely(8))
		break_frame(&frame);
	packet->length = frame_build(&frame, packet->bytes);
	if (packets_rarely(4))
		flip_bytes(packet);
}

void packets_world(struct given *given, uint16_t *service)
{
	*given = (struct given){ .drops = packets_rarely(2),
				 .may_rebuild = packets_rarely(2),
				 .no_twin = packets_rarely(2),
				 .no_ring = packets_rarely(8),
				 .ring_names_nobody = packets_rarely(8),
				 .ring_now = (uint16_t)(packets_random() % 2),
				 .ring_before = (uint16_t)(packets_random() % 2) };
	if (packets_rarely(2))
		given->first = (int)(packets_random() % 4);
	if (packets_rarely(4))
		given->second = (int)(packets_random() % 4);
	if (packets_rarely(4))
		given->listener = (int)(packets_random() % 4);
	*service = packets_rarely(4) ? WORLD_UDP : WORLD_TCP;
	given->flow = (struct world_flow){
		.state = *service == WORLD_UDP ? SLUICE_FLOW_UDP
					       : (uint8_t)(packets_random() % SLUICE_FLOW_UDP),
		.backend = (uint8_t)(packets_random() % 3),
		.idle_s = (uint16_t)(packets_random() % 100),
		.old_generation = packets_rarely(8),
	};
}
