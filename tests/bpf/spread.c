// SPDX-License-Identifier: BSD-2-Clause
/* Many packets: the spread of new flows, random frames, the clock, and how often the daemon is asked. */
#include "tests.h"

#include "hash.h"
#include "row.h"
#include "world_maps.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define RING_SIZE 257
#define SPREAD_CLIENTS 20
#define SPREAD_PORTS 1000
#define SPREAD_FLOWS (SPREAD_CLIENTS * SPREAD_PORTS)
/* Chi-square with one degree of freedom at p = 1e-4. */
#define CHI_SQUARE_LIMIT 15.137
#define RANDOM_FRAMES 5000
#define NS_PER_S 1000000000L

static struct world_run send_udp(const struct frame *frame, enum world_link link, uint8_t *in,
				 uint8_t *out)
{
	size_t length = frame_build(frame, in);

	return world_run(in, length, link, out, 0);
}

static void set_shares(uint32_t first)
{
	for (uint32_t i = 0; i < RING_SIZE; i++)
		world_ring_slot(i, i < first ? 0 : 1, 0);
}

static void send_flows(void)
{
	static uint8_t in[FRAME_MAX], out[FRAME_MAX];
	char from[INET_ADDRSTRLEN];

	for (int client = 0; client < SPREAD_CLIENTS; client++) {
		snprintf(from, sizeof(from), "192.0.3.%d", client + 1);
		for (uint16_t port = 0; port < SPREAD_PORTS; port++) {
			struct frame frame =
				CLIENT_UDP(.from = from, .from_port = (uint16_t)(20000 + port));

			assert_int_equal(send_udp(&frame, LINK_FRONT, in, out).verdict,
					 XDP_REDIRECT);
		}
	}
}

static double chi_square(uint64_t first, uint64_t second, double share)
{
	double wanted_first = (double)(first + second) * share;
	double wanted_second = (double)(first + second) * (1 - share);
	double off = (double)first - wanted_first;

	return off * off / wanted_first + off * off / wanted_second;
}

/* 171 of 257 slots are the first backend's, as weights 100 and 50 give: new flows agree with that,
 * and do not agree with 100 and 80. */
void spread_by_shares(void **state)
{
	struct given usual = { 0 };
	uint64_t first, second;

	(void)state;
	world_reset(&usual, WORLD_UDP);
	set_shares(171);
	send_flows();
	first = world_load(world_backend(WORLD_UDP, 1)).flows;
	second = world_load(world_backend(WORLD_UDP, 2)).flows;
	assert_int_equal(first + second, SPREAD_FLOWS);
	assert_true(chi_square(first, second, 171.0 / RING_SIZE) < CHI_SQUARE_LIMIT);
	assert_false(chi_square(first, second, 100.0 / 180) < CHI_SQUARE_LIMIT);
}

/* The hash once more, by the book, so that a second gateway could be any other implementation. */
static uint64_t mixed(uint64_t word, uint64_t key0, uint64_t key1)
{
	word = (word ^ key0) * (key1 | 1);
	word = (word ^ word >> 32) * 0xd6e8feb86659fd93;
	return (word ^ word >> 32) * 0x9e3779b97f4a7c15;
}

static uint64_t load_le(const uint8_t *bytes, size_t count)
{
	uint64_t word = 0;

	for (size_t i = count; i; i--)
		word = word << 8 | bytes[i - 1];
	return word;
}

/* Of 13 bytes as on the wire: client's address and port, VIP's port, VIP, protocol. */
static uint64_t hash_of(const uint8_t key[16], const uint8_t tuple[13])
{
	uint64_t key0 = load_le(key, 8), key1 = load_le(key + 8, 8);

	return mixed(mixed(load_le(tuple, 8), key0, key1) ^ load_le(tuple + 8, 5), key1, key0);
}

/* A fixed value, which no version may change: gateways would disagree. Then the slot that the program
 * takes, for many clients: hash, scaling and lookup together. */
