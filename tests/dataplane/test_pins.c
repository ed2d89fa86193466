// SPDX-License-Identifier: BSD-2-Clause
/* The sweeper, the hand brake, and how little the data plane needs to be allowed. */
#include "world.h"

#include "dataplane/pins.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct world world;

static void publish(void)
{
	struct service service;

	service_fill(&service, 1, 1, 2);
	service_publish(&world, &service);
}

/* --- the sweeper --- */

/* As the program would, in the first free entry. */
static uint64_t put_flow(uint16_t port, uint16_t service, uint32_t backend, uint8_t generation,
			 enum sluice_flow_state flow_state, uint32_t age_s)
{
	struct sluice_flow *entry = world.dataplane->flows;
	uint64_t key = SLUICE_PUT(FLOW_ADDRESS, 0x0100000a) | SLUICE_PUT(FLOW_PORT, port) |
		       SLUICE_PUT(FLOW_SERVICE, service);

	while (entry->word1)
		entry++;
	entry->word1 = SLUICE_PUT(FLOW_BACKEND, backend) | SLUICE_PUT(FLOW_GENERATION, generation) |
		       SLUICE_PUT(FLOW_STATE, flow_state) |
		       SLUICE_PUT(FLOW_SEEN, dp_now_ms() / 1000 - age_s);
	entry->word0 = key;
	if (flow_state != SLUICE_FLOW_CLOSING && flow_state != SLUICE_FLOW_RESET)
		world.dataplane->loads.items[backend].active++;
	return key;
}

static struct sluice_flow *find_flow(uint64_t key)
{
	for (uint64_t i = 0; i < world.dataplane->flow_count; i++) {
		struct sluice_flow *entry = &world.dataplane->flows[i];

		if (entry->word0 == key && entry->word1)
			return entry;
	}
	return NULL;
}

static bool has_flow(uint64_t key)
{
	return find_flow(key) != NULL;
}

static uint64_t load_of(uint32_t backend)
{
	struct sluice_load load;

	dataplane_load(world.dataplane, backend, &load);
	return load.active;
}

static bool has_swept(struct world *unused, void *arg)
{
	(void)unused;
	return dataplane_sweeps(world.dataplane) >= *(uint64_t *)arg;
}

static void sweep_twice(void)
{
	uint64_t wanted = dataplane_sweeps(world.dataplane) + 2;

	assert_true(world_wait(&world, 4000, has_swept, &wanted));
}

static void test_live_flows_are_counted_and_dead_ones_cleared(void **state)
{
	uint64_t live, idle, expired, stranger, half_open, guessed, reset;

	(void)state;
	world_open(&world, false);
	publish();
	live = put_flow(1, 1, 1, 1, SLUICE_FLOW_ESTABLISHED, 880);
	idle = put_flow(2, 1, 1, 1, SLUICE_FLOW_ESTABLISHED, 930);
	expired = put_flow(3, 1, 1, 1, SLUICE_FLOW_ESTABLISHED, 970);
	stranger = put_flow(4, 1, 1, 9, SLUICE_FLOW_ESTABLISHED, 0);
	half_open = put_flow(5, 1, 2, 1, SLUICE_FLOW_HALF_OPEN, 130);
	put_flow(6, 1, 2, 1, SLUICE_FLOW_HALF_OPEN, 10);
	guessed = put_flow(10, 1, 2, 1, SLUICE_FLOW_GUESSED, 130);
	put_flow(7, 1, 2, 1, SLUICE_FLOW_CLOSING, 16);
	put_flow(8, 1, 2, 1, SLUICE_FLOW_UDP, 110);
	/* Kept, but nobody waits for it. */
	reset = put_flow(9, 1, 2, 1, SLUICE_FLOW_RESET, 930);
	sweep_twice();
	assert_int_equal(dataplane_active_flows(world.dataplane, 1), 1);
	assert_int_equal(dataplane_active_flows(world.dataplane, 2), 2);
	/* What counts there is every entry that is neither closing nor reset. */
	assert_int_equal(load_of(1), 2);
	assert_int_equal(load_of(2), 2);
	assert_true(has_flow(live));
	assert_true(has_flow(idle));
	assert_true(has_flow(reset));
	assert_false(has_flow(expired));
	assert_false(has_flow(stranger));
	assert_false(has_flow(half_open));
	assert_false(has_flow(guessed));
	dp_drop_backend(world.dataplane, 1, 1);
	sweep_twice();
	assert_false(has_flow(live));
	assert_int_equal(dataplane_active_flows(world.dataplane, 1), 0);
}

