// SPDX-License-Identifier: BSD-2-Clause
/*
 * Places that several listeners' backends share: the program finds each reply's flow, whatever has
 * come, gone, and was left half done.
 */
#include "replies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TWINS_AMONG (1u << 20) /* addresses, of which some eight pairs will do */

static void each_is_found(uint16_t first, uint16_t last)
{
	for (uint16_t service = first; service <= last; service++)
		assert_true(replies_go(service));
}

static void test_replies_of_one_to_eight_candidates(void **state)
{
	(void)state;
	replies_start();
	for (uint16_t id = 1; id <= SLUICE_REVERSE_SERVICES; id++) {
		replies_put_flow(id);
		assert_false(replies_go(id));
		replies_publish(id, PORT);
		each_is_found(1, id);
		/* However many they are, they are one item. */
		assert_int_equal(reverse_count(&world), 1);
	}
	/* One from the middle, the last that came, the first. */
	for (int i = 0; i < 3; i++) {
		static const uint16_t gone[] = { 4, 8, 1 };

		dp_drop_service(world.dataplane, gone[i]);
		assert_false(replies_go(gone[i]));
		for (uint16_t id = 1; id <= SLUICE_REVERSE_SERVICES; id++)
			assert_true(replies_go(id) || id == gone[0] || id == gone[i] ||
				    (i && id == gone[1]));
	}
	for (uint16_t id = 2; id <= 7; id++)
		dp_drop_service(world.dataplane, id);
	assert_int_equal(reverse_count(&world), 0);
	assert_int_equal(world.dataplane->crowded, 0);
}

static int stage(uint16_t id, uint16_t port)
{
	struct dp_transaction *transaction = dp_begin(world.dataplane);
	struct service service;
	int error;

	replies_fill(&service, id, port);
	error = dp_stage_service(transaction, &service.service, world.why, WHY);
	dp_abort(transaction);
	return error;
}

static void test_the_ninth_is_refused_and_leaves_no_trace(void **state)
{
	(void)state;
	replies_start();
	replies_publish_all(1, 7);
	for (uint16_t id = 1; id <= 7; id++)
		replies_put_flow(id);
	assert_int_equal(stage(8, PORT), 0);
	each_is_found(1, 7);
	replies_publish(8, PORT);
	assert_true(stage(9, PORT) < 0);
	assert_non_null(strstr(world.why, "8 listeners already"));
	each_is_found(1, 7);
	/* A deleted listener makes room. */
	dp_delete_service(world.dataplane, 3);
	replies_publish(9, PORT);
	assert_true(replies_backend(9)->shared);
	assert_false(replies_go(3));
	each_is_found(4, 7);
	dp_drop_service(world.dataplane, 3);
	each_is_found(4, 7);
}

/* --- two places that have tag and line in common --- */

struct candidate {
	uint64_t key; /* what packets look for: home line and tag */
	uint32_t address;
};

