/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of backends besides the configuration, a byte an id: what their checks say, and
 * whether a drain that has an end has come to it. Not stored: the pinned maps remember it across a
 * restart. For the core only.
 */
#ifndef SLUICE_CORE_VITALS_H
#define SLUICE_CORE_VITALS_H

#include "health/health.h"

struct vitals {
	uint8_t *bytes;
	uint32_t size;
};

void vitals_init(struct vitals *vitals, uint32_t size);
void vitals_free(struct vitals *vitals);
/* The id is somebody else's from now on. */
void vitals_clear(struct vitals *vitals, uint32_t id);

enum health_state vitals_health(const struct vitals *vitals, uint32_t id);
void vitals_set_health(struct vitals *vitals, uint32_t id, enum health_state health);
/* Its drain is over: it is down until the reason of the drain is gone. */
bool vitals_expired(const struct vitals *vitals, uint32_t id);
void vitals_set_expired(struct vitals *vitals, uint32_t id, bool expired);
/* Its drain has an end that is to come (deadlines.h). */
bool vitals_timed(const struct vitals *vitals, uint32_t id);
void vitals_set_timed(struct vitals *vitals, uint32_t id, bool timed);
/* It was down when it was last published: its flows are cut, and its removal does not mend them. */
bool vitals_cut(const struct vitals *vitals, uint32_t id);
void vitals_set_cut(struct vitals *vitals, uint32_t id, bool cut);

#endif
