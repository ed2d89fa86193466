/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flow line: which backend a client's address and port have at a service, in which TCP state,
 * and when they were last seen. How entries are found and written without a lock is in table.h;
 * here is what they mean. Two CPUs may see both directions at once, so a word changes by
 * compare-and-swap, and only when something in it changed.
 *
 * A half-open flow becomes established by the client's first segment with an ACK: by then it has
 * seen the backend's answer. An expired flow counts as none, but for a client's TCP segment whose
 * backend is active: better where it went before than where the ring guesses.
 *
 * A RST may be forged, and its sequence number is not known to be right: so a flow that it resets
 * stays where it is for as long as an established one, and any later segment shows that it lives. A
 * FIN may be, too; but it ends nothing alone, and a flow that two FINs, or a RST before the client
 * had answered, have closed is open again when somebody sends data. A guess is the client's word
 * alone: nothing that seems to be the client's changes it, or the true backend could not.
 */
#ifndef SLUICE_BPF_FLOW_H
#define SLUICE_BPF_FLOW_H

#include "backend.h"
#include "counters.h"
#include "maps.h"
#include "packet.h"
#include "state.h"
#include "table.h"

#define FLOW_TRIES 2
#define FLOW_INDEX_BITS 2 /* of an entry in its bucket */

enum { FLOW_TOLD_DATA = 1 << 8, FLOW_TOLD_REPLY = 1 << 9 };

/* Seconds that a flow may be idle which somebody has confirmed, at a service with this limit for
 * established ones. */
static __always_inline __u32 flow_live_limit(__u64 word, __u32 established_s)
{
	return SLUICE_GET(word, FLOW_STATE) == SLUICE_FLOW_UDP ? settings.udp_s : established_s;
}

/* The same of any flow. What nobody has confirmed counts as half-open. */
static __always_inline __u32 flow_limit(__u64 word, __u32 established_s)
{
	switch (SLUICE_GET(word, FLOW_STATE)) {
	case SLUICE_FLOW_HALF_OPEN:
	case SLUICE_FLOW_GUESSED:
		return settings.half_open_s;
	case SLUICE_FLOW_CLOSING:
		return settings.closing_s;
	default:
		return flow_live_limit(word, established_s);
	}
}

/* As table.h wants it. No live flow expires as early as live_s, so that most need no look at their
 * service. */
static __always_inline bool table_outlived(__u64 word0, __u64 word1, __u32 age)
{
	const struct sluice_service *service = services_at(SLUICE_GET(word0, FLOW_SERVICE));

	return age > settings.live_s && age > flow_live_limit(word1, service->established_s);
}

static __always_inline bool flow_expired(const struct packet *packet, __u64 word)
{
	__u32 age = table_age(packet->now_s, word);

	return age && age > flow_limit(word, packet->service->established_s);
}

/* The bucket of a flow key. */
static __always_inline struct sluice_bucket *flow_bucket(const struct sluice_state *kept, __u64 key)
{
	__u32 index = table_index(key, kept->flow_key[0], kept->flow_key[1], settings.flow_bits);

	return flows_at(index);
}

/* Notes the flow of a client at a service, its bucket, and its entry and word if it has one. */
static __always_inline bool flow_take(struct packet *packet, __be32 client, __be16 port,
				      __u16 service)
{
	packet->flow_key = table_key(client, port, service);
	packet->bucket = flow_bucket(packet->state, packet->flow_key);
	packet->flow = table_find(packet->bucket, packet->flow_key, &packet->flow_word);
	return packet->flow != NULL;
}

/* True for a segment of a connection that has not ended. */
static __always_inline bool flow_goes_on(const struct packet *packet)
{
	return packet->data && !(packet->flags & (PACKET_SYN | PACKET_FIN | PACKET_RST));
}

/* The state after a packet of the flow that is not a SYN on something established. */
static __always_inline __u32 flow_next_state(__u32 now, const struct packet *packet)
{
	__u32 mine = packet->reply ? SLUICE_FLOW_FIN_BACKEND : SLUICE_FLOW_FIN_CLIENT;
	__u32 others = packet->reply ? SLUICE_FLOW_FIN_CLIENT : SLUICE_FLOW_FIN_BACKEND;

	if (now == SLUICE_FLOW_UDP || (now == SLUICE_FLOW_GUESSED && !packet->reply))
		return now;
	if (now == SLUICE_FLOW_CLOSING)
		return flow_goes_on(packet) ? SLUICE_FLOW_ESTABLISHED : now;
	if (packet->flags & PACKET_RST)
		return now == SLUICE_FLOW_HALF_OPEN ? SLUICE_FLOW_CLOSING : SLUICE_FLOW_RESET;
	if (packet->flags & PACKET_FIN)
		return now == others ? SLUICE_FLOW_CLOSING : mine;
	if (now == SLUICE_FLOW_MARKED)
		return SLUICE_FLOW_ESTABLISHED;
	if (now == SLUICE_FLOW_RESET && !(packet->flags & PACKET_SYN))
		return SLUICE_FLOW_ESTABLISHED;
	if (now == SLUICE_FLOW_HALF_OPEN && packet->flags & PACKET_ACK && !packet->reply)
		return SLUICE_FLOW_ESTABLISHED;
	if (now == SLUICE_FLOW_GUESSED && packet->reply)
		return SLUICE_FLOW_ESTABLISHED;
	return now;
}

