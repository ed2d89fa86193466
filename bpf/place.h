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
	return line_bit(&reverse_bitmap, hash, settings.reverse_bits);
}

/* The first item in the chain of a place's hash, 0 for none. */
static __always_inline __u64 place_first(__u64 hash)
{
	__u32 index = sluice_scale(hash, settings.reverse_lines);
	__u64 tag = sluice_reverse_tag(hash, index);
	struct sluice_line *line = bpf_map_lookup_elem(&reverse, &index);
	__u64 item = line ? line_item(line, tag, PLACE_ABOVE) : 0;

	if (line && !item && line_is_full(line)) {
		index = index + 1 < settings.reverse_lines ? index + 1 : 0;
		line = bpf_map_lookup_elem(&reverse, &index);
		item = line ? line_item(line, tag, PLACE_ABOVE) : 0;
	}
	return item;
}

/* What follows an item in its chain, 0 for nothing. Its backend may have left the chain a moment ago,
 * and leads on all the same. */
static __always_inline __u64 place_next(__u64 item)
{
	__u32 id = SLUICE_GET(item, REVERSE_BACKEND);
	struct sluice_backend *backend = bpf_map_lookup_elem(&backends, &id);

	return backend ? READ_ONCE(backend->next) : 0;
}

/* True if a flow of this key is alive and its backend has the place of `backend`. */
static __always_inline bool place_has_flow(struct sluice_state *kept, __u64 key,
					   const struct sluice_backend *backend)
{
	struct sluice_bucket *bucket = flow_bucket(kept, key);
	struct sluice_backend *other;
	__u64 word;
	__u32 id;

	if (!bucket || !table_find(bucket, key, &word) ||
	    table_age(READ_ONCE(kept->clock_s), word) > table_limit(key, word))
		return false;
	id = SLUICE_GET(word, FLOW_BACKEND);
	other = bpf_map_lookup_elem(&backends, &id);
	return other && place_is(other, backend->address, backend->port, backend->protocol);
}

/* True if a client's port has a flow to this backend's place at another service already: their
 * replies could not be told apart. By itself, so that the verifier looks at it once. */
__noinline int place_taken(__u32 id, __u32 client, __u32 port, __u32 service)
{
	struct sluice_backend *backend = bpf_map_lookup_elem(&backends, &id);
	struct sluice_state *kept = state_line();
	__u64 item;

	if (!backend || !backend->shared || !kept)
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
