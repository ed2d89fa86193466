// SPDX-License-Identifier: BSD-2-Clause
/* Whose maps the pinned ones are, and what a start that is refused leaves behind. */
#include "world.h"

#include <string.h>
#include <unistd.h>

static struct world world;
static const uint8_t other_uuid[16] = { 9 };

static int open_as(const uint8_t uuid[16], bool store_empty)
{
	int error;

	world_close(&world);
	error = dataplane_open(&world.dataplane, &world.config, uuid, world.ring_key, store_empty,
			       world.why, WHY);
	if (error)
		world.dataplane = NULL;
	return error;
}

static void start(void)
{
	struct service service;

	world_open(&world, false);
	service_fill(&service, 1, 1, 2);
	service_publish(&world, &service);
}

/* A store that was made anew has another number, but what it lacks is its content. */
static void test_a_lost_store_is_named(void **state)
{
	(void)state;
	start();
	assert_true(open_as(other_uuid, true) < 0);
	assert_non_null(strstr(world.why, "the store is empty, but the maps in"));
	assert_non_null(strstr(world.why, "bring back the store"));
	assert_true(open_as(world.uuid, true) < 0);
	assert_non_null(strstr(world.why, "the store is empty"));
	assert_int_equal(open_as(world.uuid, false), 0);
}

static void test_another_store_is_named(void **state)
{
	(void)state;
	start();
	assert_true(open_as(other_uuid, false) < 0);
	assert_non_null(strstr(world.why, "belong to another store"));
	world.config.adopt_pins = true;
	assert_int_equal(open_as(other_uuid, true), 0);
	world.config.adopt_pins = false;
}

static void test_a_refused_start_leaves_no_maps(void **state)
{
	char path[320];

	(void)state;
	world_open(&world, false);
	snprintf(path, sizeof(path), "%s/state", world.dataplane->directory);
	world_close(&world);
	assert_int_equal(access(path, F_OK), 0);
	world_run("rm -rf %s", world.config.pins);
	assert_int_equal(open_as(world.uuid, true), 0);
	assert_int_equal(access(path, F_OK), 0);
	strcpy(world.config.interfaces[0], "nosuch9");
	assert_true(dataplane_attach(world.dataplane, world.why, WHY) < 0);
	strcpy(world.config.interfaces[0], WORLD_LINK);
	world_close(&world);
	*strrchr(path, '/') = '\0';
	assert_int_not_equal(access(path, F_OK), 0);
	/* The next one's store has another number. */
	assert_int_equal(open_as(other_uuid, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_lost_store_is_named),
		cmocka_unit_test(test_another_store_is_named),
		cmocka_unit_test(test_a_refused_start_leaves_no_maps),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.owner", tests, NULL, NULL);
	world_end(&world);
	return result;
}
