// SPDX-License-Identifier: BSD-2-Clause
/*
 * One service on its way into the maps: its backends, member block, ring and VIP line
 * are written where no packet looks. What stands there already is left alone, so that staging the
 * same service twice writes nothing.
 */
#include "dataplane/stage.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <string.h>

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
	return 0;
}

/* --- member block and ring --- */

static int no_room(const struct stage *stage, const struct room *room, uint32_t lines,
		   const char *setting)
{
	stage->dataplane->refused = (struct room_refusal){ .room = room, .lines = lines };
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

static int take_slots(struct stage *stage)
{
	const struct dp_service *service = stage->service;

	stage->slots = service->ring ? service->ring : service->build(service->build_arg);
	if (!stage->slots)
		return stage_fail(stage, ERR_UNAVAILABLE, "out of memory");
	for (uint32_t i = 0; i < service->ring_size; i++) {
		if (stage->slots[i] >= service->backend_count)
			return stage_fail(stage, ERR_INTERNAL, "ring slot %u names no backend", i);
	}
	return 0;
}

/* Behind the slots of every size there is room for it in the last line. It is written with them,
 * before any service word names the ring: where a word does, ring and print belong together. */
static __u32 *print_place(__u32 *slots, uint32_t lines)
{
	return slots + (size_t)lines * 16 - sizeof(uint64_t) / sizeof(*slots);
}

static bool same_print(const struct stage *stage)
{
	struct room_block old = service_ring(stage->old_word);
	__u32 *slots = stage->dataplane->rings[old.line].slot;
	uint64_t print = stage->service->ring_print;

	return print && !memcmp(&print, print_place(slots, old.lines), sizeof(print));
}

static bool same_slots(const struct stage *stage)
{
	struct room_block old = service_ring(stage->old_word);
	const __u32 *slots = stage->dataplane->rings[old.line].slot;

	for (uint32_t i = 0; i < stage->service->ring_size; i++) {
		if ((slots[i] & 0xffff) != stage->slots[i])
			return false;
	}
	return true;
}

/* 1: the ring that is there is the one wanted, 0: it is not, negative: that cannot be said. */
static int ring_stays(struct stage *stage, bool members_stay)
{
	bool may_stay = members_stay && SLUICE_GET(stage->old_word, SERVICE_CLASS) == stage->class;
	int error;

	if (!stage->class || (may_stay && same_print(stage)))
		return may_stay;
	error = take_slots(stage);
	return error ? error : may_stay && same_slots(stage);
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

		slots[i] = stage->slots[i] | previous << 16;
	}
	memcpy(print_place(slots, ring_class_lines(stage->class)), &service->ring_print,
	       sizeof(service->ring_print));
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
	int stays = ring_stays(stage, members_stay), error = 0;

	stage->members = service_members(stage->dataplane, stage->old_word, NULL);
	stage->ring = service_ring(stage->old_word);
	if (stays)
		return stays < 0 ? stays : 0;
	if (!members_stay && stage->service->backend_count)
		error = write_members(stage);
	else if (!members_stay)
		stage->members = (struct room_block){ 0 };
	if (error)
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
		.established_s = (__u16)sluice_flow_limit(service->established_s),
		.grain_s = (__u16)sluice_flow_grain(service->established_s),
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

	stage.dataplane->refused = (struct room_refusal){ 0 };
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
