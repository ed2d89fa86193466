// SPDX-License-Identifier: BSD-2-Clause
/* The operator's hand brake: everything here works from the pins alone. */
#include "dataplane/pins.h"

#include "dataplane/internal.h"
#include "dataplane/pin_table.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void pin_path(const char *pins, const char *name, char out[static 320])
{
	char directory[256];

	pins_directory(pins, directory);
	snprintf(out, 320, "%.255s/%.60s", directory, name);
}

/* Calls `each` for every pin in a directory whose name begins with `prefix`. 0, the first negative
 * return, or -ENOENT without a directory. */
static int each_pin_in(const char *directory_path, const char *prefix,
		       int (*each)(const char *path, const char *name, void *arg), void *arg)
{
	char path[320];
	struct dirent *entry;
	DIR *directory;
	int error = 0;

	directory = opendir(directory_path);
	if (!directory)
		return -errno;
	while (!error && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(path, sizeof(path), "%.255s/%.60s", directory_path, entry->d_name);
		error = each(path, entry->d_name + strlen(prefix), arg);
	}
	closedir(directory);
	return error;
}

static int each_pin(const char *pins, const char *prefix,
		    int (*each)(const char *path, const char *name, void *arg), void *arg)
{
	char directory[256];

	pins_directory(pins, directory);
	return each_pin_in(directory, prefix, each, arg);
}

/* --- status --- */

static int note_link(const char *path, const char *name, void *arg)
{
	struct pins_status *out = arg;
	struct pins_link *link = &out->links[out->link_count];
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);
	char interface[IF_NAMESIZE];
	int fd = bpf_obj_get(path);

	if (fd < 0 || out->link_count == sizeof(out->links) / sizeof(out->links[0])) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	out->link_count++;
	snprintf(link->mode, sizeof(link->mode), "detached");
	if (!bpf_obj_get_info_by_fd(fd, &info, &length)) {
		out->program_id = info.prog_id;
		link->attached = info.xdp.ifindex != 0;
		snprintf(link->mode, sizeof(link->mode), "%s", link_mode(info.xdp.ifindex));
		if (if_indextoname(info.xdp.ifindex, interface))
			snprintf(link->interface, sizeof(link->interface), "%s", interface);
	}
	(void)name;
	close(fd);
	return 0;
}

static uint64_t count_addresses(const struct pin_table *vips)
{
	size_t count;

	free(vip_addresses(vips->memory, vips->size, &count));
	return count;
}

int pins_status(const char *pins, struct pins_status *out, char *why, size_t why_size)
{
	struct pin_table vips = { 0 }, flows = { 0 };
	int error;

	memset(out, 0, sizeof(*out));
	pins_directory(pins, out->directory);
	if (access(out->directory, F_OK) && errno == ENOENT)
		return 0;
	out->present = true;
	error = pin_table_open(&vips, pins, "vips", sizeof(struct sluice_line), why, why_size);
	if (!error)
		error = pin_table_open(&flows, pins, "flows", sizeof(struct sluice_bucket), why,
				       why_size);
	if (error)
		goto out;
	each_pin(pins, "link_", note_link, out);
	out->vips = count_addresses(&vips);
	out->flows = flows_count(flows.memory, (uint64_t)flows.size * SLUICE_FLOW_ENTRIES);
out:
	pin_table_close(&vips);
	pin_table_close(&flows);
	return error;
}

/* --- bypass --- */

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* The tag says that we put an address there, the line that it was this data plane. */
static int take_off(struct netlink *netlink, const struct addresses *addresses, uint32_t *vips,
		    size_t count)
{
	int error = 0;

	if (count)
		qsort(vips, count, sizeof(*vips), compare);
	for (size_t i = 0; count && i < addresses->count && !error; i++) {
		const struct dp_address *item = &addresses->items[i];

		if (item->tag == ADDRESS_TAG &&
		    bsearch(&item->address, vips, count, sizeof(*vips), compare))
			error = address_remove(netlink, item);
	}
	return error;
}

