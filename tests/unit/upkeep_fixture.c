// SPDX-License-Identifier: BSD-2-Clause
#include "upkeep_fixture.h"

#include "base/journal.h"

#include <stdlib.h>

int64_t now_ms;
struct published published[SERVICES];
struct dp_backend words[PROBED];
unsigned int switches;
uint16_t no_room;
struct upkeep *upkeep;

static struct published pending[SERVICES];
static struct dp_backend pending_words[SERVICES][PROBED];

/* --- the clock --- */

int64_t change_now_ms(void)
{
	return now_ms;
}

/* --- the data plane --- */

struct dp_transaction {
	uint16_t staged[SERVICES];
	size_t count;
};

struct dp_transaction *dp_begin(struct dataplane *dataplane)
{
	(void)dataplane;
	return calloc(1, sizeof(struct dp_transaction));
}

int dp_stage_service(struct dp_transaction *transaction, const struct dp_service *service,
		     char *why, size_t why_size)
{
	const uint16_t *slots = service->ring_size ? service->build(service->build_arg) : NULL;
	struct published *it = &pending[service->id];

	(void)why_size;
	if (service->id == no_room) {
		why[0] = '\0';
		return -ERR_OVER_QUOTA;
	}
	transaction->staged[transaction->count++] = service->id;
	it->backend_count = service->backend_count;
	it->ring_size = service->ring_size;
	assert_in_range(service->ring_size, 0, RING_MAX);
	for (uint32_t i = 0; i < service->ring_size; i++)
		it->ring[i] = service->backends[slots[i]].id;
	for (size_t i = 0; i < service->backend_count; i++)
		pending_words[service->id][i] = service->backends[i];
	return 0;
}

void dp_switch(struct dp_transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++) {
		uint16_t id = transaction->staged[i];

		pending[id].times = published[id].times + 1;
		published[id] = pending[id];
		for (size_t j = 0; j < pending[id].backend_count; j++)
			words[pending_words[id][j].id] = pending_words[id][j];
	}
	switches++;
	free(transaction);
}

void dp_abort(struct dp_transaction *transaction)
{
	free(transaction);
}

void dp_set_backend(struct dataplane *dataplane, uint16_t service, const struct dp_backend *backend)
{
	struct dp_backend *word = &words[backend->id];
	uint8_t state = word->state > backend->state ? word->state : backend->state;

	(void)dataplane;
	assert_int_not_equal(service, 0);
	*word = *backend;
	word->state = state;
}

bool dataplane_room_resting(const struct dataplane *dataplane)
{
	(void)dataplane;
	return true;
}

/* --- a batch and a turn of the loop --- */

void batch_follows(void)
{
	size_t count;
	const struct model_delta *deltas = model_staged(model, &count);
	bool all = false;

	for (size_t i = 0; i < count; i++)
		all |= deltas[i].instance_old && deltas[i].instance_new;
	for (size_t i = 0; i < count; i++)
		upkeep_follow(upkeep, deltas[i].lb_old, deltas[i].lb_new, all);
}

void batch_ends(void)
{
	batch_follows();
	model_commit(model);
}

void result(unsigned int last, enum health_state state)
{
	upkeep_result(upkeep, backend_of(last)->id, state, state == HEALTH_UP ? "ok" : "refused");
}

void results(unsigned int last, enum health_state state)
{
	result(last, state);
	upkeep_run(upkeep);
}

void sweep_after(int64_t ms)
{
	now_ms += ms;
	upkeep_sweep(upkeep);
	upkeep_run(upkeep);
}

unsigned int state_of(unsigned int last)
{
	return words[backend_of(last)->id].state;
}

bool is_watched(unsigned int last)
{
	return probed[backend_of(last)->id].watched;
}

enum health_state known_of(unsigned int last)
{
	return vitals_health(&model->vitals, backend_of(last)->id);
}

const char *last_event(uint64_t after)
{
	static struct journal_entry entries[8];
	size_t count = journal_read(after, entries, 8);

	for (size_t i = count; i-- > 0;) {
		if (entries[i].kind == JOURNAL_HEALTH && !strstr(entries[i].subject, "i-"))
			return entries[i].text;
	}
	return "";
}

const struct published *ring(void)
{
	return &published[the_listener()->service];
}

bool ring_has(uint32_t id)
{
	for (uint32_t i = 0; i < ring()->ring_size; i++) {
		if (ring()->ring[i] == id)
			return true;
	}
	return false;
}

int upkeep_setup(void **state)
{
	static const uint8_t ring_key[16] = { 1, 2, 3 };

	checked_setup(state);
	memset(published, 0, sizeof(published));
	memset(words, 0, sizeof(words));
	switches = 0;
	no_room = 0;
	now_ms = 1000000;
	upkeep = upkeep_new(model, NULL, NULL, ring_key);
	upkeep_follow(upkeep, NULL, the_lb(), true);
	for (unsigned int last = 1; last <= 3; last++)
		words[backend_of(last)->id].state = ACTIVE;
	return 0;
}

int upkeep_teardown(void **state)
{
	upkeep_free(upkeep);
	return checked_teardown(state);
}
