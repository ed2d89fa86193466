// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two transactions that are open at a time, on services of their own: a batch that waits for the
 * disk, and health that does not. Whatever becomes of the one, the other's is as if it had been alone.
 */
#include "world.h"

#include <arpa/inet.h>
#include <string.h>

static struct world world;

/* A service with a port, backends and a ring of its own kind. */
static void make(struct service *service, uint16_t id, unsigned int ring)
{
	service_fill(service, id, id * 10, 2);
	service->service.port = id;
	for (size_t i = 0; i < 2; i++)
		service->backends[i].port = id;
	for (uint16_t slot = 0; slot < 8; slot++)
		service->ring[slot] = ring >> slot & 1;
}

static struct dp_transaction *staged(const struct service *service)
{
	struct dp_transaction *transaction = dp_begin(world.dataplane);

	if (dp_stage_service(transaction, &service->service, world.why, WHY))
		fail_msg("%s", world.why);
	return transaction;
}

static uint64_t backend_word(uint32_t id)
{
	return world.dataplane->backends[id].word;
}

static uint64_t backend_state(uint32_t id)
{
	return SLUICE_GET(backend_word(id), BACKEND_STATE);
}

static void assert_ring(const struct service *service)
{
	uint64_t word = world.dataplane->services[service->service.id].word;
	const __u32 *slots = world.dataplane->rings[SLUICE_GET(word, SERVICE_RING)].slot;
	const __u32 *ids = world.dataplane->members[SLUICE_GET(word, SERVICE_MEMBERS)].backend;

	assert_int_equal(SLUICE_GET(word, SERVICE_STATE), SLUICE_SERVICE_RUNNING);
	for (size_t i = 0; i < service->service.ring_size; i++)
		assert_int_equal(ids[slots[i] & 0xffff], service->backends[service->ring[i]].id);
}

static void test_the_second_is_switched_first(void **state)
{
	struct service first, second, third;
	struct dp_transaction *batch, *health;

	(void)state;
	world_open(&world, false);
	make(&first, 1, 0x55);
	make(&second, 2, 0x55);
	service_publish(&world, &second);
	batch = staged(&first);
	second.backends[0].state = SLUICE_BACKEND_DOWN;
	service_ring_fill(&second);
	health = staged(&second);
	dp_switch(health);
	assert_ring(&second);
	assert_int_equal(backend_state(20), SLUICE_BACKEND_DOWN);
	assert_int_equal(backend_state(10), SLUICE_BACKEND_GONE);
	dp_switch(batch);
	assert_ring(&first);
	assert_ring(&second);
	assert_int_equal(backend_state(10), SLUICE_BACKEND_ACTIVE);
	/* All that they took is accounted for: a third does not get it. */
	make(&third, 3, 0xaa);
	service_publish(&world, &third);
	assert_ring(&first);
	assert_ring(&second);
	assert_ring(&third);
}

/* Both want the same new ring: it is one, and the abort of the one leaves it to the other. */
static void test_a_ring_of_both_survives_either_abort(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		struct service first, second;
		struct dp_transaction *batch, *health;
		uint32_t used;

		world_open(&world, false);
		make(&first, 1, 0x0f);
		make(&second, 2, 0x0f);
		batch = staged(&first);
		used = world.dataplane->ring_room.used;
		health = staged(&second);
		assert_int_equal(world.dataplane->ring_room.used, used);
		dp_abort(round ? health : batch);
		assert_int_equal(world.dataplane->ring_room.used, used);
		dp_switch(round ? batch : health);
		assert_ring(round ? &first : &second);
		dp_drop_service(world.dataplane, round ? 1 : 2);
		room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
		assert_int_equal(world.dataplane->ring_room.used, 1);
	}
}

/* Health has used the ring and let it go, so a packet may still be reading it when the batch, which
 * has never used it, is aborted. */
static void test_a_ring_that_packets_have_seen_rests(void **state)
{
	struct service first, second;
	struct dp_transaction *batch;
	uint32_t used;

	(void)state;
	world_open(&world, false);
	make(&first, 1, 0x0f);
	make(&second, 2, 0x0f);
	batch = staged(&first);
	dp_switch(staged(&second));
	make(&second, 2, 0xf0);
	dp_switch(staged(&second));
	used = world.dataplane->ring_room.used;
	dp_abort(batch);
	assert_int_equal(world.dataplane->ring_room.used, used);
	room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
	assert_true(world.dataplane->ring_room.used < used);
	assert_ring(&second);
}

/* The other way round: what an abort gives back was nobody's but its own. */
static void test_an_abort_leaves_the_others_room_and_lines(void **state)
{
	struct service first, second, third;
	struct dp_transaction *batch, *health;
	uint32_t rings, members;
	size_t vips, reverse;

	(void)state;
	world_open(&world, false);
	make(&first, 1, 0x11);
	make(&second, 2, 0x22);
	/* The same address and port behind both: one place in the reverse lines. */
	first.backends[0].port = second.backends[0].port = 8080;
	rings = world.dataplane->ring_room.used;
	members = world.dataplane->member_room.used;
	health = staged(&second);
	batch = staged(&first);
	assert_int_equal(world.dataplane->backends[10].shared, 1);
	dp_abort(health);
	assert_int_equal(world.dataplane->backends[10].shared, 0);
	assert_true(world.dataplane->index.staged_backend[10]);
	assert_false(world.dataplane->index.staged_backend[20]);
	dp_switch(batch);
	assert_ring(&first);
	vips = vip_count(&world);
	reverse = reverse_count(&world);
	assert_int_equal(vips, 1);
	assert_int_equal(reverse, 2);
	dp_abort(staged(&second));
	make(&third, 3, 0x33);
	batch = staged(&third);
	dp_switch(staged(&second));
	dp_abort(batch);
	assert_int_equal(vip_count(&world), 2);
	assert_int_equal(reverse_count(&world), 3); /* one a place, and they share one */
	assert_ring(&first);
	assert_ring(&second);
	dp_drop_service(world.dataplane, 1);
	dp_drop_service(world.dataplane, 2);
	room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
	room_tick(&world.dataplane->member_room, dp_now_ms() + 1001);
	assert_int_equal(world.dataplane->ring_room.used, rings);
	assert_int_equal(world.dataplane->member_room.used, members);
	assert_int_equal(reverse_count(&world), 0);
}

