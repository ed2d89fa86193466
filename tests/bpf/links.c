// SPDX-License-Identifier: BSD-2-Clause
#include "links.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* The far ends of the veth pairs stay here too: nothing is ever sent, only looked up. */
static const char commands[] =
	"link set lo up\n"
	"link add front address 02:00:00:00:00:01 type veth peer name front-far\n"
	"link add back address 02:00:00:00:00:02 type veth peer name back-far mtu 1000\n"
	"link add far address 02:00:00:00:00:03 type veth peer name far-far\n"
	"link add small address 02:00:00:00:00:04 mtu 600 type veth peer name small-far mtu 600\n"
	"link set front up\n"
	"link set front-far up\n"
	"link set back up\n"
	"link set back-far up\n"
	"link set far up\n"
	"link set far-far up\n"
	"link set small up\n"
	"link set small-far up\n"
	"address add 192.0.2.1/24 dev front\n"
	"address add 10.0.0.1/24 dev back\n"
	"address add 10.9.0.1/24 dev far\n"
	"address add 10.8.0.1/24 dev small\n"
	"address add 192.0.2.100/32 dev front\n"
	"address add 192.0.2.101/32 dev front\n"
	"route add 198.51.100.0/24 via 192.0.2.254\n"
	"neighbour add 192.0.2.10 lladdr 02:00:00:00:00:10 dev front nud permanent\n"
	"neighbour add 192.0.2.20 lladdr 02:00:00:00:00:13 dev front nud permanent\n"
	"neighbour add 192.0.2.254 lladdr 02:00:00:00:00:fe dev front nud permanent\n"
	"neighbour add 10.0.0.11 lladdr 02:00:00:00:00:11 dev back nud permanent\n"
	"neighbour add 10.0.0.12 lladdr 02:00:00:00:00:12 dev back nud permanent\n"
	"neighbour add 10.8.0.5 lladdr 02:00:00:00:00:14 dev small nud permanent\n"
	"neighbour add 10.9.0.5 lladdr 02:00:00:00:00:15 dev far nud permanent\n";

static int run_ip(void)
{
	FILE *ip = popen("ip -batch -", "w");

	if (!ip)
		return -1;
	fputs(commands, ip);
	return pclose(ip);
}

static int forward(void)
{
	FILE *setting = fopen("/proc/sys/net/ipv4/ip_forward", "w");

	if (!setting)
		return -1;
	fputs("1", setting);
	return fclose(setting);
}

int links_make(char *why, size_t why_size)
{
	if (unshare(CLONE_NEWNET)) {
		snprintf(why, why_size, "a network namespace needs CAP_SYS_ADMIN: %s",
			 strerror(errno));
		return -1;
	}
	/* Before the links: they take over the setting of the day they are made. */
	if (forward()) {
		snprintf(why, why_size, "/proc/sys/net/ipv4/ip_forward: %s", strerror(errno));
		return -1;
	}
	if (run_ip()) {
		snprintf(why, why_size, "ip -batch failed (package iproute2)");
		return -1;
	}
	return 0;
}