static int take_addresses_off(const char *pins, char *why, size_t why_size)
{
	struct addresses addresses = { 0 };
	struct netlink netlink = { 0 };
	struct pin_table table = { 0 };
	uint32_t *vips;
	size_t count;
	int error = pin_table_open(&table, pins, "vips", sizeof(struct sluice_line), why, why_size);

	if (error)
		return error;
	vips = vip_addresses(table.memory, table.size, &count);
	error = netlink_open(&netlink, false);
	if (!error)
		error = addresses_load(&netlink, &addresses);
	if (!error)
		error = take_off(&netlink, &addresses, vips, count);
	free(addresses.items);
	free(vips);
	netlink_close(&netlink);
	pin_table_close(&table);
	if (!error)
		return 0;
	return dp_fail(why, why_size, ERR_UNAVAILABLE,
		       "cannot take the VIP addresses off their interfaces: %s", strerror(-error));
}

/* A daemon that runs holds the link too, so letting go of the pin is not enough. */
static int detach_link(const char *path, const char *name, void *arg)
{
	int fd = bpf_obj_get(path), error = 0;

	(void)name;
	(void)arg;
	if (fd < 0)
		return -errno;
	if (bpf_link_detach(fd) && errno != ENOLINK && errno != EINVAL)
		error = -errno;
	close(fd);
	if (!error && unlink(path))
		error = -errno;
	return error;
}

static int remove_pin(const char *path, const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return unlink(path) ? -errno : 0;
}

static int for_pins(const char *pins, const char *prefix,
		    int (*each)(const char *path, const char *name, void *arg), char *why,
		    size_t why_size)
{
	int error = each_pin(pins, prefix, each, NULL);

	if (!error)
		return 0;
	return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot remove the pins in %s: %s", pins,
		       strerror(-error));
}

int pins_bypass(const char *pins, char *why, size_t why_size)
{
	int error = take_addresses_off(pins, why, why_size);

	if (!error)
		error = for_pins(pins, "link_", detach_link, why, why_size);
	/* Until the pins were gone, a daemon that runs may have put some back. */
	return error ? error : take_addresses_off(pins, why, why_size);
}

int pins_detach(const char *pins, char *why, size_t why_size)
{
	char directory[256], path[320];
	int error = 0;

	pins_remove_older(pins);
	pins_directory(pins, directory);
	if (access(directory, F_OK) && errno == ENOENT)
		return 0;
	/* Pins that are not whole must be removable too. */
	pin_path(pins, "vips", path);
	if (!access(path, F_OK))
		error = take_addresses_off(pins, why, why_size);
	if (!error)
		error = for_pins(pins, "link_", detach_link, why, why_size);
	if (!error && !access(path, F_OK))
		error = take_addresses_off(pins, why, why_size);
	if (!error)
		error = for_pins(pins, "", remove_pin, why, why_size);
	if (!error && rmdir(directory))
		error = dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot remove %s: %m", directory);
	return error;
}

/* --- older versions --- */

void pins_remove_older(const char *pins)
{
	for (int abi = 1; abi < SLUICE_ABI_VERSION; abi++) {
		char directory[256];

		snprintf(directory, sizeof(directory), "%.240s/v%d", pins, abi);
		/* Best effort: what stays is pinned, and in nobody's way. */
		(void)each_pin_in(directory, "link_", detach_link, NULL);
		(void)each_pin_in(directory, "", remove_pin, NULL);
		(void)rmdir(directory);
	}
}

/* --- flush --- */

static int open_window(const char *pins, uint32_t window_s, char *why, size_t why_size)
{
	struct pin_table table = { 0 };
	struct sluice_state *state;
	int error = pin_table_open(&table, pins, "state", sizeof(*state), why, why_size);

	if (error)
		return error;
	state = table.memory;
	word_store(&state->rebuild_until_s, dp_now_ms() / 1000 + window_s);
	pin_table_close(&table);
	return 0;
}

int pins_flush_flows(const char *pins, uint32_t window_s, char *why, size_t why_size)
{
	struct pin_table flows = { 0 }, loads = { 0 };
	struct loads backends;
	/* First the window: replies must find it open when their flow is gone. */
	int error = open_window(pins, window_s, why, why_size);

	if (!error)
		error = pin_table_open(&flows, pins, "flows", sizeof(struct sluice_bucket), why,
				       why_size);
	if (!error)
		error = pin_table_open(&loads, pins, "loads", sizeof(struct sluice_load), why,
				       why_size);
	backends = (struct loads){ .items = loads.memory, .size = loads.size };
	if (!error)
		flows_empty(flows.memory, (uint64_t)flows.size * SLUICE_FLOW_ENTRIES, &backends);
	pin_table_close(&flows);
	pin_table_close(&loads);
	return error;
}