/* True if a packet tells nothing new of its flow: it goes on, and was seen not long ago. */
static __always_inline bool flow_is_noted(const struct packet *packet)
{
	__u64 flow_state = SLUICE_GET(packet->flow_word, FLOW_STATE);
	__u32 grain = flow_state == SLUICE_FLOW_UDP ? settings.udp_grain_s
						    : packet->service->grain_s;

	return (flow_state == SLUICE_FLOW_ESTABLISHED || flow_state == SLUICE_FLOW_UDP) &&
	       table_age(packet->now_s, packet->flow_word) <= grain &&
	       !(packet->flags & (PACKET_SYN | PACKET_FIN | PACKET_RST));
}

/* Notes in a flow what a packet tells of it, that is its TCP flags and FLOW_TOLD_*: the flow's word as it
 * then is. 0 if the entry has become another flow's, which is left alone. By itself, as it is long, and
 * few packets come here. */
__noinline __u64 flow_note(__u64 key, __u32 told, __u64 now_s)
{
	struct sluice_bucket *bucket = flow_bucket(state_line(), key);
	struct packet packet = { .flags = (__u8)told,
				 .data = told & FLOW_TOLD_DATA,
				 .reply = told & FLOW_TOLD_REPLY };
	__u64 word = 0;

	for (int i = 0; i < FLOW_TRIES; i++) {
		struct sluice_flow *flow = table_find(bucket, key, &word);
		__u64 next;

		if (!flow)
			return 0;
		next = SLUICE_SET(word, FLOW_STATE,
				  flow_next_state(SLUICE_GET(word, FLOW_STATE), &packet));
		next = SLUICE_SET(next, FLOW_SEEN, now_s);
		if (next == word || table_change(flow, word, next))
			return next;
	}
	return word;
}

static __always_inline void flow_touch(struct packet *packet)
{
	__u64 word;

	/* Most packets of most flows. */
	if (flow_is_noted(packet))
		return;
	word = flow_note(packet->flow_key,
			 packet->flags | (packet->data ? FLOW_TOLD_DATA : 0) |
				 (packet->reply ? FLOW_TOLD_REPLY : 0),
			 packet->now_s);
	if (word)
		packet->flow_word = word;
}

/* Keeps the next hop of the flow's replies in it, if nothing else happened to it meanwhile. */
static __always_inline void flow_keep_hop(struct packet *packet, __u32 hop)
{
	__u64 next = SLUICE_SET(packet->flow_word, FLOW_HOP, hop);

	if (packet->flow && next != packet->flow_word)
		table_change(packet->flow, packet->flow_word, next);
}

/* A SYN on an established flow of a draining backend: the client may have lost its connection, or
 * someone forges. The mark it leaves is taken away by any sign of life; a SYN that finds the mark
 * still there after mark_s gets a new backend; so does one that comes closing_s after a RST. */
static __always_inline enum step flow_syn_on_draining(struct packet *packet)
{
	__u64 word = packet->flow_word;
	__u64 marked = SLUICE_SET(word, FLOW_STATE, SLUICE_FLOW_MARKED);
	__u32 state_now = SLUICE_GET(word, FLOW_STATE), age = table_age(packet->now_s, word);

	if (state_now == SLUICE_FLOW_RESET && age > settings.closing_s)
		return STEP_NEW;
	if (state_now == SLUICE_FLOW_MARKED) {
		/* Stamps are whole seconds: of a difference of one, little may have gone by. */
		if (age > settings.mark_s)
			return STEP_NEW;
	} else {
		table_change(packet->flow, word, SLUICE_SET(marked, FLOW_SEEN, packet->now_s));
	}
	return packet_drop(packet, SLUICE_COUNT_SYN_ON_DRAINING);
}

