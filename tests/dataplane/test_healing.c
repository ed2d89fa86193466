// SPDX-License-Identifier: BSD-2-Clause
/* What goes wrong beside the data plane: it puts right what it can, and says what it cannot. */
#include "world.h"

#include "dataplane/pins.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#define VIP "10.9.0.100"
#define OTHER "away0" /* an interface that is not Sluice's */

static struct world world;
static struct dataplane_status status;

static bool has_vip(struct world *unused, void *arg)
{
	(void)unused;
	(void)arg;
	dp_catch_up(world.dataplane);
	return addresses_find(&world.dataplane->addresses, inet_addr(VIP)) != NULL;
}

static void take_off(void)
{
	world_run("ip addr del " VIP "/32 dev " WORLD_LINK);
	assert_false(has_vip(NULL, NULL));
}

static bool is_said(const char *what)
{
	dataplane_status(world.dataplane, &status);
	for (size_t i = 0; i < status.warning_count; i++) {
		if (strstr(status.warnings[i], what))
			return true;
	}
	return false;
}

static void publish(const char *backend)
{
	struct service service;

	service_fill(&service, 1, 1, 1);
	service.backends[0].address = ip(backend);
	service_publish(&world, &service);
}

static void start(void)
{
	world_open(&world, false);
	publish("10.9.0.2");
	assert_true(has_vip(NULL, NULL));
}

static void test_an_address_taken_off_comes_back(void **state)
{
	int arp;

	(void)state;
	start();
	assert_false(is_said("missing"));
	arp = world_arp_socket(&world);
	take_off();
	assert_true(is_said("VIP address " VIP " is missing from interface " WORLD_LINK));
	dataplane_tick(world.dataplane);
	assert_true(has_vip(NULL, NULL));
	assert_true(world_hears_announcement(arp, VIP));
	close(arp);
	assert_false(is_said("missing"));
	world_run("ip addr flush dev " WORLD_LINK " && ip addr add 10.9.0.1/24 dev " WORLD_LINK);
	dataplane_tick(world.dataplane);
	assert_true(has_vip(NULL, NULL));
}

static void test_an_interface_that_went_down_is_told_later(void **state)
{
	int arp;

	(void)state;
	start();
	world_run("ip addr flush dev " WORLD_LINK " && ip link set " WORLD_LINK " down");
	dataplane_tick(world.dataplane);
	assert_true(has_vip(NULL, NULL));
	arp = world_arp_socket(&world);
	world_run("ip link set " WORLD_LINK " up && ip addr add 10.9.0.1/24 dev " WORLD_LINK);
	for (int i = 0; i < 75; i++) {
		usleep(20000);
		dataplane_tick(world.dataplane);
	}
	assert_true(world_hears_announcement(arp, VIP));
	close(arp);
}

static void test_who_goes_on_taking_it_off_waits(void **state)
{
	struct vip *vip;

	(void)state;
	start();
	for (int i = 0; i < 5; i++) {
		take_off();
		dataplane_tick(world.dataplane);
		assert_true(has_vip(NULL, NULL));
	}
	take_off();
	dataplane_tick(world.dataplane);
	assert_false(has_vip(NULL, NULL));
	assert_true(is_said("missing"));
	vip = vip_find(world.dataplane, inet_addr(VIP));
	assert_in_range(vip->due_ms, dp_now_ms() + 9000, dp_now_ms() + 10000);
	vip->due_ms = dp_now_ms();
	dataplane_tick(world.dataplane);
	assert_true(has_vip(NULL, NULL));
	/* A quiet minute makes good. */
	vip->returned_ms = 0;
	take_off();
	dataplane_tick(world.dataplane);
	assert_true(has_vip(NULL, NULL));
}

static void test_what_is_ours_no_more_stays_off(void **state)
{
	struct address vip = ip(VIP);

	(void)state;
	start();
	take_off();
	assert_int_equal(world.dataplane->vips.lost, 1);
	dp_drop_vip(world.dataplane, &vip);
	assert_int_equal(world.dataplane->vips.lost, 0);
	dataplane_tick(world.dataplane);
	assert_false(has_vip(NULL, NULL));
}

