// SPDX-License-Identifier: BSD-2-Clause
/*
 * Places that several listeners' backends share: the program finds each reply's flow, whatever comes,
 * goes, and was left half done.
 */
#include "world.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT "192.0.2.1"
#define PLACE "10.9.0.2" /* of every service's first backend */
#define PORT 8080
#define TWINS_AMONG (1u << 20) /* addresses, of which some eight pairs will do */
#define LIVES_ON 21 /* a service */
#define RACE_MS 2000

static struct world world;

/* No flow is rebuilt, which would hide that one was not found. */
static void start(void)
{
	world_open(&world, false);
	world.dataplane->state->rebuild_until_s = 0;
}

static struct sluice_backend *backend_of(uint16_t service)
{
	return &world.dataplane->backends[service * 10u];
}

static void fill(struct service *service, uint16_t id, uint16_t port)
{
	service_fill(service, id, id * 10u, 1);
	service->service.port = id;
	service->backends[0].port = port;
}

static void publish(uint16_t id, uint16_t port)
{
	struct service service;

	fill(&service, id, port);
	service_publish(&world, &service);
}

static void publish_all(uint16_t first, uint16_t last)
{
	for (uint16_t id = first; id <= last; id++)
		publish(id, PORT);
}

static uint16_t client_port(uint16_t service)
{
	return htons((uint16_t)(1000 + service));
}

static void put_flow(uint16_t service)
{
	const struct dataplane *dataplane = world.dataplane;
	uint64_t word0 = SLUICE_PUT(FLOW_ADDRESS, inet_addr(CLIENT)) |
			 SLUICE_PUT(FLOW_PORT, client_port(service)) |
			 SLUICE_PUT(FLOW_SERVICE, service);
	uint64_t hash =
		sluice_hash(word0, dataplane->state->flow_key[0], dataplane->state->flow_key[1]);
	uint64_t buckets = dataplane->flow_count / SLUICE_FLOW_ENTRIES;
	struct sluice_flow *entry =
		&dataplane->flows[(hash >> 32) * buckets >> 32 << 2]; /* buckets: a power of two */

	*entry = (struct sluice_flow){
		.word0 = word0,
		.word1 = SLUICE_PUT(FLOW_BACKEND, service * 10u) | SLUICE_PUT(FLOW_GENERATION, 1) |
			 SLUICE_PUT(FLOW_STATE, SLUICE_FLOW_ESTABLISHED) |
			 SLUICE_PUT(FLOW_SEEN, dp_now_ms() / 1000),
	};
}

/* True if the program takes a server's packet to the client's port for a reply. */
static bool is_reply_of(uint32_t server, uint16_t service)
{
	struct {
		struct ethhdr eth;
		struct iphdr ip;
		struct tcphdr tcp;
	} __attribute__((packed)) frame = {
		.eth = { .h_proto = htons(ETH_P_IP) },
		.ip = { .version = 4,
			.ihl = 5,
			.tot_len = htons(sizeof(struct iphdr) + sizeof(struct tcphdr)),
			.ttl = 64,
			.protocol = IPPROTO_TCP,
			.saddr = server,
			.daddr = inet_addr(CLIENT) },
		.tcp = { .source = htons(PORT), .dest = client_port(service), .doff = 5, .ack = 1 },
	};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = &frame, .data_size_in = sizeof(frame));

	assert_int_equal(bpf_prog_test_run_opts(world.dataplane->program, &run), 0);
	return run.retval != XDP_PASS;
}

static bool is_reply(uint16_t service)
{
	return is_reply_of(inet_addr(PLACE), service);
}

static void each_is_found(uint16_t first, uint16_t last)
{
	for (uint16_t service = first; service <= last; service++)
		assert_true(is_reply(service));
}