void spread_hash_is_as_written(void **state)
{
	static const uint8_t zero[16];
	static const uint8_t key[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t tuple[13] = { 192, 0, 2, 10, 40000 >> 8, 40000 & 0xff, 0, 80, 192, 0, 2, 100, 6 };
	static uint8_t in[FRAME_MAX], out[FRAME_MAX];
	struct given usual = { .ring_now = 1 };

	(void)state;
	assert_int_equal(hash_of(zero, tuple), 0x2282d596c2f545be);
	assert_int_equal(hash_flow(0, 0, frame_address("192.0.2.10"), htons(40000),
				   frame_address("192.0.2.100"), htons(80), 6),
			 0x2282d596c2f545be);
	world_reset(&usual, WORLD_UDP);
	tuple[7] = WORLD_UDP_PORT;
	tuple[12] = IPPROTO_UDP;
	for (uint16_t port = 1; port <= 500; port++) {
		struct frame frame = CLIENT_UDP(.from_port = port);
		uint32_t slot;

		tuple[4] = (uint8_t)(port >> 8);
		tuple[5] = (uint8_t)port;
		slot = (uint32_t)((hash_of(key, tuple) >> 32) * RING_SIZE >> 32);
		world_ring_slot(slot, 0, 0);
		assert_int_equal(send_udp(&frame, LINK_FRONT, in, out).verdict, XDP_REDIRECT);
		world_ring_slot(slot, 1, 0);
		assert_int_equal(world_load(world_backend(WORLD_UDP, 1)).flows, port);
	}
}

static int send_tcp(const struct frame *frame, enum world_link link)
{
	static uint8_t in[FRAME_MAX], out[FRAME_MAX];

	return (int)world_run(in, frame_build(frame, in), link, out, 0).verdict;
}

/* A flow in use outlives a change of its listener's limit to the least there is, although its stamp is
 * not of this second. */
void flow_in_use_outlives_a_shorter_limit(void **state)
{
	static const struct given worlds[] = {
		{ .ring_now = 1, .flow = FLOW_IDLE(ESTABLISHED, 1, 0) },
		{ .ring_now = 1, .first = DRAINING, .flow = FLOW_IDLE(ESTABLISHED, 1, 0) },
	};
	struct frame segment = CLIENT_TCP(.flags = ACK), reply = REPLY_TCP(.flags = ACK);
	struct sluice_service *services = world_memory(MAP_SERVICES);

	(void)state;
	for (size_t i = 0; i < sizeof(worlds) / sizeof(*worlds); i++) {
		for (uint64_t seconds = 1; seconds < 30; seconds++) {
			world_reset(&worlds[i], WORLD_TCP);
			for (uint64_t now = 0; now < seconds; now++) {
				world_clock(WORLD_NOW_S + now);
				send_tcp(&segment, LINK_FRONT);
				send_tcp(&reply, LINK_BACK);
			}
			world_clock(WORLD_NOW_S + seconds);
			services[WORLD_TCP].established_s = WORLD_LIVE_S;
			services[WORLD_TCP].grain_s = 0;
			assert_int_equal(send_tcp(&reply, LINK_BACK), XDP_REDIRECT);
			assert_int_equal(send_tcp(&segment, LINK_FRONT), XDP_REDIRECT);
			assert_int_equal(world_counter(SLUICE_COUNT_FLOW_GUESSED), 0);
		}
	}
}

/* Random frames in both directions against frames built from nothing. */
void random_checksums(void **state)
{
	static uint8_t in[FRAME_MAX], out[FRAME_MAX], wanted[FRAME_MAX];
	unsigned int seed = (unsigned int)time(NULL);
	struct given flow = { .flow = FLOW(UDP, 1) };

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	world_reset(&flow, WORLD_UDP);
	for (int i = 0; i < RANDOM_FRAMES; i++) {
		uint16_t word = (uint16_t)(random() | 1), id = (uint16_t)random();
		uint16_t payload = (uint16_t)(2 + random() % 1400);
		uint8_t ttl = (uint8_t)(3 + random() % 250);
		bool reply = i % 2;
		struct frame client =
			CLIENT_UDP(.payload = payload, .first_payload = word, .ttl = ttl, .id = id);
		struct frame client_out = FIRST_GETS_UDP(.payload = payload, .first_payload = word,
							 .ttl = (uint8_t)(ttl - 1), .id = id);
		struct frame back =
			REPLY_UDP(.payload = payload, .first_payload = word, .ttl = ttl, .id = id);
		struct frame back_out = CLIENT_GETS_UDP(.payload = payload, .first_payload = word,
							.ttl = (uint8_t)(ttl - 1), .id = id);
		size_t length = frame_build(reply ? &back_out : &client_out, wanted);
		struct world_run run =
			send_udp(reply ? &back : &client, reply ? LINK_BACK : LINK_FRONT, in, out);

		assert_int_equal(run.verdict, XDP_REDIRECT);
		assert_int_equal(run.length, length);
		assert_memory_equal(out, wanted, length);
		assert_int_equal(frame_check(out, length), 0);
	}
}

/* Nothing holds it still: the program looks the second up itself, and keeps it. */
void clock_is_the_kernels(void **state)
{
	static uint8_t in[FRAME_MAX], out[FRAME_MAX];
	struct given usual = { 0 };
	struct frame frame = CLIENT_UDP();
	struct timespec now;
	uint64_t kept, seen;

	(void)state;
	world_reset(&usual, WORLD_UDP);
	world_clock_runs();
	send_udp(&frame, LINK_FRONT, in, out);
	clock_gettime(CLOCK_MONOTONIC, &now);
	kept = world_clock_kept();
	seen = SLUICE_GET(world_flow(WORLD_CLIENT, WORLD_CLIENT_PORT, WORLD_UDP), FLOW_SEEN);
	assert_in_range(kept, now.tv_sec - 1, now.tv_sec);
	assert_int_equal(seen, kept & 0xffff);
}

void asks_once_a_second(void **state)
{
	static uint8_t in[FRAME_MAX], out[FRAME_MAX];
	struct given silent = { .first_at = WORLD_SILENT };
	struct frame frame = CLIENT_UDP();
	struct sluice_event last;

	(void)state;
	world_reset(&silent, WORLD_UDP);
	send_udp(&frame, LINK_FRONT, in, out);
	send_udp(&frame, LINK_FRONT, in, out);
	assert_int_equal(world_events(&last), 1);
	world_clock(WORLD_NOW_S + 1);
	send_udp(&frame, LINK_FRONT, in, out);
	assert_int_equal(world_events(&last), 1);
	assert_int_equal(world_counter(SLUICE_COUNT_NO_NEIGHBOUR), 3);
}
