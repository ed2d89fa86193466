// SPDX-License-Identifier: BSD-2-Clause
/* The loaded program, its memory, and what can be asked of it. */
#include "world_maps.h"

#include "dataplane/direct.h"

#include "frame.h"
#include "links.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "sluice.skel.h"

#define RINGS 64 /* lines in the map */
#define ROWS 1024 /* of tables by id */
#define BITMAP_LINES (WORLD_BITS / SLUICE_BITMAP_LINE_BITS)
#define CPUS_MAX 1024

static struct sluice *world;
static struct ring_buffer *event_buffer;
static struct {
	size_t count;
	struct sluice_event last;
} events;
static struct {
	void *start;
	size_t size;
} memory[WORLD_MAPS];
static int cpus;
static uint32_t ifindexes[LINK_MAX];

void world_must(int error, const char *what)
{
	if (error) {
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		abort();
	}
}

static int note_event(void *context, void *data, size_t size)
{
	(void)context;
	world_must(size != sizeof(events.last), "an event of another size");
	memcpy(&events.last, data, sizeof(events.last));
	events.count++;
	return 0;
}

static int set_sizes(void)
{
	const struct {
		struct bpf_map *map;
		uint32_t rows, row_size;
	} tables[] = {
		{ world->maps.services, ROWS, sizeof(struct sluice_service) },
		{ world->maps.backends, ROWS, sizeof(struct sluice_backend) },
		{ world->maps.loads, ROWS, sizeof(struct sluice_load) },
		{ world->maps.members, ROWS, sizeof(struct sluice_member_line) },
		{ world->maps.rings, RINGS, sizeof(struct sluice_ring_line) },
		{ world->maps.flows, 1 << WORLD_FLOW_BITS, sizeof(struct sluice_bucket) },
		{ world->maps.vips, WORLD_LINES, sizeof(struct sluice_line) },
		{ world->maps.reverse, WORLD_LINES, sizeof(struct sluice_line) },
		{ world->maps.vip_bitmap, BITMAP_LINES, sizeof(struct sluice_bitmap_line) },
		{ world->maps.reverse_bitmap, BITMAP_LINES, sizeof(struct sluice_bitmap_line) },
	};
	int error = bpf_map__set_max_entries(world->maps.events, 4096);

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables) && !error; i++)
		error = direct_resize(tables[i].map, tables[i].rows, tables[i].row_size);
	return error;
}

static int map_memory(void)
{
	const struct bpf_map *const maps[] = {
		[MAP_VIP_BITMAP] = world->maps.vip_bitmap,
		[MAP_VIPS] = world->maps.vips,
		[MAP_SERVICES] = world->maps.services,
		[MAP_RINGS] = world->maps.rings,
		[MAP_MEMBERS] = world->maps.members,
		[MAP_REVERSE_BITMAP] = world->maps.reverse_bitmap,
		[MAP_REVERSE] = world->maps.reverse,
		[MAP_BACKENDS] = world->maps.backends,
		[MAP_FLOWS] = world->maps.flows,
		[MAP_LOADS] = world->maps.loads,
		[MAP_HOPS] = world->maps.hops,
		[MAP_LINKS] = world->maps.links,
		[MAP_LOCALS] = world->maps.locals,
		[MAP_STATE] = world->maps.state,
	};

	for (size_t i = 0; i < WORLD_MAPS; i++) {
		memory[i].size = bpf_map__value_size(maps[i]);
		memory[i].start = mmap(NULL, memory[i].size, PROT_READ | PROT_WRITE, MAP_SHARED,
				       bpf_map__fd(maps[i]), 0);
		if (memory[i].start == MAP_FAILED)
			return -1;
	}
	return 0;
}

