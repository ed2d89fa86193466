// SPDX-License-Identifier: BSD-2-Clause
/*
 * The program on its interfaces. A pinned link keeps it there when the daemon goes; the next daemon
 * swaps the program within the link. A link outlives its interface as a zombie, so an interface
 * that is made again is attached anew; but one whose pin is gone was let go of by the operator
 * (sluicectl datapath bypass), and stays so until the next start.
 */
#include "dataplane/internal.h"
#include "dataplane/pins.h"

#include "base/config.h"
#include "base/journal.h"
#include "base/log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RETRY_MS 1000

void link_pin_path(const struct dataplane *dataplane, const char *name, char out[static 256])
{
	snprintf(out, 256, "%.200s/link_%s", dataplane->directory, name);
}

const char *link_mode(unsigned int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (!ifindex || bpf_xdp_query((int)ifindex, 0, &query))
		return "detached";
	if (query.attach_mode == XDP_ATTACHED_DRV || query.attach_mode == XDP_ATTACHED_HW)
		return "native";
	return query.attach_mode == XDP_ATTACHED_SKB ? "generic" : "detached";
}

/* A link without its last pin goes away in its own time; the interface must be free at once. */
static void release(const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd >= 0) {
		(void)bpf_link_detach(fd);
		close(fd);
	}
	(void)unlink(path);
}

/* XDP on a port is bypassed or fought over by its master; macvlan has no frames of its own. */
static int check_kind(const struct link_info *info, char *why, size_t why_size)
{
	if (!strcmp(info->port_of, "bridge"))
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "interface %s is a port of a bridge: Sluice cannot run on bridge "
			       "ports, take it out of the bridge",
			       info->name);
	if (*info->port_of && strcmp(info->port_of, "vrf") != 0)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "interface %s is a port of a %s: name that one instead", info->name,
			       info->port_of);
	if (!strcmp(info->kind, "macvlan") || !strcmp(info->kind, "macvtap") ||
	    !strcmp(info->kind, "ipvlan"))
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "interface %s is a %s, which Sluice does not support: name the "
			       "interface below it",
			       info->name, info->kind);
	return 0;
}

static int find_interface(struct dataplane *dataplane, const char *name, struct link_info *info,
			  char *why, size_t why_size)
{
	int error = link_query(&dataplane->netlink, name, 0, info);

	if (error == -ENODEV)
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "interface %s does not exist", name);
	if (error)
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot look at interface %s: %s",
			       name, strerror(-error));
	return check_kind(info, why, why_size);
}

/* The pinned link, if it is on this very interface in this mode, with our program in it. */
static int swap(struct dataplane *dataplane, const struct link_info *info, const char *path)
{
	struct bpf_link_info link = { 0 };
	__u32 length = sizeof(link);
	const char *mode = dataplane->config->generic_xdp ? "generic" : "native";
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return -1;
	if (!bpf_obj_get_info_by_fd(fd, &link, &length) && link.xdp.ifindex == info->ifindex &&
	    !strcmp(link_mode(info->ifindex), mode) &&
	    !bpf_link_update(fd, dataplane->program, NULL))
		return fd;
	close(fd);
	return -1;
}

static int refused(const struct dataplane *dataplane, const struct link_info *info, int error,
		   char *why, size_t why_size)
{
	const char *what = strerror(error);

	if (error == EBUSY)
		what = "another XDP program is there: 'ip link set dev INTERFACE xdp off' removes "
		       "it";
	else if (error == EOPNOTSUPP && !dataplane->config->generic_xdp)
		what = "its driver has no native XDP: generic_xdp = true works, slowly";
	else if (error == ENOSYS)
		what = "this kernel has no XDP links, or a system call filter hides them: Sluice "
		       "needs Linux 6.1 or newer";
	else if ((error == EINVAL || error == ERANGE) && info->mtu > 1500)
		what = "the driver refuses XDP with this configuration: try a smaller MTU";
	return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot attach to interface %s (mtu %u): %s",
		       info->name, info->mtu, what);
}

static int attach_anew(struct dataplane *dataplane, const struct link_info *info, const char *path,
		       char *why, size_t why_size)
{
	__u32 flags = dataplane->config->generic_xdp ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	int fd;

	release(path);
	fd = bpf_link_create(dataplane->program, (int)info->ifindex, BPF_XDP, &options);
	if (fd < 0)
		return refused(dataplane, info, errno, why, why_size);
	if (bpf_obj_pin(fd, path)) {
		dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot pin the link %s: %m", path);
		close(fd);
		return -ERR_UNAVAILABLE;
	}
	return fd;
}

/* A link that an older version's daemon has left: the program changes within it. */
static int inherit(struct dataplane *dataplane, const struct link_info *info, const char *path)
{
	int fd = -1;

	for (int abi = SLUICE_ABI_VERSION - 1; fd < 0 && abi > 0; abi--) {
		char old[320];

		snprintf(old, sizeof(old), "%.200s/v%d/link_%s", dataplane->config->pins, abi,
			 info->name);
		fd = swap(dataplane, info, old);
		if (fd < 0)
			release(old);
		else if (bpf_obj_pin(fd, path))
			log_warning(DOMAIN, "cannot pin the link %s: %m", path);
		(void)unlink(old);
	}
	return fd;
}

