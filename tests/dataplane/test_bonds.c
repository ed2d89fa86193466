// SPDX-License-Identifier: BSD-2-Clause
/*
 * Slaves of bonds as packets find them. Where the kernel has bonds there is a real one, and frames go
 * through it; everywhere the kernel's messages about one are played, with the world's link as the bond.
 */
#include "world.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct world world;

static uint64_t place_of(unsigned int ifindex)
{
	return world.dataplane->state->stations[ifindex % SLUICE_STATIONS];
}

/* All that a packet which comes in by a slave asks: one look, and the row for those who need it. Most
 * bonds give their own station to their slaves. */
static void assert_alias_at(unsigned int slave, uint32_t bond, uint64_t station)
{
	const struct sluice_link *rows = world.dataplane->ports;
	uint32_t row = port_find_alias(world.dataplane, slave);
	struct bpf_devmap_val way;

	assert_int_not_equal(row, 0);
	assert_int_equal(world.dataplane->alias_of[row], bond);
	assert_int_equal(rows[row].ifindex, slave);
	assert_int_equal(rows[row].station, station);
	assert_int_equal(rows[row].mtu, rows[bond].mtu);
	assert_int_equal(rows[row].flags, rows[bond].flags);
	assert_int_equal(place_of(slave), station << 16 | (uint16_t)slave);
	assert_int_equal(bpf_map_lookup_elem(world.dataplane->tables[MAP_LINK_PORTS].fd, &row,
					     &way),
			 0);
	assert_int_equal(way.ifindex, rows[bond].ifindex);
	/* It is no link of its own. */
	assert_int_equal(port_find(world.dataplane, slave), 0);
}

static void assert_alias(unsigned int slave, uint32_t bond)
{
	assert_alias_at(slave, bond, world.dataplane->ports[bond].station);
}

static void assert_nothing(unsigned int interface)
{
	assert_int_equal(port_find_alias(world.dataplane, interface), 0);
	for (uint32_t row = 0; row < SLUICE_LINK_ROWS; row++)
		assert_int_not_equal(world.dataplane->ports[row].ifindex, interface);
}

/* --- messages --- */

static void tell_of(uint16_t type, unsigned int slave, const char *kind, unsigned int master,
		    uint64_t station)
{
	char buffer[NETLINK_MESSAGE];
	void *memory;
	struct nlmsghdr *message =
		netlink_message(buffer, type, 0, sizeof(struct ifinfomsg), &memory);
	struct ifinfomsg *header = memory;
	struct nlattr *nest;

	header->ifi_index = (int)slave;
	mnl_attr_put_strz(message, IFLA_IFNAME, "slave");
	mnl_attr_put(message, IFLA_ADDRESS, 6, &station);
	if (master) {
		mnl_attr_put_u32(message, IFLA_MASTER, master);
		nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
		mnl_attr_put_strz(message, IFLA_INFO_SLAVE_KIND, kind);
		mnl_attr_nest_end(message, nest);
	}
	bonds_on_message(world.dataplane, message);
}

static void tell(uint16_t type, unsigned int slave, const char *kind, unsigned int master)
{
	tell_of(type, slave, kind, master, world.dataplane->ports[1].station);
}

#define SLAVE 4001u /* no interface has such a number */

static void test_a_slave_is_an_alias_until_it_leaves(void **state)
{
	unsigned int bond = if_nametoindex(WORLD_LINK);
	struct dataplane_status status;
	uint32_t row;

	(void)state;
	world_open(&world, false);
	tell(RTM_NEWLINK, SLAVE, "bond", bond);
	tell(RTM_NEWLINK, SLAVE + 1, "bond", bond);
	assert_alias(SLAVE, 1);
	assert_alias(SLAVE + 1, 1);
	assert_int_equal(port_find(world.dataplane, bond), 1);
	row = port_find_alias(world.dataplane, SLAVE);
	tell(RTM_NEWLINK, SLAVE, "bond", bond);
	assert_int_equal(port_find_alias(world.dataplane, SLAVE), row);
	dataplane_status(world.dataplane, &status);
	assert_int_equal(status.link_count, 1);
	for (size_t i = 0; i < status.table_count; i++)
		assert_true(strcmp(status.tables[i].name, "links") || status.tables[i].used == 1);
	/* It is released, the other one is unplugged. */
	tell(RTM_NEWLINK, SLAVE, "bond", 0);
	assert_nothing(SLAVE);
	assert_alias(SLAVE + 1, 1);
	tell(RTM_DELLINK, SLAVE + 1, "bond", bond);
	assert_nothing(SLAVE + 1);
}

