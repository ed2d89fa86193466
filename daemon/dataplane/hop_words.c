// SPDX-License-Identifier: BSD-2-Clause
/*
 * Indexes of hops. Flows keep them, so an index never changes its meaning under one: what is given
 * back rests, with a word of 0, until sweeps have cleared it from every flow.
 */
#include "dataplane/internal.h"

#include "base/memory.h"

#include <errno.h>
#include <string.h>

/* A sweep that began after now is complete when that many more are. */
#define REST_SWEEPS 2

static void rest(struct dataplane *dataplane, uint32_t index)
{
	struct hop_words *hops = &dataplane->hops;

	if (index >= hops->size)
		return;
	hops->resting += hops->states[index] != HOP_INDEX_RESTING;
	hops->states[index] = HOP_INDEX_RESTING;
	hops->until[index] = dataplane->sweep.complete + REST_SWEEPS;
}

/* What an earlier daemon gave out: backends and flows may have it. */
static void find_used(struct dataplane *dataplane)
{
	struct hop_words *hops = &dataplane->hops;

	for (uint32_t index = 1; index < hops->size; index++) {
		if (hops->words[index])
			rest(dataplane, index);
	}
	for (uint32_t id = 1; id < dataplane->tables[MAP_BACKENDS].size; id++) {
		if (dataplane->backends[id].hop)
			rest(dataplane, dataplane->backends[id].hop);
	}
	for (uint64_t i = 0; i < dataplane->flow_count; i++) {
		uint64_t word0, word1;

		if (flow_read(&dataplane->flows[i], &word0, &word1) && SLUICE_GET(word1, FLOW_HOP))
			rest(dataplane, (uint32_t)SLUICE_GET(word1, FLOW_HOP));
	}
}

void hop_words_open(struct dataplane *dataplane)
{
	struct hop_words *hops = &dataplane->hops;

	hops->words = dataplane->tables[MAP_HOPS].memory;
	hops->size = dataplane->tables[MAP_HOPS].size;
	hops->states = memory_new(hops->size, sizeof(*hops->states));
	hops->until = memory_new(hops->size, sizeof(*hops->until));
	hops->seen = memory_new(hops->size, sizeof(*hops->seen));
	hops->living = memory_new(hops->size, sizeof(*hops->living));
	hops->states[0] = HOP_INDEX_USED;
	if (dataplane->taken_over)
		find_used(dataplane);
}

void hop_words_close(struct dataplane *dataplane)
{
	free(dataplane->hops.states);
	free(dataplane->hops.until);
	free(dataplane->hops.seen);
	free(dataplane->hops.living);
}

uint16_t hop_index_new(struct dataplane *dataplane)
{
	struct hop_words *hops = &dataplane->hops;
	uint8_t *found = memchr(hops->states + hops->next, HOP_INDEX_FREE, hops->size - hops->next);

	if (!found)
		found = memchr(hops->states, HOP_INDEX_FREE, hops->next);
	if (!found)
		return 0;
	*found = HOP_INDEX_USED;
	hops->next = (uint32_t)(found - hops->states);
	return (uint16_t)hops->next;
}

int hop_index_adopt(struct dataplane *dataplane, uint32_t index)
{
	struct hop_words *hops = &dataplane->hops;

	if (index >= hops->size || hops->states[index] == HOP_INDEX_USED)
		return -EBUSY;
	hops->resting -= hops->states[index] == HOP_INDEX_RESTING;
	hops->states[index] = HOP_INDEX_USED;
	return 0;
}

void hop_index_rest(struct dataplane *dataplane, uint16_t index)
{
	if (!index)
		return;
	hop_word_set(dataplane, index, 0);
	rest(dataplane, index);
}

void hop_word_set(struct dataplane *dataplane, uint16_t index, uint64_t word)
{
	if (index && dataplane->hops.words[index] != word)
		word_store(&dataplane->hops.words[index], word);
}

void hop_words_swept(struct dataplane *dataplane)
{
	struct hop_words *hops = &dataplane->hops;
	uint8_t *living = hops->seen;

	hops->seen = hops->living;
	hops->living = living;
	memset(hops->seen, 0, hops->size);
	for (uint32_t index = 1; hops->resting && index < hops->size; index++) {
		if (hops->states[index] != HOP_INDEX_RESTING ||
		    hops->until[index] > dataplane->sweep.complete)
			continue;
		hops->states[index] = HOP_INDEX_FREE;
		hops->resting--;
	}
}

void hop_words_reconcile(struct dataplane *dataplane)
{
	for (uint32_t index = 1; index < dataplane->hops.size; index++) {
		if (dataplane->hops.states[index] == HOP_INDEX_RESTING)
			hop_index_rest(dataplane, (uint16_t)index);
	}
}