static int by_key(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/* Two addresses whose places share a chain, which it takes some looking for. */
static void find_twins(uint32_t twins[2])
{
	struct candidate *all = calloc(TWINS_AMONG, sizeof(*all));
	size_t i = 1;

	for (uint32_t n = 0; n < TWINS_AMONG; n++) {
		uint32_t address = htonl(0x0a100000 + n);
		uint64_t hash = sluice_hash_reverse(address, htons(PORT), IPPROTO_TCP,
						    world.dataplane->state->table_key);
		uint32_t home = sluice_scale(hash, world.dataplane->reverse_lines.count);
		uint64_t tag = SLUICE_PUT(REVERSE_TAG, sluice_reverse_tag(hash, home));

		all[n] = (struct candidate){ (uint64_t)home << 32 | tag, address };
	}
	qsort(all, TWINS_AMONG, sizeof(*all), by_key);
	while (i < TWINS_AMONG && all[i].key != all[i - 1].key)
		i++;
	assert_true(i < TWINS_AMONG);
	twins[0] = all[i - 1].address;
	twins[1] = all[i].address;
	free(all);
}

static void publish_at(uint16_t id, uint32_t server)
{
	struct service service;

	replies_fill(&service, id, PORT);
	service.backends[0].address = address_from_be32(server);
	service_publish(&world, &service);
	replies_put_flow(id);
}

static void test_two_places_may_share_a_chain(void **state)
{
	uint32_t twins[2];

	(void)state;
	replies_start();
	find_twins(twins);
	publish_at(1, twins[0]);
	publish_at(2, twins[1]);
	assert_int_equal(reverse_count(&world), 1);
	assert_false(replies_backend(1)->shared || replies_backend(2)->shared);
	for (uint16_t id = 3; id <= 2 * SLUICE_REVERSE_SERVICES; id++)
		publish_at(id, twins[id % 2 ? 0 : 1]);
	assert_int_equal(reverse_count(&world), 1);
	assert_int_equal(world.dataplane->crowded, 2);
	for (uint16_t id = 1; id <= 2 * SLUICE_REVERSE_SERVICES; id++) {
		assert_true(replies_go_from(twins[id % 2 ? 0 : 1], id));
		assert_false(replies_go_from(twins[id % 2 ? 1 : 0], id));
	}
	for (uint16_t id = 3; id <= 2 * SLUICE_REVERSE_SERVICES; id += 2)
		dp_drop_service(world.dataplane, id);
	assert_true(replies_go_from(twins[0], 1));
	assert_false(replies_backend(1)->shared);
	assert_true(replies_backend(2)->shared);
	assert_int_equal(world.dataplane->crowded, 1);
	dp_drop_service(world.dataplane, 2);
	for (uint16_t id = 4; id <= 2 * SLUICE_REVERSE_SERVICES; id += 2)
		assert_true(replies_go_from(twins[1], id));
}

/* --- after a start --- */

/* The item of the only place, and the line after it, to be filled. */
static __u64 *only_item(__u64 **next_line)
{
	struct lines *lines = &world.dataplane->reverse_lines;

	for (uint32_t i = 0; i < lines->count * SLUICE_LINE_ITEMS; i++) {
		uint32_t line = i / SLUICE_LINE_ITEMS;

		if (lines->lines[line].item[i % SLUICE_LINE_ITEMS]) {
			*next_line = lines->lines[(line + 1) % lines->count].item;
			return &lines->lines[line].item[i % SLUICE_LINE_ITEMS];
		}
	}
	fail_msg("nothing is there");
	return NULL;
}

static uint64_t with_backend(uint64_t item, uint16_t service)
{
	item = SLUICE_SET(item, REVERSE_SERVICE, service);
	return SLUICE_SET(item, REVERSE_BACKEND, service * 10u);
}

static void start_anew(uint16_t first, uint16_t last)
{
	world_open(&world, true);
	replies_publish_all(first, last);
	dataplane_reconciled(world.dataplane);
	each_is_found(first, last);
	assert_int_equal(reverse_count(&world), 1);
	assert_true(replies_backend(first)->shared);
}

/* The chain is 5, 4, 3, 2, 1; each time a daemon was killed between two stores. */
static void test_a_chain_that_a_crash_left_is_mended(void **state)
{
	__u64 *item, *further;

	(void)state;
	replies_start();
	replies_publish_all(1, 5);
	for (uint16_t id = 1; id <= 5; id++)
		replies_put_flow(id);
	/* One came in, and was never switched on; one was on its way. */
	item = only_item(&further);
	replies_backend(6)->address = replies_backend(7)->address = replies_backend(1)->address;
	replies_backend(6)->port = replies_backend(7)->port = replies_backend(1)->port;
	replies_backend(6)->protocol = replies_backend(7)->protocol = IPPROTO_TCP;
	replies_backend(6)->next = replies_backend(7)->next = *item;
	*item = with_backend(*item, 6);
	each_is_found(1, 5);
	start_anew(1, 5);
	/* It is what comes next, but elsewhere. */
	item = only_item(&further);
	*item = with_backend(*item, 6);
	world_open(&world, true);
	replies_publish_all(1, 5);
	replies_publish(6, 99);
	dataplane_reconciled(world.dataplane);
	each_is_found(1, 5);
	assert_int_equal(reverse_count(&world), 2);
	assert_false(replies_backend(6)->shared);
	dp_drop_service(world.dataplane, 6);
	/* One was gone, in the middle; and the last. */
	replies_backend(3)->word = replies_backend(1)->word = 0;
	start_anew(4, 5);
	replies_publish_all(1, 3);
	each_is_found(1, 5);
	/* The first two stand in the next line still, of all that are copied there. */
	item = only_item(&further);
	further[0] = with_backend(*item, 4);
	start_anew(1, 5);
	/* The last leads back. */
	replies_backend(4)->next = *only_item(&further);
	start_anew(1, 5);
	assert_int_equal(world.dataplane->crowded, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies_of_one_to_eight_candidates),
		cmocka_unit_test(test_the_ninth_is_refused_and_leaves_no_trace),
		cmocka_unit_test(test_two_places_may_share_a_chain),
		cmocka_unit_test(test_a_chain_that_a_crash_left_is_mended),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.reverse", tests, NULL, NULL);
	world_end(&world);
	return result;
}
