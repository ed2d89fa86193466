// SPDX-License-Identifier: BSD-2-Clause
/* The loaded program and its maps, as a row finds them. */
#include "world_maps.h"

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
#include <sys/stat.h>

#include "sluice.skel.h"

#define RINGS 64 /* lines in the map */
#define CPUS_MAX 1024

/* Two programs: one as it is, and one whose flow table takes a single entry. */
enum world_kind { WORLD_NORMAL, WORLD_FULL, WORLD_KINDS };

static struct sluice *worlds[WORLD_KINDS];
static struct sluice *world;
static struct ring_buffer *event_buffers[WORLD_KINDS];
static struct {
	size_t count;
	struct sluice_event last;
} events;
static int cpus;

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

static int prepare_maps(struct sluice *skeleton, enum world_kind kind)
{
	int error = bpf_map__set_max_entries(skeleton->maps.events, 4096);

	error = error ?: bpf_map__set_max_entries(skeleton->maps.rings, RINGS);
	if (kind == WORLD_FULL) {
		/* An LRU table makes room instead of refusing; a plain one shows the refusal. */
		error = error ?: bpf_map__set_type(skeleton->maps.flows, BPF_MAP_TYPE_HASH);
		error = error ?: bpf_map__set_max_entries(skeleton->maps.flows, 1);
	}
	return error;
}

static int load(enum world_kind kind, char *why, size_t why_size)
{
	struct sluice *skeleton = sluice__open();
	struct sluice_settings settings = {
		.ring_key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 },
		.half_open_s = WORLD_HALF_OPEN_S,
		.closing_s = WORLD_CLOSING_S,
		.udp_s = WORLD_UDP_S,
		.mark_s = WORLD_MARK_S,
	};
	struct stat namespace;

	worlds[kind] = skeleton;
	if (!skeleton || prepare_maps(skeleton, kind)) {
		snprintf(why, why_size, "the skeleton could not be opened: %s", strerror(errno));
		return -1;
	}
	if (stat("/proc/self/ns/net", &namespace)) {
		snprintf(why, why_size, "/proc/self/ns/net: %s", strerror(errno));
		return -1;
	}
	settings.netns = (__u32) namespace.st_ino;
	memcpy((void *)&skeleton->rodata->settings, &settings, sizeof(settings));
	if (sluice__load(skeleton)) {
		snprintf(why, why_size, "the kernel refused the program: %s", strerror(errno));
		return -1;
	}
	event_buffers[kind] =
		ring_buffer__new(bpf_map__fd(skeleton->maps.events), note_event, NULL, NULL);
	return event_buffers[kind] ? 0 : -1;
}

uint32_t world_ifindex(enum world_link link)
{
	static const char *const names[LINK_MAX] = { "front", "back", "far", "small" };

	return if_nametoindex(names[link]);
}

static void allow_links(struct sluice *skeleton)
{
	const enum world_link ours[] = { LINK_FRONT, LINK_BACK, LINK_SMALL };

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		uint32_t ifindex = world_ifindex(ours[i]);
		struct bpf_devmap_val value = { .ifindex = ifindex };

		world_must(bpf_map_update_elem(bpf_map__fd(skeleton->maps.links), &ifindex, &value,
					       0),
			   "links");
	}
}

int world_make(char *why, size_t why_size)
{
	cpus = libbpf_num_possible_cpus();
	if (cpus < 1 || cpus > CPUS_MAX || links_make(why, why_size))
		return -1;
	for (enum world_kind kind = WORLD_NORMAL; kind < WORLD_KINDS; kind++) {
		if (load(kind, why, why_size))
			return -1;
		allow_links(worlds[kind]);
	}
	return 0;
}

void world_end(void)
{
	for (enum world_kind kind = WORLD_NORMAL; kind < WORLD_KINDS; kind++) {
		ring_buffer__free(event_buffers[kind]);
		sluice__destroy(worlds[kind]);
	}
}

void world_choose(bool full_table)
{
	world = worlds[full_table ? WORLD_FULL : WORLD_NORMAL];
}

struct sluice *world_skeleton(void)
{
	return world;
}

int world_cpus(void)
{
	return cpus;
}

struct world_run world_run(const uint8_t *in, size_t length, enum world_link link, uint8_t *out,
			   uint32_t metadata)
{
	uint8_t with_metadata[FRAME_MAX + UINT8_MAX] = { 0 };
	struct xdp_md context = {
		.data = metadata,
		.data_end = (uint32_t)(length + metadata),
		.ingress_ifindex = world_ifindex(link),
	};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = with_metadata,
		    .data_size_in = context.data_end, .data_out = out, .data_size_out = FRAME_MAX,
		    .ctx_in = &context, .ctx_size_in = sizeof(context));
	struct world_run run = { .out = out };

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
		sum.new_flows += values[i].new_flows;
	}
	return sum;
}

uint64_t world_flow(const char *client, uint16_t port, uint16_t service)
{
	uint64_t key = SLUICE_PUT(FLOW_ADDRESS, frame_address(client)) |
		       SLUICE_PUT(FLOW_PORT, htons(port)) | SLUICE_PUT(FLOW_SERVICE, service);
	uint64_t word = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(world->maps.flows), &key, &word))
		return 0;
	return word;
}

size_t world_events(struct sluice_event *last)
{
	events.count = 0;
	ring_buffer__consume(
		event_buffers[world == worlds[WORLD_FULL] ? WORLD_FULL : WORLD_NORMAL]);
	*last = events.last;
	return events.count;
}
