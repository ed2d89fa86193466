// SPDX-License-Identifier: BSD-2-Clause
/* The data plane and the host's network: addresses, neighbours, interfaces, messages. */
#include "world.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <unistd.h>

static struct world world;

static const struct dp_address *find(const char *text)
{
	dp_catch_up(world.dataplane);
	return addresses_find(&world.dataplane->addresses, inet_addr(text));
}

static void stage_vip(const char *text)
{
	struct dp_transaction *transaction = dp_begin(world.dataplane);
	struct address vip = ip(text);

	assert_int_equal(dp_stage_vip(transaction, &vip, world.why, WHY), 0);
	dp_switch(transaction);
}

static enum sluice_vip_address rule_of(const char *text)
{
	return vip_address_rule(world.dataplane, inet_addr(text));
}

static void test_a_vip_comes_and_goes(void **state)
{
	struct address vip = ip("10.9.0.100");
	int arp;

	(void)state;
	world_open(&world, false);
	arp = world_arp_socket(&world);
	stage_vip("10.9.0.100");
	assert_non_null(find("10.9.0.100"));
	assert_int_equal(find("10.9.0.100")->tag, ADDRESS_TAG);
	assert_int_equal(find("10.9.0.100")->prefix, 32);
	assert_int_equal(find("10.9.0.100")->ifindex, if_nametoindex(WORLD_LINK));
	assert_int_equal(rule_of("10.9.0.100"), SLUICE_VIP_DROP_UNMATCHED);
	assert_true(world_hears_announcement(arp, "10.9.0.100"));
	close(arp);
	dp_drop_vip(world.dataplane, &vip);
	assert_null(find("10.9.0.100"));
	assert_int_equal(vip_count(&world), 0);
}

static void test_an_address_that_was_there_is_adopted(void **state)
{
	struct address vip = ip("10.9.0.1");

	(void)state;
	world_open(&world, false);
	stage_vip("10.9.0.1");
	assert_int_equal(rule_of("10.9.0.1"), SLUICE_VIP_PASS_UNMATCHED);
	dp_drop_vip(world.dataplane, &vip);
	assert_non_null(find("10.9.0.1"));
	assert_int_equal(vip_count(&world), 0);
}

static void test_an_abort_takes_the_address_off(void **state)
{
	struct dp_transaction *transaction;
	struct address vip = ip("10.9.0.100");

	(void)state;
	world_open(&world, false);
	transaction = dp_begin(world.dataplane);
	assert_int_equal(dp_stage_vip(transaction, &vip, world.why, WHY), 0);
	assert_non_null(find("10.9.0.100"));
	dp_abort(transaction);
	assert_null(find("10.9.0.100"));
	assert_int_equal(vip_count(&world), 0);
}

static void test_an_address_waits_for_the_program(void **state)
{
	(void)state;
	world_open(&world, false);
	world_close(&world);
	assert_int_equal(dataplane_open(&world.dataplane, &world.config, world.uuid, world.ring_key,
					false, world.why, WHY),
			 0);
	stage_vip("10.9.0.100");
	assert_null(find("10.9.0.100"));
	assert_int_equal(dataplane_attach(world.dataplane, world.why, WHY), 0);
	assert_non_null(find("10.9.0.100"));
}

static void test_no_prefix_holds_it(void **state)
{
	(void)state;
	world_open(&world, false);
	strcpy(world.config.vip_interface, "lo");
	stage_vip("192.0.2.1");
	world.config.vip_interface[0] = '\0';
	assert_int_equal(find("192.0.2.1")->ifindex, if_nametoindex("lo"));
	world_run("ip addr flush dev lo to 192.0.2.0/24");
}

/* --- neighbours --- */

static bool is_ready(struct world *unused, void *arg)
{
	struct address address = ip(arg);

	(void)unused;
	return dataplane_hop_ready(world.dataplane, &address);
}

static bool is_not_ready(struct world *unused, void *arg)
{
	return !is_ready(unused, arg);
}

static void publish_backends(size_t count)
{
	struct service service;

	service_fill(&service, 1, 1, count);
	service_publish(&world, &service);
}