static __always_inline enum step flow_syn(struct packet *packet, __u32 backend)
{
	__u32 state_now = SLUICE_GET(packet->flow_word, FLOW_STATE);

	if (backend != SLUICE_BACKEND_ACTIVE && backend != SLUICE_BACKEND_DRAINING)
		return STEP_NEW;
	if (state_now == SLUICE_FLOW_CLOSING || flow_expired(packet, packet->flow_word))
		return STEP_NEW;
	if (state_now == SLUICE_FLOW_HALF_OPEN) {
		if (backend != SLUICE_BACKEND_ACTIVE)
			return STEP_NEW;
		flow_touch(packet);
		return STEP_NEXT;
	}
	if (backend == SLUICE_BACKEND_DRAINING)
		return flow_syn_on_draining(packet);
	/* Forwarded, but no sign of life: a blind SYN changes nothing (RFC 5961). A client whose flow
	 * was really reset opens its new connection there. */
	return STEP_NEXT;
}

static __always_inline enum step flow_segment(struct packet *packet, __u32 backend)
{
	if (backend != SLUICE_BACKEND_ACTIVE) {
		if (backend != SLUICE_BACKEND_DRAINING)
			return packet_answer(packet, SLUICE_COUNT_BACKEND_DOWN);
		if (flow_expired(packet, packet->flow_word))
			return STEP_NEW;
	}
	flow_touch(packet);
	return STEP_NEXT;
}

static __always_inline enum step flow_datagram(struct packet *packet, __u32 backend)
{
	bool keeps = backend == SLUICE_BACKEND_DRAINING &&
		     SLUICE_GET(packet->backend_word, BACKEND_KEEP);

	if ((backend != SLUICE_BACKEND_ACTIVE && !keeps) || flow_expired(packet, packet->flow_word))
		return STEP_NEW;
	flow_touch(packet);
	return STEP_NEXT;
}

/* A client's packet and its flow line: go on to its backend, or STEP_NEW. */
static __always_inline enum step flow_of_client(struct packet *packet)
{
	__u32 backend;

	packet->now_s = state_now_s(packet->state);
	if (!flow_take(packet, packet->ip->saddr, packet->source, packet->service_id) ||
	    !backend_take(packet, SLUICE_GET(packet->flow_word, FLOW_BACKEND)))
		return STEP_NEW;
	backend = backend_state_for(packet, packet->flow_word);
	if (!packet_is_tcp(packet))
		return flow_datagram(packet, backend);
	if (packet_is_syn(packet))
		return flow_syn(packet, backend);
	return flow_segment(packet, backend);
}

/* What had to make room for a new flow: one that was alive is told, since its replies must find
 * their way without it. */
static __always_inline void flow_evicted(struct sluice_state *kept, const struct table_place *place,
					 __u64 now_s)
{
	if (table_rank(place->old0, place->old1, table_age(now_s, place->old1)) != TABLE_LIVE)
		return;
	counters_add(SLUICE_COUNT_FLOW_EVICTED, 1);
	if (SLUICE_GET(place->old1, FLOW_STATE) != SLUICE_FLOW_UDP)
		state_open_rebuild_window(kept, now_s);
}

/* Writes a flow's entry over one that counts less: its place in the bucket, with the result above.
 * By itself, so that the verifier looks at it once. */
__noinline int flow_write(__u64 key, __u64 word, __u64 now_s)
{
	struct sluice_state *kept = state_line();
	struct sluice_bucket *bucket = flow_bucket(kept, key);
	struct table_place place = {};
	enum table_result result;

	result = table_insert(bucket, key, word, now_s, &place);
	if (result != TABLE_REFUSED)
		flow_evicted(kept, &place, now_s);
	return result << FLOW_INDEX_BITS | place.index;
}

/* Gives the packet's flow an entry, to the noted backend. Another CPU may have done so at the same
 * time, with another backend: then that one is noted. */
static __always_inline enum table_result flow_insert(struct packet *packet, __u32 flow_state)
{
	__u64 word =
		SLUICE_PUT(FLOW_BACKEND, packet->backend_id) |
		SLUICE_PUT(FLOW_GENERATION, SLUICE_GET(packet->backend_word, BACKEND_GENERATION)) |
		SLUICE_PUT(FLOW_STATE, flow_state) | SLUICE_PUT(FLOW_SEEN, packet->now_s);
	__u32 written;

	written = flow_write(packet->flow_key, word, packet->now_s);
	packet->flow = &packet->bucket->entry[written % SLUICE_FLOW_ENTRIES];
	packet->flow_word = word;
	if (written >> FLOW_INDEX_BITS != TABLE_THERE)
		return written >> FLOW_INDEX_BITS;
	packet->flow_word = READ_ONCE(packet->flow->word1);
	/* It may have been written over since, and would be another flow's. */
	if (READ_ONCE(packet->flow->word0) != packet->flow_key ||
	    !backend_take(packet, SLUICE_GET(packet->flow_word, FLOW_BACKEND)) ||
	    backend_state_for(packet, packet->flow_word) != SLUICE_BACKEND_ACTIVE)
		return TABLE_REFUSED;
	return TABLE_THERE;
}

#endif
