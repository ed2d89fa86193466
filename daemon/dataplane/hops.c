// SPDX-License-Identifier: BSD-2-Clause
/*
 * Next hops: neighbours that the kernel is to keep resolved. Managed ones it keeps by itself; what it
 * could not resolve is asked for again each second.
 */
#include "dataplane/hops.h"

#include "base/journal.h"
#include "base/log.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#define ASK_MS 1000
#define ASKS 128 /* unresolved hops a tick */
#define NUD_RESOLVED (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

static int compare_hops(const void *a, const void *b)
{
	const struct hop *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->ifindex < right->ifindex ? -1 : left->ifindex > right->ifindex;
}

/* --- the kernel's neighbours --- */

static struct nlmsghdr *request(char buffer[static NETLINK_MESSAGE], unsigned int type,
				unsigned int flags, unsigned int ifindex, uint32_t address)
{
	void *memory;
	struct nlmsghdr *message =
		netlink_message(buffer, type, flags, sizeof(struct ndmsg), &memory);
	struct ndmsg *header = memory;

	header->ndm_family = AF_INET;
	header->ndm_ifindex = (int)ifindex;
	mnl_attr_put_u32(message, NDA_DST, address);
	return message;
}

/* Has the kernel resolve it; managed: and keep it so, else whatever it was before. */
static int neighbour_ask(struct netlink *netlink, unsigned int ifindex, uint32_t address,
			 bool managed)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *message =
		request(buffer, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex, address);
	struct ndmsg *header = mnl_nlmsg_get_payload(message);

	header->ndm_flags = NTF_USE;
	if (managed)
		mnl_attr_put_u32(message, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	return netlink_request(netlink, message, NULL, NULL);
}

/* What the kernel says of a neighbour. */
struct report {
	uint32_t address;
	unsigned int state;
	bool has_mac;
	uint8_t mac[6];
};

static int on_attribute(const struct nlattr *attribute, void *arg)
{
	struct report *report = arg;

	if (mnl_attr_get_type(attribute) == NDA_DST) {
		report->address = mnl_attr_get_u32(attribute);
	} else if (mnl_attr_get_type(attribute) == NDA_LLADDR &&
		   mnl_attr_get_payload_len(attribute) == sizeof(report->mac)) {
		memcpy(report->mac, mnl_attr_get_payload(attribute), sizeof(report->mac));
		report->has_mac = true;
	}
	return MNL_CB_OK;
}

static int on_state(const struct nlmsghdr *message, void *arg)
{
	const struct ndmsg *header = mnl_nlmsg_get_payload(message);
	struct report *report = arg;

	report->state = header->ndm_state;
	mnl_attr_parse(message, sizeof(*header), on_attribute, report);
	return MNL_CB_OK;
}

static struct report state_of(struct netlink *netlink, const struct hop *hop)
{
	char buffer[NETLINK_MESSAGE];
	struct report report = { .state = NUD_NONE };

	(void)netlink_request(netlink, request(buffer, RTM_GETNEIGH, 0, hop->ifindex, hop->address),
			      on_state, &report);
	return report;
}

uint64_t hop_word(const struct dataplane *dataplane, const struct hop *hop)
{
	uint32_t link = port_find(dataplane, hop->ifindex);
	uint64_t mac = 0;

	if (!hop->is_resolved || !hop->has_mac || !link)
		return 0;
	memcpy(&mac, hop->mac, sizeof(hop->mac));
	return SLUICE_PUT(HOP_MAC, mac) | SLUICE_PUT(HOP_LINK, link);
}

void hop_publish(struct dataplane *dataplane, const struct hop *hop)
{
	uint64_t word = hop_word(dataplane, hop);

	hop_word_set(dataplane, hop->index, word);
	hop_word_set(dataplane, hop->front, word);
}

void hops_publish(struct dataplane *dataplane)
{
	const struct hop *hop;

	TAILQ_FOREACH(hop, &dataplane->neighbours.resolved, entry)
	hop_publish(dataplane, hop);
	TAILQ_FOREACH(hop, &dataplane->neighbours.unresolved, entry)
	hop_publish(dataplane, hop);
}

/* Unresolved ones are asked for again and again: the first failure is told. */
static void note(struct hop *hop, const struct report *report)
{
	bool resolved = report->state & NUD_RESOLVED;
	bool moved = hop->is_resolved && resolved && hop->has_mac && report->has_mac &&
		     memcmp(hop->mac, report->mac, sizeof(hop->mac)) != 0;
	bool lost = !resolved && (hop->is_resolved || (report->state & NUD_FAILED));
	char address[INET_ADDRSTRLEN] = "", name[IF_NAMESIZE] = "a lost interface";
	char subject[JOURNAL_SUBJECT], mac[24] = "";
	const uint8_t *m = report->mac;

	if (!(resolved && !hop->is_resolved) && !moved && !(lost && !hop->has_failed))
		return;
	(void)inet_ntop(AF_INET, &hop->address, address, sizeof(address));
	(void)if_indextoname(hop->ifindex, name);
	snprintf(subject, sizeof(subject), "%s dev %s", address, name);
	if (report->has_mac)
		snprintf(mac, sizeof(mac), " %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
			 m[4], m[5]);
	hop->has_failed = lost;
	if (lost)
		journal_note(JOURNAL_NEIGHBOUR, subject,
			     report->state & NUD_FAILED ? "failed: it does not answer" : "lost");
	else
		journal_note(JOURNAL_NEIGHBOUR, subject, "%s%s", moved ? "moved to" : "resolved",
			     mac);
}

