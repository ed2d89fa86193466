// SPDX-License-Identifier: BSD-2-Clause
/*
 * Checksums at their edges. The payload's first word is chosen so that the sum before or after the
 * translation has the wanted value; main.c runs random ones beside.
 */
#include "row.h"

/* Payload words (two bytes of payload) that make a datagram's sum all ones, its checksum zero. */
#define ZERO_AT_VIP .payload = 2, .first_payload = 0xdef5
#define ZERO_AT_BACKEND .payload = 2, .first_payload = 0x77f4
#define ZERO_AT_CLIENT .payload = 2, .first_payload = 0xdef5
#define ZERO_FROM_BACKEND .payload = 2, .first_payload = 0x77f4

#define NEW_DATAGRAM(...)                                                             \
	.in = CLIENT_UDP(__VA_ARGS__), .verdict = XDP_REDIRECT,                       \
	.out = FIRST_GETS_UDP(__VA_ARGS__), .counts = COUNTS(FLOW_NEW), .backend = 1, \
	.new_flow = true, .then = FLOW(UDP, 1)
#define REPLY_DATAGRAM(...)                                                         \
	.link = LINK_BACK, .given = { .flow = FLOW_IDLE(UDP, 1, WORLD_UDP_OLD_S) }, \
	.in = REPLY_UDP(__VA_ARGS__), .verdict = XDP_REDIRECT,                      \
	.out = CLIENT_GETS_UDP(__VA_ARGS__), .backend = 1, .then = FLOW(UDP, 1)
#define NEW_SEGMENT(...)                                                              \
	.in = CLIENT_TCP(.flags = SYN, __VA_ARGS__), .verdict = XDP_REDIRECT,         \
	.out = FIRST_GETS_TCP(.flags = SYN, __VA_ARGS__), .counts = COUNTS(FLOW_NEW), \
	.backend = 1, .new_flow = true, .then = FLOW(HALF_OPEN, 1)

static const struct row rows[] = {
	{ "no UDP checksum stays none", NEW_DATAGRAM(.udp_checksum = UDP_NO_SUM) },
	{ "no UDP checksum stays none in a reply", REPLY_DATAGRAM(.udp_checksum = UDP_NO_SUM) },
	{ "a computed 0 is written as 0xffff", NEW_DATAGRAM(ZERO_AT_BACKEND) },
	{ "a computed 0 of a reply is written as 0xffff", REPLY_DATAGRAM(ZERO_AT_CLIENT) },
	{ "0xffff comes in", NEW_DATAGRAM(ZERO_AT_VIP) },
	{ "0xffff comes in by a reply", REPLY_DATAGRAM(ZERO_FROM_BACKEND) },
	{ "a checksum of 1 comes in", NEW_DATAGRAM(.payload = 2, .first_payload = 0xdef4) },
	{ "a checksum of 0xfffe comes in", NEW_DATAGRAM(.payload = 2, .first_payload = 0xdef6) },
	{ "one above the computed 0", NEW_DATAGRAM(.payload = 2, .first_payload = 0x77f3) },
	{ "one below the computed 0", NEW_DATAGRAM(.payload = 2, .first_payload = 0x77f5) },
	{ "the first fold's carry carries once more",
	  NEW_DATAGRAM(.payload = 2, .first_payload = 0x78f4) },
	{ "an odd number of bytes", NEW_DATAGRAM(.payload = 11) },
	{ "an odd number of bytes of TCP", NEW_SEGMENT(.payload = 1459) },
	{ "TTL 255: the carry of the IP header's high byte", NEW_SEGMENT(.ttl = 255),
	  .out = FIRST_GETS_TCP(.flags = SYN, .ttl = 254) },
	{ "sequence numbers all ones", NEW_SEGMENT(.seq = 0xffffffff, .ack = 0xffffffff) },
};

const struct table table_checksum = TABLE(rows);
