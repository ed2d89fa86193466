// SPDX-License-Identifier: BSD-2-Clause
#include "harness.h"

#include "plan.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "harness.skel.h"

struct harness {
	struct harness_bpf *skeleton;
};

static int fill_few_keys(struct harness *harness)
{
	int map = bpf_map__fd(harness->skeleton->maps.few_keys);

	for (uint32_t i = 0; i < HARNESS_FEW_KEYS; i++) {
		struct plan_flow flow = plan_flow(i, 1, 1);
		uint64_t value = i;
		uint64_t key = (uint64_t)htonl(flow.client) | (uint64_t)htons((uint16_t)flow.port)
								      << 32;

		if (bpf_map_update_elem(map, &key, &value, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* Their section says "xdp" alone, so that the flag is ours to set. */
static int set_frags(struct harness_bpf *skeleton)
{
	struct bpf_program *program;
	int error = 0;

	bpf_object__for_each_program(program, skeleton->obj)
		error = error ?: bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
	return error;
}

int harness_open(struct harness **out, uint32_t line_bits, uint32_t full_keys, bool frags,
		 char *why, size_t why_size)
{
	struct harness *harness = calloc(1, sizeof(*harness));
	int error = -ENOMEM;

	if (!harness)
		goto out;
	harness->skeleton = harness_bpf__open();
	if (!harness->skeleton)
		goto out;
	harness->skeleton->rodata->line_bits = line_bits;
	error = bpf_map__set_max_entries(harness->skeleton->maps.lines, 1u << line_bits);
	error = error ?: bpf_map__set_max_entries(harness->skeleton->maps.full_hash, full_keys);
	if (frags)
		error = error ?: set_frags(harness->skeleton);
	error = error ?: harness_bpf__load(harness->skeleton);
	error = error ?: fill_few_keys(harness);
out:
	if (error) {
		snprintf(why, why_size, "the wrapper program could not be loaded: %s",
			 strerror(-error));
		harness_close(harness);
		harness = NULL;
	}
	*out = harness;
	return error;
}

void harness_close(struct harness *harness)
{
	if (!harness)
		return;
	harness_bpf__destroy(harness->skeleton);
	free(harness);
}

int harness_yard(const struct harness *harness, enum yard yard)
{
	const struct bpf_program *programs[YARD_MAX] = {
		[YARD_EMPTY] = harness->skeleton->progs.yard_empty,
		[YARD_LINE] = harness->skeleton->progs.yard_line,
		[YARD_HASH_HIT] = harness->skeleton->progs.yard_hash_hit,
		[YARD_HASH_LOOK] = harness->skeleton->progs.yard_hash_look,
		[YARD_HASH_INSERT] = harness->skeleton->progs.yard_hash_insert,
		[YARD_FIB] = harness->skeleton->progs.yard_fib,
	};

	return bpf_program__fd(programs[yard]);
}

static int put_under_test(struct harness *harness, int program)
{
	int map = bpf_map__fd(harness->skeleton->maps.under_test);
	uint32_t first = 0;

	if (program >= 0)
		return bpf_map_update_elem(map, &first, &program, BPF_ANY) ? -errno : 0;
	return bpf_map_delete_elem(map, &first) && errno != ENOENT ? -errno : 0;
}

static int call(struct harness *harness, uint32_t ifindex, uint32_t packets,
		struct harness_run *run)
{
	uint8_t frame[PLAN_FRAME] = { 0 };
	struct xdp_md context = { .data_end = PLAN_FRAME, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = PLAN_FRAME,
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = (int)packets);
	int wrapper = bpf_program__fd(harness->skeleton->progs.harness_wrap);

	if (bpf_prog_test_run_opts(wrapper, &options))
		return -errno;
	run->ns += options.duration;
	run->verdict = options.retval;
	return 0;
}

int harness_time(struct harness *harness, int program, struct plan *plan, uint32_t ifindex,
		 uint32_t packets, struct harness_run *run)
{
	int error = put_under_test(harness, program);

	*run = (struct harness_run){ 0 };
	harness->skeleton->bss->plan = *plan;
	for (uint32_t i = 0; i < HARNESS_CALLS && !error; i++)
		error = call(harness, ifindex, packets / HARNESS_CALLS, run);
	plan->at = harness->skeleton->bss->plan.at;
	run->ns /= HARNESS_CALLS;
	return error;
}
