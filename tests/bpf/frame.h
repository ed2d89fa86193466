/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames as test rows write them: what matters is named, the rest has a usual value, and every
 * checksum is computed over the whole packet, never derived from another one.
 */
#ifndef SLUICE_TESTS_BPF_FRAME_H
#define SLUICE_TESTS_BPF_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 9000

/* Last byte of 02:00:00:00:00:xx; who has which is in world.c. */
enum station {
	STATION_USUAL, /* the row's runner fills it in */
	STATION_FRONT, /* the gateway's interfaces */
	STATION_BACK,
	STATION_FAR,
	STATION_SMALL,
	STATION_CLIENT = 0x10,
	STATION_FIRST, /* backends */
	STATION_SECOND,
	STATION_NEAR, /* a backend in the client's link */
	STATION_SMALL_HOST,
	STATION_FAR_HOST,
	STATION_ROUTER = 0xfe,
	STATION_GROUP = 0x100, /* ff:ff:ff:ff:ff:ff */
};

enum tcp_flag { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

enum udp_checksum { UDP_SUM, UDP_NO_SUM };

struct frame {
	enum station to_station, from_station;
	uint16_t tags; /* number of VLAN tags */
	uint16_t vlan; /* id in the innermost tag */
	uint16_t ether_type; /* 0: IPv4 */

	uint8_t protocol; /* 0: TCP */
	const char *from, *to; /* addresses */
	uint16_t from_port, to_port;
	uint8_t ttl; /* 0: 64 */
	uint8_t tos;
	uint16_t id; /* 0: 0x1234; 0xffff: 0 */
	uint16_t fragment; /* flags and offset; 0: don't fragment */
	uint8_t option_words;

	uint8_t flags; /* enum tcp_flag */
	uint32_t seq, ack;
	uint16_t window; /* 0: 1000; 0xffff: 0 */
	uint16_t payload; /* bytes */
	uint16_t first_payload; /* the first two bytes of it, for checksums of a wanted value */
	uint8_t udp_checksum; /* enum udp_checksum */

	const struct frame *quotes; /* an ICMP port unreachable about this one, 28 bytes of it */

	/* What is wrong with it. */
	uint8_t version, ihl, doff; /* 0: right */
	uint16_t total_length, udp_length; /* 0: right */
	uint16_t cut; /* bytes of the frame that arrive; 0: all */
	uint16_t padding; /* zero bytes after the packet */
};

/* Writes the frame; returns its length. */
size_t frame_build(const struct frame *frame, uint8_t out[static FRAME_MAX]);
/* Length of the IP packet. */
uint16_t frame_ip_length(const struct frame *frame);
/* 0 if every checksum in these bytes is right, by summing everything up. */
int frame_check(const uint8_t *bytes, size_t length);
/* An address as the maps have it. */
uint32_t frame_address(const char *text);
void frame_station(enum station station, uint8_t out[static 6]);

#endif
