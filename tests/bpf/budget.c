// SPDX-License-Identifier: BSD-2-Clause
/*
 * The packet program's size, as the kernel tells it: what a change costs shows here before it shows in
 * a benchmark, and long before the verifier's limit of a million is reached on an older kernel. The
 * limits stand some tenths above what is; raise one only with its reason in the commit's message.
 */
#include "tests.h"

#include "world_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "sluice.skel.h"

#define XLATED_BYTES 60000
#define JITED_BYTES 36000
#define VERIFIED_INSTRUCTIONS 600000

static void is_within(const char *what, uint32_t value, uint32_t most)
{
	print_message("%s: %u of %u\n", what, value, most);
	assert_in_range(value, 1, most);
}

void budget_of_instructions(void **state)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	(void)state;
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(world_skeleton()->progs.sluice_xdp),
						&info, &size),
			 0);
	is_within("translated bytes", info.xlated_prog_len, XLATED_BYTES);
	if (info.jited_prog_len)
		is_within("machine code bytes", info.jited_prog_len, JITED_BYTES);
	is_within("instructions that the verifier went through", info.verified_insns,
		  VERIFIED_INSTRUCTIONS);
}
