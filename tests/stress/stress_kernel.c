// SPDX-License-Identifier: BSD-2-Clause
/*
 * The real program on two CPUs at once, both directions of a few flows in a table that is too small
 * for them, while a third party reads and sweeps the mapped table as the daemon does. Every packet
 * that comes out must carry its flow's backend, every entry must name it, and at the end each
 * backend's load must be the number of its entries.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table.h"

#include "fill.h"
#include "race.h"
#include "race.skel.h"

#define EXIT_SKIPPED 77
#define RACERS 2
#define PACKETS_PER_CALL 50000u
#define FLOW_BITS 1
#define BUCKETS (1u << FLOW_BITS)
#define TCP_ACK 16
#define SWEEP_ONE_OF 64

/* What is broken on purpose, so that the checks are seen to fail. */
enum control { CONTROL_NONE, CONTROL_BACKEND, CONTROL_COUNT };

struct racer {
	struct race_bpf *skeleton;
	pthread_t thread;
	int cpu;
	uint64_t packets;
	int error;
};

static struct world *world;
static struct sluice_load *loads;
static struct racer racers[RACERS];
static enum control control;
static atomic_bool done;
static atomic_ulong wrong_entries;
static uint64_t swept;

TABLE_INLINE void table_count(__u32 backend, __s64 change)
{
	if (control != CONTROL_COUNT)
		__atomic_add_fetch(&loads[backend].active, (__u64)change, __ATOMIC_SEQ_CST);
}

TABLE_INLINE bool table_outlived(__u64 word0, __u64 word1, __u32 age)
{
	(void)word0;
	(void)word1;
	return age > 0;
}

static int fail(const char *what, int error)
{
	fprintf(stderr, "stress_kernel: %s: %s\n", what, strerror(error < 0 ? -error : error));
	return 1;
}

static int send_packets(struct racer *racer, uint32_t packets)
{
	uint8_t frame[PLAN_FRAME] = { 0 };
	struct xdp_md context = { .data_end = PLAN_FRAME,
				  .ingress_ifindex = world_ifindex(PLAN_CLIENT) };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = PLAN_FRAME,
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = (int)packets);

	/* The frame is new, so what stands in it is not what became of the last packet. */
	racer->skeleton->bss->race.last_flow = RACE_NONE;
	return bpf_prog_test_run_opts(bpf_program__fd(racer->skeleton->progs.race_wrap), &options)
		       ? -errno
		       : 0;
}

static int racer_open(struct racer *racer, int number)
{
	struct race_bpf *skeleton = race_bpf__open();
	uint32_t first = 0;
	int program = world_program(world), error;
	struct plan plan;

	racer->skeleton = skeleton;
	racer->cpu = number % (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (!skeleton)
		return -errno;
	error = bpf_program__set_flags(skeleton->progs.race_wrap, BPF_F_XDP_HAS_FRAGS);
	error = error ?: race_bpf__load(skeleton);
	if (error)
		return error;
	world_template(world, PLAN_CLIENT, TCP_ACK, &plan);
	memcpy(skeleton->bss->race.frames[RACE_CLIENT], plan.frame, PLAN_FRAME);
	world_template(world, PLAN_REPLY, TCP_ACK, &plan);
	memcpy(skeleton->bss->race.frames[RACE_REPLY], plan.frame, PLAN_FRAME);
	/* Both come in by one link, and so are for its station. */
	memcpy(skeleton->bss->race.frames[RACE_REPLY], skeleton->bss->race.frames[RACE_CLIENT],
	       ETH_ALEN);
	skeleton->bss->race.vip = htonl(PLAN_VIPS);
	skeleton->bss->race.seed = 0x9e3779b97f4a7c15ULL * (__u64)(number + 1);
	return bpf_map_update_elem(bpf_map__fd(skeleton->maps.under_test), &first, &program,
				   BPF_ANY)
		       ? -errno
		       : 0;
}

/* The ring does not change, so a flow's backend is always the one that its first SYN went to. */
static int learn(void)
{
	struct race *first = &racers[0].skeleton->bss->race;
	int error;

	first->learn = 1;
	error = send_packets(&racers[0], 2 * RACE_FLOWS);
	first->learn = 0;
	for (uint32_t flow = 0; flow < RACE_FLOWS; flow++) {
		if (!first->expected[flow])
			return -ENOENT;
	}
	if (control == CONTROL_BACKEND)
		first->expected[0] ^= htonl(1);
	for (size_t i = 1; i < RACERS; i++)
		memcpy(racers[i].skeleton->bss->race.expected, first->expected,
		       sizeof(first->expected));
	return error;
}

static void *drive(void *arg)
{
	struct racer *racer = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)racer->cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	for (uint64_t sent = 0; sent < racer->packets && !racer->error; sent += PACKETS_PER_CALL)
		racer->error = send_packets(racer, PACKETS_PER_CALL);
	return NULL;
}

static bool names_its_backend(__u64 word0, __u64 word1)
{
	const struct sluice_backend *backends = world->memory[FILL_BACKENDS];
	const struct race *race = &racers[1].skeleton->bss->race;
	uint32_t flow = ntohs((uint16_t)SLUICE_GET(word0, FLOW_PORT)) - PLAN_FIRST_PORT;
	uint64_t id = SLUICE_GET(word1, FLOW_BACKEND);

	return flow < RACE_FLOWS && id < fill_backends(&world->size) &&
	       backends[id].address == race->expected[flow];
}