static int load(char *why, size_t why_size)
{
	struct sluice_settings settings = {
		.ring_key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 },
		.half_open_s = WORLD_HALF_OPEN_S,
		.closing_s = WORLD_CLOSING_S,
		.udp_s = sluice_flow_limit(WORLD_UDP_S),
		.udp_grain_s = sluice_flow_grain(WORLD_UDP_S),
		.live_s = WORLD_LIVE_S,
		.mark_s = WORLD_MARK_S,
		.rebuild_window_s = WORLD_REBUILD_S,
		.flow_bits = WORLD_FLOW_BITS,
		.vip_lines = WORLD_LINES,
		.vip_bits = WORLD_BITS,
		.reverse_lines = WORLD_LINES,
		.reverse_bits = WORLD_BITS,
		.services_mask = ROWS - 1,
		.backends_mask = ROWS - 1,
		.members_mask = ROWS - 1,
		.rings_mask = RINGS - 1,
	};
	struct stat namespace;

	if (!direct_prepare())
		world = sluice__open();
	if (!world || set_sizes()) {
		snprintf(why, why_size, "the skeleton could not be opened: %s", strerror(errno));
		return -1;
	}
	if (stat("/proc/self/ns/net", &namespace)) {
		snprintf(why, why_size, "/proc/self/ns/net: %s", strerror(errno));
		return -1;
	}
	settings.netns = (__u32) namespace.st_ino;
	memcpy((void *)&world->rodata->settings, &settings, sizeof(settings));
	if (sluice__load(world)) {
		snprintf(why, why_size, "the kernel refused the program: %s", strerror(errno));
		return -1;
	}
	if (map_memory()) {
		snprintf(why, why_size, "mmap of a map: %s", strerror(errno));
		return -1;
	}
	event_buffer = ring_buffer__new(bpf_map__fd(world->maps.events), note_event, NULL, NULL);
	return event_buffer ? 0 : -1;
}

/* Once: it is asked for with every frame. */
static void look_up_links(void)
{
	static const char *const names[LINK_MAX] = { "front", "back", "far", "small" };

	for (size_t i = 0; i < LINK_MAX; i++)
		ifindexes[i] = if_nametoindex(names[i]);
}

uint32_t world_ifindex(enum world_link link)
{
	return ifindexes[link];
}

int world_make(char *why, size_t why_size)
{
	cpus = libbpf_num_possible_cpus();
	if (cpus < 1 || cpus > CPUS_MAX || links_make(why, why_size))
		return -1;
	look_up_links();
	return load(why, why_size);
}

void world_end(void)
{
	for (size_t i = 0; i < WORLD_MAPS; i++)
		munmap(memory[i].start, memory[i].size);
	ring_buffer__free(event_buffer);
	sluice__destroy(world);
}

struct sluice *world_skeleton(void)
{
	return world;
}

void *world_memory(enum world_map map)
{
	return memory[map].start;
}

size_t world_memory_size(enum world_map map)
{
	return memory[map].size;
}

int world_cpus(void)
{
	return cpus;
}

struct world_run world_run(const uint8_t *in, size_t length, enum world_link link, uint8_t *out,
			   uint32_t metadata)
{
	uint8_t with_metadata[FRAME_MAX + UINT8_MAX];
	struct xdp_md context = {
		.data = metadata,
		.data_end = (uint32_t)(length + metadata),
		.ingress_ifindex = world_ifindex(link),
	};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = with_metadata,
		    .data_size_in = context.data_end, .data_out = out, .data_size_out = FRAME_MAX,
		    .ctx_in = &context, .ctx_size_in = sizeof(context));
	struct world_run run = { .out = out };

	memset(with_metadata, 0, metadata);
	memcpy(with_metadata + metadata, in, length);
	run.verdict = bpf_prog_test_run_opts(bpf_program__fd(world->progs.sluice_xdp), &options);
	if (run.verdict == 0)
		run.verdict = (int)options.retval;
	run.length = options.data_size_out;
	return run;
}

