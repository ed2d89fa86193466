// SPDX-License-Identifier: BSD-2-Clause
/* The gateway's own addresses, as packets find them: at a start, as they come and go, in any number. */
#include "world.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MANY 600
#define TOO_MANY 4400

static struct world world;

/* As the program does: the bitmap, the home line, and the next while that is full. */
static bool is_local(const char *text)
{
	const struct sluice_line *lines = world.dataplane->tables[MAP_LOCALS].memory;
	uint32_t address = inet_addr(text);
	uint64_t hash = sluice_hash_address(address, world.dataplane->state->table_key);
	uint32_t home = sluice_scale(hash, SLUICE_LOCAL_LINES);
	const struct bitmap *bitmap = &world.dataplane->vip_bitmap;
	uint32_t bit = sluice_scale(hash, bitmap->bits);
	bool full = true;

	if (!(bitmap->words[bit / 64] >> bit % 64 & 1))
		return false;

	for (uint32_t step = 0; step < 2 && full; step++) {
		const struct sluice_line *line = &lines[(home + step) % SLUICE_LOCAL_LINES];

		for (int i = 0; i < SLUICE_LINE_ITEMS; i++) {
			if (line->item[i] == address)
				return true;
			full = full && line->item[i];
		}
	}
	return false;
}

static size_t items(void)
{
	const struct sluice_line *lines = world.dataplane->tables[MAP_LOCALS].memory;
	size_t count = 0;

	for (size_t i = 0; i < SLUICE_LOCAL_LINES * SLUICE_LINE_ITEMS; i++)
		count += lines[i / SLUICE_LINE_ITEMS].item[i % SLUICE_LINE_ITEMS] != 0;
	return count;
}

static bool is_there(struct world *unused, void *arg)
{
	(void)unused;
	return is_local(arg);
}

static bool is_gone(struct world *unused, void *arg)
{
	(void)unused;
	return !is_local(arg);
}

static void test_a_start_reads_them(void **state)
{
	(void)state;
	world_open(&world, false);
	assert_true(is_local("127.0.0.1"));
	assert_true(is_local("10.9.0.1"));
	assert_false(is_local("10.9.0.2"));
	assert_int_equal(items(), 2);
}

static void test_they_are_followed(void **state)
{
	(void)state;
	world_open(&world, false);
	world_run("ip addr add 192.0.2.9/24 dev " WORLD_LINK);
	assert_true(world_wait(&world, 1000, is_there, "192.0.2.9"));
	world_run("ip addr add 192.0.2.9/24 dev lo");
	world_run("ip addr del 192.0.2.9/24 dev " WORLD_LINK);
	world_run("ip addr add 192.0.2.10/24 dev lo");
	assert_true(world_wait(&world, 1000, is_there, "192.0.2.10"));
	/* It is on the other interface still. */
	assert_true(is_local("192.0.2.9"));
	world_run("ip addr flush dev lo to 192.0.2.0/24");
	assert_true(world_wait(&world, 1000, is_gone, "192.0.2.9"));
	assert_true(world_wait(&world, 1000, is_gone, "192.0.2.10"));
}

static void test_a_vip_is_none_unless_it_was_there(void **state)
{
	struct service service;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 1);
	service_publish(&world, &service);
	dp_catch_up(world.dataplane);
	assert_false(is_local("10.9.0.100"));
	service_fill(&service, 2, 4, 1);
	service.service.vip = ip("10.9.0.1");
	service_publish(&world, &service);
	assert_true(is_local("10.9.0.1"));
}

static void test_a_restart_reads_them_anew(void **state)
{
	(void)state;
	world_open(&world, false);
	world_run("ip addr add 192.0.2.9/32 dev lo");
	assert_true(world_wait(&world, 1000, is_there, "192.0.2.9"));
	world_close(&world);
	world_run("ip addr del 192.0.2.9/32 dev lo; ip addr add 192.0.2.10/32 dev lo");
	world_open(&world, true);
	assert_true(dataplane_taken_over(world.dataplane));
	assert_false(is_local("192.0.2.9"));
	assert_true(is_local("192.0.2.10"));
	assert_true(is_local("10.9.0.1"));
	world_run("ip addr del 192.0.2.10/32 dev lo");
}

/* What an earlier version of this layout has pinned. */
static void test_other_pins_may_not_be_missing(void **state)
{
	(void)state;
	world_open(&world, false);
	world_close(&world);
	world_run("rm %s/v%d/reverse", world.config.pins, SLUICE_ABI_VERSION);
	assert_int_not_equal(dataplane_open(&world.dataplane, &world.config, world.uuid,
					    world.ring_key, false, world.why, WHY),
			     0);
	assert_non_null(strstr(world.why, "reverse"));
}

static void many(const char *verb, int count)
{
	FILE *batch = popen("ip -batch -", "w");

	assert_non_null(batch);
	for (int i = 0; i < count; i++)
		fprintf(batch, "addr %s 172.16.%d.%d/32 dev lo\n", verb, i / 250, i % 250 + 1);
	assert_int_equal(pclose(batch), 0);
}

static size_t found(int count)
{
	size_t there = 0;
	char text[32];

	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "172.16.%d.%d", i / 250, i % 250 + 1);
		there += is_local(text);
	}
	return there;
}

static bool has(struct world *unused, void *arg)
{
	(void)unused;
	return items() == *(size_t *)arg;
}

static void test_there_may_be_hundreds(void **state)
{
	size_t all = MANY + 2, none = 2;

	(void)state;
	world_open(&world, false);
	many("add", MANY);
	assert_true(world_wait(&world, 2000, has, &all));
	assert_int_equal(found(MANY), MANY);
	world_open(&world, true);
	assert_int_equal(found(MANY), MANY);
	world_run("ip addr flush dev lo to 172.16.0.0/16");
	assert_true(world_wait(&world, 2000, has, &none));
	assert_int_equal(found(MANY), 0);
}

static size_t warned(void)
{
	struct dataplane_status status;
	size_t count = 0;

	dataplane_status(world.dataplane, &status);
	for (size_t i = 0; i < status.warning_count; i++)
		(void)sscanf(status.warnings[i], "the gateway has %zu more addresses", &count);
	return count;
}

/* What finds no room is told, and finds it when others go. */
static void test_too_many_are_told(void **state)
{
	(void)state;
	many("add", TOO_MANY);
	world_open(&world, false);
	assert_int_equal(items() + warned(), TOO_MANY + 2);
	assert_true(warned() >= TOO_MANY + 2 - SLUICE_LOCAL_LINES * SLUICE_LINE_ITEMS);
	many("del", 4000);
	dp_catch_up(world.dataplane);
	assert_int_equal(warned(), 0);
	dataplane_tick(world.dataplane);
	assert_int_equal(items(), TOO_MANY - 4000 + 2);
	world_run("ip addr flush dev lo to 172.16.0.0/16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_start_reads_them),
		cmocka_unit_test(test_they_are_followed),
		cmocka_unit_test(test_a_vip_is_none_unless_it_was_there),
		cmocka_unit_test(test_a_restart_reads_them_anew),
		cmocka_unit_test(test_other_pins_may_not_be_missing),
		cmocka_unit_test(test_there_may_be_hundreds),
		cmocka_unit_test(test_too_many_are_told),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.locals", tests, NULL, NULL);
	world_end(&world);
	return result;
}
