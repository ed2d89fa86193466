// SPDX-License-Identifier: BSD-2-Clause
/*
 * The packet program: opened from the skeleton, given its settings, loaded. When the kernel refuses
 * it, one line says what is missing there.
 */
#include "dataplane/direct.h"
#include "dataplane/internal.h"
#include "dataplane/libbpf_log.h"

#include "base/config.h"
#include "base/log.h"
#include "base/thread.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice.skel.h"

static int check_permission(char *why, size_t why_size)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(__u32), sizeof(__u64), 1, NULL);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == ENOSYS)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "this kernel has no bpf system call, or a filter hides it: "
			       "Sluice needs Linux 6.1 with BPF");
	return dp_fail(why, why_size, ERR_UNAVAILABLE,
		       "the bpf system call is refused (%m): it takes CAP_BPF, CAP_NET_ADMIN and "
		       "CAP_PERFMON, and a system call filter that lets bpf pass");
}

/* What the program needs and this kernel lacks; NULL if all we know to ask for is there. */
static const char *missing_feature(void)
{
	static const struct {
		enum bpf_map_type type;
		const char *name;
	} maps[] = {
		{ BPF_MAP_TYPE_LRU_HASH, "LRU hash maps" },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, "per-CPU array maps" },
		{ BPF_MAP_TYPE_DEVMAP, "device maps" },
		{ BPF_MAP_TYPE_RINGBUF, "BPF ring buffers (Linux 5.8)" },
	};
	static const struct {
		enum bpf_func_id id;
		const char *name;
	} helpers[] = {
		{ BPF_FUNC_redirect_map, "bpf_redirect_map" },
		{ BPF_FUNC_fib_lookup, "bpf_fib_lookup" },
		{ BPF_FUNC_xdp_load_bytes, "XDP with fragments (Linux 5.18)" },
	};

	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) == 0)
		return "XDP programs";
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (libbpf_probe_bpf_map_type(maps[i].type, NULL) == 0)
			return maps[i].name;
	}
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, helpers[i].id, NULL) == 0)
			return helpers[i].name;
	}
	return NULL;
}

static int load_failed(int error, char *why, size_t why_size)
{
	char reason[256];
	const char *missing;

	if (error == -EPERM)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "the kernel refuses the packet program (%s): it takes CAP_BPF, "
			       "CAP_NET_ADMIN and CAP_PERFMON",
			       strerror(EPERM));
	/* The probes below speak through libbpf too. */
	snprintf(reason, sizeof(reason), "%s", libbpf_log_reason());
	missing = missing_feature();
	if (missing)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "this kernel lacks %s: Sluice needs Linux 6.1 or newer", missing);
	return dp_fail(why, why_size, ERR_UNAVAILABLE,
		       "the kernel does not load the packet program: %s (%s)", strerror(-error),
		       reason);
}

static void set_settings(struct dataplane *dataplane, const uint8_t ring_key[16])
{
	const struct config *config = dataplane->config;
	struct sluice_settings *settings = &dataplane->skeleton->rodata->settings;
	struct stat namespace;

	memcpy(settings->ring_key, ring_key, sizeof(settings->ring_key));
	settings->half_open_s = config->timeouts.half_open;
	settings->closing_s = config->timeouts.closing;
	settings->udp_s = sluice_flow_limit(config->timeouts.udp);
	settings->udp_grain_s = sluice_flow_grain(config->timeouts.udp);
	settings->live_s = settings->udp_s < DP_ESTABLISHED_MIN_S ? settings->udp_s
								  : DP_ESTABLISHED_MIN_S;
	settings->mark_s = config->timeouts.mark;
	settings->rebuild_window_s = config->timeouts.rebuild_window;
	/* Without it (no /proc) late drops of links are not counted, and nothing else is amiss. */
	if (!stat("/proc/self/ns/net", &namespace))
		settings->netns = (__u32) namespace.st_ino;
}

/* They read the kernel's own structs, which takes its type information; forwarding does not. */
static void leave_tracers_out(struct dataplane *dataplane)
{
	struct bpf_program *program;

	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return;
	log_warning(DOMAIN, "drops after the verdict are not counted: this kernel has no BTF");
	bpf_object__for_each_program(program, dataplane->skeleton->obj)
	{
		if (bpf_program__type(program) != BPF_PROG_TYPE_XDP)
			(void)bpf_program__set_autoload(program, false);
	}
}

static int load(struct dataplane *dataplane, char *why, size_t why_size)
{
	int error;

	libbpf_log_start();
	error = sluice__load(dataplane->skeleton);
	if (error)
		return load_failed(error, why, why_size);
	dataplane->program = bpf_program__fd(dataplane->skeleton->progs.sluice_xdp);
	return 0;
}

static void *load_main(void *arg)
{
	struct dataplane *dataplane = arg;
	struct loading *loading = &dataplane->loading;

	loading->error = load(dataplane, loading->why, sizeof(loading->why));
	return NULL;
}

int program_load(struct dataplane *dataplane, const uint8_t ring_key[16], char *why,
		 size_t why_size)
{
	struct loading *loading = &dataplane->loading;
	int error;

	libbpf_log_start();
	error = check_permission(why, why_size);
	if (error)
		return error;
	if (!direct_prepare())
		dataplane->skeleton = sluice__open();
	if (!dataplane->skeleton)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "cannot open the packet program: %m");
	set_settings(dataplane, ring_key);
	leave_tracers_out(dataplane);
	error = maps_prepare(dataplane, why, why_size);
	if (error)
		return error;
	maps_settings(dataplane);
	if (dataplane->taken_over && !thread_start(&loading->thread, load_main, dataplane)) {
		loading->under_way = true;
		return 0;
	}
	return load(dataplane, why, why_size);
}

int program_wait(struct dataplane *dataplane, char *why, size_t why_size)
{
	struct loading *loading = &dataplane->loading;

	if (!loading->under_way)
		return 0;
	loading->under_way = false;
	pthread_join(loading->thread, NULL);
	if (loading->error)
		snprintf(why, why_size, "%s", loading->why);
	return loading->error;
}

/* The new one is in place before the old one goes: for a moment both count, none is lost. */
static int trace_attach(struct dataplane *dataplane, struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);
	char path[320];
	int error = 0;

	if (!link)
		return -errno;
	snprintf(path, sizeof(path), "%s/trace_%s", dataplane->directory,
		 bpf_program__name(program));
	(void)unlink(path);
	if (bpf_obj_pin(bpf_link__fd(link), path))
		error = -errno;
	/* The pin holds it from here on. */
	bpf_link__disconnect(link);
	bpf_link__destroy(link);
	return error;
}

void tracers_attach(struct dataplane *dataplane)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, dataplane->skeleton->obj)
	{
		int error;

		if (bpf_program__type(program) == BPF_PROG_TYPE_XDP ||
		    !bpf_program__autoload(program))
			continue;
		error = trace_attach(dataplane, program);
		if (error)
			log_warning(DOMAIN,
				    "drops after the verdict are not counted program=%s: %s",
				    bpf_program__name(program), strerror(-error));
	}
}
