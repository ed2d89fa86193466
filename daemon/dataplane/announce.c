// SPDX-License-Identifier: BSD-2-Clause
/*
 * The gratuitous ARP for an address that was just put on an interface. A packet socket would take
 * CAP_NET_RAW, which the daemon does not have; a traffic-control program that clones its packet to
 * the interface, run once by hand (BPF_PROG_RUN), needs only what the data plane needs anyway.
 */
#include "dataplane/internal.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <string.h>
#include <unistd.h>

struct announcement {
	struct ethhdr ethernet;
	struct {
		__be16 hardware, protocol;
		uint8_t hardware_length, protocol_length;
		__be16 operation;
		uint8_t sender_mac[ETH_ALEN];
		uint8_t sender[4];
		uint8_t target_mac[ETH_ALEN];
		uint8_t target[4];
	} __attribute__((packed)) arp;
	uint8_t padding[18]; /* to the 60 bytes of the shortest frame */
} __attribute__((packed));
_Static_assert(sizeof(struct announcement) == ETH_ZLEN, "announcement");

static void fill(struct announcement *frame, const struct link_info *info, uint32_t address)
{
	memset(frame, 0, sizeof(*frame));
	memset(frame->ethernet.h_dest, 0xff, ETH_ALEN);
	memcpy(frame->ethernet.h_source, info->mac, ETH_ALEN);
	frame->ethernet.h_proto = htons(ETH_P_ARP);
	frame->arp.hardware = htons(ARPHRD_ETHER);
	frame->arp.protocol = htons(ETH_P_IP);
	frame->arp.hardware_length = ETH_ALEN;
	frame->arp.protocol_length = sizeof(address);
	frame->arp.operation = htons(ARPOP_REQUEST);
	memcpy(frame->arp.sender_mac, info->mac, ETH_ALEN);
	memcpy(frame->arp.sender, &address, sizeof(address));
	memcpy(frame->arp.target, &address, sizeof(address));
}

/* bpf_clone_redirect(packet, ifindex, 0); return 0; */
static int load_sender(unsigned int ifindex)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = (int)ifindex },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_clone_redirect },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "sluice_announce", "BSD", code,
			     sizeof(code) / sizeof(code[0]), NULL);
}

static int send_frame(unsigned int ifindex, const struct announcement *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(*frame),
		    .repeat = 1);
	int error = 0, program = load_sender(ifindex);

	if (program < 0)
		return -errno;
	if (bpf_prog_test_run_opts(program, &run))
		error = -errno;
	close(program);
	return error;
}

bool address_announce(struct netlink *netlink, unsigned int ifindex, uint32_t address)
{
	struct announcement frame;
	struct link_info info;
	int error = link_query(netlink, NULL, ifindex, &info);

	if (!error && !info.ethernet)
		return true;
	if (!error && (!info.up || !info.carrier))
		return false;
	if (!error) {
		fill(&frame, &info, address);
		error = send_frame(ifindex, &frame);
	}
	if (error)
		log_debug(DOMAIN, "no gratuitous ARP ifindex=%u: %s", ifindex, strerror(-error));
	return true;
}
