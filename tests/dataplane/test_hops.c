// SPDX-License-Identifier: BSD-2-Clause
/* Hops and links as packets read them: what stands in the words, and how long an index is kept. */
#include "world.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEER_MAC "02:00:00:00:00:22"

static struct world world;

static void start(void)
{
	struct service service;

	world_open(&world, false);
	world_run("nsenter -t %d -n ip link set peer0 address " PEER_MAC, world.peer);
	world_run("ip neigh flush dev " WORLD_LINK);
	service_fill(&service, 1, 1, 2);
	service_publish(&world, &service);
}

static uint64_t word_of(const char *mac, uint32_t link)
{
	unsigned int byte[6];
	uint64_t word = 0;

	assert_int_equal(sscanf(mac, "%x:%x:%x:%x:%x:%x", &byte[0], &byte[1], &byte[2], &byte[3],
				&byte[4], &byte[5]),
			 6);
	for (unsigned int i = 0; i < 6; i++)
		word |= (uint64_t)byte[i] << 8 * i;
	return word | SLUICE_PUT(HOP_LINK, link);
}

static uint64_t backend_word(uint32_t backend)
{
	return world.dataplane->hops.words[world.dataplane->backends[backend].hop];
}

static bool is_peer(struct world *unused, void *arg)
{
	(void)unused;
	return backend_word(1) == word_of(arg, 1);
}

static bool is_empty(struct world *unused, void *arg)
{
	(void)unused;
	(void)arg;
	return !backend_word(1);
}

static void test_a_backends_hop_follows_its_neighbour(void **state)
{
	(void)state;
	start();
	assert_int_not_equal(world.dataplane->backends[1].hop, 0);
	assert_int_not_equal(world.dataplane->backends[1].hop, world.dataplane->backends[2].hop);
	assert_true(world_wait(&world, 2000, is_peer, PEER_MAC));
	/* Another station takes the address, and says so. */
	world_run(
		"ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:33 nud reachable dev " WORLD_LINK);
	assert_true(world_wait(&world, 1000, is_peer, "02:00:00:00:00:33"));
	world_run("nsenter -t %d -n ip link set peer0 down", world.peer);
	world_run("ip neigh flush dev " WORLD_LINK);
	assert_true(world_wait(&world, 1000, is_empty, NULL));
	world_run("nsenter -t %d -n ip link set peer0 up", world.peer);
	assert_true(world_wait(&world, 4000, is_peer, PEER_MAC));
}

static bool has_moved(struct world *unused, void *arg)
{
	(void)unused;
	return world.dataplane->backends[1].hop != *(uint16_t *)arg && backend_word(1);
}

static void test_a_backends_hop_follows_its_route(void **state)
{
	uint16_t old;

	(void)state;
	start();
	assert_true(world_wait(&world, 2000, is_peer, PEER_MAC));
	old = world.dataplane->backends[1].hop;
	world_run("ip route add 10.9.0.2/32 via 10.9.0.3 dev " WORLD_LINK);
	assert_true(world_wait(&world, 2000, has_moved, &old));
	assert_int_equal(world.dataplane->backends[1].hop, world.dataplane->backends[2].hop);
	/* Nobody has it any more. */
	assert_int_equal(world.dataplane->hops.words[old], 0);
	assert_int_equal(world.dataplane->hops.states[old], HOP_INDEX_RESTING);
	world_run("ip route del 10.9.0.2/32 via 10.9.0.3 dev " WORLD_LINK);
	dp_drop_service(world.dataplane, 1);
	assert_int_equal(world.dataplane->backends[1].hop, 0);
}

/* --- links --- */

static bool has_mtu(struct world *unused, void *arg)
{
	(void)unused;
	return world.dataplane->ports[1].mtu == *(uint32_t *)arg;
}

static bool is_up(struct world *unused, void *arg)
{
	(void)unused;
	(void)arg;
	return world.dataplane->ports[1].flags & SLUICE_LINK_UP;
}

static bool is_down(struct world *unused, void *arg)
{
	return !is_up(unused, arg);
}

static void test_a_link_is_followed(void **state)
{
	uint32_t mtu = 1400;

	(void)state;
	start();
	assert_int_equal(world.dataplane->ports[1].ifindex, if_nametoindex(WORLD_LINK));
	assert_int_equal(world.dataplane->ports[1].mtu, 1500);
	assert_true(is_up(NULL, NULL));
	world_run("ip link set " WORLD_LINK " mtu 1400");
	assert_true(world_wait(&world, 1000, has_mtu, &mtu));
	world_run("ip link set " WORLD_LINK " mtu 1500 address 02:00:00:00:00:44");
	mtu = 1500;
	assert_true(world_wait(&world, 1000, has_mtu, &mtu));
	assert_int_equal(world.dataplane->ports[1].station, 0x440000000002);
	world_run("nsenter -t %d -n ip link set peer0 down", world.peer);
	assert_true(world_wait(&world, 1000, is_down, NULL));
	world_run("nsenter -t %d -n ip link set peer0 up", world.peer);
	assert_true(world_wait(&world, 1000, is_up, NULL));
}

