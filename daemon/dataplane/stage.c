// SPDX-License-Identifier: BSD-2-Clause
/*
 * One service on its way into the maps: its backends, reverse lines, member block, ring and VIP line
 * are written where no packet looks. What stands there already is left alone, so that staging the
 * same service twice writes nothing.
 */
#include "dataplane/publish.h"

#include "base/memory.h"
#include "dataplane/transaction.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

struct stage {
	struct dp_transaction *transaction;
	struct dataplane *dataplane;
	const struct dp_service *service;
	uint64_t old_word;
	struct room_block ring, members; /* wanted */
	unsigned int class;
	bool ring_taken;
	char *why;
	size_t why_size;
};

#define stage_fail(stage, code, ...) dp_fail((stage)->why, (stage)->why_size, code, __VA_ARGS__)

static int check(struct stage *stage)
{
	const struct dp_service *service = stage->service;
	const struct dataplane *dataplane = stage->dataplane;

	stage->class = ring_class(service->ring_size);
	if (stage->class == SLUICE_RING_CLASSES)
		return stage_fail(stage, ERR_INTERNAL, "no ring has %u slots", service->ring_size);
	if (!service->id || service->id >= dataplane->tables[MAP_SERVICES].size ||
	    service->id == SLUICE_SERVICE_MAX)
		return stage_fail(
			stage, ERR_OVER_QUOTA,
			"the kernel's table has no place for service %u (tables.services)",
			service->id);
	if (service->vip.family != 4)
		return stage_fail(stage, ERR_INTERNAL, "the data plane has IPv4 only");
	if (service->backend_count >= SLUICE_RING_SLOT_NONE)
		return stage_fail(stage, ERR_OVER_QUOTA, "a service takes at most %u backends",
				  SLUICE_RING_SLOT_NONE - 1);
	for (uint32_t i = 0; i < service->ring_size; i++) {
		if (service->ring[i] >= service->backend_count)
			return stage_fail(stage, ERR_INTERNAL, "ring slot %u names no backend", i);
	}
	return 0;
}

/* --- backends --- */

static int check_backend(struct stage *stage, const struct dp_backend *backend)
{
	const struct dataplane *dataplane = stage->dataplane;

	if (backend->address.family != 4)
		return stage_fail(stage, ERR_INTERNAL, "the data plane has IPv4 only");
	if (!backend->id || backend->id >= dataplane->tables[MAP_BACKENDS].size ||
	    backend->id >= SLUICE_BACKEND_MAX)
		return stage_fail(stage, ERR_OVER_QUOTA,
				  "the kernel's table has no place for backend %u "
				  "(tables.backends)",
				  backend->id);
	return 0;
}

static int clear_traffic(struct stage *stage, uint32_t id)
{
	const struct dp_table *table = &stage->dataplane->tables[MAP_TRAFFIC];
	struct sluice_traffic *zero;
	int cpus = libbpf_num_possible_cpus(), error;

	if (id >= table->size || cpus < 1)
		return 0;
	zero = memory_new((size_t)cpus, sizeof(*zero));
	error = bpf_map_update_elem(table->fd, &id, zero, BPF_ANY);
	free(zero);
	if (error)
		return stage_fail(stage, ERR_UNAVAILABLE,
				  "the kernel does not clear the counters of backend %u: %m", id);
	return 0;
}

static int stage_reverse(struct stage *stage, const struct dp_backend *backend)
{
	uint16_t service = stage->service->id;
	char text[ADDRESS_TEXT];
	int added = reverse_add(stage->dataplane, service, backend->id);

	if (added > 0)
		step_add(stage->transaction,
			 &(struct step){
				 .kind = STEP_REVERSE,
				 .reverse = { .service = service, .backend = backend->id } });
	if (added >= 0)
		return 0;
	address_format(&backend->address, text);
	if (added == -EMLINK)
		return stage_fail(
			stage, ERR_OVER_QUOTA,
			"%s port %u serves %u listeners already, and no more are possible", text,
			backend->port, SLUICE_REVERSE_SERVICES);
	return stage_fail(stage, ERR_OVER_QUOTA,
			  "the table of reply lines has no place for %s port %u (tables.backends "
			  "= %u)",
			  text, backend->port, stage->dataplane->tables[MAP_BACKENDS].size);
}

static bool same_backend(const struct sluice_backend *a, const struct sluice_backend *b)
{
	return a->address == b->address && a->port == b->port && a->protocol == b->protocol &&
	       SLUICE_GET(a->word, BACKEND_GENERATION) == SLUICE_GET(b->word, BACKEND_GENERATION) &&
	       SLUICE_GET(a->word, BACKEND_SERVICE) == SLUICE_GET(b->word, BACKEND_SERVICE);
}

static bool is_gone(const struct sluice_backend *backend)
{
	return SLUICE_GET(backend->word, BACKEND_STATE) == SLUICE_BACKEND_GONE;
}

