// SPDX-License-Identifier: BSD-2-Clause
/* Places that backends come to and leave while packets walk along their chains. */
#include "replies.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define LIVES_ON 21 /* a service */
#define RACE_MS 2000

static struct {
	size_t rounds, lost;
	bool stop;
} looker;

static void *look(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&looker.stop, __ATOMIC_ACQUIRE)) {
		looker.lost += !replies_go(LIVES_ON);
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
	struct sluice_backend *backend = replies_backend(service);

	reverse_remove(world.dataplane, service * 10u);
	backend->address = inet_addr(address);
	assert_int_equal(reverse_add(world.dataplane, service, service * 10u), 1);
}

/* One goes where nobody follows it, and comes back before all others. */
static void go_and_come(uint16_t service)
{
	struct sluice_backend *backend = replies_backend(service);

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
	replies_start();
	replies_publish_all(LIVES_ON, LIVES_ON + 7);
	replies_put_flow(LIVES_ON);
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
	replies_start();
	until_ms = &world.dataplane->walkers_until_ms;
	replies_publish_all(1, 4);
	*until_ms = 0;
	/* The last of a chain leads nowhere; the one before it does. */
	take(1, "10.9.0.3");
	assert_int_equal(*until_ms, 0);
	reverse_remove(world.dataplane, 30);
	assert_true(*until_ms > dp_now_ms());
	assert_int_equal(SLUICE_GET(replies_backend(3)->next, REVERSE_BACKEND), 20);
	/* What comes back to where it was leads to the same. */
	reverse_remove(world.dataplane, 40);
	assert_int_equal(reverse_add(world.dataplane, 4, 40), 1);
	assert_true(*until_ms > dp_now_ms());
	take(4, "10.9.0.3");
	assert_int_equal(*until_ms, 0);
	assert_int_equal(SLUICE_GET(replies_backend(4)->next, REVERSE_BACKEND), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_never_lose_a_living_candidate),
		cmocka_unit_test(test_an_id_that_is_used_again_at_once_waits_for_packets),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.walkers", tests, NULL, NULL);
	world_end(&world);
	return result;
}
