// SPDX-License-Identifier: BSD-2-Clause
/*
 * VIP addresses that somebody else took off their interface (by hand, ifdown, a network manager) are
 * put back, and their neighbourhood told, at the next tick; but less and less to who goes on taking
 * them off. After a bypass nothing is put back: the local stack would answer.
 */
#include "dataplane/internal.h"

#include "base/log.h"

#include <search.h>
#include <stdio.h>
#include <string.h>

#define PUTS 256 /* a tick */
#define AGAIN_MS 1000 /* what could not be done */
#define QUICK_RETURNS 5
#define QUIET_MS 60000
#define SLOW_MS 10000

/* What a tick did, for a line of the log. */
struct tick {
	uint64_t now_ms;
	size_t returned, failed;
	const struct vip *first;
	char why[256];
};

static void ail(struct dataplane *dataplane, struct vip *vip, uint64_t due_ms)
{
	vip->due_ms = due_ms;
	if (vip->is_ailing)
		return;
	vip->is_ailing = true;
	TAILQ_INSERT_TAIL(&dataplane->vips.ailing, vip, entry);
}

void vip_well(struct dataplane *dataplane, struct vip *vip)
{
	if (vip->is_ailing)
		TAILQ_REMOVE(&dataplane->vips.ailing, vip, entry);
	dataplane->vips.lost -= vip->is_lost;
	vip->is_ailing = vip->is_lost = vip->is_silent = false;
}

void vip_gone(struct dataplane *dataplane, uint32_t address)
{
	struct vip *vip = vip_find(dataplane, address);
	uint64_t now_ms = dp_now_ms(), due_ms = now_ms;

	if (!vip || vip->is_lost || !*vip->interface ||
	    addresses_find(&dataplane->addresses, address))
		return;
	if (now_ms > vip->returned_ms + QUIET_MS)
		vip->returns = 0;
	if (vip->returns >= QUICK_RETURNS)
		due_ms = vip->returned_ms + SLOW_MS;
	vip->is_lost = true;
	dataplane->vips.lost++;
	ail(dataplane, vip, due_ms);
}

void vip_there(struct dataplane *dataplane, struct vip *vip, unsigned int ifindex)
{
	char name[IF_NAMESIZE];

	vip_well(dataplane, vip);
	if (if_indextoname(ifindex, name))
		snprintf(vip->interface, sizeof(vip->interface), "%s", name);
}

void vip_announce(struct dataplane *dataplane, struct vip *vip)
{
	vip->is_silent = !address_announce(&dataplane->netlink, if_nametoindex(vip->interface),
					   vip->address);
	if (vip->is_silent)
		ail(dataplane, vip, dp_now_ms() + AGAIN_MS);
}

static void look_for(const void *node, VISIT visit, void *arg)
{
	if (visit == postorder || visit == leaf)
		vip_gone(arg, (*(struct vip *const *)node)->address);
}

void lost_vips_resync(struct dataplane *dataplane)
{
	twalk_r(dataplane->vips.tree, look_for, dataplane);
}

/* An interface of ours that was made again has no program yet, and the local stack would answer. */
static bool has_program(const struct dataplane *dataplane, const char *interface)
{
	for (size_t i = 0; i < dataplane->link_count; i++) {
		const struct dp_link *link = &dataplane->links[i];

		if (!strcmp(link->name, interface))
			return link->ifindex && link->ifindex == if_nametoindex(interface);
	}
	return true;
}

static void put_back(struct dataplane *dataplane, struct vip *vip, struct tick *tick)
{
	int put;

	if (!has_program(dataplane, vip->interface)) {
		vip->due_ms = tick->now_ms + AGAIN_MS;
		return;
	}
	put = vip_put(dataplane, vip, tick->why, sizeof(tick->why));
	if (put < 0) {
		vip->due_ms = tick->now_ms + AGAIN_MS;
		tick->failed += !vip->has_failed;
		vip->has_failed = true;
	}
	if (put <= 0)
		return;
	vip->has_failed = false;
	vip->returns++;
	vip->returned_ms = tick->now_ms;
	if (!tick->returned++)
		tick->first = vip;
}

static void tell(const struct tick *tick)
{
	struct address address;
	char text[ADDRESS_TEXT], more[48] = "";

	if (tick->failed)
		log_warning(DOMAIN, "%zu VIP addresses cannot be put back yet: %s", tick->failed,
			    tick->why);
	if (!tick->returned)
		return;
	address = address_from_be32(tick->first->address);
	address_format(&address, text);
	if (tick->returned > 1)
		snprintf(more, sizeof(more), ", and %zu others", tick->returned - 1);
	log_warning(DOMAIN,
		    "somebody took the VIP address %s off interface %s%s (ip addr del or flush, "
		    "ifdown, a network manager?): put back%s",
		    text, tick->first->interface, more,
		    tick->first->returns >= QUICK_RETURNS
			    ? "; if it is taken off again, only after 10 s"
			    : "");
}

void lost_vips_tick(struct dataplane *dataplane)
{
	struct ailing *ailing = &dataplane->vips.ailing;
	struct vip *vip = NULL, *last = TAILQ_LAST(ailing, ailing);
	struct tick tick = { .now_ms = dp_now_ms() };

	if (!last || !dataplane->attached || !links_pinned(dataplane))
		return;
	for (int i = 0; vip != last && i < PUTS; i++) {
		vip = TAILQ_FIRST(ailing);
		TAILQ_REMOVE(ailing, vip, entry);
		TAILQ_INSERT_TAIL(ailing, vip, entry);
		if (tick.now_ms < vip->due_ms)
			continue;
		if (vip->is_lost)
			put_back(dataplane, vip, &tick);
		else
			vip_announce(dataplane, vip);
		if (!vip->is_lost && !vip->is_silent)
			vip_well(dataplane, vip);
	}
	tell(&tick);
}