static int stage_fresh(struct stage *stage, const struct dp_backend *backend,
		       const struct sluice_backend *wanted)
{
	struct dataplane *dataplane = stage->dataplane;
	struct sluice_backend *stored = &dataplane->backends[backend->id];
	int error;

	/* The store and the maps disagree, as after taking over another store's. */
	if (!is_gone(stored))
		dp_drop_backend(dataplane, dataplane->index.owner[backend->id], backend->id);
	stored->address = wanted->address;
	stored->port = wanted->port;
	stored->protocol = wanted->protocol;
	error = stage_reverse(stage, backend);
	if (!error)
		error = clear_traffic(stage, backend->id);
	if (error)
		return error;
	/* `active` counts entries of the flow table, whoever had the id when they were made. */
	__atomic_store_n(&dataplane->loads.items[backend->id].flows, 0, __ATOMIC_RELAXED);
	backend_link(dataplane, stage->service->id, backend->id);
	return 0;
}

static int stage_backend(struct stage *stage, const struct dp_backend *backend)
{
	struct dataplane *dataplane = stage->dataplane;
	const struct sluice_backend *stored = &dataplane->backends[backend->id];
	struct sluice_backend wanted = {
		.word = SLUICE_PUT(BACKEND_STATE, backend->state) |
			SLUICE_PUT(BACKEND_GENERATION, backend->generation) |
			SLUICE_PUT(BACKEND_SERVICE, stage->service->id),
		.address = address_be32(&backend->address),
		.port = htons(backend->port),
		.protocol = stage->service->protocol,
	};
	struct step step = { .kind = STEP_BACKEND,
			     .backend = { .id = backend->id, .wanted = wanted } };
	int error = check_backend(stage, backend);

	if (error)
		return error;
	step.backend.fresh = is_gone(stored) || !same_backend(stored, &wanted);
	if (step.backend.fresh)
		error = stage_fresh(stage, backend, &wanted);
	step.backend.asked = !dataplane->index.staged_backend[backend->id];
	if (!step.backend.fresh && step.backend.asked)
		/* After a start: a line that a crash kept from being written. */
		error = stage_reverse(stage, backend);
	if (error)
		return error;
	if (step.backend.asked)
		neighbours_want(dataplane, backend->id);
	dataplane->index.staged_backend[backend->id] = 1;
	if (step.backend.fresh || step.backend.asked || stored->word != wanted.word)
		step_add(stage->transaction, &step);
	return 0;
}

/* --- member block and ring --- */

static int no_room(const struct stage *stage, const struct room *room, uint32_t lines,
		   const char *setting)
{
	return stage_fail(stage, ERR_OVER_QUOTA,
			  "no room for %u lines (%u of %u are used): %s is too small", lines,
			  room->used, room->size, setting);
}

static bool same_members(const struct stage *stage)
{
	const struct dp_service *service = stage->service;
	const uint32_t *ids;
	uint32_t count;
	struct room_block old = service_members(stage->dataplane, stage->old_word, &count);

	if (count != service->backend_count)
		return false;
	ids = stage->dataplane->members[old.line].backend;
	for (uint32_t i = 0; i < count; i++) {
		if (ids[i] != service->backends[i].id)
			return false;
	}
	return true;
}

static bool same_ring(const struct stage *stage)
{
	const struct dp_service *service = stage->service;
	struct room_block old = service_ring(stage->old_word);
	const __u32 *slots = stage->dataplane->rings[old.line].slot;

	if (SLUICE_GET(stage->old_word, SERVICE_CLASS) != stage->class)
		return false;
	for (uint32_t i = 0; i < service->ring_size; i++) {
		if ((slots[i] & 0xffff) != service->ring[i])
			return false;
	}
	return true;
}

static int write_members(struct stage *stage)
{
	const struct dp_service *service = stage->service;
	/* One place more than members: the empty place at the end tells the block's length. */
	uint32_t lines = (uint32_t)service->backend_count / 16 + 1;
	struct room *room = &stage->dataplane->member_room;
	uint32_t *ids;

	if (room_alloc(room, lines, &stage->members))
		return no_room(stage, room, lines, "tables.member_lines");
	step_add(stage->transaction,
		 &(struct step){ .kind = STEP_MEMBERS, .members = stage->members });
	ids = stage->dataplane->members[stage->members.line].backend;
	memset(ids, 0, (size_t)lines * sizeof(struct sluice_member_line));
	for (size_t i = 0; i < service->backend_count; i++)
		ids[i] = service->backends[i].id;
	return 0;
}

/* The place in the new member block of the backend that the old ring has in this slot. */
static uint32_t previous_of(const struct stage *stage, uint32_t old_id)
{
	const struct dp_service *service = stage->service;
	uint32_t position;

	if (old_id >= stage->dataplane->tables[MAP_BACKENDS].size)
		return SLUICE_RING_SLOT_NONE;
	position = stage->dataplane->index.position[old_id];
	if (position < service->backend_count && service->backends[position].id == old_id)
		return position;
	return SLUICE_RING_SLOT_NONE;
}

