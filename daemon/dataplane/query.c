// SPDX-License-Identifier: BSD-2-Clause
/* What the kernel knows of one interface. */
#include "dataplane/internal.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#define CARRIER_UP 6 /* IF_OPER_UP of linux/if.h, which cannot stand beside net/if.h */

static void copy_text(char *out, size_t size, const struct nlattr *attribute)
{
	if (mnl_attr_validate(attribute, MNL_TYPE_STRING) >= 0)
		snprintf(out, size, "%s", mnl_attr_get_str(attribute));
}

static int on_kind(const struct nlattr *attribute, void *arg)
{
	struct link_info *info = arg;

	if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
		copy_text(info->kind, sizeof(info->kind), attribute);
	else if (mnl_attr_get_type(attribute) == IFLA_INFO_SLAVE_KIND)
		copy_text(info->port_of, sizeof(info->port_of), attribute);
	return MNL_CB_OK;
}

static int on_attribute(const struct nlattr *attribute, void *arg)
{
	struct link_info *info = arg;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		copy_text(info->name, sizeof(info->name), attribute);
		break;
	case IFLA_MTU:
		info->mtu = mnl_attr_get_u32(attribute);
		break;
	case IFLA_MASTER:
		info->master = mnl_attr_get_u32(attribute);
		break;
	case IFLA_OPERSTATE:
		/* Unknown (0) is what a driver that does not tell reports. */
		info->carrier = mnl_attr_get_u8(attribute) == CARRIER_UP ||
				!mnl_attr_get_u8(attribute);
		break;
	case IFLA_ADDRESS:
		info->has_mac = mnl_attr_get_payload_len(attribute) == sizeof(info->mac);
		if (info->has_mac)
			memcpy(info->mac, mnl_attr_get_payload(attribute), sizeof(info->mac));
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attribute, on_kind, info);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *message, void *arg)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct link_info *info = arg;

	info->ifindex = (unsigned int)header->ifi_index;
	info->up = header->ifi_flags & IFF_UP;
	info->ethernet = header->ifi_type == ARPHRD_ETHER;
	mnl_attr_parse(message, sizeof(*header), on_attribute, info);
	return MNL_CB_OK;
}

void link_read(const struct nlmsghdr *message, struct link_info *out)
{
	memset(out, 0, sizeof(*out));
	(void)on_link(message, out);
}

int link_query(struct netlink *netlink, const char *name, unsigned int ifindex,
	       struct link_info *out)
{
	char buffer[NETLINK_MESSAGE];
	void *header;
	struct nlmsghdr *message =
		netlink_message(buffer, RTM_GETLINK, 0, sizeof(struct ifinfomsg), &header);

	memset(out, 0, sizeof(*out));
	((struct ifinfomsg *)header)->ifi_index = name ? 0 : (int)ifindex;
	if (name)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return netlink_request(netlink, message, on_link, out);
}
