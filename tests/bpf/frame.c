// SPDX-License-Identifier: BSD-2-Clause
/* Builds frames field by field. Shares nothing with the program under test, checksums least. */
#include "frame.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_8021Q 0x8100
#define ETHERTYPE_8021AD 0x88a8
#define IP_DONT_FRAGMENT 0x4000
#define QUOTE_LENGTH 28
#define TTL_USUAL 64
#define ID_USUAL 0x1234
#define WINDOW_USUAL 1000
#define NONE 0xffff

struct writer {
	uint8_t *at;
};

static void put8(struct writer *writer, unsigned int value)
{
	*writer->at++ = (uint8_t)value;
}

static void put16(struct writer *writer, unsigned int value)
{
	put8(writer, value >> 8);
	put8(writer, value & 0xff);
}

static void put32(struct writer *writer, uint32_t value)
{
	put16(writer, value >> 16);
	put16(writer, value & 0xffff);
}

static unsigned int usual(unsigned int value, unsigned int when_zero)
{
	return value == NONE ? 0 : value ? value : when_zero;
}

uint32_t frame_address(const char *text)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		abort();
	return address.s_addr;
}

void frame_station(enum station station, uint8_t out[static 6])
{
	const uint8_t usual_station[6] = { 2, 0, 0, 0, 0, (uint8_t)station };

	memcpy(out, usual_station, 6);
	if (station == STATION_GROUP)
		memset(out, 0xff, 6);
}

/* Big-endian sum as RFC 1071 describes it, one byte after the other. */
static uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum > 0xffff)
		sum = sum - 0xffff;
	return sum;
}

static void store_checksum(uint8_t *at, uint32_t sum)
{
	uint16_t check = (uint16_t)(0xffff - sum);

	at[0] = (uint8_t)(check >> 8);
	at[1] = (uint8_t)check;
}

static uint32_t sum_transport(const uint8_t *ip, size_t header, size_t length)
{
	uint32_t sum = sum_bytes(0, ip + 12, 8);

	sum += ip[9] + (uint32_t)(length - header);
	return sum_bytes(sum, ip + header, length - header);
}

static size_t transport_header(const struct frame *frame)
{
	switch (frame->protocol) {
	case 0:
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
		return 8;
	default:
		return 0;
	}
}

uint16_t frame_ip_length(const struct frame *frame)
{
	size_t body = frame->quotes ? QUOTE_LENGTH : frame->payload;

	return (uint16_t)(20 + frame->option_words * 4u + transport_header(frame) + body);
}

static void put_ethernet(struct writer *writer, const struct frame *frame)
{
	frame_station(frame->to_station, writer->at);
	frame_station(frame->from_station, writer->at + 6);
	writer->at += 12;
	for (unsigned int left = frame->tags; left; left--) {
		put16(writer, left > 1 ? ETHERTYPE_8021AD : ETHERTYPE_8021Q);
		put16(writer, left > 1 ? 0 : frame->vlan);
	}
	put16(writer, frame->ether_type ? frame->ether_type : ETHERTYPE_IPV4);
}

static void put_ip(struct writer *writer, const struct frame *frame)
{
	uint8_t *start = writer->at;
	unsigned int header = 20 + frame->option_words * 4u;

	put8(writer,
	     (frame->version ? frame->version : 4u) << 4 | (frame->ihl ? frame->ihl : header / 4));
	put8(writer, frame->tos);
	put16(writer, frame->total_length ? frame->total_length : frame_ip_length(frame));
	put16(writer, usual(frame->id, ID_USUAL));
	put16(writer, frame->fragment ? frame->fragment : IP_DONT_FRAGMENT);
	put8(writer, frame->ttl ? frame->ttl : TTL_USUAL);
	put8(writer, frame->protocol ? frame->protocol : IPPROTO_TCP);
	put16(writer, 0);
	put32(writer, ntohl(frame_address(frame->from)));
	put32(writer, ntohl(frame_address(frame->to)));
	for (unsigned int i = 0; i < frame->option_words; i++)
		put32(writer, 0x01010101); /* no-operation */
	store_checksum(start + 10, sum_bytes(0, start, header));
}

