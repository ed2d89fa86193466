// SPDX-License-Identifier: BSD-2-Clause
/*
 * The packet fuzzer: packets through the real program in the kernel (BPF_PROG_RUN), with flows that
 * live on from packet to packet. Each is looked at for lengths and checksums; every so often what
 * was counted must be the sum of the verdicts.
 *
 *   fuzz_packets COUNT [SEED]
 */
#include "packets.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EPOCH 4096 /* packets in one world */
#define CLOCK_EVERY 64
#define EXIT_SKIPPED 77
#define JUDGED_MIN 100000 /* fewer packets say nothing of what a run reaches */
#define COUNTERS_SEEN_MIN 18
#define FORWARDED_SHARE 20 /* one in so many, at least */

#define KIND_drop true
#define KIND_event false
static const struct {
	const char *name;
	bool drop;
} counters[] = {
#define X(symbol, name, kind, meaning) { name, KIND_##kind },
	SLUICE_COUNTERS(X)
#undef X
};

static uint64_t fates[FATES], seen[SLUICE_COUNT_MAX];

static void fail(const char *what, const struct packet_in *in, const struct world_run *run)
{
	fprintf(stderr, "%s: verdict %d\n in", what, run ? run->verdict : 0);
	for (size_t i = 0; in && i < in->length; i++)
		fprintf(stderr, " %02x", in->bytes[i]);
	fprintf(stderr, "\nout");
	for (size_t i = 0; run && run->verdict >= XDP_PASS && i < run->length; i++)
		fprintf(stderr, " %02x", run->out[i]);
	fprintf(stderr, "\n");
	exit(EXIT_FAILURE);
}

/* Late datagrams are in nobody's traffic, which is kept under 0. */
static uint64_t traffic_packets(void)
{
	uint64_t sum = world_traffic(0).packets_out;

	for (uint16_t service = WORLD_TCP; service <= WORLD_TWIN; service++) {
		for (int which = 1; which <= 2; which++) {
			struct sluice_traffic traffic =
				world_traffic(world_backend(service, which));

			sum += traffic.packets_in + traffic.packets_out;
		}
	}
	return sum;
}

/* Every drop and every answer has one reason, every packet forwarded is in a backend's traffic. */
static void check_counters(const uint64_t epoch[static FATES])
{
	uint64_t drops = 0;

	for (enum sluice_counter i = 0; i < SLUICE_COUNT_MAX; i++) {
		uint64_t count = world_counter(i);

		seen[i] += count;
		if (counters[i].drop)
			drops += count;
	}
	if (drops != epoch[FATE_DROPPED] + epoch[FATE_ANSWERED]) {
		fprintf(stderr, "%llu counted under reasons, %llu dropped, %llu answered\n",
			(unsigned long long)drops, (unsigned long long)epoch[FATE_DROPPED],
			(unsigned long long)epoch[FATE_ANSWERED]);
		exit(EXIT_FAILURE);
	}
	if (traffic_packets() != epoch[FATE_FORWARDED]) {
		fprintf(stderr, "%llu counted as traffic, %llu forwarded\n",
			(unsigned long long)traffic_packets(),
			(unsigned long long)epoch[FATE_FORWARDED]);
		exit(EXIT_FAILURE);
	}
}

static void run_epoch(uint64_t packets)
{
	static uint8_t out[FRAME_MAX];
	static struct packet_in in;
	uint64_t epoch[FATES] = { 0 }, clock_s = WORLD_NOW_S;
	struct given given;
	uint16_t service;

	packets_world(&given, &service);
	world_reset(&given, service);
	for (uint64_t i = 0; i < packets; i++) {
		enum packet_fate fate = FATE_DROPPED;
		struct world_run run;
		const char *wrong;

		if (i % CLOCK_EVERY == 0)
			world_clock(clock_s += packets_random() % 40);
		packets_make(&in);
		run = world_run(in.bytes, in.length, in.link, out, 0);
		wrong = packets_wrong(&in, &run, &fate);
		if (wrong)
			fail(wrong, &in, &run);
		epoch[fate]++;
		fates[fate]++;
	}
	check_counters(epoch);
}

/* A run that reached little has shown little. */
static int judge(uint64_t count)
{
	unsigned int reached = 0;

	printf("%llu packets: %llu passed, %llu dropped, %llu forwarded, %llu answered\n",
	       (unsigned long long)count, (unsigned long long)fates[FATE_PASSED],
	       (unsigned long long)fates[FATE_DROPPED], (unsigned long long)fates[FATE_FORWARDED],
	       (unsigned long long)fates[FATE_ANSWERED]);
	for (enum sluice_counter i = 0; i < SLUICE_COUNT_MAX; i++) {
		if (seen[i])
			printf("  %s %llu\n", counters[i].name, (unsigned long long)seen[i]);
		reached += seen[i] > 0;
	}
	for (enum packet_fate fate = 0; fate < FATES; fate++) {
		if (!fates[fate])
			return EXIT_FAILURE;
	}
	if (count < JUDGED_MIN ||
	    (reached >= COUNTERS_SEEN_MIN && fates[FATE_FORWARDED] >= count / FORWARDED_SHARE))
		return EXIT_SUCCESS;
	fprintf(stderr, "too few of these packets came far\n");
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	char why[256] = "";

	if (!count) {
		fprintf(stderr, "usage: %s COUNT [SEED]\n", argv[0]);
		return 2;
	}
	if (geteuid()) {
		fprintf(stderr, "skipped: loading the packet program needs root\n");
		return EXIT_SKIPPED;
	}
	printf("seed %llu\n", (unsigned long long)seed);
	packets_seed(seed);
	if (world_make(why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		return EXIT_FAILURE;
	}
	for (uint64_t done = 0; done < count; done += EPOCH)
		run_epoch(count - done < EPOCH ? count - done : EPOCH);
	world_end();
	return judge(count);
}
