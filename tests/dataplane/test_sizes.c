// SPDX-License-Identifier: BSD-2-Clause
/* The kernel takes the program with tables of every size that the configuration allows. */
#include "world.h"

static struct world world;

struct sizes {
	const char *which;
	uint32_t services, backends, vips, flows, ring_lines, member_lines;
};

static const struct sizes rows[] = {
	{ "least", 16, 16, 16, 262144, 64, 64 },
	{ "a little more", 17, 17, 17, 262145, 65, 65 },
	{ "no powers of two", 1000, 10000, 30000, 300000, 1000, 1000 },
	{ "others", 20000, 99999, 77777, 262144, 100000, 70000 },
	{ "most, but for flows", 65534, 1048576, 1048576, 262144, 4194304, 1048576 },
	{ "one less", 65533, 1048575, 1048575, 8388609, 4194303, 1048575 },
	{ "most flows", 16, 16, 16, 33554432, 64, 64 },
};

/* Of other numbers of rows older verifiers than this kernel's lose the upper end. */
static void look_at_rows(void)
{
	for (size_t i = 0; i < MAP_COUNT; i++) {
		const struct dp_table *table = &world.dataplane->tables[i];

		if (table->memory)
			assert_int_equal(table->size & (table->size - 1), 0);
	}
}

static void test_the_program_loads_with_every_size(void **state)
{
	struct service service;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sizes *row = &rows[i];

		print_message("%s\n", row->which);
		world.config.tables.services = row->services;
		world.config.tables.backends = row->backends;
		world.config.tables.vips = row->vips;
		world.config.tables.flows = row->flows;
		world.config.tables.ring_lines = row->ring_lines;
		world.config.tables.member_lines = row->member_lines;
		world.config.tables.counted_backends = 16;
		world_open(&world, false);
		look_at_rows();
		service_fill(&service, 1, 1, 3);
		service_publish(&world, &service);
		assert_int_equal(vip_count(&world), 2);
		assert_int_equal(reverse_count(&world), 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_program_loads_with_every_size),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.sizes", tests, NULL, NULL);
	world_end(&world);
	return result;
}