static void test_a_backend_is_resolved_and_stays_so(void **state)
{
	struct dataplane_status status;

	(void)state;
	world_open(&world, false);
	world_run("ip neigh flush dev " WORLD_LINK);
	publish_backends(3);
	assert_true(world_wait(&world, 2000, is_ready, "10.9.0.2"));
	assert_true(world_wait(&world, 2000, is_ready, "10.9.0.3"));
	/* 10.9.0.4 is nobody. */
	dataplane_status(world.dataplane, &status);
	assert_int_equal(status.unresolved_count, 1);
	assert_int_equal(address_be32(&status.unresolved[0]), inet_addr("10.9.0.4"));
	world_run("ip -d neigh show dev " WORLD_LINK " 10.9.0.2 | grep -q managed");
	world_run("ip neigh flush dev " WORLD_LINK);
	assert_true(world_wait(&world, 100, is_not_ready, "10.9.0.2"));
	assert_true(world_wait(&world, 2000, is_ready, "10.9.0.2"));
	world_run("ip -d neigh show dev " WORLD_LINK " 10.9.0.2 | grep -q managed");
}

static void test_a_backend_behind_a_router(void **state)
{
	struct service service;

	(void)state;
	world_open(&world, false);
	service_fill(&service, 1, 1, 1);
	service.backends[0].address = ip("198.51.100.7");
	service_publish(&world, &service);
	assert_false(is_ready(&world, "198.51.100.7"));
	world_run("ip route add 198.51.100.0/24 via 10.9.0.3");
	assert_true(world_wait(&world, 2000, is_ready, "198.51.100.7"));
	world_run("ip route del 198.51.100.0/24");
	assert_true(world_wait(&world, 1000, is_not_ready, "198.51.100.7"));
}

static void test_a_permanent_neighbour_stays_permanent(void **state)
{
	(void)state;
	world_open(&world, false);
	world_run(
		"ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:09 nud permanent dev " WORLD_LINK);
	publish_backends(1);
	assert_true(world_wait(&world, 1000, is_ready, "10.9.0.2"));
	world_run("ip neigh show dev " WORLD_LINK " 10.9.0.2 | grep -q PERMANENT");
	world_run("ip neigh del 10.9.0.2 dev " WORLD_LINK);
}

static void test_a_backend_that_is_dropped_is_not_kept(void **state)
{
	(void)state;
	world_open(&world, false);
	publish_backends(2);
	assert_true(world_wait(&world, 2000, is_ready, "10.9.0.2"));
	assert_true(world_wait(&world, 2000, is_ready, "10.9.0.3"));
	dp_drop_backend(world.dataplane, 1, 2);
	assert_false(is_ready(&world, "10.9.0.3"));
	assert_true(is_ready(&world, "10.9.0.2"));
	world_run("! ip -d neigh show dev " WORLD_LINK " 10.9.0.3 | grep -q managed");
}

/* --- interfaces --- */

static bool is_native(struct world *unused, void *arg)
{
	(void)unused;
	return !strcmp(link_mode(if_nametoindex(arg)), "native");
}

static void make_interface_again(void)
{
	world_run("ip link del " WORLD_LINK "; ip link add " WORLD_LINK
		  " type veth peer name peer0 netns %d",
		  world.peer);
	world_run("ip addr add 10.9.0.1/24 dev " WORLD_LINK " && ip link set " WORLD_LINK " up");
	world_run("nsenter -t %d -n sh -c 'ip addr add 10.9.0.2/24 dev peer0 && "
		  "ip addr add 10.9.0.3/24 dev peer0 && ip link set peer0 up'",
		  world.peer);
}

static void test_an_interface_that_is_made_again(void **state)
{
	(void)state;
	world_open(&world, false);
	publish_backends(1);
	assert_true(is_native(NULL, WORLD_LINK));
	make_interface_again();
	assert_false(is_native(NULL, WORLD_LINK));
	assert_true(world_wait(&world, 2000, is_native, WORLD_LINK));
	assert_non_null(find("10.9.0.100"));
	assert_true(world_wait(&world, 3000, is_ready, "10.9.0.2"));
	/* And while no daemon runs. */
	world_close(&world);
	make_interface_again();
	world_open(&world, true);
	assert_true(is_native(NULL, WORLD_LINK));
}

static void test_an_interface_that_is_not_there(void **state)
{
	(void)state;
	world_open(&world, false);
	world_close(&world);
	assert_int_equal(dataplane_open(&world.dataplane, &world.config, world.uuid, world.ring_key,
					false, world.why, WHY),
			 0);
	strcpy(world.config.interfaces[1], "nosuch9");
	world.config.interface_count = 2;
	assert_true(dataplane_attach(world.dataplane, world.why, WHY) < 0);
	assert_string_equal(world.why, "interface nosuch9 does not exist");
	world.config.interface_count = 1;
	/* The one that was attached before goes on. */
	assert_true(is_native(NULL, WORLD_LINK));
}

