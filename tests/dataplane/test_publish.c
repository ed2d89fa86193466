// SPDX-License-Identifier: BSD-2-Clause
/* Publication against the kernel's real maps: what stands there before and after each step. */
#include "world.h"

#include <arpa/inet.h>
#include <string.h>

static struct world world;

/* Everything that an aborted transaction must leave as it was. */
struct snapshot {
	struct sluice_service services[65];
	struct sluice_backend backends[512];
	size_t vips, reverse, addresses;
	uint32_t rings, members;
};

static void take(struct snapshot *snapshot)
{
	const struct dataplane *dataplane = world.dataplane;

	dp_catch_up(world.dataplane);
	memset(snapshot, 0, sizeof(*snapshot));
	memcpy(snapshot->services, dataplane->services, sizeof(snapshot->services));
	for (size_t id = 0; id < 512; id++)
		snapshot->backends[id].word = dataplane->backends[id].word;
	snapshot->vips = vip_count(&world);
	snapshot->reverse = reverse_count(&world);
	snapshot->addresses = dataplane->addresses.count;
	snapshot->rings = dataplane->ring_room.used;
	snapshot->members = dataplane->member_room.used;
}

static uint64_t service_field_state(uint16_t id)
{
	return SLUICE_GET(world.dataplane->services[id].word, SERVICE_STATE);
}

static uint64_t backend_state(uint32_t id)
{
	return SLUICE_GET(world.dataplane->backends[id].word, BACKEND_STATE);
}

static const __u32 *slots_of(uint16_t id)
{
	struct room_block ring = service_ring(world.dataplane->services[id].word);

	return world.dataplane->rings[ring.line].slot;
}

/* The backend that a slot leads to, by the member block that stands beside its ring. */
static uint32_t backend_at(uint16_t id, uint32_t index)
{
	struct room_block members =
		service_members(world.dataplane, world.dataplane->services[id].word, NULL);

	return world.dataplane->members[members.line].backend[index];
}

static void test_nothing_shows_before_the_switch(void **state)
{
	struct dp_transaction *transaction;
	struct service service;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 2);
	transaction = dp_begin(world.dataplane);
	assert_int_equal(dp_stage_vip(transaction, &service.service.vip, world.why, WHY), 0);
	assert_int_equal(dp_stage_service(transaction, &service.service, world.why, WHY), 0);
	assert_int_equal(service_field_state(1), SLUICE_SERVICE_ABSENT);
	assert_int_equal(backend_state(1), SLUICE_BACKEND_GONE);
	dp_switch(transaction);
	assert_int_equal(service_field_state(1), SLUICE_SERVICE_RUNNING);
	assert_int_equal(backend_state(1), SLUICE_BACKEND_ACTIVE);
	assert_int_equal(backend_state(2), SLUICE_BACKEND_ACTIVE);
	assert_int_equal(world.dataplane->services[1].established_s, 908);
	assert_int_equal(world.dataplane->services[1].grain_s, 8);
	for (uint32_t i = 0; i < 257; i++) {
		assert_int_equal(slots_of(1)[i] & 0xffff, i % 2);
		assert_int_equal(slots_of(1)[i] >> 16, SLUICE_RING_SLOT_NONE);
	}
	assert_int_equal(backend_at(1, 1), 2);
	assert_int_equal(vip_count(&world), 2);
	assert_int_equal(reverse_count(&world), 2);
}

