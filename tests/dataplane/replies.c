// SPDX-License-Identifier: BSD-2-Clause
/* Services whose servers share a place, and their replies, sent through the program in the kernel. */
#include "replies.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#define CLIENT "192.0.2.1"

struct world world;

void replies_start(void)
{
	world_open(&world, false);
	world.dataplane->state->rebuild_until_s = 0;
}

struct sluice_backend *replies_backend(uint16_t service)
{
	return &world.dataplane->backends[(size_t)service * 10];
}

void replies_fill(struct service *service, uint16_t id, uint16_t port)
{
	service_fill(service, id, id * 10u, 1);
	service->service.port = id;
	service->backends[0].port = port;
}

void replies_publish(uint16_t id, uint16_t port)
{
	struct service service;

	replies_fill(&service, id, port);
	service_publish(&world, &service);
}

void replies_publish_all(uint16_t first, uint16_t last)
{
	for (uint16_t id = first; id <= last; id++)
		replies_publish(id, PORT);
}

static uint16_t client_port(uint16_t service)
{
	return htons((uint16_t)(1000 + service));
}

void replies_put_flow(uint16_t service)
{
	const struct dataplane *dataplane = world.dataplane;
	uint64_t word0 = SLUICE_PUT(FLOW_ADDRESS, inet_addr(CLIENT)) |
			 SLUICE_PUT(FLOW_PORT, client_port(service)) |
			 SLUICE_PUT(FLOW_SERVICE, service);
	uint64_t hash = sluice_hash_flow(word0, dataplane->state->flow_key[0],
					 dataplane->state->flow_key[1]);
	uint64_t buckets = dataplane->flow_count / SLUICE_FLOW_ENTRIES;
	struct sluice_flow *entry =
		&dataplane->flows[(hash >> 32) * buckets >> 32 << 2]; /* buckets: a power of two */

	*entry = (struct sluice_flow){
		.word0 = word0,
		.word1 = SLUICE_PUT(FLOW_BACKEND, service * 10u) | SLUICE_PUT(FLOW_GENERATION, 1) |
			 SLUICE_PUT(FLOW_STATE, SLUICE_FLOW_ESTABLISHED) |
			 SLUICE_PUT(FLOW_SEEN, dp_now_ms() / 1000),
	};
}

bool replies_go_from(uint32_t server, uint16_t service)
{
	struct {
		struct ethhdr eth;
		struct iphdr ip;
		struct tcphdr tcp;
	} __attribute__((packed)) frame = {
		.eth = { .h_proto = htons(ETH_P_IP) },
		.ip = { .version = 4,
			.ihl = 5,
			.tot_len = htons(sizeof(struct iphdr) + sizeof(struct tcphdr)),
			.ttl = 64,
			.protocol = IPPROTO_TCP,
			.saddr = server,
			.daddr = inet_addr(CLIENT) },
		.tcp = { .source = htons(PORT), .dest = client_port(service), .doff = 5, .ack = 1 },
	};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = &frame, .data_size_in = sizeof(frame));

	assert_int_equal(bpf_prog_test_run_opts(world.dataplane->program, &run), 0);
	return run.retval != XDP_PASS;
}

bool replies_go(uint16_t service)
{
	return replies_go_from(inet_addr(PLACE), service);
}