static void set_state(struct dataplane *dataplane, struct hop *hop, const struct report *report)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	bool resolved = report->state & NUD_RESOLVED;
	bool was_resolved = hop->is_resolved;

	note(hop, report);
	hop->fixed = report->state & (NUD_PERMANENT | NUD_NOARP);
	hop->is_resolved = resolved;
	hop->has_mac = report->has_mac;
	memcpy(hop->mac, report->mac, sizeof(hop->mac));
	hop_publish(dataplane, hop);
	if (resolved == was_resolved)
		return;
	TAILQ_REMOVE(was_resolved ? &neighbours->resolved : &neighbours->unresolved, hop, entry);
	TAILQ_INSERT_TAIL(resolved ? &neighbours->resolved : &neighbours->unresolved, hop, entry);
}

/* Asking would take an operator's permanent entry its permanence. */
static void ask(struct dataplane *dataplane, struct hop *hop)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	struct report report = state_of(&dataplane->netlink, hop);
	int error;

	set_state(dataplane, hop, &report);
	if (hop->fixed)
		return;
	error = neighbour_ask(&dataplane->netlink, hop->ifindex, hop->address,
			      !neighbours->unmanaged);
	if (error != -EOPNOTSUPP && error != -EINVAL)
		return;
	if (!neighbours->unmanaged)
		log_info(DOMAIN, "this kernel has no managed neighbours: asking by ourselves");
	neighbours->unmanaged = true;
	(void)neighbour_ask(&dataplane->netlink, hop->ifindex, hop->address, false);
}

/* --- hops --- */

static struct hop *find_hop(const struct neighbours *neighbours, unsigned int ifindex,
			    uint32_t address)
{
	struct hop key = { .address = address, .ifindex = ifindex };
	void *node = tfind(&key, &neighbours->hop_tree, compare_hops);

	return node ? *(struct hop **)node : NULL;
}

int neighbours_ask(struct dataplane *dataplane, unsigned int ifindex, uint32_t address)
{
	struct hop *hop = find_hop(&dataplane->neighbours, ifindex, address);

	/* Asked for as a stranger, a hop of ours would no longer be managed. */
	if (!hop)
		return neighbour_ask(&dataplane->netlink, ifindex, address, false);
	ask(dataplane, hop);
	return 0;
}

struct hop *hop_get(struct dataplane *dataplane, unsigned int ifindex, uint32_t address)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	struct hop *hop = find_hop(neighbours, ifindex, address);

	if (!hop) {
		hop = memory_new(1, sizeof(*hop));
		hop->address = address;
		hop->ifindex = ifindex;
		tsearch(hop, &neighbours->hop_tree, compare_hops);
		TAILQ_INSERT_TAIL(&neighbours->unresolved, hop, entry);
		neighbours->hop_count++;
		ask(dataplane, hop);
	}
	hop->references++;
	return hop;
}

void hop_put(struct dataplane *dataplane, struct hop *hop)
{
	struct neighbours *neighbours = &dataplane->neighbours;

	if (!hop || --hop->references)
		return;
	/* No longer managed: the kernel may forget it. */
	if (!hop->fixed && !neighbours->unmanaged && hop->is_resolved)
		(void)neighbour_ask(&dataplane->netlink, hop->ifindex, hop->address, false);
	TAILQ_REMOVE(hop->is_resolved ? &neighbours->resolved : &neighbours->unresolved, hop,
		     entry);
	tdelete(hop, &neighbours->hop_tree, compare_hops);
	neighbours->hop_count--;
	hop_index_rest(dataplane, hop->index);
	free(hop);
}

/* --- what the kernel tells --- */

void neighbours_on_message(struct dataplane *dataplane, const struct nlmsghdr *message)
{
	const struct ndmsg *header = mnl_nlmsg_get_payload(message);
	struct report report = { .state = NUD_NONE };
	struct hop *hop;

	if (header->ndm_family != AF_INET)
		return;
	(void)on_state(message, &report);
	hop = find_hop(&dataplane->neighbours, (unsigned int)header->ndm_ifindex, report.address);
	if (!hop)
		return;
	if (message->nlmsg_type == RTM_NEWNEIGH) {
		set_state(dataplane, hop, &report);
		return;
	}
	/* Flushed: gone until it is asked for, which the next tick does. */
	report = (struct report){ .state = NUD_NONE };
	set_state(dataplane, hop, &report);
	dataplane->neighbours.ask_ms = 0;
}

void hops_resync(struct dataplane *dataplane)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	struct hop *hop, *next;

	for (hop = TAILQ_FIRST(&neighbours->resolved); hop; hop = next) {
		struct report report = state_of(&dataplane->netlink, hop);

		next = TAILQ_NEXT(hop, entry);
		set_state(dataplane, hop, &report);
	}
	neighbours->ask_ms = 0;
}

void hops_tick(struct dataplane *dataplane)
{
	struct neighbours *neighbours = &dataplane->neighbours;
	uint64_t now_ms = dp_now_ms();
	struct hop *hop = NULL, *last;

	if (now_ms < neighbours->ask_ms + ASK_MS)
		return;
	neighbours->ask_ms = now_ms;
	/* From the front to the back, so that each comes to its turn, and once. */
	last = TAILQ_LAST(&neighbours->unresolved, hops);
	for (int i = 0; hop != last && i < ASKS; i++) {
		hop = TAILQ_FIRST(&neighbours->unresolved);
		TAILQ_REMOVE(&neighbours->unresolved, hop, entry);
		TAILQ_INSERT_TAIL(&neighbours->unresolved, hop, entry);
		ask(dataplane, hop);
	}
}