static void put_transport(struct writer *writer, const struct frame *frame)
{
	size_t header = transport_header(frame);

	if (frame->quotes) {
		put16(writer, 3 << 8 | 3);
		put16(writer, 0);
		put32(writer, 0);
		return;
	}
	if (frame->protocol == IPPROTO_ICMP) {
		put16(writer, 8 << 8); /* echo */
		put16(writer, 0);
		put32(writer, 1);
		return;
	}
	if (!header)
		return;
	put16(writer, frame->from_port);
	put16(writer, frame->to_port);
	if (frame->protocol == IPPROTO_UDP) {
		put16(writer, frame->udp_length ? frame->udp_length : 8u + frame->payload);
		put16(writer, 0);
		return;
	}
	put32(writer, frame->seq);
	put32(writer, frame->ack);
	put16(writer, (frame->doff ? frame->doff : 5u) << 12 | frame->flags);
	put16(writer, usual(frame->window, WINDOW_USUAL));
	put32(writer, 0);
}

static void put_payload(struct writer *writer, const struct frame *frame)
{
	uint8_t quoted[FRAME_MAX];

	if (frame->quotes) {
		struct frame plain = *frame->quotes;

		plain.tags = 0;
		frame_build(&plain, quoted);
		memcpy(writer->at, quoted + 14, QUOTE_LENGTH);
		writer->at += QUOTE_LENGTH;
		return;
	}
	for (unsigned int i = 0; i < frame->payload; i++)
		put8(writer, frame->first_payload && i == 0   ? frame->first_payload >> 8u
			     : frame->first_payload && i == 1 ? frame->first_payload
							      : i * 7);
}

static void fill_checksum(uint8_t *ip, const struct frame *frame)
{
	size_t header = 20 + frame->option_words * 4u;
	size_t length = frame_ip_length(frame);
	uint8_t *transport = ip + header;

	switch (frame->protocol) {
	case 0:
	case IPPROTO_TCP:
		store_checksum(transport + 16, sum_transport(ip, header, length));
		break;
	case IPPROTO_UDP:
		if (frame->udp_checksum == UDP_NO_SUM)
			break;
		store_checksum(transport + 6, sum_transport(ip, header, length));
		if (!transport[6] && !transport[7])
			transport[6] = transport[7] = 0xff;
		break;
	case IPPROTO_ICMP:
		store_checksum(transport + 2, sum_bytes(0, transport, length - header));
		break;
	default:
		break;
	}
}

size_t frame_build(const struct frame *frame, uint8_t out[static FRAME_MAX])
{
	struct writer writer = { out };
	uint8_t *ip;

	put_ethernet(&writer, frame);
	ip = writer.at;
	put_ip(&writer, frame);
	put_transport(&writer, frame);
	put_payload(&writer, frame);
	fill_checksum(ip, frame);
	memset(writer.at, 0, frame->padding);
	writer.at += frame->padding;
	return frame->cut ? frame->cut : (size_t)(writer.at - out);
}

/* Summing up everything, checksum included, gives all ones. */
static int check_transport(const uint8_t *ip, size_t length)
{
	const uint8_t *udp = ip + 20;

	if (ip[9] == IPPROTO_ICMP)
		return sum_bytes(0, ip + 20, length - 20) != 0xffff;
	if (ip[9] == IPPROTO_UDP && !udp[6] && !udp[7])
		return 0;
	return sum_transport(ip, 20, length) != 0xffff;
}

int frame_check(const uint8_t *bytes, size_t length)
{
	const uint8_t *ip = bytes + 14;
	size_t ip_length;

	while (ip[-2] == 0x81 || ip[-2] == 0x88)
		ip += 4;
	ip_length = (size_t)ip[2] << 8 | ip[3];
	if (ip + ip_length > bytes + length || sum_bytes(0, ip, 20) != 0xffff)
		return -1;
	return check_transport(ip, ip_length);
}