static void test_abort_leaves_nothing(void **state)
{
	struct snapshot before, after;
	struct dp_transaction *transaction;
	struct service service, other;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 2);
	service_publish(&world, &service);
	take(&before);
	service_fill(&other, 2, 10, 20);
	other.service.vip = ip("10.9.0.101");
	service.backends[1].state = SLUICE_BACKEND_DRAINING;
	service_ring_fill(&service);
	transaction = dp_begin(world.dataplane);
	assert_int_equal(dp_stage_vip(transaction, &other.service.vip, world.why, WHY), 0);
	assert_int_equal(dp_stage_service(transaction, &other.service, world.why, WHY), 0);
	assert_int_equal(dp_stage_service(transaction, &service.service, world.why, WHY), 0);
	dp_abort(transaction);
	take(&after);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void test_the_same_again_writes_nothing(void **state)
{
	struct snapshot before, after;
	struct service service;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 3);
	service_publish(&world, &service);
	take(&before);
	service_publish(&world, &service);
	take(&after);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void test_a_slot_remembers_who_was_there(void **state)
{
	struct service service;
	uint32_t old[257];

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 3);
	service_publish(&world, &service);
	for (size_t i = 0; i < 257; i++)
		old[i] = backend_at(1, slots_of(1)[i] & 0xffff);
	/* Backend 1 leaves the block, 2 drains, 3 stays. */
	memmove(&service.backends[0], &service.backends[1], 2 * sizeof(service.backends[0]));
	service.service.backend_count = 2;
	service.backends[0].state = SLUICE_BACKEND_DRAINING;
	service_ring_fill(&service);
	service_publish(&world, &service);
	for (size_t i = 0; i < 257; i++) {
		uint32_t previous = slots_of(1)[i] >> 16;

		assert_int_equal(backend_at(1, slots_of(1)[i] & 0xffff), 3);
		if (old[i] == 1)
			assert_int_equal(previous, SLUICE_RING_SLOT_NONE);
		else
			assert_int_equal(backend_at(1, previous), old[i]);
	}
	assert_int_equal(backend_state(2), SLUICE_BACKEND_DRAINING);
	/* Not named any more, so as it was until it is dropped. */
	assert_int_equal(backend_state(1), SLUICE_BACKEND_ACTIVE);
	dp_drop_backend(world.dataplane, 1, 1);
	assert_int_equal(backend_state(1), SLUICE_BACKEND_GONE);
	assert_int_equal(dataplane_generation(world.dataplane, 1), 1);
	assert_int_equal(reverse_count(&world), 2);
}

static void test_replaced_room_rests_a_second(void **state)
{
	struct service service;
	uint32_t used;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 2);
	service_publish(&world, &service);
	used = world.dataplane->ring_room.used;
	service.backends[0].state = SLUICE_BACKEND_DRAINING;
	service_ring_fill(&service);
	service_publish(&world, &service);
	dataplane_tick(world.dataplane);
	assert_int_equal(world.dataplane->ring_room.used, 2 * used - 1);
	room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
	assert_int_equal(world.dataplane->ring_room.used, used);
}

static void test_no_room_is_an_error_and_leaves_nothing(void **state)
{
	struct snapshot before, after;
	struct service service;
	int error = 0;

	(void)state;
	world_open(&world, false);
	for (uint16_t id = 1; !error && id < 20; id++) {
		struct dp_transaction *transaction = dp_begin(world.dataplane);

		service_fill(&service, id, id * 10, 2);
		service.service.port = id;
		/* Each on ports of its own and with a ring of its own: it is the rings that shall
		 * run out. */
		service.backends[0].port = service.backends[1].port = id;
		for (uint16_t slot = 0; slot < 8; slot++)
			service.ring[slot] = id >> slot & 1;
		take(&before);
		error = dp_stage_service(transaction, &service.service, world.why, WHY);
		if (error)
			dp_abort(transaction);
		else
			dp_switch(transaction);
	}
	take(&after);
	assert_int_equal(error, -ERR_OVER_QUOTA);
	assert_non_null(strstr(world.why, "tables.ring_lines"));
	assert_memory_equal(&before, &after, sizeof(before));
}

/* Quick successive changes of one service: rings that packets may still read are in the way. */
static void test_room_that_rests_is_told_from_room_that_is_not_there(void **state)
{
	struct service service;
	int error = 0;

	(void)state;
	world_open(&world, false);
	for (uint16_t change = 0; !error && change < 20; change++) {
		struct dp_transaction *transaction = dp_begin(world.dataplane);

		service_fill(&service, 1, 1, 2);
		for (uint16_t slot = 0; slot < 8; slot++)
			service.ring[slot] = (change + 1) >> slot & 1;
		error = dp_stage_service(transaction, &service.service, world.why, WHY);
		assert_int_equal(dataplane_room_resting(world.dataplane), error != 0);
		if (error)
			dp_abort(transaction);
		else
			dp_switch(transaction);
	}
	assert_int_equal(error, -ERR_OVER_QUOTA);
	assert_true(dataplane_room_resting(world.dataplane));
	room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
	assert_false(dataplane_room_resting(world.dataplane));
	service_publish(&world, &service);
	/* One that would not fit into all of it. */
	service.service.ring_size = 4099;
	{
		static uint16_t large[4099];
		struct dp_transaction *transaction = dp_begin(world.dataplane);

		service.service.ring = large;
		error = dp_stage_service(transaction, &service.service, world.why, WHY);
		dp_abort(transaction);
	}
	assert_int_equal(error, -ERR_OVER_QUOTA);
	assert_false(dataplane_room_resting(world.dataplane));
}

