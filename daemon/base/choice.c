// SPDX-License-Identifier: BSD-2-Clause
/* The tables behind choice.h. */
#include "base/choice.h"

#include <stddef.h>
#include <strings.h>

#define CHOICES(set, ...)                                               \
	static const char *const set##_names[] = { __VA_ARGS__, NULL }; \
	const struct choices choices_##set = { .names = set##_names }

CHOICES(switch, "off", "on");
CHOICES(address_type, "internet", "intranet");
CHOICES(ip_version, "ipv4", "ipv6");
CHOICES(network_type, "classic", "vpc");
CHOICES(spec, "", "slb.s1.small", "slb.s2.small", "slb.s2.medium", "slb.s3.small", "slb.s3.medium",
	"slb.s3.large");
CHOICES(instance_charge, "PayBySpec", "PayByCLCU");
CHOICES(internet_charge, "paybytraffic", "paybybandwidth");
CHOICES(protection_status, "NonProtection", "ConsoleProtection");
CHOICES(pay_type, "PayOnDemand", "PrePay");
CHOICES(lb_status, "active", "inactive");
CHOICES(listener_status, "stopped", "running");
CHOICES(protocol, "tcp", "udp");
CHOICES(scheduler, "wrr", "rr", "wlc", "sch", "tch", "qch");
CHOICES(forwarding_mode, "nat", "fullnat", "dsr", "ipip", "gue");
CHOICES(no_backend_policy, "reject", "drop");
CHOICES(acl_type, "white", "black");
CHOICES(health_type, "tcp", "http");
CHOICES(health_method, "head", "get");
CHOICES(instance_status, "Running", "Stopped", "Starting", "Stopping", "Pending");
CHOICES(server_type, "ecs", "eni");
CHOICES(syn_proxy, "disable", "enable");
CHOICES(journal_kind, "health", "membership", "link", "neighbour");
CHOICES(resource_type, "instance", "listener", "vservergroup", "masterslaveservergroup", "acl");

int choice_find(const struct choices *choices, const char *word)
{
	for (int value = 0; choices->names[value]; value++) {
		if (choices->names[value][0] && !strcasecmp(choices->names[value], word))
			return value;
	}
	return -1;
}

const char *choice_name(const struct choices *choices, unsigned int value)
{
	for (unsigned int i = 0; choices->names[i]; i++) {
		if (i == value)
			return choices->names[i];
	}
	return "";
}
