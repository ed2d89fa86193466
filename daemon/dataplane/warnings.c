// SPDX-License-Identifier: BSD-2-Clause
/* What an operator would look for long: settings and states in which packets quietly go nowhere. */
#include "dataplane/internal.h"

#include "base/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARNING_BYTES sizeof(((struct dataplane_status *)0)->warnings[0])
#define WARNINGS_MAX (sizeof(((struct dataplane_status *)0)->warnings) / WARNING_BYTES)

static void warn(struct dataplane_status *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One a kind of thing, with a count, so there is a place for nearly all kinds; the last place counts
 * what found none. */
static void warn(struct dataplane_status *out, const char *format, ...)
{
	va_list arguments;

	if (out->warning_count == WARNINGS_MAX) {
		out->unlisted_warnings++;
		snprintf(out->warnings[WARNINGS_MAX - 1], WARNING_BYTES, "%zu more warnings",
			 out->unlisted_warnings + 1);
		return;
	}
	va_start(arguments, format);
	vsnprintf(out->warnings[out->warning_count++], WARNING_BYTES, format, arguments);
	va_end(arguments);
}

/* " (and N more)" */
static const char *others(size_t count, char text[static 40])
{
	text[0] = '\0';
	if (count > 1)
		snprintf(text, 40, " (and %zu more)", count - 1);
	return text;
}

/* A setting under /proc/sys/net, or -1 where this namespace does not have it. */
static long setting(const char *name)
{
	char path[128], text[32] = "", *end;
	long value;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	value = strtol(text, &end, 10);
	return end == text ? -1 : value;
}

static void warn_interfaces(const struct dataplane *dataplane, struct dataplane_status *out)
{
	const char *first = NULL;
	size_t count = 0;
	char name[64], more[40];

	for (size_t i = 0; i < dataplane->link_count; i++) {
		snprintf(name, sizeof(name), "ipv4/conf/%s/forwarding", dataplane->links[i].name);
		if (setting(name))
			continue;
		if (!count++)
			first = dataplane->links[i].name;
	}
	/* With slashes, since the dots of a VLAN's name are none of sysctl's. */
	if (count)
		warn(out,
		     "forwarding is off on interface %s%s, and what comes in there finds no way "
		     "out: set net/ipv4/conf/%s/forwarding = 1",
		     first, others(count, more), first);
}

static void warn_vips(const struct dataplane *dataplane, struct dataplane_status *out)
{
	char text[ADDRESS_TEXT], more[40];
	const struct vip *vip;
	struct address address;

	if (!dataplane->attached || !dataplane->vips.lost)
		return;
	TAILQ_FOREACH(vip, &dataplane->vips.ailing, entry)
	{
		if (vip->is_lost)
			break;
	}
	if (!vip)
		return;
	address = address_from_be32(vip->address);
	address_format(&address, text);
	warn(out, "VIP address %s is missing from interface %s%s: somebody took it off", text,
	     vip->interface, others(dataplane->vips.lost, more));
}

static void warn_backends(const struct dataplane *dataplane, struct dataplane_status *out)
{
	struct target_faults local = { 0 }, astray = { 0 };
	char text[ADDRESS_TEXT], more[40], name[IF_NAMESIZE] = "?";
	struct address address;

	neighbours_faults(dataplane, &local, &astray);
	address = address_from_be32(local.address);
	address_format(&address, text);
	if (local.count)
		warn(out, "backend %s%s is an address of this gateway: its packets go nowhere",
		     text, others(local.count, more));
	address = address_from_be32(astray.address);
	address_format(&address, text);
	if_indextoname(astray.ifindex, name);
	if (astray.count)
		warn(out,
		     "backend %s%s is behind interface %s, which is not in `interfaces`: its "
		     "packets are dropped (no_link)",
		     text, others(astray.count, more), name);
}

/* The table is shared with everything else on this host. */
static void warn_neighbours(const struct dataplane *dataplane, struct dataplane_status *out)
{
	long threshold = setting("ipv4/neigh/default/gc_thresh3");
	size_t hops = dataplane->neighbours.hop_count;

	if (threshold >= 0 && hops * 4 > (size_t)threshold * 3)
		warn(out,
		     "%zu next hops are close to the kernel's limit: "
		     "set net.ipv4.neigh.default.gc_thresh3 = %zu",
		     hops, hops * 2 > 4096 ? hops * 2 : (size_t)4096);
}

void warnings_status(const struct dataplane *dataplane, struct dataplane_status *out)
{
	if (!dataplane->attached)
		warn(out, "the program is detached (bypass): a restart of sluiced attaches it");
	if (!setting("ipv4/ip_forward"))
		warn(out, "forwarding is off, and packets find no way out: "
			  "set net.ipv4.ip_forward = 1");
	else
		warn_interfaces(dataplane, out);
	warn_vips(dataplane, out);
	warn_backends(dataplane, out);
	warn_neighbours(dataplane, out);
	if (dataplane->locals_left_out)
		warn(out, "the gateway has %zu more addresses than the table of its own takes",
		     dataplane->locals_left_out);
	if (*dataplane->size_warning)
		warn(out, "%s", dataplane->size_warning);
	if (dataplane->crowded)
		warn(out,
		     "%zu backends serve more than %d listeners by one address and port: their "
		     "replies cost more, and clients' ports can collide",
		     dataplane->crowded, REVERSE_CROWD);
	if (dataplane->retries.count)
		warn(out, "%zu changes that the kernel refused are tried again",
		     dataplane->retries.count);
}