/* Counts in *arg; the ring is the one that service_fill made. */
struct builder {
	const uint16_t *ring;
	size_t built;
};

static const uint16_t *build(void *arg)
{
	struct builder *builder = arg;

	builder->built++;
	return builder->ring;
}

static void test_a_ring_with_the_same_print_is_not_built(void **state)
{
	struct dp_transaction *transaction;
	struct builder builder = { 0 };
	struct service service;
	uint64_t word;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 3);
	builder.ring = service.ring;
	service.service.ring = NULL;
	service.service.build = build;
	service.service.build_arg = &builder;
	service.service.ring_print = 7;
	/* What was given up before the switch has left no print. */
	transaction = dp_begin(world.dataplane);
	assert_int_equal(dp_stage_service(transaction, &service.service, world.why, WHY), 0);
	dp_abort(transaction);
	service_publish(&world, &service);
	assert_int_equal(builder.built, 2);
	word = world.dataplane->services[1].word;
	world_close(&world);
	world_open(&world, true);
	service_publish(&world, &service);
	assert_int_equal(builder.built, 2);
	assert_true(world.dataplane->services[1].word == word);
	/* Another print, another member block, and a ring without a print are looked at. */
	service.service.ring_print = 8;
	service_publish(&world, &service);
	assert_int_equal(builder.built, 3);
	service.backends[2].id = 9;
	service_publish(&world, &service);
	assert_int_equal(builder.built, 4);
	service_publish(&world, &service);
	assert_int_equal(builder.built, 4);
	service.service.ring_print = 0;
	service_publish(&world, &service);
	assert_int_equal(builder.built, 5);
}

static void test_a_ninth_service_of_a_backend_is_refused(void **state)
{
	struct dp_transaction *transaction;
	struct service service;

	(void)state;
	world.config.tables.ring_lines = 1024;
	world_open(&world, false);
	world.config.tables.ring_lines = 128;
	for (uint16_t id = 1; id <= 8; id++) {
		service_fill(&service, id, id, 1);
		service.service.port = id;
		service_publish(&world, &service);
	}
	service_fill(&service, 9, 9, 1);
	service.service.port = 9;
	transaction = dp_begin(world.dataplane);
	assert_int_equal(dp_stage_service(transaction, &service.service, world.why, WHY),
			 -ERR_OVER_QUOTA);
	assert_non_null(strstr(world.why, "10.9.0.2 port 8080"));
	dp_abort(transaction);
	/* And a place is free again when one of the eight goes. */
	dp_drop_service(world.dataplane, 3);
	service_publish(&world, &service);
}

static void test_a_port_passes_from_a_deleted_service_to_a_new_one(void **state)
{
	struct endpoint key = { .address = inet_addr("10.9.0.100"),
				.port = htons(80),
				.protocol = IPPROTO_TCP };
	struct service service;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 2);
	service_publish(&world, &service);
	dp_delete_service(world.dataplane, 1);
	assert_int_equal(service_field_state(1), SLUICE_SERVICE_DELETED);
	assert_int_equal(backend_state(1), SLUICE_BACKEND_DOWN);
	assert_int_equal(vip_line_service(world.dataplane, &key), 1);
	service_fill(&service, 2, 11, 2);
	service_publish(&world, &service);
	assert_int_equal(vip_line_service(world.dataplane, &key), 2);
	dp_drop_service(world.dataplane, 1);
	assert_int_equal(service_field_state(1), SLUICE_SERVICE_ABSENT);
	assert_int_equal(vip_line_service(world.dataplane, &key), 2);
	dp_drop_service(world.dataplane, 2);
	assert_int_equal(vip_count(&world), 1);
	assert_int_equal(reverse_count(&world), 0);
}

