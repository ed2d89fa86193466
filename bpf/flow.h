/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flow line: which backend a client's address and port have at a service, in which TCP state,
 * and when they were last seen. Two CPUs may see both directions at once, so a word changes by
 * compare-and-swap, and only when something in it changed.
 *
 * A half-open flow becomes established by the client's first segment with an ACK: by then it has
 * seen the backend's answer. An expired flow counts as none, but for a client's TCP segment whose
 * backend is active: better where it went before than where the ring guesses.
 */
#ifndef SLUICE_BPF_FLOW_H
#define SLUICE_BPF_FLOW_H

#include "backend.h"
#include "clock.h"
#include "maps.h"
#include "packet.h"

#define FLOW_TRIES 2

static __always_inline __u64 flow_key(__be32 client, __be16 port, __u16 service)
{
	return SLUICE_PUT(FLOW_ADDRESS, client) | SLUICE_PUT(FLOW_PORT, port) |
	       SLUICE_PUT(FLOW_SERVICE, service);
}

static __always_inline bool flow_expired(const struct packet *packet, __u64 word)
{
	__u32 age = clock_age(packet->now_s, SLUICE_GET(word, FLOW_SEEN));

	switch (SLUICE_GET(word, FLOW_STATE)) {
	case SLUICE_FLOW_HALF_OPEN:
		return age > settings.half_open_s;
	case SLUICE_FLOW_CLOSING:
		return age > settings.closing_s;
	case SLUICE_FLOW_UDP:
		return age > settings.udp_s;
	default:
		return age > packet->service->established_s;
	}
}

/* The state after a packet of the flow that is not a SYN on something established. */
static __always_inline __u32 flow_next_state(__u32 now, const struct packet *packet)
{
	__u32 mine = packet->reply ? SLUICE_FLOW_FIN_BACKEND : SLUICE_FLOW_FIN_CLIENT;
	__u32 others = packet->reply ? SLUICE_FLOW_FIN_CLIENT : SLUICE_FLOW_FIN_BACKEND;

	if (now == SLUICE_FLOW_UDP || now == SLUICE_FLOW_CLOSING)
		return now;
	if (packet->rst)
		return SLUICE_FLOW_CLOSING;
	if (packet->fin)
		return now == others ? SLUICE_FLOW_CLOSING : mine;
	if (now == SLUICE_FLOW_MARKED)
		return SLUICE_FLOW_ESTABLISHED;
	if (now == SLUICE_FLOW_HALF_OPEN && packet->ack && !packet->reply)
		return SLUICE_FLOW_ESTABLISHED;
	return now;
}

/* Notes a packet in its flow. `word` is what was read from `line`. */
static __always_inline void flow_touch(const struct packet *packet, __u64 *line, __u64 word)
{
	for (int i = 0; i < FLOW_TRIES; i++) {
		__u32 state_now = SLUICE_GET(word, FLOW_STATE);
		__u64 next = SLUICE_SET(word, FLOW_STATE, flow_next_state(state_now, packet));
		__u64 found;

		next = SLUICE_SET(next, FLOW_SEEN, packet->now_s);
		if (next == word)
			return;
		found = __sync_val_compare_and_swap(line, word, next);
		if (found == word)
			return;
		word = found;
	}
}

/* A SYN on an established flow of a draining backend: the client may have lost its connection, or
 * someone forges. The mark it leaves is taken away by any sign of life; a SYN that finds the mark
 * still there after mark_s gets a new backend. */
static __always_inline enum step flow_syn_on_draining(struct packet *packet, __u64 *line,
						      __u64 word)
{
	__u64 marked = SLUICE_SET(word, FLOW_STATE, SLUICE_FLOW_MARKED);

	if (SLUICE_GET(word, FLOW_STATE) == SLUICE_FLOW_MARKED) {
		if (clock_age(packet->now_s, SLUICE_GET(word, FLOW_SEEN)) >= settings.mark_s)
			return STEP_NEW;
	} else {
		marked = SLUICE_SET(marked, FLOW_SEEN, packet->now_s);
		__sync_val_compare_and_swap(line, word, marked);
	}
	return packet_drop(packet, SLUICE_COUNT_SYN_ON_DRAINING);
}

static __always_inline enum step flow_syn(struct packet *packet, __u64 *line, __u64 word,
					  __u32 backend)
{
	__u32 state_now = SLUICE_GET(word, FLOW_STATE);

	if (backend != SLUICE_BACKEND_ACTIVE && backend != SLUICE_BACKEND_DRAINING)
		return STEP_NEW;
	if (state_now == SLUICE_FLOW_CLOSING || flow_expired(packet, word))
		return STEP_NEW;
	if (state_now == SLUICE_FLOW_HALF_OPEN) {
		if (backend != SLUICE_BACKEND_ACTIVE)
			return STEP_NEW;
		flow_touch(packet, line, word);
		return STEP_NEXT;
	}
	if (backend == SLUICE_BACKEND_DRAINING)
		return flow_syn_on_draining(packet, line, word);
	/* Forwarded, but no sign of life: a blind SYN changes nothing (RFC 5961). */
	return STEP_NEXT;
}

static __always_inline enum step flow_segment(struct packet *packet, __u64 *line, __u64 word,
					      __u32 backend)
{
	if (backend != SLUICE_BACKEND_ACTIVE) {
		if (backend != SLUICE_BACKEND_DRAINING)
			return packet_answer(packet, SLUICE_COUNT_BACKEND_DOWN);
		if (flow_expired(packet, word))
			return STEP_NEW;
	}
	flow_touch(packet, line, word);
	return STEP_NEXT;
}

static __always_inline enum step flow_datagram(struct packet *packet, __u64 *line, __u64 word,
					       __u32 backend)
{
	if (backend != SLUICE_BACKEND_ACTIVE || flow_expired(packet, word))
		return STEP_NEW;
	flow_touch(packet, line, word);
	return STEP_NEXT;
}

/* A client's packet and its flow line: go on to its backend, or STEP_NEW. */
static __always_inline enum step flow_of_client(struct packet *packet)
{
	__u64 key = flow_key(packet->ip->saddr, packet->source, packet->service_id);
	__u64 *line = bpf_map_lookup_elem(&flows, &key);
	__u64 word;
	__u32 backend;

	packet->now_s = clock_now_s();
	if (!line)
		return STEP_NEW;
	word = READ_ONCE(*line);
	if (!backend_take(packet, SLUICE_GET(word, FLOW_BACKEND)))
		return STEP_NEW;
	backend = backend_state_for(packet, word);
	if (!packet_is_tcp(packet))
		return flow_datagram(packet, line, word, backend);
	if (packet->syn)
		return flow_syn(packet, line, word, backend);
	return flow_segment(packet, line, word, backend);
}

/* Writes a flow's entry, over one that counts no more. False if the table has no room. */
static __always_inline bool flow_insert(__u64 key, const struct packet *packet, __u8 flow_state)
{
	__u64 word =
		SLUICE_PUT(FLOW_BACKEND, packet->backend_id) |
		SLUICE_PUT(FLOW_GENERATION, SLUICE_GET(packet->backend_word, BACKEND_GENERATION)) |
		SLUICE_PUT(FLOW_STATE, flow_state) | SLUICE_PUT(FLOW_SEEN, packet->now_s);

	return bpf_map_update_elem(&flows, &key, &word, BPF_ANY) == 0;
}

#endif