static void fill_ring(const struct stage *stage, __u32 *slots)
{
	struct dataplane *dataplane = stage->dataplane;
	const struct dp_service *service = stage->service;
	bool comparable = SLUICE_GET(stage->old_word, SERVICE_CLASS) == stage->class;
	struct room_block old_ring = service_ring(stage->old_word);
	const __u32 *old_slots = dataplane->rings[old_ring.line].slot;
	uint32_t old_count;
	struct room_block old = service_members(dataplane, stage->old_word, &old_count);
	const uint32_t *old_ids = dataplane->members[old.line].backend;

	for (size_t i = 0; i < service->backend_count; i++)
		dataplane->index.position[service->backends[i].id] = (uint32_t)i;
	for (uint32_t i = 0; i < service->ring_size; i++) {
		uint32_t before = comparable ? old_slots[i] & 0xffff : SLUICE_RING_SLOT_NONE;
		uint32_t previous = before < old_count ? previous_of(stage, old_ids[before])
						       : SLUICE_RING_SLOT_NONE;

		slots[i] = service->ring[i] | previous << 16;
	}
}

/* Made beside the table, for it may stand there already. */
static int write_ring(struct stage *stage)
{
	uint32_t lines = ring_class_lines(stage->class);
	__u32 *slots = memory_new(lines, sizeof(struct sluice_ring_line));
	int error;

	fill_ring(stage, slots);
	error = ring_take(stage->dataplane, slots, lines, &stage->ring);
	free(slots);
	if (error)
		return no_room(stage, &stage->dataplane->ring_room, lines, "tables.ring_lines");
	stage->ring_taken = true;
	step_add(stage->transaction, &(struct step){ .kind = STEP_RING, .ring = stage->ring });
	return 0;
}

static int stage_content(struct stage *stage)
{
	bool members_stay = same_members(stage);
	int error = 0;

	stage->members = service_members(stage->dataplane, stage->old_word, NULL);
	stage->ring = service_ring(stage->old_word);
	if (!members_stay && stage->service->backend_count)
		error = write_members(stage);
	else if (!members_stay)
		stage->members = (struct room_block){ 0 };
	if (error || (members_stay && same_ring(stage)))
		return error;
	if (!stage->class) {
		stage->ring = (struct room_block){ 0 };
		return 0;
	}
	return write_ring(stage);
}

/* --- the service itself --- */

static int stage_line(struct stage *stage)
{
	const struct dp_service *service = stage->service;
	struct step step = { .kind = STEP_LINE,
			     .line = { .key = { .address = address_be32(&service->vip),
						.port = htons(service->port),
						.protocol = service->protocol },
				       .service = service->id } };
	uint16_t there = vip_line_service(stage->dataplane, &step.line.key);
	int error;

	if (there == service->id)
		return 0;
	if (there) {
		step.kind = STEP_LINE_SET;
		step_add(stage->transaction, &step);
		return 0;
	}
	error = vip_line_set(stage->dataplane, &step.line.key, service->id);
	if (error)
		return stage_fail(stage, ERR_OVER_QUOTA,
				  "the table of VIPs takes no more (tables.vips = %u): %s",
				  stage->dataplane->tables[MAP_VIPS].size, strerror(-error));
	step_add(stage->transaction, &step);
	return 0;
}

static void stage_word(struct stage *stage)
{
	const struct dp_service *service = stage->service;
	const struct sluice_service *stored = &stage->dataplane->services[service->id];
	struct sluice_service wanted = {
		.word = SLUICE_PUT(SERVICE_RING, stage->ring.line) |
			SLUICE_PUT(SERVICE_CLASS, stage->class) |
			SLUICE_PUT(SERVICE_STATE, service->state) |
			SLUICE_PUT(SERVICE_REJECT, service->reject) |
			SLUICE_PUT(SERVICE_MEMBERS, stage->members.line),
		.vip = address_be32(&service->vip),
		.port = htons(service->port),
		.protocol = service->protocol,
		.established_s = service->established_s,
	};

	stage->dataplane->index.staged_service[service->id] = 1;
	if (!stage->ring_taken && SLUICE_SET(stored->word, SERVICE_VERSION, 0) == wanted.word &&
	    stored->vip == wanted.vip && stored->port == wanted.port &&
	    stored->protocol == wanted.protocol && stored->established_s == wanted.established_s)
		return;
	step_add(stage->transaction, &(struct step){ .kind = STEP_SERVICE,
						     .service = { .id = service->id,
								  .ring_taken = stage->ring_taken,
								  .wanted = wanted } });
}

int dp_stage_service(struct dp_transaction *transaction, const struct dp_service *service,
		     char *why, size_t why_size)
{
	struct stage stage = {
		.transaction = transaction,
		.dataplane = transaction->dataplane,
		.service = service,
		.why = why,
		.why_size = why_size,
	};
	int error = check(&stage);

	if (error)
		return error;
	stage.old_word = transaction->dataplane->services[service->id].word;
	for (size_t i = 0; !error && i < service->backend_count; i++)
		error = stage_backend(&stage, &service->backends[i]);
	if (!error)
		error = stage_content(&stage);
	if (error)
		return error;
	/* A line that passes to this service does so after its word. */
	stage_word(&stage);
	return stage_line(&stage);
}