static void test_ports_of_others_are_no_aliases(void **state)
{
	unsigned int bond = if_nametoindex(WORLD_LINK);

	(void)state;
	world_open(&world, false);
	tell(RTM_NEWLINK, SLAVE, "bridge", bond);
	assert_nothing(SLAVE);
	tell(RTM_NEWLINK, SLAVE, "bond", bond + 1000);
	assert_nothing(SLAVE);
	/* Nor a link of its own. */
	tell(RTM_NEWLINK, bond, "bond", bond);
	assert_int_equal(port_find(world.dataplane, bond), 1);
	world_close(&world);
	world.config.generic_xdp = true;
	world_open(&world, false);
	tell(RTM_NEWLINK, SLAVE, "bond", bond);
	assert_nothing(SLAVE);
	world.config.generic_xdp = false;
}

static bool has_mtu(struct world *unused, void *arg)
{
	(void)unused;
	return world.dataplane->ports[1].mtu == *(uint32_t *)arg;
}

static void test_an_alias_follows_its_bond(void **state)
{
	unsigned int bond = if_nametoindex(WORLD_LINK);
	uint64_t before;
	uint32_t mtu = 1400;

	(void)state;
	world_open(&world, false);
	dp_catch_up(world.dataplane);
	before = world.dataplane->ports[1].station;
	tell(RTM_NEWLINK, SLAVE, "bond", bond);
	world_run("ip link set " WORLD_LINK " address 02:00:00:00:00:57");
	dp_catch_up(world.dataplane);
	assert_int_equal(world.dataplane->ports[1].station, 0x570000000002);
	/* Its own station stays, until a message says that it has got another. */
	assert_alias_at(SLAVE, 1, before);
	tell(RTM_NEWLINK, SLAVE, "bond", bond);
	assert_alias(SLAVE, 1);
	world_run("ip link set " WORLD_LINK " mtu 1400");
	assert_true(world_wait(&world, 1000, has_mtu, &mtu));
	assert_alias(SLAVE, 1);
	world_run("ip link set " WORLD_LINK " mtu 1500");
	/* The kernel knows of no such slave. */
	bonds_resync(world.dataplane);
	assert_nothing(SLAVE);
}

/* The place in which packets look first is the slave's, not the bond's, by which nothing comes in. */
static void test_a_bond_gives_its_place_to_a_slave(void **state)
{
	unsigned int bond = if_nametoindex(WORLD_LINK), slave = bond + 50 * SLUICE_STATIONS;

	(void)state;
	world_open(&world, false);
	assert_int_equal((uint16_t)place_of(bond), bond);
	tell(RTM_NEWLINK, slave, "bond", bond);
	assert_int_equal((uint16_t)place_of(bond), slave);
	world.dataplane->links_stale = true;
	dataplane_tick(world.dataplane);
	assert_int_equal((uint16_t)place_of(bond), slave);
	/* And has it back. */
	tell(RTM_DELLINK, slave, "bond", bond);
	world.dataplane->links_stale = true;
	dataplane_tick(world.dataplane);
	assert_int_equal((uint16_t)place_of(bond), bond);
}

static void test_links_come_before_aliases(void **state)
{
	unsigned int bond = if_nametoindex(WORLD_LINK);
	struct dp_link link = { .name = "another" };
	struct link_info info;
	size_t aliases = 0;

	(void)state;
	world_open(&world, false);
	for (unsigned int i = 0; i < SLUICE_LINKS; i++)
		tell(RTM_NEWLINK, SLAVE + i, "bond", bond);
	for (unsigned int i = 0; i < SLUICE_LINKS; i++)
		aliases += port_find_alias(world.dataplane, SLAVE + i) != 0;
	assert_int_equal(aliases, SLUICE_LINKS - 2);
	assert_alias(SLAVE, 1);
	assert_int_equal(link_query(&world.dataplane->netlink, "lo", 0, &info), 0);
	assert_int_equal(port_set(world.dataplane, &link, &info), 0);
	assert_int_equal(link.index, SLUICE_LINKS - 1);
	assert_int_equal(port_find(world.dataplane, info.ifindex), link.index);
	assert_nothing(SLAVE + SLUICE_LINKS - 3);
}

/* --- a real bond --- */

#define MAC "02:00:00:00:09:01"
#define SYN_BYTES (sizeof(struct ethhdr) + sizeof(struct iphdr) + sizeof(struct tcphdr))

static bool make_bond(void)
{
	if (system("ip link add bond0 type bond mode active-backup miimon 20 2>/dev/null"))
		return false;
	for (int i = 0; i < 2; i++) {
		world_run("ip link add s%d type veth peer name p%d netns %d", i, i, world.peer);
		world_run("ip link set s%d master bond0", i);
		/* Else what is redirected to it is lost. */
		world_run("nsenter -t %d -n sh -c 'ip link set p%d address " MAC " up && "
			  "ethtool -K p%d gro on'",
			  world.peer, i, i);
	}
	world_run("ip addr add 10.9.1.1/24 dev bond0 && ip link set bond0 up");
	world_run("ip neigh replace 10.9.1.2 lladdr " MAC " nud permanent dev bond0");
	strcpy(world.config.interfaces[1], "bond0");
	world.config.interface_count = 2;
	return true;
}

