// SPDX-License-Identifier: BSD-2-Clause
/*
 * The prober alone, on an event loop: COUNT checks of the addresses from 10.77.0.1 on, each every
 * INTERVAL seconds. Says "up" once all have been seen up, and SECONDS later, as JSON, what was done
 * meanwhile; then it waits for the end of its input, so that what it has spent can be looked up.
 *   bench_prober tcp|http|udp COUNT INTERVAL SECONDS
 */
#include "base/choice.h"
#include "health/health.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST 0x0a4d0001u /* 10.77.0.1 */
#define PORT 8080
#define PATIENCE_S 60

static uint32_t up;

static void on_change(void *arg, uint32_t backend, enum health_state state, const char *reason)
{
	(void)arg;
	(void)backend;
	(void)reason;
	up += state == HEALTH_UP;
	up -= state == HEALTH_DOWN;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(struct event_base *base, double until, uint32_t wanted)
{
	const struct timeval tick = { .tv_usec = 100000 };

	while (seconds() < until && (!wanted || up < wanted)) {
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
	struct health_status first, last;
	double began = seconds();

	health_status(health, &first);
	run(base, began + length, 0);
	health_status(health, &last);
	printf("{\"rate\": %.1f, \"latest_ms\": %u, \"unsent\": %llu, \"up\": %u}\n",
	       (double)(last.probes - first.probes) / (seconds() - began), last.latest_ms,
	       (unsigned long long)last.unsent, up);
	fflush(stdout);
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
	run(base, seconds() + PATIENCE_S, count);
	printf("up\n");
	fflush(stdout);
	measure(base, health, strtod(argv[4], NULL));
	while (getchar() != EOF)
		;
	health_free(health);
	event_base_free(base);
	return 0;
}
