// SPDX-License-Identifier: BSD-2-Clause
/* What the tables share, count and mend: rings, places of backends, loads, flows, what a crash left. */
#include "world.h"

#include "dataplane/flow_list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static struct world world;

static struct room_block ring_of(uint16_t service)
{
	return service_ring(world.dataplane->services[service].word);
}

/* A listener of its own port, with backends on ports of their own. */
static void publish(uint16_t id, size_t backends, uint16_t backend_port)
{
	struct service service;

	service_fill(&service, id, id * 10u, backends);
	service.service.port = id;
	for (size_t i = 0; i < backends; i++)
		service.backends[i].port = backend_port;
	service_publish(&world, &service);
}

static void test_services_with_the_same_members_share_a_ring(void **state)
{
	uint32_t one;

	(void)state;
	world_open(&world, false);
	publish(1, 3, 1001);
	one = world.dataplane->ring_room.used;
	publish(2, 3, 1002);
	publish(3, 3, 1003);
	publish(4, 2, 1004);
	assert_int_equal(ring_of(2).line, ring_of(1).line);
	assert_int_equal(ring_of(3).line, ring_of(1).line);
	assert_int_not_equal(ring_of(4).line, ring_of(1).line);
	dp_drop_service(world.dataplane, 4);
	dp_drop_service(world.dataplane, 1);
	room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
	assert_int_equal(world.dataplane->ring_room.used, one);
	/* The counts come back from the words of the services that live. */
	world_open(&world, true);
	assert_int_equal(world.dataplane->ring_room.used, one);
	publish(2, 3, 1002);
	publish(3, 3, 1003);
	dataplane_reconciled(world.dataplane);
	publish(5, 3, 1005);
	assert_int_equal(ring_of(5).line, ring_of(2).line);
	dp_drop_service(world.dataplane, 2);
	dp_drop_service(world.dataplane, 5);
	room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
	assert_int_equal(world.dataplane->ring_room.used, one);
	dp_drop_service(world.dataplane, 3);
	assert_int_equal(world.dataplane->ring_room.used, one);
	room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
	assert_int_equal(world.dataplane->ring_room.used, 1);
}

static void test_an_aborted_user_of_a_ring_leaves_it_to_the_others(void **state)
{
	struct dp_transaction *transaction;
	struct service service;
	uint32_t used;

	(void)state;
	world_open(&world, false);
	publish(1, 3, 1001);
	used = world.dataplane->ring_room.used;
	service_fill(&service, 2, 20, 3);
	service.service.port = 2;
	transaction = dp_begin(world.dataplane);
	assert_int_equal(dp_stage_service(transaction, &service.service, world.why, WHY), 0);
	dp_abort(transaction);
	assert_int_equal(world.dataplane->ring_room.used, used);
	dp_drop_service(world.dataplane, 1);
	room_tick(&world.dataplane->ring_room, dp_now_ms() + 1001);
	assert_int_equal(world.dataplane->ring_room.used, 1);
}

static bool is_shared(uint32_t backend)
{
	return world.dataplane->backends[backend].shared;
}

static bool is_warned_of(const char *part)
{
	static struct dataplane_status status;
	bool found = false;

	dataplane_status(world.dataplane, &status);
	for (size_t i = 0; i < status.warning_count; i++)
		found |= strstr(status.warnings[i], part) != NULL;
	return found;
}

static void test_backends_know_that_they_share_a_place(void **state)
{
	(void)state;
	world_open(&world, false);
	publish(1, 1, 8080);
	assert_false(is_shared(10));
	publish(2, 1, 8080);
	assert_true(is_shared(10));
	assert_true(is_shared(20));
	publish(3, 1, 8081);
	assert_false(is_shared(30));
	/* Also after a start, whatever stood there. */
	world.dataplane->backends[10].shared = 0;
	world.dataplane->backends[30].shared = 1;
	world_open(&world, true);
	publish(1, 1, 8080);
	publish(2, 1, 8080);
	publish(3, 1, 8081);
	dataplane_reconciled(world.dataplane);
	assert_true(is_shared(10));
	assert_false(is_shared(30));
	dp_drop_service(world.dataplane, 2);
	assert_false(is_shared(10));
	for (uint16_t id = 4; id < 8; id++) {
		assert_false(is_warned_of("more than 4 listeners"));
		publish(id, 1, 8080);
	}
	assert_true(is_warned_of("1 backends serve more than 4 listeners"));
	dp_drop_service(world.dataplane, 7);
	assert_false(is_warned_of("more than 4 listeners"));
}