static void test_a_large_table_is_swept_in_slices(void **state)
{
	uint64_t sweeps, longest = 0;

	(void)state;
	world_open(&world, false);
	publish();
	for (uint32_t i = 0; i < 100000; i++)
		world.dataplane->flows[i] = (struct sluice_flow){
			.word0 = SLUICE_PUT(FLOW_PORT, i) |
				 SLUICE_PUT(FLOW_SERVICE, 1 + (i >> 16 << 10)),
			.word1 = SLUICE_PUT(FLOW_BACKEND, 1) | SLUICE_PUT(FLOW_GENERATION, 1) |
				 SLUICE_PUT(FLOW_STATE, SLUICE_FLOW_UDP) |
				 SLUICE_PUT(FLOW_SEEN, dp_now_ms() / 1000),
		};
	sweeps = dataplane_sweeps(world.dataplane);
	while (dataplane_sweeps(world.dataplane) < sweeps + 2) {
		uint64_t before = dp_now_ms(), taken;

		dataplane_tick(world.dataplane);
		taken = dp_now_ms() - before;
		longest = taken > longest ? taken : longest;
		usleep(20000);
	}
	assert_int_equal(dataplane_active_flows(world.dataplane, 1), 65536);
	/* The budget of a tick is 3 ms; the rest is for a busy machine and the sanitizers. */
	assert_true(longest < 50);
}

/* --- the hand brake --- */

static bool has_vip(void)
{
	dp_catch_up(world.dataplane);
	return addresses_find(&world.dataplane->addresses, inet_addr("10.9.0.100")) != NULL;
}

static bool is_attached(struct world *unused, void *arg)
{
	(void)unused;
	(void)arg;
	return strcmp(link_mode(if_nametoindex(WORLD_LINK)), "detached") != 0;
}

static void test_status_works_from_the_pins(void **state)
{
	struct pins_status status;

	(void)state;
	world_open(&world, false);
	publish();
	put_flow(1, 1, 1, 1, SLUICE_FLOW_UDP, 0);
	world_close(&world);
	assert_int_equal(pins_status(world.config.pins, &status, world.why, WHY), 0);
	assert_true(status.present);
	assert_int_equal(status.link_count, 1);
	assert_string_equal(status.links[0].interface, WORLD_LINK);
	assert_string_equal(status.links[0].mode, "native");
	assert_int_equal(status.flows, 1);
	assert_int_equal(status.vips, 1);
	assert_true(status.program_id);
	assert_int_equal(pins_status("/nowhere", &status, world.why, WHY), 0);
	assert_false(status.present);
}

static void test_bypass_holds_though_the_daemon_lives(void **state)
{
	(void)state;
	world_open(&world, false);
	publish();
	assert_true(has_vip());
	assert_int_equal(pins_bypass(world.config.pins, world.why, WHY), 0);
	assert_false(has_vip());
	assert_false(is_attached(NULL, NULL));
	assert_false(world_wait(&world, 1500, is_attached, NULL));
	assert_false(has_vip());
	/* The next start attaches again. */
	world_open(&world, true);
	publish();
	assert_true(is_attached(NULL, NULL));
	assert_true(has_vip());
}

static void test_detach_leaves_nothing(void **state)
{
	(void)state;
	world_open(&world, false);
	publish();
	world_close(&world);
	assert_int_equal(pins_detach(world.config.pins, world.why, WHY), 0);
	assert_false(is_attached(NULL, NULL));
	world_run("test -z \"$(ls %s)\"", world.config.pins);
	world_run("! ip addr show | grep -q 10.9.0.100");
	assert_int_equal(pins_detach(world.config.pins, world.why, WHY), 0);
}

static void test_flush_opens_the_window(void **state)
{
	uint64_t key;

	(void)state;
	world_open(&world, false);
	publish();
	key = put_flow(1, 1, 1, 1, SLUICE_FLOW_UDP, 0);
	world.dataplane->state->rebuild_until_s = 0;
	assert_int_equal(pins_flush_flows(world.config.pins, 30, world.why, WHY), 0);
	assert_false(has_flow(key));
	assert_in_range(world.dataplane->state->rebuild_until_s, dp_now_ms() / 1000 + 28,
			dp_now_ms() / 1000 + 30);
}