static void test_after_a_bypass_it_stays_off(void **state)
{
	(void)state;
	start();
	assert_int_equal(pins_bypass(world.config.pins, world.why, WHY), 0);
	dataplane_tick(world.dataplane);
	assert_false(has_vip(NULL, NULL));
	assert_true(is_said("bypass"));
	assert_false(is_said("missing"));
	/* One that came back while the bypass was under way goes again. */
	world_open(&world, true);
	publish("10.9.0.2");
	assert_true(has_vip(NULL, NULL));
	world_run("rm %s/v*/link_*", world.config.pins);
	world.dataplane->links_stale = true;
	dataplane_tick(world.dataplane);
	assert_false(has_vip(NULL, NULL));
}

static void test_addresses_that_were_missed_are_found_missing(void **state)
{
	(void)state;
	start();
	world_run("ip addr del " VIP "/32 dev " WORLD_LINK);
	/* As after messages that the kernel could not deliver. */
	assert_int_equal(addresses_load(&world.dataplane->netlink, &world.dataplane->addresses), 0);
	assert_int_equal(world.dataplane->vips.lost, 0);
	lost_vips_resync(world.dataplane);
	assert_int_equal(world.dataplane->vips.lost, 1);
	dataplane_tick(world.dataplane);
	assert_true(has_vip(NULL, NULL));
}

/* --- what only looks healthy --- */

static void test_a_backend_of_our_own_is_told(void **state)
{
	(void)state;
	start();
	assert_false(is_said("this gateway"));
	publish("10.9.0.1");
	assert_true(is_said("backend 10.9.0.1 is an address of this gateway"));
	publish(VIP);
	assert_true(is_said("backend " VIP " is an address of this gateway"));
}

static void test_a_backend_behind_another_interface_is_told(void **state)
{
	(void)state;
	start();
	assert_false(is_said("not in"));
	world_run("ip link add " OTHER " type veth peer name away1 && ip link set " OTHER
		  " up && ip addr add 10.8.0.1/24 dev " OTHER);
	publish("10.8.0.2");
	assert_true(is_said("backend 10.8.0.2 is behind interface " OTHER));
	world_run("ip link del " OTHER);
}

static void test_an_interface_that_does_not_forward_is_told(void **state)
{
	(void)state;
	start();
	assert_false(is_said("forwarding"));
	world_run("echo 0 > /proc/sys/net/ipv4/conf/" WORLD_LINK "/forwarding");
	assert_true(is_said("forwarding is off on interface " WORLD_LINK));
	world_run("echo 1 > /proc/sys/net/ipv4/conf/" WORLD_LINK "/forwarding");
	assert_false(is_said("forwarding"));
}

static void test_many_warnings_are_one_a_kind(void **state)
{
	struct service service;

	(void)state;
	start();
	service_fill(&service, 1, 1, 20);
	for (int i = 0; i < 20; i++) {
		char text[ADDRESS_TEXT];

		snprintf(text, sizeof(text), "127.0.0.%d", i + 1);
		service.backends[i].address = ip(text);
	}
	service_publish(&world, &service);
	assert_true(is_said("(and 19 more) is an address of this gateway"));
	assert_int_equal(status.warning_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_taken_off_comes_back),
		cmocka_unit_test(test_an_interface_that_went_down_is_told_later),
		cmocka_unit_test(test_who_goes_on_taking_it_off_waits),
		cmocka_unit_test(test_what_is_ours_no_more_stays_off),
		cmocka_unit_test(test_after_a_bypass_it_stays_off),
		cmocka_unit_test(test_addresses_that_were_missed_are_found_missing),
		cmocka_unit_test(test_a_backend_of_our_own_is_told),
		cmocka_unit_test(test_a_backend_behind_another_interface_is_told),
		cmocka_unit_test(test_an_interface_that_does_not_forward_is_told),
		cmocka_unit_test(test_many_warnings_are_one_a_kind),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.healing", tests, NULL, NULL);
	world_end(&world);
	return result;
}