static uint64_t station_of(unsigned int ifindex)
{
	return world.dataplane->state->stations[ifindex % SLUICE_STATIONS];
}

/* Packets for a station that is no more would be taken for another's, and the local stack would get
 * what comes for the new one. */
static void test_a_new_station_is_known_at_once(void **state)
{
	unsigned int ifindex = if_nametoindex(WORLD_LINK);

	(void)state;
	start();
	dp_catch_up(world.dataplane);
	world_run("ip link set " WORLD_LINK " address 02:00:00:00:00:55");
	dp_catch_up(world.dataplane);
	assert_int_equal(world.dataplane->ports[1].station, 0x550000000002);
	assert_int_equal(station_of(ifindex), 0x550000000002 << 16 | ifindex);
	/* A start reads it anew. */
	world_close(&world);
	world_run("ip link set " WORLD_LINK " address 02:00:00:00:00:56");
	world_open(&world, true);
	assert_int_equal(world.dataplane->ports[1].station, 0x560000000002);
	assert_int_equal(station_of(ifindex), 0x560000000002 << 16 | ifindex);
}

static void test_an_interface_keeps_its_row(void **state)
{
	(void)state;
	start();
	world_run("ip link add extra0 type veth peer name extra1");
	strcpy(world.config.interfaces[1], "extra0");
	world.config.interface_count = 2;
	world_open(&world, true);
	assert_int_equal(port_find(world.dataplane, if_nametoindex(WORLD_LINK)), 1);
	assert_int_equal(port_find(world.dataplane, if_nametoindex("extra0")), 2);
	/* The first is configured no more: the second stays where words name it. */
	strcpy(world.config.interfaces[0], "extra0");
	world.config.interface_count = 1;
	world_open(&world, true);
	assert_int_equal(port_find(world.dataplane, if_nametoindex("extra0")), 2);
	assert_int_equal(port_find(world.dataplane, if_nametoindex(WORLD_LINK)), 0);
	strcpy(world.config.interfaces[0], WORLD_LINK);
	world_open(&world, true);
	world_run("ip link del extra0");
}

/* --- the hops of replies --- */

static uint32_t known(const char *address)
{
	struct sluice_hop_key key = { .ifindex = if_nametoindex(WORLD_LINK),
				      .address = inet_addr(address) };
	uint32_t index;

	if (bpf_map_lookup_elem(world.dataplane->tables[MAP_KNOWN_HOPS].fd, &key, &index))
		return 0;
	return index;
}

static bool is_front(struct world *unused, void *arg)
{
	uint32_t index = known(arg);

	(void)unused;
	return index && world.dataplane->hops.words[index] == word_of(PEER_MAC, 1);
}

static bool is_other(struct world *unused, void *arg)
{
	uint32_t index = known("10.9.0.3");

	(void)unused;
	return index && index != *(uint32_t *)arg && world.dataplane->hops.words[index];
}

static struct sluice_flow *put_flow(uint32_t hop)
{
	struct sluice_flow *entry = &world.dataplane->flows[77];

	*entry = (struct sluice_flow){
		.word0 = SLUICE_PUT(FLOW_PORT, 5) | SLUICE_PUT(FLOW_SERVICE, 1),
		.word1 = SLUICE_PUT(FLOW_BACKEND, 1) | SLUICE_PUT(FLOW_GENERATION, 1) |
			 SLUICE_PUT(FLOW_STATE, SLUICE_FLOW_ESTABLISHED) |
			 SLUICE_PUT(FLOW_SEEN, dp_now_ms() / 1000) | SLUICE_PUT(FLOW_HOP, hop),
	};
	world.dataplane->loads.items[1].active = 1;
	return entry;
}

static void learn(void)
{
	front_learn(world.dataplane, if_nametoindex(WORLD_LINK), inet_addr("10.9.0.3"));
	assert_true(world_wait(&world, 2000, is_front, "10.9.0.3"));
}

static bool is_free(struct world *unused, void *arg)
{
	(void)unused;
	return world.dataplane->hops.states[*(uint32_t *)arg] == HOP_INDEX_FREE;
}

static void test_a_front_hop_gets_an_index_of_its_own(void **state)
{
	uint32_t index;

	(void)state;
	start();
	learn();
	index = known("10.9.0.3");
	assert_int_not_equal(index, world.dataplane->backends[2].hop);
	front_learn(world.dataplane, if_nametoindex(WORLD_LINK), inet_addr("10.9.0.3"));
	assert_int_equal(known("10.9.0.3"), index);
	/* By an interface that is not ours there is no way. */
	front_learn(world.dataplane, if_nametoindex("lo"), inet_addr("127.0.0.1"));
	assert_int_equal(world.dataplane->neighbours.front_count, 1);
}