static void remove_bond(void)
{
	world.config.interface_count = 1;
	world_run("ip link del bond0; ip link del s0; ip link del s1");
}

static int peer_socket(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	struct timeval patience = { .tv_sec = 1 };
	int fd = world_peer_socket(&world, ETH_P_IP, name, &at.sll_ifindex);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static void send_syn(int fd, uint64_t station, uint16_t port)
{
	uint8_t frame[SYN_BYTES] = { 0 };
	struct ethhdr *eth = (void *)frame;
	struct iphdr *header = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(header + 1);

	memcpy(eth->h_dest, &station, sizeof(eth->h_dest));
	eth->h_proto = htons(ETH_P_IP);
	*header = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_TCP,
		.tot_len = htons(sizeof(*header) + sizeof(*tcp)),
		.saddr = inet_addr("10.9.1.3"),
		.daddr = inet_addr("10.9.1.100"),
	};
	*tcp = (struct tcphdr){ .source = htons(port), .dest = htons(80), .syn = 1, .doff = 5 };
	assert_int_equal(send(fd, frame, sizeof(frame), 0), sizeof(frame));
}

/* True once a SYN from that port has come to the backend's station. */
static bool hears_syn(int fd, uint16_t port)
{
	uint8_t frame[128];
	ssize_t length;

	while ((length = recv(fd, frame, sizeof(frame), 0)) > 0) {
		struct iphdr *header = (void *)(frame + sizeof(struct ethhdr));
		struct tcphdr *tcp = (void *)(header + 1);

		if ((size_t)length >= SYN_BYTES && header->daddr == inet_addr("10.9.1.2") &&
		    tcp->source == htons(port))
			return true;
	}
	return false;
}

static void publish_backend(void)
{
	struct service service;

	service_fill(&service, 1, 1, 1);
	service.service.vip = ip("10.9.1.100");
	service.backends[0].address = ip("10.9.1.2");
	service_publish(&world, &service);
}

static bool is_alias(struct world *unused, void *arg)
{
	(void)unused;
	return port_find_alias(world.dataplane, if_nametoindex(arg)) != 0;
}

static bool is_no_alias(struct world *unused, void *arg)
{
	return !is_alias(unused, arg);
}

static void test_a_real_bond(void **state)
{
	uint32_t bond;
	int fds[2];

	(void)state;
	if (!make_bond()) {
		print_message("skipped: no bonds here; the oldest kernel has them\n");
		skip();
	}
	world_open(&world, false);
	bond = world.dataplane->links[1].index;
	assert_string_equal(link_mode(if_nametoindex("bond0")), "native");
	assert_alias(if_nametoindex("s0"), bond);
	assert_alias(if_nametoindex("s1"), bond);
	publish_backend();
	for (uint16_t i = 0; i < 2; i++) {
		char name[] = { 'p', (char)('0' + i), '\0' };

		world_run("ip link set bond0 type bond active_slave s%d", i);
		fds[i] = peer_socket(name);
		send_syn(fds[i], world.dataplane->ports[bond].station, (uint16_t)(4000 + i));
		assert_true(hears_syn(fds[i], (uint16_t)(4000 + i)));
		close(fds[i]);
	}
	/* One leaves and comes back. */
	world_run("ip link set s1 nomaster");
	assert_true(world_wait(&world, 1000, is_no_alias, "s1"));
	assert_nothing(if_nametoindex("s1"));
	world_run("ip link set s1 down; ip link set s1 master bond0");
	assert_true(world_wait(&world, 1000, is_alias, "s1"));
	assert_alias(if_nametoindex("s1"), bond);
	/* A new daemon finds them where they are, and what came and went without one. */
	world_close(&world);
	world_run("ip link set s0 nomaster");
	world_open(&world, true);
	assert_nothing(if_nametoindex("s0"));
	assert_alias(if_nametoindex("s1"), bond);
	remove_bond();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_slave_is_an_alias_until_it_leaves),
		cmocka_unit_test(test_ports_of_others_are_no_aliases),
		cmocka_unit_test(test_an_alias_follows_its_bond),
		cmocka_unit_test(test_a_bond_gives_its_place_to_a_slave),
		cmocka_unit_test(test_links_come_before_aliases),
		cmocka_unit_test(test_a_real_bond),
	};
	int result = world_make(&world);

	if (!result)
		result = cmocka_run_group_tests_name("dataplane.bonds", tests, NULL, NULL);
	world_end(&world);
	return result;
}