/* --- words alone --- */

static void test_a_word_alone_takes_less_never_more(void **state)
{
	struct service service;
	struct dp_backend *backend = &service.backends[0];

	(void)state;
	world_open(&world, false);
	make(&service, 1, 0x55);
	service_publish(&world, &service);
	backend->health = 2;
	backend->keep = true;
	backend->state = SLUICE_BACKEND_DRAINING;
	dp_set_backend(world.dataplane, 1, backend);
	assert_int_equal(backend_state(10), SLUICE_BACKEND_DRAINING);
	assert_int_equal(SLUICE_GET(backend_word(10), BACKEND_HEALTH), 2);
	assert_int_equal(SLUICE_GET(backend_word(10), BACKEND_KEEP), 1);
	assert_int_equal(SLUICE_GET(backend_word(10), BACKEND_GENERATION), 1);
	assert_int_equal(SLUICE_GET(backend_word(10), BACKEND_SERVICE), 1);
	backend->state = SLUICE_BACKEND_DOWN;
	dp_set_backend(world.dataplane, 1, backend);
	assert_int_equal(backend_state(10), SLUICE_BACKEND_DOWN);
	backend->state = SLUICE_BACKEND_ACTIVE;
	backend->health = 1;
	dp_set_backend(world.dataplane, 1, backend);
	assert_int_equal(backend_state(10), SLUICE_BACKEND_DOWN);
	assert_int_equal(SLUICE_GET(backend_word(10), BACKEND_HEALTH), 1);
	/* The whole publication brings it back. */
	service_publish(&world, &service);
	assert_int_equal(backend_state(10), SLUICE_BACKEND_ACTIVE);
}

static void test_a_word_alone_is_its_owners(void **state)
{
	struct service service, other;
	struct dp_transaction *transaction;
	struct dp_backend backend;

	(void)state;
	world_open(&world, false);
	make(&service, 1, 0x55);
	make(&other, 2, 0x55);
	service_publish(&world, &service);
	backend = service.backends[0];
	backend.state = SLUICE_BACKEND_DOWN;
	dp_set_backend(world.dataplane, 2, &backend);
	assert_int_equal(backend_state(10), SLUICE_BACKEND_ACTIVE);
	backend.generation = 2;
	dp_set_backend(world.dataplane, 1, &backend);
	assert_int_equal(backend_state(10), SLUICE_BACKEND_ACTIVE);
	backend = other.backends[0];
	transaction = staged(&other);
	backend.state = SLUICE_BACKEND_DOWN;
	dp_set_backend(world.dataplane, 2, &backend);
	assert_int_equal(backend_state(20), SLUICE_BACKEND_GONE);
	dp_switch(transaction);
	assert_int_equal(backend_state(20), SLUICE_BACKEND_ACTIVE);
	backend.id = 512;
	dp_set_backend(world.dataplane, 2, &backend);
	backend.id = 0;
	dp_set_backend(world.dataplane, 0, &backend);
}

static void test_the_next_daemon_knows_what_was_known(void **state)
{
	struct service service;
	struct dataplane_known known;

	(void)state;
	world_open(&world, false);
	make(&service, 1, 0x55);
	service.backends[0].health = 2;
	service.backends[0].state = SLUICE_BACKEND_DOWN;
	service_ring_fill(&service);
	service.backends[1].health = 1;
	service_publish(&world, &service);
	world_open(&world, true);
	known = dataplane_known(world.dataplane, 10);
	assert_int_equal(known.health, 2);
	assert_int_equal(known.state, SLUICE_BACKEND_DOWN);
	assert_int_equal(known.generation, 1);
	known = dataplane_known(world.dataplane, 11);
	assert_int_equal(known.health, 1);
	assert_int_equal(known.state, SLUICE_BACKEND_ACTIVE);
	known = dataplane_known(world.dataplane, 512);
	assert_int_equal(known.generation, 0);
	dp_drop_backend(world.dataplane, 1, 10);
	assert_int_equal(dataplane_known(world.dataplane, 10).health, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_second_is_switched_first),
		cmocka_unit_test(test_a_ring_of_both_survives_either_abort),
		cmocka_unit_test(test_a_ring_that_packets_have_seen_rests),
		cmocka_unit_test(test_an_abort_leaves_the_others_room_and_lines),
		cmocka_unit_test(test_a_word_alone_takes_less_never_more),
		cmocka_unit_test(test_a_word_alone_is_its_owners),
		cmocka_unit_test(test_the_next_daemon_knows_what_was_known),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.together", tests, NULL, NULL);
	world_end(&world);
	return result;
}