static void test_new_routes_give_fronts_new_indexes(void **state)
{
	struct sluice_flow *flow;
	uint32_t old, next;
	uint64_t sweeps;

	(void)state;
	start();
	learn();
	old = known("10.9.0.3");
	flow = put_flow(old);
	world_run("ip route add 198.51.100.0/24 via 10.9.0.2");
	assert_true(world_wait(&world, 1000, is_other, &old));
	sweeps = dataplane_sweeps(world.dataplane);
	assert_int_equal(world.dataplane->hops.words[old], 0);
	/* The index is nobody's until the flow has lost it. */
	assert_true(world_wait(&world, 6000, is_free, &old));
	assert_true(dataplane_sweeps(world.dataplane) > sweeps);
	assert_int_equal(SLUICE_GET(flow->word1, FLOW_HOP), 0);
	assert_int_equal(SLUICE_GET(flow->word1, FLOW_STATE), SLUICE_FLOW_ESTABLISHED);
	next = known("10.9.0.3");
	/* A VIP of our own changes no way. */
	world_run("ip route del 198.51.100.0/24");
	assert_true(world_wait(&world, 1000, is_other, &next));
	next = known("10.9.0.3");
	{
		struct dp_transaction *transaction = dp_begin(world.dataplane);
		struct address vip = ip("10.9.0.110");

		assert_int_equal(dp_stage_vip(transaction, &vip, world.why, WHY), 0);
		dp_switch(transaction);
	}
	assert_false(world_wait(&world, 1200, is_other, &next));
}

static void test_a_takeover_keeps_the_fronts(void **state)
{
	struct sluice_flow *flow;
	struct service service;
	uint32_t index, lost = 4711;

	(void)state;
	start();
	learn();
	index = known("10.9.0.3");
	put_flow(lost);
	world_open(&world, true);
	flow = &world.dataplane->flows[77];
	assert_true(is_front(NULL, "10.9.0.3"));
	assert_int_equal(known("10.9.0.3"), index);
	/* A flow has it from some earlier daemon: not to be given out yet. */
	assert_int_equal(world.dataplane->hops.states[lost], HOP_INDEX_RESTING);
	service_fill(&service, 1, 1, 2);
	service_publish(&world, &service);
	dataplane_reconciled(world.dataplane);
	assert_true(world_wait(&world, 2000, is_peer, PEER_MAC));
	assert_true(is_front(NULL, "10.9.0.3"));
	assert_true(world_wait(&world, 6000, is_free, &lost));
	assert_int_equal(SLUICE_GET(flow->word1, FLOW_HOP), 0);
}

static void test_a_front_without_flows_is_forgotten(void **state)
{
	uint32_t index;

	(void)state;
	start();
	learn();
	index = known("10.9.0.3");
	put_flow(index);
	for (int i = 0; i < 2; i++) {
		uint64_t wanted = dataplane_sweeps(world.dataplane) + 2;

		while (dataplane_sweeps(world.dataplane) < wanted) {
			usleep(20000);
			dataplane_tick(world.dataplane);
		}
		assert_int_equal(known("10.9.0.3"), i ? 0 : index);
		/* Long ago. */
		world.dataplane->flows[77].word1 = 0;
		world.dataplane->neighbours.front_idle_ms = 1;
	}
	assert_int_equal(world.dataplane->neighbours.front_count, 0);
}

/* --- an older version --- */

static uint32_t link_id(const char *path)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);
	int fd = bpf_obj_get(path);

	assert_true(fd >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	close(fd);
	return info.id;
}

static void test_an_older_versions_link_is_taken_over(void **state)
{
	char path[320], old[320], directory[320];
	uint32_t id;
	int fd;

	(void)state;
	start();
	world_close(&world);
	snprintf(path, sizeof(path), "%s/v%d/link_" WORLD_LINK, world.config.pins,
		 SLUICE_ABI_VERSION);
	snprintf(directory, sizeof(directory), "%s/v1", world.config.pins);
	snprintf(old, sizeof(old), "%s/v1/link_" WORLD_LINK, world.config.pins);
	id = link_id(path);
	assert_int_equal(mkdir(directory, 0700), 0);
	fd = bpf_obj_get(path);
	assert_int_equal(bpf_obj_pin(fd, old), 0);
	close(fd);
	world_run("rm -r %s/v%d", world.config.pins, SLUICE_ABI_VERSION);
	world_open(&world, true);
	assert_false(dataplane_taken_over(world.dataplane));
	assert_int_equal(link_id(path), id);
	assert_int_not_equal(access(directory, F_OK), 0);
	assert_string_equal(link_mode(if_nametoindex(WORLD_LINK)), "native");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_backends_hop_follows_its_neighbour),
		cmocka_unit_test(test_a_backends_hop_follows_its_route),
		cmocka_unit_test(test_a_link_is_followed),
		cmocka_unit_test(test_a_new_station_is_known_at_once),
		cmocka_unit_test(test_an_interface_keeps_its_row),
		cmocka_unit_test(test_a_front_hop_gets_an_index_of_its_own),
		cmocka_unit_test(test_new_routes_give_fronts_new_indexes),
		cmocka_unit_test(test_a_takeover_keeps_the_fronts),
		cmocka_unit_test(test_a_front_without_flows_is_forgotten),
		cmocka_unit_test(test_an_older_versions_link_is_taken_over),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.hops", tests, NULL, NULL);
	world_end(&world);
	return result;
}
