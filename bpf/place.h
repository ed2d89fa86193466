/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A backend's place, that is its address, port and protocol, and the chain of all backends which have
 * it: a reverse line has the first one's item, each backend's line the next one's. An item's tag only
 * narrows: the backend's own line is the proof.
 */
#ifndef SLUICE_BPF_PLACE_H
#define SLUICE_BPF_PLACE_H

#include "flow.h"
#include "line.h"
#include "maps.h"
#include "packet.h"
#include "state.h"

#define PLACE_ABOVE (64 - SLUICE_REVERSE_TAG_BITS)

/* True if a backend has this place. */
static __always_inline bool place_is(const struct sluice_backend *backend, __be32 address,
				     __be16 port, __u8 protocol)
{
	return backend->address == address && backend->port == port &&
	       backend->protocol == protocol;
}

/* False for most places that are no backend's, at one look. */
static __always_inline bool place_maybe(__u64 hash)
{
	return line_bit(reverse_bitmap_at(0), hash, settings.reverse_bits);
}

/* The first item in the chain of a place's hash, 0 for none. */
static __always_inline __u64 place_first(__u64 hash)
{
	__u32 index = sluice_scale(hash, settings.reverse_lines);
	__u32 next = index + 1 < settings.reverse_lines ? index + 1 : 0;

	return line_find(reverse_at(0), index, next, sluice_reverse_tag(hash, index), PLACE_ABOVE);
}

/* What follows an item in its chain, 0 for nothing. Its backend may have left the chain a moment ago,
 * and leads on all the same. */
static __always_inline __u64 place_next(__u64 item)
{
	return READ_ONCE(backends_at(SLUICE_GET(item, REVERSE_BACKEND))->next);
}

/* True if a flow of this key is alive and its backend has the place of `backend`. One that was reset
 * closing_s ago gives way, and so does one of a deleted listener, which may just have been made anew on
 * the same port: left where it is, it would be taken for that of the new one's replies. */
static __always_inline bool place_has_flow(struct sluice_state *kept, __u64 key,
					   const struct sluice_backend *backend)
{
	struct sluice_bucket *bucket = flow_bucket(kept, key);
	__u64 word;
	struct sluice_flow *flow = table_find(bucket, key, &word);
	const struct sluice_service *service = services_at(SLUICE_GET(key, FLOW_SERVICE));
	struct sluice_backend *other;
	__u32 id, age;

	if (!flow)
		return false;
	age = table_age(READ_ONCE(kept->clock_s), word);
	id = SLUICE_GET(word, FLOW_BACKEND);
	other = backends_at(id);
	if (age > flow_limit(word, service->established_s) ||
	    !place_is(other, backend->address, backend->port, backend->protocol))
		return false;
	if ((SLUICE_GET(word, FLOW_STATE) == SLUICE_FLOW_RESET && age > settings.closing_s) ||
	    SLUICE_GET(READ_ONCE(service->word), SERVICE_STATE) == SLUICE_SERVICE_DELETED)
		return !table_change(flow, word, 0);
	return true;
}

/* True if a client's port has a flow to this backend's place at another service already: their
 * replies could not be told apart. By itself, so that the verifier looks at it once. */
__noinline int place_taken(__u32 id, __u32 client, __u32 port, __u32 service)
{
	struct sluice_backend *backend = backends_at(id);
	struct sluice_state *kept = state_line();
	__u64 item;

	if (!backend->shared)
		return 0;
	item = place_first(sluice_hash_reverse(backend->address, backend->port, backend->protocol,
					       kept->table_key));
#pragma clang loop unroll(disable)
	for (int step = 0; step < SLUICE_REVERSE_CHAIN && item; step++) {
		__u16 other = SLUICE_GET(item, REVERSE_SERVICE);

		if (other != (__u16)service &&
		    place_has_flow(kept, table_key(client, (__be16)port, other), backend))
			return 1;
		item = place_next(item);
	}
	return 0;
}

#endif
