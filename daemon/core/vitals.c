// SPDX-License-Identifier: BSD-2-Clause
/* A byte an id: health in the two low bits, then a bit each. */
#include "core/vitals.h"

#include "base/memory.h"

#define HEALTH_BITS 3u
#define EXPIRED 4u
#define TIMED 8u
#define CUT 16u

void vitals_init(struct vitals *vitals, uint32_t size)
{
	*vitals = (struct vitals){ .bytes = memory_new(size, 1), .size = size };
}

void vitals_free(struct vitals *vitals)
{
	free(vitals->bytes);
}

static unsigned int vital(const struct vitals *vitals, uint32_t id, unsigned int bits)
{
	return id < vitals->size ? vitals->bytes[id] & bits : 0;
}

static void set_vital(struct vitals *vitals, uint32_t id, unsigned int bits, unsigned int value)
{
	if (id < vitals->size)
		vitals->bytes[id] = (uint8_t)((vitals->bytes[id] & ~bits) | value);
}

void vitals_clear(struct vitals *vitals, uint32_t id)
{
	set_vital(vitals, id, UINT8_MAX, 0);
}

enum health_state vitals_health(const struct vitals *vitals, uint32_t id)
{
	return (enum health_state)vital(vitals, id, HEALTH_BITS);
}

void vitals_set_health(struct vitals *vitals, uint32_t id, enum health_state health)
{
	set_vital(vitals, id, HEALTH_BITS, health);
}

bool vitals_expired(const struct vitals *vitals, uint32_t id)
{
	return vital(vitals, id, EXPIRED);
}

void vitals_set_expired(struct vitals *vitals, uint32_t id, bool expired)
{
	set_vital(vitals, id, EXPIRED, expired ? EXPIRED : 0);
}

bool vitals_timed(const struct vitals *vitals, uint32_t id)
{
	return vital(vitals, id, TIMED);
}

void vitals_set_timed(struct vitals *vitals, uint32_t id, bool timed)
{
	set_vital(vitals, id, TIMED, timed ? TIMED : 0);
}

bool vitals_cut(const struct vitals *vitals, uint32_t id)
{
	return vital(vitals, id, CUT);
}

void vitals_set_cut(struct vitals *vitals, uint32_t id, bool cut)
{
	set_vital(vitals, id, CUT, cut ? CUT : 0);
}