static void test_replies_of_one_to_eight_candidates(void **state)
{
	(void)state;
	start();
	for (uint16_t id = 1; id <= SLUICE_REVERSE_SERVICES; id++) {
		put_flow(id);
		assert_false(is_reply(id));
		publish(id, PORT);
		each_is_found(1, id);
		/* However many they are, they are one item. */
		assert_int_equal(reverse_count(&world), 1);
	}
	/* One from the middle, the last that came, the first. */
	for (int i = 0; i < 3; i++) {
		static const uint16_t gone[] = { 4, 8, 1 };

		dp_drop_service(world.dataplane, gone[i]);
		assert_false(is_reply(gone[i]));
		for (uint16_t id = 1; id <= SLUICE_REVERSE_SERVICES; id++)
			assert_true(is_reply(id) || id == gone[0] || id == gone[i] ||
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

	fill(&service, id, port);
	error = dp_stage_service(transaction, &service.service, world.why, WHY);
	dp_abort(transaction);
	return error;
}

static void test_the_ninth_is_refused_and_leaves_no_trace(void **state)
{
	(void)state;
	start();
	publish_all(1, 7);
	for (uint16_t id = 1; id <= 7; id++)
		put_flow(id);
	assert_int_equal(stage(8, PORT), 0);
	each_is_found(1, 7);
	publish(8, PORT);
	assert_true(stage(9, PORT) < 0);
	assert_non_null(strstr(world.why, "8 listeners already"));
	each_is_found(1, 7);
	/* A deleted listener makes room. */
	dp_delete_service(world.dataplane, 3);
	publish(9, PORT);
	assert_true(backend_of(9)->shared);
	assert_false(is_reply(3));
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

	fill(&service, id, PORT);
	service.backends[0].address = address_from_be32(server);
	service_publish(&world, &service);
	put_flow(id);
}

static void test_two_places_may_share_a_chain(void **state)
{
	uint32_t twins[2];

	(void)state;
	start();
	find_twins(twins);
	publish_at(1, twins[0]);
	publish_at(2, twins[1]);
	assert_int_equal(reverse_count(&world), 1);
	assert_false(backend_of(1)->shared || backend_of(2)->shared);
	for (uint16_t id = 3; id <= 2 * SLUICE_REVERSE_SERVICES; id++)
		publish_at(id, twins[id % 2 ? 0 : 1]);
	assert_int_equal(reverse_count(&world), 1);
	assert_int_equal(world.dataplane->crowded, 2);
	for (uint16_t id = 1; id <= 2 * SLUICE_REVERSE_SERVICES; id++) {
		assert_true(is_reply_of(twins[id % 2 ? 0 : 1], id));
		assert_false(is_reply_of(twins[id % 2 ? 1 : 0], id));
	}
	for (uint16_t id = 3; id <= 2 * SLUICE_REVERSE_SERVICES; id += 2)
		dp_drop_service(world.dataplane, id);
	assert_true(is_reply_of(twins[0], 1));
	assert_false(backend_of(1)->shared);
	assert_true(backend_of(2)->shared);
	assert_int_equal(world.dataplane->crowded, 1);
	dp_drop_service(world.dataplane, 2);
	for (uint16_t id = 4; id <= 2 * SLUICE_REVERSE_SERVICES; id += 2)
		assert_true(is_reply_of(twins[1], id));
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
	publish_all(first, last);
	dataplane_reconciled(world.dataplane);
	each_is_found(first, last);
	assert_int_equal(reverse_count(&world), 1);
	assert_true(backend_of(first)->shared);
}

/* The chain is 5, 4, 3, 2, 1; each time a daemon was killed between two stores. */
static void test_a_chain_that_a_crash_left_is_mended(void **state)
{
	__u64 *item, *further;

	(void)state;
	start();
	publish_all(1, 5);
	for (uint16_t id = 1; id <= 5; id++)
		put_flow(id);
	/* One came in, and was never switched on; one was on its way. */
	item = only_item(&further);
	backend_of(6)->address = backend_of(7)->address = backend_of(1)->address;
	backend_of(6)->port = backend_of(7)->port = backend_of(1)->port;
	backend_of(6)->protocol = backend_of(7)->protocol = IPPROTO_TCP;
	backend_of(6)->next = backend_of(7)->next = *item;
	*item = with_backend(*item, 6);
	each_is_found(1, 5);
	start_anew(1, 5);
	/* It is what comes next, but elsewhere. */
	item = only_item(&further);
	*item = with_backend(*item, 6);
	world_open(&world, true);
	publish_all(1, 5);
	publish(6, 99);
	dataplane_reconciled(world.dataplane);
	each_is_found(1, 5);
	assert_int_equal(reverse_count(&world), 2);
	assert_false(backend_of(6)->shared);
	dp_drop_service(world.dataplane, 6);
	/* One was gone, in the middle; and the last. */
	backend_of(3)->word = backend_of(1)->word = 0;
	start_anew(4, 5);
	publish_all(1, 3);
	each_is_found(1, 5);
	/* The first two stand in the next line still, of all that are copied there. */
	item = only_item(&further);
	further[0] = with_backend(*item, 4);
	start_anew(1, 5);
	/* The last leads back. */
	backend_of(4)->next = *only_item(&further);
	start_anew(1, 5);
	assert_int_equal(world.dataplane->crowded, 1);
}

/* --- while packets walk --- */

static struct {
	size_t rounds, lost;
	bool stop;
} looker;

static void *look(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&looker.stop, __ATOMIC_ACQUIRE)) {
		looker.lost += !is_reply(LIVES_ON);
		__atomic_add_fetch(&looker.rounds, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* No packet is where it was: as the kernel would say, but sooner. */
static void wait_for_looker(void)
{
	size_t now = __atomic_load_n(&looker.rounds, __ATOMIC_ACQUIRE);

	while (__atomic_load_n(&looker.rounds, __ATOMIC_ACQUIRE) < now + 2)
		sched_yield();
	world.dataplane->walkers_until_ms = 0;
}

static void take(uint16_t service, const char *address)
{
	struct sluice_backend *backend = backend_of(service);

	reverse_remove(world.dataplane, service * 10u);
	backend->address = inet_addr(address);
	assert_int_equal(reverse_add(world.dataplane, service, service * 10u), 1);
}

/* One goes where nobody follows it, and comes back before all others. */
static void go_and_come(uint16_t service)
{
	struct sluice_backend *backend = backend_of(service);

	reverse_remove(world.dataplane, service * 10u);
	wait_for_looker();
	backend->address = inet_addr("10.9.0.4");
	assert_int_equal(reverse_add(world.dataplane, service, service * 10u), 1);
	assert_int_equal(backend->next, 0);
	take(service, PLACE);
}

/* Others, too, have another place for a while, each after a wait for the kernel. */
static void move_about(void)
{
	uint64_t until_ms = dp_now_ms() + RACE_MS;

	for (unsigned int i = 0; dp_now_ms() < until_ms; i++) {
		go_and_come(LIVES_ON + 1);
		if (i % 1024 == 0)
			take((uint16_t)(LIVES_ON + 2 + rand() % 6), i % 2048 ? PLACE : "10.9.0.3");
	}
}

static void test_packets_never_lose_a_living_candidate(void **state)
{
	pthread_t thread;

	(void)state;
	start();
	publish_all(LIVES_ON, LIVES_ON + 7);
	put_flow(LIVES_ON);
	memset(&looker, 0, sizeof(looker));
	assert_int_equal(pthread_create(&thread, NULL, look, NULL), 0);
	move_about();
	__atomic_store_n(&looker.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_int_equal(looker.lost, 0);
}

static void test_an_id_that_is_used_again_at_once_waits_for_packets(void **state)
{
	uint64_t *until_ms;

	(void)state;
	start();
	until_ms = &world.dataplane->walkers_until_ms;
	publish_all(1, 4);
	*until_ms = 0;
	/* The last of a chain leads nowhere; the one before it does. */
	take(1, "10.9.0.3");
	assert_int_equal(*until_ms, 0);
	reverse_remove(world.dataplane, 30);
	assert_true(*until_ms > dp_now_ms());
	assert_int_equal(SLUICE_GET(backend_of(3)->next, REVERSE_BACKEND), 20);
	/* What comes back to where it was leads to the same. */
	reverse_remove(world.dataplane, 40);
	assert_int_equal(reverse_add(world.dataplane, 4, 40), 1);
	assert_true(*until_ms > dp_now_ms());
	take(4, "10.9.0.3");
	assert_int_equal(*until_ms, 0);
	assert_int_equal(SLUICE_GET(backend_of(4)->next, REVERSE_BACKEND), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies_of_one_to_eight_candidates),
		cmocka_unit_test(test_the_ninth_is_refused_and_leaves_no_trace),
		cmocka_unit_test(test_two_places_may_share_a_chain),
		cmocka_unit_test(test_a_chain_that_a_crash_left_is_mended),
		cmocka_unit_test(test_packets_never_lose_a_living_candidate),
		cmocka_unit_test(test_an_id_that_is_used_again_at_once_waits_for_packets),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.reverse", tests, NULL, NULL);
	world_end(&world);
	return result;
}