static void test_half_a_set_of_pins_is_made_anew(void **state)
{
	(void)state;
	world_open(&world, false);
	world_close(&world);
	world_run("rm %s/v%d/state", world.config.pins, SLUICE_ABI_VERSION);
	world_open(&world, true);
	assert_false(dataplane_taken_over(world.dataplane));
	world_close(&world);
	world_run("rm %s/v%d/rings", world.config.pins, SLUICE_ABI_VERSION);
	assert_true(dataplane_open(&world.dataplane, &world.config, world.uuid, world.ring_key,
				   false, world.why, WHY) < 0);
	assert_non_null(strstr(world.why, "/rings"));
	world.dataplane = NULL;
}

static void test_other_sizes_are_kept_and_told(void **state)
{
	struct dataplane_status status;

	(void)state;
	world_open(&world, false);
	world.config.tables.backends = 1024;
	world_open(&world, true);
	world.config.tables.backends = 512;
	assert_int_equal(world.dataplane->tables[MAP_BACKENDS].size, 512);
	dataplane_status(world.dataplane, &status);
	assert_true(status.warning_count > 0);
	assert_non_null(strstr(status.warnings[status.warning_count - 1], "pinned size of 512"));
}

/* --- rights --- */

/* Runs `what` in a child; its exit status. */
static int in_child(int (*what)(void))
{
	int status, pid = fork();

	if (!pid)
		_exit(what());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int drop_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	prctl(PR_SET_KEEPCAPS, 1);
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return -1;
	data[0].permitted = 1U << CAP_NET_ADMIN;
	data[1].permitted = 1U << (CAP_BPF - 32) | 1U << (CAP_PERFMON - 32);
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	if (syscall(SYS_capset, &header, data))
		return -1;
	/* As after an exec: /proc/self is the user's own. */
	return prctl(PR_SET_DUMPABLE, 1);
}

static bool all_is_well(void)
{
	static struct dataplane_status status;
	struct address backend = ip("10.9.0.2");

	publish();
	dataplane_reconciled(world.dataplane);
	for (int i = 0; i < 50 && !dataplane_hop_ready(world.dataplane, &backend); i++) {
		usleep(20000);
		dataplane_tick(world.dataplane);
	}
	dataplane_status(world.dataplane, &status);
	return dataplane_hop_ready(world.dataplane, &backend) && is_attached(NULL, NULL) &&
	       has_vip() && status.bytes;
}

static int as_plain_user(void)
{
	if (drop_rights())
		return 2;
	for (int start = 0; start < 2; start++) {
		world.dataplane = NULL;
		if (dataplane_open(&world.dataplane, &world.config, world.uuid, world.ring_key,
				   false, world.why, WHY) ||
		    dataplane_attach(world.dataplane, world.why, WHY)) {
			print_error("%s\n", world.why);
			return 3;
		}
		if (dataplane_taken_over(world.dataplane) != (start == 1) || !all_is_well())
			return 4;
		dataplane_close(world.dataplane);
	}
	return 0;
}

static void test_three_capabilities_are_enough(void **state)
{
	int arp;

	(void)state;
	world_open(&world, false);
	world_close(&world);
	arp = world_arp_socket(&world);
	world_run("rm -rf %s; mkdir %s && chown 65534:65534 %s", world.config.pins,
		  world.config.pins, world.config.pins);
	assert_int_equal(in_child(as_plain_user), 0);
	assert_true(world_hears_announcement(arp, "10.9.0.100"));
	close(arp);
	world_run("ls %s/v%d | grep -q trace_", world.config.pins, SLUICE_ABI_VERSION);
}

static int without_bpf(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = code };
	struct dataplane *refused;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 2;
	if (!dataplane_open(&refused, &world.config, world.uuid, world.ring_key, false, world.why,
			    WHY))
		return 3;
	return !strstr(world.why, "bpf system call is refused");
}

static void test_a_filter_that_refuses_bpf_is_named(void **state)
{
	(void)state;
	world_open(&world, false);
	world_close(&world);
	assert_int_equal(in_child(without_bpf), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_flows_are_counted_and_dead_ones_cleared),
		cmocka_unit_test(test_a_large_table_is_swept_in_slices),
		cmocka_unit_test(test_status_works_from_the_pins),
		cmocka_unit_test(test_bypass_holds_though_the_daemon_lives),
		cmocka_unit_test(test_detach_leaves_nothing),
		cmocka_unit_test(test_flush_opens_the_window),
		cmocka_unit_test(test_half_a_set_of_pins_is_made_anew),
		cmocka_unit_test(test_other_sizes_are_kept_and_told),
		cmocka_unit_test(test_three_capabilities_are_enough),
		cmocka_unit_test(test_a_filter_that_refuses_bpf_is_named),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.pins", tests, NULL, NULL);
	world_end(&world);
	return result;
}