static void *sweep(void *arg)
{
	struct sluice_bucket *table = arg;

	for (uint64_t round = 0; !done; round++) {
		struct sluice_flow *entry = &table[round / SLUICE_FLOW_ENTRIES % BUCKETS]
						     .entry[round % SLUICE_FLOW_ENTRIES];
		__u64 word0 = READ_ONCE(entry->word0), word1 = READ_ONCE(entry->word1);

		if (READ_ONCE(entry->word0) != word0 || word0 == SLUICE_FLOW_BUSY || !word1)
			continue;
		/* This thread may have slept between the looks, while others came and went. */
		if (!names_its_backend(word0, word1))
			wrong_entries += READ_ONCE(entry->word1) == word1;
		if (round % SWEEP_ONE_OF < SLUICE_FLOW_ENTRIES)
			swept += table_change(entry, word1, 0);
	}
	return NULL;
}

static int race(uint64_t packets)
{
	pthread_t sweeper;

	if (pthread_create(&sweeper, NULL, sweep, world->memory[FILL_FLOWS]))
		return -EAGAIN;
	for (size_t i = 0; i < RACERS; i++) {
		racers[i].packets = packets / RACERS;
		if (pthread_create(&racers[i].thread, NULL, drive, &racers[i]))
			abort();
	}
	for (size_t i = 0; i < RACERS; i++)
		pthread_join(racers[i].thread, NULL);
	done = true;
	pthread_join(sweeper, NULL);
	for (size_t i = 0; i < RACERS; i++) {
		if (racers[i].error)
			return racers[i].error;
	}
	return 0;
}

static int check_packets(void)
{
	int violations = 0;

	for (size_t i = 0; i < RACERS; i++) {
		const struct race *race = &racers[i].skeleton->bss->race;

		printf("CPU %d: forwarded %llu stayed %llu answered %llu replied %llu passed "
		       "%llu\n",
		       racers[i].cpu, race->forwarded, race->stayed, race->answered, race->replied,
		       race->passed);
		if (race->misdirected)
			printf("violation: %llu packets misdirected, the last of flow %u to %08x\n",
			       race->misdirected, race->wrong_flow, ntohl(race->wrong_address));
		if (!race->forwarded || !race->replied)
			printf("violation: nothing was forwarded both ways\n");
		violations += race->misdirected || !race->forwarded || !race->replied;
	}
	if (wrong_entries)
		printf("violation: %lu entries named another backend\n", wrong_entries);
	return violations + (wrong_entries != 0);
}

static int check_loads(void)
{
	const struct sluice_bucket *table = world->memory[FILL_FLOWS];
	uint32_t count = fill_backends(&world->size);
	uint64_t *entries = calloc(count, sizeof(*entries)), flows = 0;
	struct world_counts counts;
	int violations = 0;

	if (!entries)
		abort();
	for (uint32_t i = 0; i < BUCKETS * SLUICE_FLOW_ENTRIES; i++) {
		__u64 word1 = table[i / SLUICE_FLOW_ENTRIES].entry[i % SLUICE_FLOW_ENTRIES].word1;

		if (table_counts(word1) && SLUICE_GET(word1, FLOW_BACKEND) < count)
			entries[SLUICE_GET(word1, FLOW_BACKEND)]++;
	}
	for (uint32_t id = 0; id < count; id++) {
		flows += loads[id].flows;
		if (loads[id].active == entries[id])
			continue;
		printf("violation: backend %u has load %lld and %llu entries\n", id,
		       (long long)loads[id].active, (unsigned long long)entries[id]);
		violations++;
	}
	world_counts(world, &counts);
	printf("swept %llu, new flows %llu, evicted %llu\n", (unsigned long long)swept,
	       (unsigned long long)flows,
	       (unsigned long long)counts.counters[SLUICE_COUNT_FLOW_EVICTED]);
	if (flows != counts.counters[SLUICE_COUNT_FLOW_NEW]) {
		printf("violation: flow_new counts %llu\n",
		       (unsigned long long)counts.counters[SLUICE_COUNT_FLOW_NEW]);
		violations++;
	}
	free(entries);
	return violations;
}

static int parse(int argc, char **argv, uint64_t *packets)
{
	char *end = NULL;

	errno = 0;
	*packets = argc >= 2 ? strtoull(argv[1], &end, 10) : 0;
	if (argc == 3)
		control = !strcmp(argv[2], "control-backend") ? CONTROL_BACKEND
			  : !strcmp(argv[2], "control-count") ? CONTROL_COUNT
							      : CONTROL_NONE;
	if (*packets && !errno && !*end && (argc == 2 || control != CONTROL_NONE))
		return 0;
	fprintf(stderr, "usage: stress_kernel PACKETS [control-backend|control-count]\n");
	return -1;
}

int main(int argc, char **argv)
{
	const struct world_size size = { .flow_bits = FLOW_BITS, .listeners = 1, .members = 20 };
	char why[512];
	uint64_t packets;
	int error = 0, violations;

	if (parse(argc, argv, &packets))
		return 2;
	if (geteuid() != 0 || world_links(why, sizeof(why))) {
		fprintf(stderr, "stress_kernel: needs root and CAP_SYS_ADMIN\n");
		return EXIT_SKIPPED;
	}
	if (world_open(&world, &size, why, sizeof(why))) {
		fprintf(stderr, "stress_kernel: %s\n", why);
		return 1;
	}
	loads = world->memory[FILL_LOADS];
	for (int i = 0; i < RACERS && !error; i++)
		error = racer_open(&racers[i], i);
	error = error ?: learn();
	error = error ?: race(packets);
	if (error)
		return fail("the kernel refused a run", error);
	violations = check_packets() + check_loads();
	for (size_t i = 0; i < RACERS; i++)
		race_bpf__destroy(racers[i].skeleton);
	world_close(world);
	return violations ? 1 : 0;
}
