// SPDX-License-Identifier: BSD-2-Clause
/* A bitmap; the lowest free id keeps the kernel's tables dense. */
#include "core/ids.h"

#include "base/memory.h"

void ids_init(struct ids *ids, uint32_t size)
{
	*ids = (struct ids){ .used = memory_new(size / 64 + 1, sizeof(uint64_t)),
			     .size = size,
			     .lowest = 1 };
}

void ids_free(struct ids *ids)
{
	free(ids->used);
}

bool ids_claim(struct ids *ids, uint32_t id)
{
	if (!id || id >= ids->size || ids->used[id / 64] >> id % 64 & 1)
		return false;
	ids->used[id / 64] |= 1ULL << id % 64;
	ids->count++;
	return true;
}

uint32_t ids_take(struct ids *ids)
{
	for (uint32_t id = ids->lowest; id < ids->size; id++) {
		if (!(id % 64) && ids->used[id / 64] == UINT64_MAX) {
			id += 63;
			continue;
		}
		if (ids_claim(ids, id)) {
			ids->lowest = id + 1;
			return id;
		}
	}
	return 0;
}

void ids_release(struct ids *ids, uint32_t id)
{
	ids->used[id / 64] &= ~(1ULL << id % 64);
	ids->count--;
	if (id < ids->lowest)
		ids->lowest = id;
}
