// SPDX-License-Identifier: BSD-2-Clause
/*
 * The daemon's part of the flow table's protocol: it never inserts, so word0 is not its to write.
 * One swap of word1 to 0 frees an entry, and a touch that came first is a reason to leave it alone.
 */
#include "dataplane/flow_entry.h"

#define END_TRIES 16
/* A stamp may be ahead of us: the program's clock is a little faster than our reading of it. */
#define AHEAD_S 256

uint32_t flow_age(uint64_t word1, uint64_t now_s)
{
	uint16_t age = (uint16_t)(now_s - SLUICE_GET(word1, FLOW_SEEN));

	return age > UINT16_MAX - AHEAD_S ? 0 : age;
}

bool flow_read(const struct sluice_flow *entry, uint64_t *word0, uint64_t *word1)
{
	*word0 = __atomic_load_n(&entry->word0, __ATOMIC_ACQUIRE);
	if (!*word0 || *word0 == SLUICE_FLOW_BUSY)
		return false;
	*word1 = __atomic_load_n(&entry->word1, __ATOMIC_ACQUIRE);
	return *word1 && __atomic_load_n(&entry->word0, __ATOMIC_ACQUIRE) == *word0;
}

static bool counts(uint64_t word1)
{
	uint64_t state = SLUICE_GET(word1, FLOW_STATE);

	return word1 && state != SLUICE_FLOW_CLOSING && state != SLUICE_FLOW_RESET;
}

bool flow_change(struct sluice_flow *entry, uint64_t from, uint64_t to, const struct loads *loads)
{
	uint64_t backend = SLUICE_GET(from, FLOW_BACKEND);
	__u64 found = from;

	if (!__atomic_compare_exchange_n(&entry->word1, &found, to, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return false;
	if (counts(from) && !counts(to) && backend < loads->size)
		__atomic_sub_fetch(&loads->items[backend].active, 1, __ATOMIC_RELAXED);
	return true;
}

bool flow_kill(struct sluice_flow *entry, uint64_t word0, const struct loads *loads)
{
	for (int i = 0; i < END_TRIES; i++) {
		uint64_t now0, word1, dead;

		if (!flow_read(entry, &now0, &word1) || now0 != word0)
			return false;
		dead = SLUICE_SET(word1, FLOW_STATE, SLUICE_FLOW_CLOSING);
		dead = SLUICE_SET(dead, FLOW_GENERATION, SLUICE_GET(word1, FLOW_GENERATION) - 1);
		if (flow_change(entry, word1, dead, loads))
			return true;
	}
	return false;
}

bool flow_end(struct sluice_flow *entry, uint64_t word0, const struct loads *loads)
{
	for (int i = 0; i < END_TRIES; i++) {
		uint64_t now0, word1;

		if (!flow_read(entry, &now0, &word1) || now0 != word0)
			return false;
		if (flow_change(entry, word1, 0, loads))
			return true;
	}
	return false;
}
