// SPDX-License-Identifier: BSD-2-Clause
/* The world of the data plane's tests. */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void world_run(const char *format, ...)
{
	char command[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	if (system(command))
		fail_msg("%s", command);
}

/* A process that does nothing but keep a network namespace. */
static int keep_namespace(void)
{
	int ready[2], pid;
	char byte;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

static void make_link(const struct world *world)
{
	world_run("ip link add " WORLD_LINK " type veth peer name peer0 netns %d", world->peer);
	world_run("ip addr add 10.9.0.1/24 dev " WORLD_LINK " && ip link set " WORLD_LINK " up");
	world_run("nsenter -t %d -n sh -c 'ip addr add 10.9.0.2/24 dev peer0 && "
		  "ip addr add 10.9.0.3/24 dev peer0 && ip link set peer0 up'",
		  world->peer);
}

static void configure(struct world *world)
{
	struct config *config = &world->config;

	assert_int_equal(config_defaults(config), 0);
	strcpy(config->interfaces[0], WORLD_LINK);
	config->interface_count = 1;
	snprintf(config->pins, sizeof(config->pins), "%s/pins", world->directory);
	config->tables.services = 64;
	config->tables.backends = 512;
	config->tables.vips = 64;
	config->tables.flows = 262144;
	config->tables.ring_lines = 128;
	config->tables.member_lines = 64;
	config->tables.counted_backends = 128;
	config->timeouts.rebuild_window = 60;
}

static int skip_all(const char *why)
{
	fprintf(stderr, "skipped: %s: %s\n", why, strerror(errno));
	return 77;
}

int world_make(struct world *world)
{
	memset(world, 0, sizeof(*world));
	errno = EPERM;
	if (geteuid() || unshare(CLONE_NEWNS | CLONE_NEWNET) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return skip_all("namespaces of its own");
	snprintf(world->directory, sizeof(world->directory), "/tmp/sluice-dataplane-%d", getpid());
	if (mkdir(world->directory, 0755) || mount("bpf", world->directory, "bpf", 0, "mode=0755"))
		return skip_all("a bpf file system");
	world->peer = keep_namespace();
	if (world->peer < 0)
		return skip_all("another namespace");
	memset(world->uuid, 7, sizeof(world->uuid));
	world_run("ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward");
	make_link(world);
	configure(world);
	return 0;
}

void world_end(struct world *world)
{
	world_close(world);
	config_free(&world->config);
	if (world->peer > 0) {
		kill(world->peer, SIGKILL);
		waitpid(world->peer, NULL, 0);
	}
	umount2(world->directory, MNT_DETACH);
	rmdir(world->directory);
}

void world_open(struct world *world, bool keep)
{
	world_close(world);
	if (!keep)
		world_run("rm -rf %s/pins; ip addr flush dev " WORLD_LINK " to 10.9.0.64/26",
			  world->directory);
	if (dataplane_open(&world->dataplane, &world->config, world->uuid, world->ring_key, false,
			   world->why, WHY) ||
	    dataplane_attach(world->dataplane, world->why, WHY))
		fail_msg("%s", world->why);
}

void world_close(struct world *world)
{
	dataplane_close(world->dataplane);
	world->dataplane = NULL;
}

bool world_wait(struct world *world, int timeout_ms, bool (*done)(struct world *world, void *arg),
		void *arg)
{
	uint64_t until_ms = dp_now_ms() + (uint64_t)timeout_ms;

	while (!done(world, arg)) {
		if (dp_now_ms() > until_ms)
			return false;
		usleep(20000);
		dataplane_tick(world->dataplane);
	}
	return true;
}

int world_peer_socket(const struct world *world, uint16_t protocol, const char *name, int *ifindex)
{
	int home = open("/proc/self/ns/net", O_RDONLY), away, fd;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", world->peer);
	away = open(path, O_RDONLY);
	assert_int_equal(setns(away, CLONE_NEWNET), 0);
	fd = socket(AF_PACKET, SOCK_RAW, htons(protocol));
	*ifindex = (int)if_nametoindex(name);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	close(home);
	close(away);
	return fd;
}

int world_arp_socket(const struct world *world)
{
	struct timeval patience = { .tv_sec = 2 };
	int ifindex, fd = world_peer_socket(world, ETH_P_ARP, "peer0", &ifindex);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

bool world_hears_announcement(int fd, const char *text)
{
	uint32_t address = inet_addr(text);
	uint8_t frame[128];
	ssize_t length;

	while ((length = recv(fd, frame, sizeof(frame), 0)) > 0) {
		if (length >= 42 && !memcmp(frame + 28, &address, 4) &&
		    !memcmp(frame + 38, &address, 4) && frame[0] == 0xff)
			return true;
	}
	return false;
}

struct address ip(const char *text)
{
	return address_from_be32(inet_addr(text));
}

void service_ring_fill(struct service *service)
{
	uint16_t active[40];
	size_t count = 0;

	for (size_t i = 0; i < service->service.backend_count; i++) {
		if (service->backends[i].state == SLUICE_BACKEND_ACTIVE)
			active[count++] = (uint16_t)i;
	}
	service->service.ring_size = count ? 257 : 0;
	for (size_t i = 0; i < service->service.ring_size; i++)
		service->ring[i] = active[i % count];
}

void service_fill(struct service *service, uint16_t id, uint32_t first_id, size_t count)
{
	memset(service, 0, sizeof(*service));
	for (size_t i = 0; i < count; i++)
		service->backends[i] = (struct dp_backend){
			.id = first_id + (uint32_t)i,
			.generation = 1,
			.state = SLUICE_BACKEND_ACTIVE,
			.port = 8080,
			.address = address_from_be32(htonl(0x0a090002 + (uint32_t)i)),
		};
	service->service = (struct dp_service){
		.id = id,
		.state = SLUICE_SERVICE_RUNNING,
		.protocol = IPPROTO_TCP,
		.vip = ip("10.9.0.100"),
		.port = 80,
		.reject = true,
		.established_s = 900,
		.backends = service->backends,
		.backend_count = count,
		.ring = service->ring,
	};
	service_ring_fill(service);
}

void service_publish(struct world *world, const struct service *service)
{
	struct dp_transaction *transaction = dp_begin(world->dataplane);

	if (dp_stage_vip(transaction, &service->service.vip, world->why, WHY) ||
	    dp_stage_service(transaction, &service->service, world->why, WHY))
		fail_msg("%s", world->why);
	dp_switch(transaction);
}

static void count(void *arg, uint64_t item)
{
	(void)item;
	++*(size_t *)arg;
}

size_t vip_count(const struct world *world)
{
	size_t items = 0;

	lines_each(&world->dataplane->tcp_lines, count, &items);
	lines_each(&world->dataplane->udp_lines, count, &items);
	return items;
}

size_t reverse_count(const struct world *world)
{
	size_t items = 0;

	lines_each(&world->dataplane->reverse_lines, count, &items);
	return items;
}