static int attach(struct dataplane *dataplane, struct dp_link *link, char *why, size_t why_size)
{
	struct link_info info;
	char path[256];
	int fd, error = find_interface(dataplane, link->name, &info, why, why_size);

	if (error)
		return error;
	link_pin_path(dataplane, link->name, path);
	fd = swap(dataplane, &info, path);
	if (fd < 0)
		fd = inherit(dataplane, &info, path);
	if (fd < 0) {
		if (link->fd >= 0)
			close(link->fd);
		link->fd = -1;
		fd = attach_anew(dataplane, &info, path, why, why_size);
	}
	if (fd < 0)
		return fd;
	if (link->fd >= 0)
		close(link->fd);
	link->fd = fd;
	link->ifindex = info.ifindex;
	link->complained = false;
	/* Frames may leave by an interface before any comes in by it. */
	error = port_set(dataplane, link, &info);
	if (error)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "cannot register interface %s as a way out: %s", link->name,
			       strerror(-error));
	log_info(DOMAIN, "attached interface=%s mode=%s", link->name, link_mode(info.ifindex));
	journal_note(JOURNAL_LINK, link->name, "attached, %s mode", link_mode(info.ifindex));
	return 0;
}

static bool is_configured(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->interface_count; i++) {
		if (!strcmp(config->interfaces[i], name))
			return true;
	}
	return false;
}

/* Interfaces that an earlier configuration named. */
static void let_go(struct dataplane *dataplane)
{
	DIR *directory = opendir(dataplane->directory);
	struct dirent *entry;
	char path[256];

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		const char *name = entry->d_name + strlen("link_");

		if (strncmp(entry->d_name, "link_", strlen("link_")) != 0 ||
		    is_configured(dataplane->config, name))
			continue;
		link_pin_path(dataplane, name, path);
		release(path);
		log_info(DOMAIN, "let go of interface=%s, which is configured no more", name);
	}
	closedir(directory);
	ports_let_go(dataplane);
}

/* Takes back what this start attached. */
static void undo(struct dataplane *dataplane, const bool existed[])
{
	char path[256];

	for (size_t i = 0; i < dataplane->link_count; i++) {
		if (existed[i] || dataplane->links[i].fd < 0)
			continue;
		link_pin_path(dataplane, dataplane->links[i].name, path);
		release(path);
	}
	links_close(dataplane);
}

int dataplane_attach(struct dataplane *dataplane, char *why, size_t why_size)
{
	const struct config *config = dataplane->config;
	bool existed[CONFIG_INTERFACES_MAX] = { false };
	char path[256];
	int error = program_wait(dataplane, why, why_size);

	if (error)
		return error;
	for (size_t i = 0; i < config->interface_count; i++) {
		struct dp_link *link = &dataplane->links[dataplane->link_count++];

		snprintf(link->name, sizeof(link->name), "%s", config->interfaces[i]);
		link->fd = -1;
		link_pin_path(dataplane, link->name, path);
		existed[i] = !access(path, F_OK);
	}
	for (size_t i = 0; !error && i < dataplane->link_count; i++)
		error = attach(dataplane, &dataplane->links[i], why, why_size);
	if (!error) {
		dataplane->attached = true;
		error = vips_put(dataplane, why, why_size);
	}
	if (error) {
		undo(dataplane, existed);
		return error;
	}
	dataplane->is_unused = false;
	bonds_resync(dataplane);
	let_go(dataplane);
	tracers_attach(dataplane);
	pins_remove_older(config->pins);
	return 0;
}

void links_close(struct dataplane *dataplane)
{
	for (size_t i = 0; i < dataplane->link_count; i++) {
		if (dataplane->links[i].fd >= 0)
			close(dataplane->links[i].fd);
	}
	dataplane->link_count = 0;
	dataplane->attached = false;
}

static void check(struct dataplane *dataplane, struct dp_link *link)
{
	struct link_info info;
	char why[256], path[256];

	if (link_query(&dataplane->netlink, link->name, 0, &info))
		info.ifindex = 0;
	if (info.ifindex == link->ifindex) {
		if (info.ifindex && port_set(dataplane, link, &info))
			log_warning(DOMAIN, "interface=%s cannot be a way out", link->name);
		return;
	}
	if (!info.ifindex) {
		log_warning(DOMAIN, "interface=%s is gone", link->name);
		journal_note(JOURNAL_LINK, link->name, "gone");
		link->ifindex = 0;
		port_clear(dataplane, link);
		return;
	}
	link_pin_path(dataplane, link->name, path);
	if (access(path, F_OK))
		return;
	if (!attach(dataplane, link, why, sizeof(why))) {
		bonds_resync(dataplane);
		if (vips_put(dataplane, why, sizeof(why)))
			log_warning(DOMAIN, "%s", why);
	} else if (!link->complained) {
		log_warning(DOMAIN, "%s", why);
		link->complained = true;
	}
}

bool links_pinned(struct dataplane *dataplane)
{
	char path[256];
	size_t left = 0;

	for (size_t i = 0; i < dataplane->link_count; i++) {
		link_pin_path(dataplane, dataplane->links[i].name, path);
		left += !access(path, F_OK);
	}
	if (dataplane->attached && dataplane->link_count && !left) {
		log_warning(DOMAIN, "bypassed: the program is detached until the next start");
		journal_note(JOURNAL_LINK, "all interfaces",
			     "bypassed: detached until the next start");
		dataplane->attached = false;
		vips_withdraw(dataplane);
	}
	return dataplane->attached;
}

void links_tick(struct dataplane *dataplane)
{
	uint64_t now_ms = dp_now_ms();

	if (!dataplane->links_stale && now_ms < dataplane->links_ms + RETRY_MS)
		return;
	dataplane->links_stale = false;
	dataplane->links_ms = now_ms;
	(void)links_pinned(dataplane);
	for (size_t i = 0; dataplane->attached && i < dataplane->link_count; i++)
		check(dataplane, &dataplane->links[i]);
}
