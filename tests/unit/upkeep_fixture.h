/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The upkeep of the checked listener against a prober and a data plane that only take notes, and a
 * clock that stands still. Link it without commit.c: it stands for it.
 */
#ifndef TESTS_UNIT_UPKEEP_FIXTURE_H
#define TESTS_UNIT_UPKEEP_FIXTURE_H

#include "health_fixture.h"

#include "core/upkeep.h"
#include "dataplane/publish.h"
#include "sluice_maps.h"

#define SERVICES 8
#define RING_MAX 1031

enum {
	ACTIVE = SLUICE_BACKEND_ACTIVE,
	DRAINS = SLUICE_BACKEND_DRAINING,
	DOWN = SLUICE_BACKEND_DOWN
};

struct published {
	unsigned int times;
	size_t backend_count;
	uint32_t ring_size;
	uint32_t ring[RING_MAX]; /* ids of backends */
};
extern struct published published[SERVICES];
extern struct dp_backend words[PROBED]; /* as switched, or set alone */
extern unsigned int switches;
extern uint16_t no_room; /* for the ring of this service */
extern int64_t now_ms;
extern struct upkeep *upkeep;

#define TEST(name) cmocka_unit_test_setup_teardown(name, upkeep_setup, upkeep_teardown)
int upkeep_setup(void **state);
int upkeep_teardown(void **state);

/* What commit does after the switch of a batch; and the same with the end of the batch. */
void batch_follows(void);
void batch_ends(void);
/* Of the listener's server at 10.0.0.`last`. */
void result(unsigned int last, enum health_state state);
/* The same, and what the loop's turn makes of it. */
void results(unsigned int last, enum health_state state);
/* The clock goes on, and drains are looked at. */
void sweep_after(int64_t ms);
unsigned int state_of(unsigned int last);
bool is_watched(unsigned int last);
enum health_state known_of(unsigned int last);
/* What the journal has last said of a whole listener's health since `after`; "": nothing. */
const char *last_event(uint64_t after);
/* What the listener has published, and whether a backend is in its ring. */
const struct published *ring(void);
bool ring_has(uint32_t id);

#endif
