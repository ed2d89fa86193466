// SPDX-License-Identifier: BSD-2-Clause
/*
 * Maglev with quotas. Plain Maglev lets chance decide a share to about one percent; the quotas fix
 * it to a slot, and the turns are dealt out in proportion to the quotas, so that a heavy member
 * does not get its slots last.
 */
#include "core/ring.h"

#include "base/error.h"
#include "sluice_maps.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RING_RULES 1 /* one more whenever the same members come to have other slots */
#define SLOT_FREE 0xffffu
#define SLOTS_PER_MEMBER 64

static const uint32_t ring_sizes[SLUICE_RING_CLASSES] = SLUICE_RING_SIZES;

/* A member while the ring is filled. */
struct seat {
	const struct ring_member *member;
	uint64_t remainder; /* of size * weight / total: who gets a slot left over */
	uint32_t quota, due;
	uint32_t position, skip; /* Maglev's permutation: position advances by skip, modulo size */
};

uint32_t ring_size(const struct ring_member *members, size_t count)
{
	size_t usable = 0;

	for (size_t i = 0; i < count; i++)
		usable += members[i].weight > 0;
	if (!usable)
		return 0;
	for (size_t i = 1; i < SLUICE_RING_CLASSES; i++) {
		if (ring_sizes[i] >= SLOTS_PER_MEMBER * usable)
			return ring_sizes[i];
	}
	return ring_sizes[SLUICE_RING_CLASSES - 1];
}

static int compare_keys(const void *a, const void *b)
{
	const struct seat *x = a, *y = b;

	return memcmp(x->member->key, y->member->key, sizeof(x->member->key));
}

/* Largest remainder first; equal ones keep the order of their keys. */
static int compare_remainders(const void *a, const void *b)
{
	const struct seat *x = *(struct seat *const *)a, *y = *(struct seat *const *)b;

	if (x->remainder != y->remainder)
		return x->remainder < y->remainder ? 1 : -1;
	return x < y ? -1 : 1;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), folded over the key. */
static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
	return value ^ (value >> 31);
}

static uint64_t hash_member(const struct ring_member *member, const uint8_t ring_key[16],
			    uint64_t salt)
{
	uint64_t key[2], word, hash = salt;

	memcpy(key, ring_key, sizeof(key));
	hash = mix(hash ^ key[0]);
	for (size_t i = 0; i < sizeof(member->key); i += sizeof(word)) {
		memcpy(&word, member->key + i, sizeof(word));
		hash = mix(hash ^ word) + key[1];
	}
	return mix(hash);
}

static size_t take_seats(struct seat *seats, const struct ring_member *members, size_t count,
			 const uint8_t ring_key[16], uint32_t size)
{
	size_t seated = 0;

	for (size_t i = 0; i < count; i++) {
		if (members[i].weight)
			seats[seated++].member = &members[i];
	}
	qsort(seats, seated, sizeof(*seats), compare_keys);
	for (size_t i = 0; i < seated; i++) {
		seats[i].position = (uint32_t)(hash_member(seats[i].member, ring_key, 1) % size);
		seats[i].skip =
			(uint32_t)(hash_member(seats[i].member, ring_key, 2) % (size - 1) + 1);
	}
	return seated;
}

/* Quotas by largest remainder. Members that are owed less than one slot get one; what that takes
 * too much is given back by those with the smallest remainders. */
static void set_quotas(struct seat *seats, struct seat **order, size_t count, uint32_t size)
{
	uint64_t total = 0;
	int64_t left = size;

	for (size_t i = 0; i < count; i++)
		total += seats[i].member->weight;
	for (size_t i = 0; i < count; i++) {
		uint64_t owed = (uint64_t)size * seats[i].member->weight;

		seats[i].quota = (uint32_t)(owed / total);
		seats[i].remainder = owed % total;
		if (!seats[i].quota) {
			seats[i].quota = 1;
			seats[i].remainder = 0;
		}
		left -= seats[i].quota;
		order[i] = &seats[i];
	}
	qsort(order, count, sizeof(struct seat *), compare_remainders);
	for (size_t i = 0; left > 0; i++, left--)
		order[i % count]->quota++;
	for (size_t i = count; left<0; i = i> 1 ? i - 1 : count) {
		if (order[i - 1]->quota > 1) {
			order[i - 1]->quota--;
			left++;
		}
	}
}

/* The next position of its permutation that is free; both summands are below size. A start builds
 * ten thousands of rings, and divisions were nearly all that it waited for. */
static void take_slot(struct seat *seat, uint16_t *slots, uint32_t size)
{
	uint32_t position = seat->position;

	while (slots[position] != SLOT_FREE) {
		position += seat->skip;
		position -= position >= size ? size : 0;
	}
	slots[position] = seat->member->index;
	seat->position = position;
}

/* In round r of `rounds` every member has taken its quota * r / rounds: what is due grows by its
 * quota each round, and a slot costs `rounds`. */
static void deal_slots(struct seat *seats, size_t count, uint16_t *slots, uint32_t size)
{
	uint32_t rounds = 0;

	for (size_t i = 0; i < count; i++)
		rounds = seats[i].quota > rounds ? seats[i].quota : rounds;
	memset(slots, 0xff, size * sizeof(*slots));
	for (uint32_t round = 1; round <= rounds; round++) {
		for (size_t i = 0; i < count; i++) {
			for (seats[i].due += seats[i].quota; seats[i].due >= rounds;
			     seats[i].due -= rounds)
				take_slot(&seats[i], slots, size);
		}
	}
}

uint64_t ring_print(const struct ring_member *members, size_t count, const uint8_t ring_key[16])
{
	uint64_t print = RING_RULES;
	size_t usable = 0;

	for (size_t i = 0; i < count; i++) {
		if (!members[i].weight)
			continue;
		usable++;
		print = mix(print ^ members[i].weight ^ (uint64_t)members[i].index << 32);
		print = hash_member(&members[i], ring_key, print);
	}
	return usable > 1 ? print : 0;
}

int ring_build(const struct ring_member *members, size_t count, const uint8_t ring_key[16],
	       uint16_t *slots, uint32_t size)
{
	struct seat *seats = calloc(count ? count : 1, sizeof(*seats));
	struct seat **order = calloc(count ? count : 1, sizeof(struct seat *));
	int result = -ERR_UNAVAILABLE;
	size_t seated;

	if (!seats || !order)
		goto out;
	seated = take_seats(seats, members, count, ring_key, size);
	if (seated) {
		set_quotas(seats, order, seated, size);
		deal_slots(seats, seated, slots, size);
	}
	result = 0;
out:
	free(order);
	free(seats);
	return result;
}