static void test_a_fresh_backend_counts_from_zero(void **state)
{
	struct sluice_load load;

	(void)state;
	world_open(&world, false);
	publish(1, 1, 8080);
	world.dataplane->loads.items[10] = (struct sluice_load){ .active = 1, .flows = 7 };
	publish(1, 1, 8080);
	dataplane_load(world.dataplane, 10, &load);
	assert_int_equal(load.flows, 7);
	dp_drop_service(world.dataplane, 1);
	publish(1, 1, 8080);
	dataplane_load(world.dataplane, 10, &load);
	assert_int_equal(load.flows, 0);
	/* An entry that is still in the flow table counts there until it is removed. */
	assert_int_equal(load.active, 1);
}

/* What nobody can have written but a daemon that was killed, or one of another store. */
static void test_what_a_crash_left_is_mended(void **state)
{
	struct endpoint ghost = { .address = inet_addr("10.9.0.100"),
				  .port = htons(99),
				  .protocol = IPPROTO_TCP };
	struct lines *vips, *reverse;
	uint64_t key;

	(void)state;
	world_open(&world, false);
	publish(1, 2, 8080);
	assert_int_equal(vip_line_set(world.dataplane, &ghost, 7), 0);
	assert_int_equal(vip_address_set(world.dataplane, inet_addr("10.9.0.109"),
					 SLUICE_VIP_DROP_UNMATCHED),
			 1);
	vips = &world.dataplane->tcp_lines;
	reverse = &world.dataplane->reverse_lines;
	/* An address without a rule, in every line, so that its home is among them. */
	for (uint32_t line = 0; line < vips->count; line++)
		vips->lines[line].item[7] = 12345;
	reverse->lines[0].item[7] = 1ULL << 40;
	world.dataplane->reverse_bitmap.words[0] = ~0ULL;
	world.dataplane->hops.words[777] = 1ULL << 48;
	key = world.dataplane->state->table_key;
	assert_int_not_equal(key, 0);
	world_open(&world, true);
	assert_int_equal(world.dataplane->state->table_key, key);
	publish(1, 2, 8080);
	dataplane_reconciled(world.dataplane);
	assert_int_equal(vip_count(&world), 2);
	assert_int_equal(reverse_count(&world), 2);
	assert_int_equal(vip_line_service(world.dataplane, &ghost), 0);
	lines_tick(&world.dataplane->tcp_lines);
	for (uint32_t line = 0; line < world.dataplane->tcp_lines.count; line++)
		assert_int_equal(world.dataplane->tcp_lines.lines[line].item[7], 0);
	assert_int_not_equal(world.dataplane->reverse_bitmap.words[0], ~0ULL);
	assert_int_equal(world.dataplane->hops.words[777], 0);
}

/* --- room for replies --- */

/* As packets look: on to the next line if and only if this one is full. */
static bool stands(const struct sluice_backend *backend, uint32_t id)
{
	const struct lines *lines = &world.dataplane->reverse_lines;
	uint64_t hash = sluice_hash_reverse(backend->address, backend->port, backend->protocol,
					    world.dataplane->state->table_key);
	uint32_t home = sluice_scale(hash, lines->count);
	uint64_t item = SLUICE_PUT(REVERSE_TAG, sluice_reverse_tag(hash, home)) |
			SLUICE_PUT(REVERSE_BACKEND, id) | SLUICE_PUT(REVERSE_SERVICE, 1);

	for (unsigned int i = 0; i < LINES_PLACES; i++) {
		uint64_t there = *lines_place(lines, home, i);

		if (there == item)
			return true;
		if (!there && i >= SLUICE_LINE_ITEMS - 1)
			return false;
	}
	return false;
}

static void test_a_full_table_has_a_place_for_each_backend(void **state)
{
	uint32_t size = world.config.tables.backends, default_size;
	struct config defaults;

	(void)state;
	assert_int_equal(config_defaults(&defaults), 0);
	default_size = defaults.tables.backends;
	config_free(&defaults);
	world.config.tables.backends = default_size;
	world_open(&world, false);
	for (uint32_t id = 1; id < default_size; id++) {
		struct sluice_backend *backend = &world.dataplane->backends[id];

		/* Servers one after another, each with two ports, as they are in a big group. */
		backend->address = htonl(0x0a000001 + id / 2);
		backend->port = htons((uint16_t)(8080 + id % 2));
		backend->protocol = IPPROTO_TCP;
		assert_int_equal(reverse_add(world.dataplane, 1, id), 1);
	}
	for (uint32_t id = 1; id < default_size; id++)
		assert_true(stands(&world.dataplane->backends[id], id));
	assert_int_equal(reverse_count(&world), default_size - 1);
	world_close(&world);
	world.config.tables.backends = size;
}

/* --- flows from the pins --- */

