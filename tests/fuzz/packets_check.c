// SPDX-License-Identifier: BSD-2-Clause
/*
 * What must hold of every packet. Checksums are judged by what they leave: an incremental update
 * keeps the sum's remainder, so a right one stays right and a wrong one stays as wrong as it was.
 */
#include "packets.h"

#include <linux/bpf.h>
#include <netinet/in.h>
#include <string.h>

#define ETHER 14
#define IP_MIN 20

/* Where the packet lies in its frame; `length` 0 if there is none. */
struct view {
	const uint8_t *ip;
	size_t header, length;
	uint8_t protocol;
	bool ports; /* a whole, unfragmented TCP or UDP header */
};

static uint32_t word(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

/* Modulo 65,535. */
static uint32_t remainder_of(uint64_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += word(bytes + i);
	if (length % 2)
		sum += (uint32_t)bytes[length - 1] << 8;
	return (uint32_t)(sum % 65535);
}

static struct view look(const uint8_t *bytes, size_t length)
{
	struct view view = { 0 };
	size_t at = ETHER;

	while (at + 4 <= length &&
	       (word(bytes + at - 2) == 0x8100 || word(bytes + at - 2) == 0x88a8))
		at += 4;
	if (at + IP_MIN > length || word(bytes + at - 2) != 0x0800 || bytes[at] >> 4 != 4)
		return view;
	view.ip = bytes + at;
	view.header = (size_t)(bytes[at] & 15) * 4;
	view.length = word(view.ip + 2);
	view.protocol = view.ip[9];
	if (view.header < IP_MIN || view.length < view.header || at + view.length > length)
		return (struct view){ 0 };
	view.ports = !(word(view.ip + 6) & 0x3fff) &&
		     ((view.protocol == IPPROTO_TCP && view.length - view.header >= 20) ||
		      (view.protocol == IPPROTO_UDP && view.length - view.header >= 8));
	return view;
}

static uint32_t ip_remainder(const struct view *view)
{
	return remainder_of(0, view->ip, view->header);
}

static uint32_t transport_remainder(const struct view *view)
{
	size_t length = view->length - view->header;
	uint64_t pseudo = view->protocol + length;

	if (view->protocol == IPPROTO_UDP) {
		length = word(view->ip + view->header + 4);
		if (length > view->length - view->header)
			length = view->length - view->header;
		pseudo = view->protocol + length;
	}
	return remainder_of(pseudo + remainder_of(0, view->ip + 12, 8), view->ip + view->header,
			    length);
}

static bool udp_unsummed(const struct view *view)
{
	return view->protocol == IPPROTO_UDP && !word(view->ip + view->header + 6);
}

static const char *wrong_forward(const struct packet_in *in, const struct view *before,
				 const struct view *after, size_t length)
{
	if (length != in->length)
		return "forwarded with another length";
	if (!after->length || after->length != before->length || after->header != before->header ||
	    after->protocol != before->protocol)
		return "forwarded with other lengths in its headers";
	if (!before->ports)
		return "forwarded without a whole transport header";
	if (after->ip[8] != before->ip[8] - 1)
		return "forwarded with another TTL than one less";
	if (ip_remainder(before) != ip_remainder(after))
		return "forwarded with a wrong IP checksum";
	if (udp_unsummed(before) != udp_unsummed(after))
		return "a UDP checksum came or went";
	if (!udp_unsummed(before) && transport_remainder(before) != transport_remainder(after))
		return "forwarded with a wrong transport checksum";
	return NULL;
}

static const char *wrong_answer(const struct packet_in *in, const struct view *after, size_t length)
{
	if (memcmp(in->bytes, "\xff\xff\xff\xff\xff\xff", 6) == 0)
		return "a broadcast was answered";
	if (ip_remainder(after))
		return "answered with a wrong IP checksum";
	if (after->protocol == IPPROTO_ICMP)
		return remainder_of(0, after->ip + after->header, after->length - after->header)
			       ? "answered with a wrong ICMP checksum"
			       : NULL;
	if (after->protocol != IPPROTO_TCP || !(after->ip[after->header + 13] & RST))
		return "answered with something else than a RST or ICMP";
	if (transport_remainder(after))
		return "answered with a wrong TCP checksum";
	return length > in->length ? "the RST is longer than what it answers" : NULL;
}

const char *packets_wrong(const struct packet_in *in, const struct world_run *run,
			  enum packet_fate *fate)
{
	struct view before, after;

	switch (run->verdict) {
	case XDP_PASS:
		*fate = FATE_PASSED;
		return run->length == in->length && !memcmp(run->out, in->bytes, in->length)
			       ? NULL
			       : "passed, and changed";
	case XDP_DROP:
		*fate = FATE_DROPPED;
		return NULL;
	case XDP_TX:
	case XDP_REDIRECT:
		break;
	default:
		return "a verdict that may not be";
	}
	before = look(in->bytes, in->length);
	after = look(run->out, run->length);
	if (!before.length || !after.length)
		return "sent on without being a whole IPv4 packet";
	/* An answer goes back to where the packet came from; a translation keeps one address. */
	*fate = !memcmp(after.ip + 12, before.ip + 16, 4) &&
				!memcmp(after.ip + 16, before.ip + 12, 4)
			? FATE_ANSWERED
			: FATE_FORWARDED;
	return *fate == FATE_ANSWERED ? wrong_answer(in, &after, run->length)
				      : wrong_forward(in, &before, &after, run->length);
}