static void test_a_bridge_port_is_refused(void **state)
{
	(void)state;
	world_open(&world, false);
	world_close(&world);
	world_run("ip link add br0 type bridge && ip link add port0 type veth peer name port1 && "
		  "ip link set port0 master br0");
	assert_int_equal(dataplane_open(&world.dataplane, &world.config, world.uuid, world.ring_key,
					false, world.why, WHY),
			 0);
	strcpy(world.config.interfaces[1], "port0");
	world.config.interface_count = 2;
	assert_true(dataplane_attach(world.dataplane, world.why, WHY) < 0);
	assert_non_null(strstr(world.why, "port0 is a port of a bridge"));
	world_run("ip link set port0 nomaster");
	assert_int_equal(dataplane_attach(world.dataplane, world.why, WHY), 0);
	assert_true(is_native(NULL, "port0"));
	/* Configured no more. */
	world.config.interface_count = 1;
	world_open(&world, true);
	assert_false(is_native(NULL, "port0"));
	assert_true(is_native(NULL, WORLD_LINK));
	world_run("ip link del port0; ip link del br0");
}

static void test_another_program_is_there(void **state)
{
	(void)state;
	world_open(&world, false);
	world_run("ip link add busy0 type veth peer name busy1");
	world_close(&world);
	assert_int_equal(dataplane_open(&world.dataplane, &world.config, world.uuid, world.ring_key,
					false, world.why, WHY),
			 0);
	assert_int_equal(program_wait(world.dataplane, world.why, WHY), 0);
	assert_int_equal(bpf_xdp_attach((int)if_nametoindex("busy0"), world.dataplane->program, 0,
					NULL),
			 0);
	strcpy(world.config.interfaces[1], "busy0");
	world.config.interface_count = 2;
	assert_true(dataplane_attach(world.dataplane, world.why, WHY) < 0);
	assert_non_null(strstr(world.why, "another XDP program"));
	world.config.interface_count = 1;
	world_run("ip link del busy0");
}

/* More rows are there than interfaces may be: the map of ways out has none for them. */
static void test_a_link_comes_where_all_rows_have_had_one(void **state)
{
	(void)state;
	world_open(&world, false);
	for (uint32_t row = 1; row < SLUICE_LINKS; row++)
		world.dataplane->ports[row].ifindex = 1000000 + row;
	world_open(&world, true);
	assert_in_range(world.dataplane->links[0].index, 1, SLUICE_LINKS - 1);
	assert_int_equal(world.dataplane->ports[world.dataplane->links[0].index].ifindex,
			 if_nametoindex(WORLD_LINK));
}

static void test_status_tells(void **state)
{
	struct dataplane_status status;

	(void)state;
	world_open(&world, false);
	publish_backends(2);
	world_run("echo 0 > /proc/sys/net/ipv4/ip_forward");
	dataplane_status(world.dataplane, &status);
	world_run("echo 1 > /proc/sys/net/ipv4/ip_forward");
	assert_int_equal(status.link_count, 1);
	assert_string_equal(status.links[0].mode, "native");
	assert_int_equal(status.links[0].mtu, 1500);
	assert_true(status.links[0].up);
	assert_non_null(strstr(status.links[0].warning, "tx off"));
	assert_true(status.program_id);
	assert_true(status.bytes > 262144 * 16);
	assert_int_equal(status.warning_count, 1);
	assert_non_null(strstr(status.warnings[0], "ip_forward"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_vip_comes_and_goes),
		cmocka_unit_test(test_an_address_that_was_there_is_adopted),
		cmocka_unit_test(test_an_abort_takes_the_address_off),
		cmocka_unit_test(test_an_address_waits_for_the_program),
		cmocka_unit_test(test_no_prefix_holds_it),
		cmocka_unit_test(test_a_backend_is_resolved_and_stays_so),
		cmocka_unit_test(test_a_backend_behind_a_router),
		cmocka_unit_test(test_a_permanent_neighbour_stays_permanent),
		cmocka_unit_test(test_a_backend_that_is_dropped_is_not_kept),
		cmocka_unit_test(test_an_interface_that_is_made_again),
		cmocka_unit_test(test_an_interface_that_is_not_there),
		cmocka_unit_test(test_a_bridge_port_is_refused),
		cmocka_unit_test(test_another_program_is_there),
		cmocka_unit_test(test_a_link_comes_where_all_rows_have_had_one),
		cmocka_unit_test(test_status_tells),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.network", tests, NULL, NULL);
	world_end(&world);
	return result;
}