static void put_flow(uint64_t at, const char *client, uint16_t port, uint32_t backend,
		     enum sluice_flow_state flow_state)
{
	world.dataplane->flows[at] = (struct sluice_flow){
		.word0 = SLUICE_PUT(FLOW_ADDRESS, inet_addr(client)) |
			 SLUICE_PUT(FLOW_PORT, htons(port)) | SLUICE_PUT(FLOW_SERVICE, 1),
		.word1 = SLUICE_PUT(FLOW_BACKEND, backend) | SLUICE_PUT(FLOW_GENERATION, 1) |
			 SLUICE_PUT(FLOW_STATE, flow_state) |
			 SLUICE_PUT(FLOW_SEEN, dp_now_ms() / 1000 - 5),
	};
	world.dataplane->loads.items[backend].active++;
}

struct seen {
	struct flow_info last;
	unsigned int count, limit;
};

static int see(const struct flow_info *flow, void *arg)
{
	struct seen *seen = arg;

	seen->last = *flow;
	return ++seen->count == seen->limit ? 42 : 0;
}

static unsigned int count(const struct flow_filter *filter)
{
	struct seen seen = { .count = 0 };

	assert_int_equal(flow_list_each(world.config.pins, filter, see, &seen, world.why, WHY), 0);
	return seen.count;
}

static void put_flows(void)
{
	world_open(&world, false);
	publish(1, 2, 8080);
	put_flow(3, "192.0.2.1", 1000, 10, SLUICE_FLOW_ESTABLISHED);
	put_flow(4, "192.0.2.1", 1001, 11, SLUICE_FLOW_ESTABLISHED);
	put_flow(4000, "192.0.2.200", 1000, 11, SLUICE_FLOW_HALF_OPEN);
	world.dataplane->flows[9].word0 = SLUICE_FLOW_BUSY;
	world.dataplane->flows[10].word0 = 5; /* removed */
}

static void test_flows_are_listed_and_chosen(void **state)
{
	struct seen seen = { .limit = 1 };
	struct flow_filter filter = { .client = ip("192.0.2.200"), .client_port = 1000 };
	char text[ADDRESS_TEXT];

	(void)state;
	put_flows();
	assert_int_equal(count(NULL), 3);
	assert_int_equal(flow_list_each(world.config.pins, &filter, see, &seen, world.why, WHY),
			 42);
	assert_string_equal(address_format(&seen.last.vip, text), "10.9.0.100");
	assert_string_equal(address_format(&seen.last.backend, text), "10.9.0.3");
	assert_int_equal(seen.last.vip_port, 1);
	assert_int_equal(seen.last.backend_port, 8080);
	assert_int_equal(seen.last.protocol, IPPROTO_TCP);
	assert_int_equal(seen.last.backend_state, SLUICE_BACKEND_ACTIVE);
	assert_string_equal(flow_state_name(seen.last.state), "half-open");
	assert_in_range(seen.last.age_s, 5, 6);
	assert_int_equal(count(&(struct flow_filter){ .client = ip("192.0.2.64"),
						      .client_prefix = 25 }),
			 2);
	assert_int_equal(count(&(struct flow_filter){ .backend = ip("10.9.0.3") }), 2);
	assert_int_equal(count(&(struct flow_filter){ .vip = ip("10.9.0.101") }), 0);
	assert_int_equal(count(&(struct flow_filter){ .states = 1u << SLUICE_FLOW_ESTABLISHED }),
			 2);
	assert_int_equal(count(&(struct flow_filter){ .protocol = IPPROTO_UDP }), 0);
	assert_true(flow_list_each("/nowhere", NULL, see, &seen, world.why, WHY) < 0);
}

/* A killed flow of TCP stays for a while, closing, for its client to be told. */
static void test_flows_are_ended(void **state)
{
	struct flow_filter filter = { .backend = ip("10.9.0.3") };
	struct sluice_load load;
	uint64_t killed;

	(void)state;
	put_flows();
	assert_int_equal(flow_list_kill(world.config.pins, &filter, &killed, world.why, WHY), 0);
	assert_int_equal(killed, 2);
	assert_int_equal(count(&(struct flow_filter){ .states = 1u << SLUICE_FLOW_ESTABLISHED |
								1u << SLUICE_FLOW_HALF_OPEN }),
			 1);
	dataplane_load(world.dataplane, 11, &load);
	assert_int_equal(load.active, 0);
	dataplane_load(world.dataplane, 10, &load);
	assert_int_equal(load.active, 1);
	assert_int_equal(world.dataplane->flows[9].word0, SLUICE_FLOW_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_services_with_the_same_members_share_a_ring),
		cmocka_unit_test(test_an_aborted_user_of_a_ring_leaves_it_to_the_others),
		cmocka_unit_test(test_backends_know_that_they_share_a_place),
		cmocka_unit_test(test_a_fresh_backend_counts_from_zero),
		cmocka_unit_test(test_what_a_crash_left_is_mended),
		cmocka_unit_test(test_a_full_table_has_a_place_for_each_backend),
		cmocka_unit_test(test_flows_are_listed_and_chosen),
		cmocka_unit_test(test_flows_are_ended),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.tables", tests, NULL, NULL);
	world_end(&world);
	return result;
}
