// SPDX-License-Identifier: BSD-2-Clause
/*
 * The prober alone, on an event loop: COUNT checks of the addresses from 10.77.0.1 on, each every
 * INTERVAL seconds, for SECONDS once all have been seen up. Prints what it took as JSON.
 *   bench_prober tcp|http|udp COUNT INTERVAL SECONDS
 */
#include "base/choice.h"
#include "health/health.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define FIRST 0x0a4d0001u /* 10.77.0.1 */
#define PORT 8080
#define PATIENCE_S 60

static uint32_t up, changes;

static void on_change(void *arg, uint32_t backend, enum health_state state, const char *reason)
{
	(void)arg;
	(void)backend;
	(void)reason;
	changes++;
	up += state == HEALTH_UP;
	up -= state == HEALTH_DOWN;
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(struct event_base *base, double until, uint32_t wanted)
{
	const struct timeval tick = { .tv_usec = 100000 };

	while (seconds(CLOCK_MONOTONIC) < until && (!wanted || up < wanted)) {
		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
}

static void watch(struct health *health, int type, uint32_t count, uint16_t interval)
{
	const struct health_check like = { .type = (uint8_t)type,
					   .port = PORT,
					   .interval_s = interval,
					   .timeout_s = 5,
					   .rise = 3,
					   .fall = 3,
					   .uri = "/",
					   .codes = "http_2xx",
					   .request = "ping",
					   .expect = "ping" };

	for (uint32_t i = 0; i < count; i++) {
		struct health_check check = like;

		check.address = address_from_be32(__builtin_bswap32(FIRST + i));
		health_watch(health, i + 1, &check, HEALTH_UNKNOWN);
	}
}

static void measure(struct event_base *base, struct health *health, double length)
{
	struct rusage before, after;
	struct health_status first, last;
	double processor = seconds(CLOCK_PROCESS_CPUTIME_ID), began = seconds(CLOCK_MONOTONIC);

	getrusage(RUSAGE_SELF, &before);
	health_status(health, &first);
	run(base, began + length, 0);
	health_status(health, &last);
	getrusage(RUSAGE_SELF, &after);
	processor = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
	length = seconds(CLOCK_MONOTONIC) - began;
	printf("{\"processor\": %.4f, \"user\": %.4f, \"rate\": %.1f, \"late\": %llu, "
	       "\"latest_ms\": %u, \"unsent\": %llu, \"in_flight\": %u, \"up\": %u, "
	       "\"changes\": %u, \"memory_kb\": %ld}\n",
	       processor / length,
	       (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) / length +
		       (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6 / length,
	       (double)(last.probes - first.probes) / length, (unsigned long long)last.late,
	       last.latest_ms, (unsigned long long)last.unsent, last.in_flight, up, changes,
	       after.ru_maxrss);
}

int main(int argc, char **argv)
{
	const struct health_limits limits = { .probes = 4096 };
	struct event_base *base = event_base_new();
	static const char *const types[] = { "tcp", "http", "udp" };
	struct health *health;
	uint32_t count;
	int type = 0;

	if (argc != 5 || !base) {
		fprintf(stderr, "usage: bench_prober tcp|http|udp COUNT INTERVAL SECONDS\n");
		return 2;
	}
	while (type < HEALTH_UDP && strcmp(types[type], argv[1]) != 0)
		type++;
	count = (uint32_t)strtoul(argv[2], NULL, 10);
	health = health_new(base, &limits, on_change, NULL);
	if (!health)
		return 1;
	watch(health, type, count, (uint16_t)strtoul(argv[3], NULL, 10));
	run(base, seconds(CLOCK_MONOTONIC) + PATIENCE_S, count);
	measure(base, health, strtod(argv[4], NULL));
	health_free(health);
	event_base_free(base);
	return 0;
}