static void test_a_takeover_keeps_ids_and_room(void **state)
{
	struct snapshot before, after;
	struct service service;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 33);
	service_publish(&world, &service);
	take(&before);
	world_open(&world, true);
	assert_true(dataplane_taken_over(world.dataplane));
	service_publish(&world, &service);
	dataplane_reconciled(world.dataplane);
	take(&after);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void test_what_the_store_does_not_know_is_dropped(void **state)
{
	struct service first, second;

	(void)state;
	world_open(&world, false);
	service_fill(&first, 1, 1, 3);
	service_publish(&world, &first);
	service_fill(&second, 2, 11, 2);
	second.service.vip = ip("10.9.0.101");
	service_publish(&world, &second);
	world_open(&world, true);
	first.service.backend_count = 2;
	service_ring_fill(&first);
	service_publish(&world, &first);
	dataplane_reconciled(world.dataplane);
	assert_int_equal(service_field_state(1), SLUICE_SERVICE_RUNNING);
	assert_int_equal(service_field_state(2), SLUICE_SERVICE_ABSENT);
	assert_int_equal(backend_state(3), SLUICE_BACKEND_GONE);
	assert_int_equal(backend_state(11), SLUICE_BACKEND_GONE);
	assert_int_equal(vip_count(&world), 2);
	assert_int_equal(reverse_count(&world), 2);
	dp_catch_up(world.dataplane);
	assert_null(addresses_find(&world.dataplane->addresses, inet_addr("10.9.0.101")));
	assert_non_null(addresses_find(&world.dataplane->addresses, inet_addr("10.9.0.100")));
}

static void test_another_store_is_refused(void **state)
{
	struct dataplane *refused;
	struct service service;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 2);
	service_publish(&world, &service);
	world_close(&world);
	assert_int_equal(dataplane_open(&refused, &world.config, world.uuid, world.ring_key, true,
					world.why, WHY),
			 -ERR_UNAVAILABLE);
	assert_non_null(strstr(world.why, "store is empty"));
	world.uuid[3] ^= 1;
	assert_int_equal(dataplane_open(&refused, &world.config, world.uuid, world.ring_key, false,
					world.why, WHY),
			 -ERR_UNAVAILABLE);
	assert_non_null(strstr(world.why, "another store"));
	world.config.adopt_pins = true;
	world_open(&world, true);
	world.config.adopt_pins = false;
	assert_int_equal(service_field_state(1), SLUICE_SERVICE_RUNNING);
	assert_memory_equal(world.dataplane->state->store_uuid, world.uuid, sizeof(world.uuid));
}

static void test_bad_input_is_an_error(void **state)
{
	struct dp_transaction *transaction;
	struct service service;

	(void)state;
	world_open(&world, false);
	transaction = dp_begin(world.dataplane);
	service_fill(&service, 128, 1, 2);
	assert_true(dp_stage_service(transaction, &service.service, world.why, WHY) < 0);
	service_fill(&service, 1, 511, 2);
	assert_true(dp_stage_service(transaction, &service.service, world.why, WHY) < 0);
	service_fill(&service, 1, 1, 2);
	service.ring[256] = 2;
	assert_true(dp_stage_service(transaction, &service.service, world.why, WHY) < 0);
	service_fill(&service, 1, 1, 2);
	service.service.ring_size = 256;
	assert_true(dp_stage_service(transaction, &service.service, world.why, WHY) < 0);
	service_fill(&service, 1, 1, 2);
	service.backends[1].address.family = 6;
	assert_true(dp_stage_service(transaction, &service.service, world.why, WHY) < 0);
	service.service.vip.family = 6;
	assert_true(dp_stage_vip(transaction, &service.service.vip, world.why, WHY) < 0);
	dp_abort(transaction);
	assert_int_equal(reverse_count(&world), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_shows_before_the_switch),
		cmocka_unit_test(test_abort_leaves_nothing),
		cmocka_unit_test(test_the_same_again_writes_nothing),
		cmocka_unit_test(test_a_slot_remembers_who_was_there),
		cmocka_unit_test(test_replaced_room_rests_a_second),
		cmocka_unit_test(test_no_room_is_an_error_and_leaves_nothing),
		cmocka_unit_test(test_room_that_rests_is_told_from_room_that_is_not_there),
		cmocka_unit_test(test_a_ring_with_the_same_print_is_not_built),
		cmocka_unit_test(test_a_ninth_service_of_a_backend_is_refused),
		cmocka_unit_test(test_a_port_passes_from_a_deleted_service_to_a_new_one),
		cmocka_unit_test(test_a_takeover_keeps_ids_and_room),
		cmocka_unit_test(test_what_the_store_does_not_know_is_dropped),
		cmocka_unit_test(test_another_store_is_refused),
		cmocka_unit_test(test_bad_input_is_an_error),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.publish", tests, NULL, NULL);
	world_end(&world);
	return result;
}
