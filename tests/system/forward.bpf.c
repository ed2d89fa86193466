// SPDX-License-Identifier: BSD-2-Clause
// Transit by XDP: what the kernel's routing table says, done before the kernel sees the packet. It
// proves that the test topology forwards native XDP both ways, whatever Sluice does.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FAMILY_IPV4 2 /* AF_INET; sys/socket.h is no uapi header */

SEC("xdp")
int forward(struct xdp_md *context)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	struct bpf_fib_lookup way = {
		.family = FAMILY_IPV4,
		.ipv4_src = ip->saddr,
		.ipv4_dst = ip->daddr,
		.tot_len = bpf_ntohs(ip->tot_len),
		.ifindex = context->ingress_ifindex,
	};
	if (bpf_fib_lookup(context, &way, sizeof(way), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return XDP_PASS;
	__builtin_memcpy(ethernet->h_dest, way.dmac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, way.smac, ETH_ALEN);
	if (way.ifindex == context->ingress_ifindex)
		return XDP_TX;
	return bpf_redirect(way.ifindex, 0);
}

char forward_licence[] SEC("license") = "GPL";