uint64_t world_counter(enum sluice_counter counter)
{
	static uint64_t values[CPUS_MAX];
	uint32_t key = counter;
	uint64_t sum = 0;

	world_must(bpf_map_lookup_elem(bpf_map__fd(world->maps.counters), &key, values),
		   "counters");
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}

struct sluice_traffic world_traffic(uint32_t backend)
{
	static struct sluice_traffic values[CPUS_MAX];
	struct sluice_traffic sum = { 0 };

	world_must(bpf_map_lookup_elem(bpf_map__fd(world->maps.traffic), &backend, values),
		   "traffic");
	for (int i = 0; i < cpus; i++) {
		sum.packets_in += values[i].packets_in;
		sum.bytes_in += values[i].bytes_in;
		sum.packets_out += values[i].packets_out;
		sum.bytes_out += values[i].bytes_out;
	}
	return sum;
}

struct sluice_load world_load(uint32_t backend)
{
	return ((struct sluice_load *)world_memory(MAP_LOADS))[backend];
}

bool world_counts(uint64_t word1)
{
	uint64_t state = SLUICE_GET(word1, FLOW_STATE);

	return word1 && state != SLUICE_FLOW_CLOSING && state != SLUICE_FLOW_RESET;
}

uint64_t world_counted(uint32_t backend)
{
	const struct sluice_bucket *buckets = world_memory(MAP_FLOWS);
	uint64_t count = 0;

	for (size_t i = 0; i < SLUICE_FLOW_ENTRIES << WORLD_FLOW_BITS; i++) {
		uint64_t word1 =
			buckets[i / SLUICE_FLOW_ENTRIES].entry[i % SLUICE_FLOW_ENTRIES].word1;

		count += SLUICE_GET(word1, FLOW_BACKEND) == backend && world_counts(word1);
	}
	return count;
}

uint64_t world_flow_key(const char *client, uint16_t port, uint16_t service)
{
	return SLUICE_PUT(FLOW_ADDRESS, frame_address(client)) |
	       SLUICE_PUT(FLOW_PORT, htons(port)) | SLUICE_PUT(FLOW_SERVICE, service);
}

struct sluice_bucket *world_bucket(uint64_t key)
{
	const struct sluice_state *kept = world_memory(MAP_STATE);
	struct sluice_bucket *buckets = world_memory(MAP_FLOWS);

	return &buckets[sluice_hash_flow(key, kept->flow_key[0], kept->flow_key[1]) >>
			(64 - WORLD_FLOW_BITS)];
}

uint64_t world_flow(const char *client, uint16_t port, uint16_t service)
{
	uint64_t key = world_flow_key(client, port, service);
	const struct sluice_bucket *bucket = world_bucket(key);

	for (size_t i = 0; i < SLUICE_FLOW_ENTRIES; i++)
		if (bucket->entry[i].word0 == key)
			return bucket->entry[i].word1;
	return 0;
}

uint64_t world_rebuild_until(void)
{
	return ((const struct sluice_state *)world_memory(MAP_STATE))->rebuild_until_s;
}

struct sluice_direct world_direct_key(const char *backend, uint16_t port, const char *client,
				      uint16_t client_port)
{
	return (struct sluice_direct){
		.source = frame_address(backend) | (uint64_t)htons(port) << 32 |
			  (uint64_t)IPPROTO_TCP << 48,
		.client = frame_address(client) | (uint64_t)htons(client_port) << 32,
	};
}

uint64_t world_direct(const char *backend, uint16_t port, const char *client, uint16_t client_port)
{
	struct sluice_direct key = world_direct_key(backend, port, client, client_port);
	uint64_t seen_s = 0;

	bpf_map_lookup_elem(bpf_map__fd(world->maps.direct), &key, &seen_s);
	return seen_s;
}

size_t world_events(struct sluice_event *last)
{
	events.count = 0;
	ring_buffer__consume(event_buffer);
	*last = events.last;
	return events.count;
}
