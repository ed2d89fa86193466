// SPDX-License-Identifier: BSD-2-Clause
/* The operator's hand brake: everything here works from the pins alone. */
#include "dataplane/pins.h"

#include "base/memory.h"
#include "dataplane/internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void pin_path(const char *pins, const char *name, char out[static 320])
{
	char directory[256];

	pins_directory(pins, directory);
	snprintf(out, 320, "%.255s/%.60s", directory, name);
}

/* A pinned map's descriptor, negative with why. */
static int open_pin(const char *pins, const char *name, char *why, size_t why_size)
{
	char path[320];
	int fd;

	libbpf_set_print(NULL);
	pin_path(pins, name, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot open the pin %s: %m", path);
	return fd;
}

/* Calls `each` for every pin whose name begins with `prefix`. 0, the first negative return, or
 * -ENOENT without a directory. */
static int each_pin(const char *pins, const char *prefix,
		    int (*each)(const char *path, const char *name, void *arg), void *arg)
{
	char path[320], directory_path[256];
	struct dirent *entry;
	DIR *directory;
	int error = 0;

	pins_directory(pins, directory_path);
	directory = opendir(directory_path);
	if (!directory)
		return -errno;
	while (!error && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		pin_path(pins, entry->d_name, path);
		error = each(path, entry->d_name + strlen(prefix), arg);
	}
	closedir(directory);
	return error;
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

static uint64_t count_addresses(int fd)
{
	size_t count;
	uint64_t addresses = 0;
	struct sluice_vip_key *keys = map_entries(fd, NULL, &count);

	for (size_t i = 0; i < count; i++)
		addresses += !keys[i].protocol;
	free(keys);
	return addresses;
}

int pins_status(const char *pins, struct pins_status *out, char *why, size_t why_size)
{
	int vips, flows, error = -ERR_UNAVAILABLE;
	int64_t count;

	memset(out, 0, sizeof(*out));
	pins_directory(pins, out->directory);
	if (access(out->directory, F_OK) && errno == ENOENT)
		return 0;
	out->present = true;
	vips = open_pin(pins, "vips", why, why_size);
	flows = open_pin(pins, "flows", why, why_size);
	if (vips < 0 || flows < 0)
		goto out;
	each_pin(pins, "link_", note_link, out);
	out->vips = count_addresses(vips);
	count = flows_count(flows);
	out->flows = count < 0 ? 0 : (uint64_t)count;
	error = 0;
out:
	if (vips >= 0)
		close(vips);
	if (flows >= 0)
		close(flows);
	return error;
}

/* --- bypass --- */

/* The tag says that we put an address there, the line that it was this data plane. */
static int take_off(struct netlink *netlink, const struct addresses *addresses, int vips)
{
	int error = 0;

	for (size_t i = 0; i < addresses->count && !error; i++) {
		struct sluice_vip_key key = { .address = addresses->items[i].address };
		struct sluice_vip line;

		if (addresses->items[i].tag == ADDRESS_TAG &&
		    !bpf_map_lookup_elem(vips, &key, &line))
			error = address_remove(netlink, &addresses->items[i]);
	}
	return error;
}

static int take_addresses_off(const char *pins, char *why, size_t why_size)
{
	struct addresses addresses = { 0 };
	struct netlink netlink = { 0 };
	int error, vips = open_pin(pins, "vips", why, why_size);

	if (vips < 0)
		return vips;
	error = netlink_open(&netlink, false);
	if (!error)
		error = addresses_load(&netlink, &addresses);
	if (!error)
		error = take_off(&netlink, &addresses, vips);
	free(addresses.items);
	netlink_close(&netlink);
	close(vips);
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

	return error ? error : for_pins(pins, "link_", detach_link, why, why_size);
}

int pins_detach(const char *pins, char *why, size_t why_size)
{
	char directory[256], path[320];
	int error = 0;

	pins_directory(pins, directory);
	if (access(directory, F_OK) && errno == ENOENT)
		return 0;
	/* Pins that are not whole must be removable too. */
	pin_path(pins, "vips", path);
	if (!access(path, F_OK))
		error = take_addresses_off(pins, why, why_size);
	if (!error)
		error = for_pins(pins, "link_", detach_link, why, why_size);
	if (!error)
		error = for_pins(pins, "", remove_pin, why, why_size);
	if (!error && rmdir(directory))
		error = dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot remove %s: %m", directory);
	return error;
}

/* --- flush --- */

static int open_window(const char *pins, uint32_t window_s, char *why, size_t why_size)
{
	int fd = open_pin(pins, "state", why, why_size);
	struct sluice_state *state;

	if (fd < 0)
		return fd;
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (state == MAP_FAILED)
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot map the state: %m");
	word_store(&state->rebuild_until_s, dp_now_ms() / 1000 + window_s);
	munmap(state, sizeof(*state));
	return 0;
}

int pins_flush_flows(const char *pins, uint32_t window_s, char *why, size_t why_size)
{
	int fd = open_pin(pins, "flows", why, why_size), error;

	if (fd < 0)
		return fd;
	/* First the window: replies must find it open when their flow is gone. */
	error = open_window(pins, window_s, why, why_size);
	if (!error && flows_empty(fd))
		error = dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot empty the flow table: %m");
	close(fd);
	return error;
}
