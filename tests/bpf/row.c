// SPDX-License-Identifier: BSD-2-Clause
/* Runs one row and compares everything that it says, and everything that it does not say. */
#include "row.h"

#include "given_hops.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNTER_NAME(symbol, name, kind, meaning) name,
static const char *const counter_names[] = { SLUICE_COUNTERS(COUNTER_NAME) };

static uint16_t row_service(const struct row *row)
{
	return row->in.protocol == IPPROTO_UDP ? WORLD_UDP : WORLD_TCP;
}

static void dump(const char *name, const uint8_t *bytes, size_t length)
{
	fprintf(stderr, "%s (%zu bytes):", name, length);
	for (size_t i = 0; i < length && i < 128; i++)
		fprintf(stderr, "%s%02x", i % 16 ? " " : "\n  ", bytes[i]);
	fprintf(stderr, "\n");
}

static void check_bytes(const uint8_t *wanted, size_t wanted_length, const struct world_run *run)
{
	if (wanted_length == run->length && !memcmp(wanted, run->out, wanted_length))
		return;
	dump("wanted", wanted, wanted_length);
	dump("came", run->out, run->length);
	fail_msg("the frame out is another one");
}

static void check_frame(const struct row *row, const uint8_t *in, size_t in_length,
			const struct world_run *run)
{
	static uint8_t wanted[FRAME_MAX];
	size_t length;

	if (row->verdict == XDP_PASS)
		check_bytes(in, in_length, run);
	if (row->verdict != XDP_TX && row->verdict != XDP_REDIRECT)
		return;
	length = frame_build(&row->out, wanted);
	check_bytes(wanted, length, run);
	assert_int_equal(frame_check(run->out, run->length), 0);
}

static void check_counters(const struct row *row)
{
	for (enum sluice_counter i = 0; i < SLUICE_COUNT_MAX; i++) {
		uint64_t wanted = row->counts >> i & 1;

		if (world_counter(i) != wanted)
			fail_msg("counter %s is %llu, wanted %llu", counter_names[i],
				 (unsigned long long)world_counter(i), (unsigned long long)wanted);
	}
}

static void check_traffic(const struct row *row)
{
	bool reply = row->link == LINK_BACK;

	for (uint16_t service = WORLD_TCP; service <= WORLD_TWIN; service++) {
		for (int which = 1; which <= 2; which++) {
			struct sluice_traffic came = world_traffic(world_backend(service, which));
			uint64_t packets =
				service == (row->then.of_twin ? WORLD_TWIN : row_service(row)) &&
				which == row->backend;
			uint64_t bytes = packets * frame_ip_length(&row->in);

			assert_int_equal(came.packets_in, reply ? 0 : packets);
			assert_int_equal(came.bytes_in, reply ? 0 : bytes);
			assert_int_equal(came.packets_out, reply ? packets : 0);
			assert_int_equal(came.bytes_out, reply ? bytes : 0);
		}
	}
}

/* A backend's load is what stands in the flow table, whatever has happened. */
static void check_loads(const struct row *row)
{
	for (uint32_t backend = 0; backend < WORLD_BACKENDS; backend++) {
		struct sluice_load load = world_load(backend);
		bool scheduled = row->new_flow &&
				 backend == world_backend(row_service(row), row->then.backend);

		assert_int_equal(load.active, world_counted(backend));
		assert_int_equal(load.flows, scheduled);
	}
}

static void check_fillers(const struct row *row, const struct given *given)
{
	for (int i = 0; i < SLUICE_FLOW_ENTRIES; i++)
		if (given->bucket[i].state)
			assert_int_equal(world_filler(given, i, row_service(row)),
					 i + 1 != row->evicts);
	if (!given->may_rebuild)
		assert_int_equal(world_rebuild_until(),
				 row->opens_window ? WORLD_NOW_S + WORLD_REBUILD_S : 0);
}

/* A flow of the twin stays unless the row says otherwise. */
static void check_beside(const struct row *row, const struct given *given)
{
	uint64_t word =
		world_flow(given->flow_client ?: WORLD_CLIENT, WORLD_CLIENT_PORT, WORLD_TWIN);

	if (given->beside.of_twin)
		assert_int_equal(!word, row->twin_gone);
}

static void check_direct(const struct row *row)
{
	const struct frame *in = &row->in;
	uint64_t before = row->given.direct_s ? WORLD_NOW_S - row->given.direct_s : 0;

	if (row->link == LINK_BACK)
		assert_int_equal(world_direct(in->from, in->from_port, in->to, in->to_port),
				 row->direct ? WORLD_NOW_S : before);
}

static void check_flow(const struct row *row, const struct given *given)
{
	uint16_t service = row->then.of_twin ? WORLD_TWIN : row_service(row);
	uint64_t word = world_flow(given->flow_client ?: WORLD_CLIENT, WORLD_CLIENT_PORT, service);
	uint64_t now_s = given->now_s ?: WORLD_NOW_S;
	uint16_t idle = (uint16_t)(now_s - SLUICE_GET(word, FLOW_SEEN));

	assert_int_equal(SLUICE_GET(word, FLOW_STATE), row->then.state);
	if (!row->then.state)
		return;
	if (row->then.backend)
		assert_int_equal(SLUICE_GET(word, FLOW_BACKEND),
				 world_backend(service, row->then.backend));
	assert_int_equal(SLUICE_GET(word, FLOW_GENERATION),
			 WORLD_GENERATION - (row->then.old_generation ? 1 : 0));
	assert_int_equal(idle, row->then.idle_s);
	if (row->link == LINK_BACK && row->backend)
		assert_int_equal(SLUICE_GET(word, FLOW_HOP),
				 given_hop_learned(given, given->flow_client ?: WORLD_CLIENT));
}

static void check_events(const struct row *row)
{
	const char *address = row->asks ?: row->tells;
	struct sluice_event last;
	size_t count = world_events(&last);

	if (row->given.full_events)
		return;
	assert_int_equal(count, address ? 1 : 0);
	if (!address)
		return;
	assert_int_equal(last.kind, row->asks ? SLUICE_EVENT_NEIGHBOUR : SLUICE_EVENT_HOP);
	assert_int_equal(last.address, frame_address(address));
	assert_int_equal(last.ifindex, world_ifindex(row->asks ? LINK_BACK : LINK_FRONT));
}

static void run_in(const struct row *row, const struct given *given)
{
	static uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&row->in, in);
	struct world_run run;

	world_reset(given, row_service(row));
	run = world_run(in, length, row->link, out, row->metadata);
	if (run.verdict == -EINVAL && row->metadata) {
		print_message("skipped: this kernel takes less metadata\n");
		skip();
	}
	if (run.verdict != row->verdict)
		for (enum sluice_counter i = 0; i < SLUICE_COUNT_MAX; i++)
			if (world_counter(i))
				fprintf(stderr, "counted: %s\n", counter_names[i]);
	assert_int_equal(run.verdict, row->verdict);
	check_frame(row, in, length, &run);
	check_counters(row);
	check_traffic(row);
	check_flow(row, given);
	check_loads(row);
	check_fillers(row, given);
	check_events(row);
	check_direct(row);
	check_beside(row, given);
}

void row_run(void **state)
{
	const struct row *row = *state;
	struct given by_routes = row->given, by_maybe = row->given;

	run_in(row, &row->given);
	by_routes.no_hops = true;
	if (!row->given.dead_hops)
		run_in(row, &by_routes);
	by_maybe.all_bits = true;
	if (!row->given.no_vip_bits && !row->given.no_reverse_bits)
		run_in(row, &by_maybe);
}
