// SPDX-License-Identifier: BSD-2-Clause
/* Transactions: begun, switched or aborted. What a step needs is done by stage.c and vips.c. */
#include "dataplane/publish.h"

#include "base/memory.h"
#include "dataplane/transaction.h"

#include <string.h>

static const uint32_t ring_sizes[SLUICE_RING_CLASSES] = SLUICE_RING_SIZES;

void word_store(__u64 *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

unsigned int ring_class(uint32_t slots)
{
	unsigned int class = 0;

	while (class < SLUICE_RING_CLASSES && ring_sizes[class] != slots)
		class ++;
	return class;
}

uint32_t ring_class_lines(unsigned int class)
{
	return class < SLUICE_RING_CLASSES ? (ring_sizes[class] + 15) / 16 : 0;
}

struct room_block service_ring(uint64_t word)
{
	return (struct room_block){
		.line = (uint32_t)SLUICE_GET(word, SERVICE_RING),
		.lines = ring_class_lines((unsigned int)SLUICE_GET(word, SERVICE_CLASS)),
	};
}

/* A block tells its own length: its last line has an empty place. */
struct room_block service_members(const struct dataplane *dataplane, uint64_t word, uint32_t *count)
{
	struct room_block block = { .line = (uint32_t)SLUICE_GET(word, SERVICE_MEMBERS) };
	const uint32_t *ids = dataplane->members[0].backend;
	uint32_t place = block.line * 16, end = dataplane->tables[MAP_MEMBERS].size * 16;

	while (block.line && place < end && ids[place])
		place++;
	if (count)
		*count = place - block.line * 16;
	if (block.line && place < end)
		block.lines = place / 16 - block.line + 1;
	return block;
}

void service_store(struct dataplane *dataplane, uint16_t service, uint64_t word)
{
	__u64 *stored = &dataplane->services[service].word;

	word_store(stored,
		   SLUICE_SET(word, SERVICE_VERSION, SLUICE_GET(*stored, SERVICE_VERSION) + 1));
}

void step_add(struct dp_transaction *transaction, const struct step *step)
{
	if (transaction->count == transaction->capacity) {
		transaction->capacity = transaction->capacity ? 2 * transaction->capacity : 64;
		transaction->steps = memory_resize(transaction->steps, transaction->capacity,
						   sizeof(*transaction->steps));
	}
	transaction->steps[transaction->count++] = *step;
}

struct dp_transaction *dp_begin(struct dataplane *dataplane)
{
	struct dp_transaction *transaction = memory_new(1, sizeof(*transaction));

	transaction->dataplane = dataplane;
	return transaction;
}

static void finish(struct dp_transaction *transaction)
{
	free(transaction->steps);
	free(transaction);
}

/* --- abort --- */

static void undo_backend(struct dataplane *dataplane, const struct step *step)
{
	if (step->backend.fresh)
		backend_unlink(dataplane, step->backend.id);
	if (step->backend.asked)
		neighbours_release(dataplane, step->backend.id);
	if (step->backend.asked)
		dataplane->index.staged_backend[step->backend.id] = 0;
}

static void undo(struct dataplane *dataplane, const struct step *step)
{
	switch (step->kind) {
	case STEP_VIP:
		vip_unstage(dataplane, step->vip.address, step->vip.line, step->vip.put);
		break;
	case STEP_LINE:
		vip_line_delete(dataplane, &step->line.key, step->line.service);
		break;
	case STEP_LINE_SET:
		break;
	case STEP_REVERSE:
		reverse_remove(dataplane, step->reverse);
		break;
	case STEP_RING:
		ring_put(dataplane, &step->ring, false);
		break;
	case STEP_MEMBERS:
		room_free(&dataplane->member_room, &step->members);
		break;
	case STEP_BACKEND:
		undo_backend(dataplane, step);
		break;
	case STEP_SERVICE:
		dataplane->index.staged_service[step->service.id] = 0;
		break;
	}
}

void dp_abort(struct dp_transaction *transaction)
{
	for (size_t i = transaction->count; i-- > 0;)
		undo(transaction->dataplane, &transaction->steps[i]);
	finish(transaction);
}

/* --- switch --- */

static bool becomes_active(const struct step *step)
{
	return step->backend.fresh ||
	       SLUICE_GET(step->backend.wanted.word, BACKEND_STATE) == SLUICE_BACKEND_ACTIVE;
}

static void switch_backend(struct dataplane *dataplane, const struct step *step)
{
	word_store(&dataplane->backends[step->backend.id].word, step->backend.wanted.word);
}

static void switch_service(struct dataplane *dataplane, const struct step *step)
{
	struct sluice_service *service = &dataplane->services[step->service.id];
	const struct sluice_service *wanted = &step->service.wanted;
	uint64_t old_word = service->word;
	struct room_block old_ring = service_ring(old_word), ring = service_ring(wanted->word);
	struct room_block old_members = service_members(dataplane, old_word, NULL);
	struct room_block members = service_members(dataplane, wanted->word, NULL);

	service->established_s = wanted->established_s;
	service->grain_s = wanted->grain_s;
	service->vip = wanted->vip;
	service->port = wanted->port;
	service->protocol = wanted->protocol;
	service_store(dataplane, step->service.id, wanted->word);
	if (old_ring.lines && (step->service.ring_taken || !ring.lines))
		ring_put(dataplane, &old_ring, true);
	if (old_members.lines && old_members.line != members.line)
		room_rest(&dataplane->member_room, &old_members, dp_now_ms());
}

void dp_switch(struct dp_transaction *transaction)
{
	struct dataplane *dataplane = transaction->dataplane;
	const struct step *end = transaction->steps + transaction->count;

	for (const struct step *step = transaction->steps; step < end; step++) {
		if (step->kind == STEP_BACKEND && becomes_active(step))
			switch_backend(dataplane, step);
	}
	for (const struct step *step = transaction->steps; step < end; step++) {
		if (step->kind == STEP_SERVICE)
			switch_service(dataplane, step);
		else if (step->kind == STEP_LINE_SET)
			retry_do(dataplane, &(struct retry){ .kind = RETRY_LINE_SET,
							     .line = step->line.key,
							     .service = step->line.service });
	}
	for (const struct step *step = transaction->steps; step < end; step++) {
		if (step->kind == STEP_BACKEND && !becomes_active(step))
			switch_backend(dataplane, step);
	}
	finish(transaction);
}
