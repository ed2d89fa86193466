// SPDX-License-Identifier: BSD-2-Clause
#include "dataplane/direct.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>

#define RAW_TRACEPOINT "raw_tp/"

static bool is_table(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &length) && info.type == BPF_MAP_TYPE_ARRAY &&
	       info.max_entries == 1 && info.map_flags & BPF_F_MMAPABLE;
}

/* Called by libbpf for each program, when its maps' descriptors stand in the instructions. */
static int address_tables(struct bpf_program *program, struct bpf_prog_load_opts *options,
			  long cookie)
{
	struct bpf_insn *insn = (struct bpf_insn *)bpf_program__insns(program);
	const struct bpf_insn *end = insn + bpf_program__insn_cnt(program);

	(void)cookie;
	if (bpf_program__type(program) == BPF_PROG_TYPE_XDP)
		options->prog_flags |= BPF_F_XDP_HAS_FRAGS;
	for (; insn < end; insn++) {
		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insn->src_reg == BPF_PSEUDO_MAP_FD && is_table(insn->imm))
			insn->src_reg = BPF_PSEUDO_MAP_VALUE;
		insn++; /* its second half */
	}
	return 0;
}

/* What libbpf would have done without us. */
static int attach_tracepoint(const struct bpf_program *program, long cookie, struct bpf_link **link)
{
	const char *section = bpf_program__section_name(program);

	(void)cookie;
	*link = bpf_program__attach_raw_tracepoint(program, section + strlen(RAW_TRACEPOINT));
	return *link ? 0 : -errno;
}

int direct_prepare(void)
{
	static bool prepared;
	LIBBPF_OPTS(libbpf_prog_handler_opts, packets, .prog_prepare_load_fn = address_tables);
	LIBBPF_OPTS(libbpf_prog_handler_opts, tracers, .prog_prepare_load_fn = address_tables,
		    .prog_attach_fn = attach_tracepoint);
	int handler;

	if (prepared)
		return 0;
	handler = libbpf_register_prog_handler("xdp.frags", BPF_PROG_TYPE_XDP, BPF_XDP, &packets);
	if (handler < 0)
		return handler;
	handler =
		libbpf_register_prog_handler("raw_tp+", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &tracers);
	if (handler < 0)
		return handler;
	prepared = true;
	return 0;
}

int direct_resize(struct bpf_map *map, uint32_t rows, uint32_t row_size)
{
	uint64_t bytes = (uint64_t)rows * row_size;

	/* The verifier follows no further into a value (BPF_MAX_VAR_OFF in bpf_verifier.h). */
	return bytes > 1u << 29 ? -E2BIG : bpf_map__set_value_size(map, (uint32_t)bytes);
}
