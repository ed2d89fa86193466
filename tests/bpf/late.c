// SPDX-License-Identifier: BSD-2-Clause
/*
 * Drops after the verdict cannot be rows: they need frames that really leave. The kernel's test run
 * can let them; the tracepoint programs then see what became of them.
 */
#include "row.h"
#include "world_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "sluice.skel.h"
#include "tests.h"

#define LIVE_FRAMES 64

static void send_live(const struct frame *frame)
{
	static uint8_t in[FRAME_MAX];
	size_t length = frame_build(frame, in);
	struct xdp_md context = {
		.data_end = (uint32_t)length,
		.ingress_ifindex = world_ifindex(LINK_FRONT),
	};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in, .data_size_in = (uint32_t)length,
		    .ctx_in = &context, .ctx_size_in = sizeof(context),
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .repeat = LIVE_FRAMES,
		    .batch_size = LIVE_FRAMES);
	int program = bpf_program__fd(world_skeleton()->progs.sluice_xdp);

	assert_int_equal(bpf_prog_test_run_opts(program, &options), 0);
}

/* The other end of a veth pair takes frames only if it has a program too: ours lets them pass. */
static struct bpf_link *let_far_end_receive(void)
{
	return bpf_program__attach_xdp(world_skeleton()->progs.sluice_xdp,
				       (int)if_nametoindex("back-far"));
}

/* Tracepoints see every namespace, and another copy of this test has links of the same numbers: so
 * one at a time. The lock ends with the descriptor. */
static int take_turn(void)
{
	int turn = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(turn >= 0);
	assert_int_equal(flock(turn, LOCK_EX), 0);
	return turn;
}

/* With the tracepoint programs attached, lets frames go; returns how much `counter` grew. */
static uint64_t count_live(const struct frame *frame, enum sluice_counter counter)
{
	struct sluice *skeleton = world_skeleton();
	int turn = take_turn();
	struct bpf_link *links[] = {
		let_far_end_receive(),
		bpf_program__attach(skeleton->progs.sluice_redirect_error),
		bpf_program__attach(skeleton->progs.sluice_transmit_error),
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		assert_non_null(links[i]);
	send_live(frame);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		bpf_link__destroy(links[i]);
	close(turn);
	return world_counter(counter);
}

/* Padding makes the frame too long for the link, although the packet in it is not. */
void late_counts_redirect_errors(void **state)
{
	struct given usual = { 0 };
	struct frame frame = CLIENT_UDP(.payload = 1400, .padding = 200);

	(void)state;
	world_reset(&usual, WORLD_UDP);
	assert_int_equal(count_live(&frame, SLUICE_COUNT_REDIRECT_ERROR), LIVE_FRAMES);
	assert_int_equal(world_counter(SLUICE_COUNT_TRANSMIT_ERROR), 0);
}

/* The other end of the veth pair has a smaller MTU (links.c), which shows only in the transmission. */
void late_counts_transmit_errors(void **state)
{
	struct given usual = { 0 };
	struct frame frame = CLIENT_UDP(.payload = 1400);

	(void)state;
	world_reset(&usual, WORLD_UDP);
	assert_int_equal(count_live(&frame, SLUICE_COUNT_TRANSMIT_ERROR), LIVE_FRAMES);
	assert_int_equal(world_counter(SLUICE_COUNT_REDIRECT_ERROR), 0);
}

/* The control: what arrives is not counted as lost. */
void late_counts_no_success(void **state)
{
	struct given usual = { 0 };
	struct frame frame = CLIENT_UDP();

	(void)state;
	world_reset(&usual, WORLD_UDP);
	assert_int_equal(count_live(&frame, SLUICE_COUNT_TRANSMIT_ERROR), 0);
	assert_int_equal(world_counter(SLUICE_COUNT_REDIRECT_ERROR), 0);
	assert_int_equal(world_traffic(world_backend(WORLD_UDP, 1)).packets_in, LIVE_FRAMES);
}
