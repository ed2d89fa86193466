// SPDX-License-Identifier: BSD-2-Clause
/*
 * sluiced: options, start, the event loop, stop. The order of the start is the order of trust: the
 * configuration, the store (whose lock keeps a second daemon out), the socket, the model, the
 * kernel's tables, and only then the interfaces and the first request.
 */
#include "api/api.h"
#include "base/config.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "core/commit.h"
#include "dataplane/dataplane.h"
#include "dataplane/publish.h"
#include "health/health.h"
#include "options.h"
#include "store/store.h"

#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define WHY_MAX 512
#define TICK_MS 100
#define SWEEP_TICKS 10
#define BUSY_MS 5
#define STOP_MS 3000
#define LARGE_BYTES (1 << 20) /* what goes back to the system as soon as it is freed */
#define OTHER_DESCRIPTORS 512 /* besides probes: maps, links, clients of the API */

struct daemon {
	struct config config;
	struct event_base *base;
	struct store *store;
	struct dataplane *dataplane;
	struct health *health;
	struct model *model;
	struct commit *commit;
	struct api *api;
	struct event *tick, *wake, *busy, *signals[2], *descriptors[DATAPLANE_DESCRIPTORS];
	struct api_context context;
	int wake_fd;
	unsigned int ticks;
	bool stopping;
	size_t records;
};

/* --- the event loop --- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	dataplane_tick(daemon->dataplane);
	if (++daemon->ticks % SWEEP_TICKS)
		return;
	log_tick();
	commit_sweep(daemon->commit);
	sd_notify(0, "WATCHDOG=1");
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what;
	(void)arg;
	/* commit_run, after every turn of the loop, looks at the store */
	if (read(fd, &count, sizeof(count)) < 0)
		log_debug("main", "wake without a reason");
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)what;
	dataplane_readable(daemon->dataplane, fd);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)what;
	log_info("main",
		 "signal %d: stopping; forwarding goes on (sluicectl datapath bypass ends it)",
		 (int)number);
	daemon->stopping = true;
}

static void on_busy(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* From the store's thread. */
static void wake_loop(void *arg)
{
	const struct daemon *daemon = arg;
	uint64_t one = 1;

	if (write(daemon->wake_fd, &one, sizeof(one)) < 0)
		log_debug("main", "the event loop is awake already");
}

static bool add_event(struct daemon *daemon, struct event **event, int fd, short what,
		      event_callback_fn callback, unsigned int every_ms)
{
	struct timeval interval = { .tv_sec = every_ms / 1000,
				    .tv_usec = (suseconds_t)(every_ms % 1000) * 1000 };

	*event = event_new(daemon->base, fd, what, callback, daemon);
	return *event && !event_add(*event, every_ms ? &interval : NULL);
}

static int watch_events(struct daemon *daemon, char *why)
{
	int fds[DATAPLANE_DESCRIPTORS];
	size_t count = dataplane_descriptors(daemon->dataplane, fds);
	bool added = add_event(daemon, &daemon->tick, -1, EV_PERSIST, on_tick, TICK_MS) &&
		     add_event(daemon, &daemon->wake, daemon->wake_fd, EV_READ | EV_PERSIST,
			       on_wake, 0) &&
		     add_event(daemon, &daemon->signals[0], SIGTERM, EV_SIGNAL | EV_PERSIST,
			       on_signal, 0) &&
		     add_event(daemon, &daemon->signals[1], SIGINT, EV_SIGNAL | EV_PERSIST,
			       on_signal, 0);

	for (size_t i = 0; i < count && added; i++)
		added = add_event(daemon, &daemon->descriptors[i], fds[i], EV_READ | EV_PERSIST,
				  on_readable, 0);
	daemon->busy = event_new(daemon->base, -1, 0, on_busy, daemon);
	if (added && daemon->busy)
		return 0;
	snprintf(why, WHY_MAX, "the event loop cannot watch its descriptors");
	return -1;
}

/* One turn: events, then the batch they add up to. While an answer waits for a neighbour, the loop
 * must not sleep through it. */
static void turn(struct daemon *daemon)
{
	const struct timeval soon = { .tv_usec = BUSY_MS * 1000L };
	bool goes_on = commit_goes_on(daemon->commit);

	if (commit_busy(daemon->commit))
		event_add(daemon->busy, &soon);
	event_base_loop(daemon->base, goes_on ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
	commit_run(daemon->commit);
}

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void serve(struct daemon *daemon)
{
	int64_t deadline;

	while (!daemon->stopping)
		turn(daemon);
	sd_notify(0, "STOPPING=1");
	deadline = clock_ms(CLOCK_MONOTONIC) + STOP_MS;
	while (commit_busy(daemon->commit) && clock_ms(CLOCK_MONOTONIC) < deadline)
		turn(daemon);
	commit_stop(daemon->commit);
	event_base_loop(daemon->base, EVLOOP_NONBLOCK);
}

/* --- start and stop --- */

static int load_record(void *arg, struct record *record)
{
	struct daemon *daemon = arg;
	char why[WHY_MAX] = "";
	int result = model_load(daemon->model, record, why, sizeof(why));

	if (result)
		log_error("store", "%s", why);
	daemon->records++;
	return result;
}

static int open_store(struct daemon *daemon, char *why)
{
	const struct config *config = &daemon->config;
	const struct store_options options = { .directory = config->store,
					       .max_bytes = config->store_max_bytes };

	if (store_open(&daemon->store, &options, why, WHY_MAX))
		return -1;
	daemon->model = model_new(config);
	return store_load(daemon->store, load_record, daemon, why, WHY_MAX);
}

static uint8_t generation_of(void *arg, uint32_t backend)
{
	return dataplane_generation(arg, backend);
}

static struct backend_known known_of(void *arg, uint32_t backend)
{
	struct dataplane_known known = dataplane_known(arg, backend);

	return (struct backend_known){ .generation = known.generation,
				       .health = (enum health_state)known.health,
				       .down = known.state == SLUICE_BACKEND_DOWN };
}

static void on_health(void *arg, uint32_t backend, enum health_state state, const char *reason)
{
	const struct daemon *daemon = arg;

	commit_health_changed(daemon->commit, backend, state, reason);
}

/* Probes that find no descriptor are late, so no more are begun than there are descriptors for. */
static int open_health(struct daemon *daemon, char *why)
{
	uint32_t wanted = daemon->config.health.probes;
	uint32_t got = descriptors_raise(wanted + OTHER_DESCRIPTORS);
	struct health_limits limits = { .probes = wanted };

	if (got < wanted + OTHER_DESCRIPTORS) {
		limits.probes = got > 2 * OTHER_DESCRIPTORS ? got - OTHER_DESCRIPTORS : got / 2;
		log_warning("main",
			    "only %u files may be open: %u probes at a time instead of "
			    "health.probes = %u",
			    got, limits.probes, wanted);
	}
	daemon->health = health_new(daemon->base, &limits, on_health, daemon);
	if (daemon->health)
		return 0;
	snprintf(why, WHY_MAX, "no health checks: out of descriptors or memory");
	return -1;
}

static int open_dataplane(struct daemon *daemon, char *why)
{
	const struct config *config = &daemon->config;
	const uint8_t *ring_key = config->ring_key_set ? config->ring_key
						       : store_ring_key(daemon->store);

	if (dataplane_open(&daemon->dataplane, config, store_uuid(daemon->store), ring_key,
			   !daemon->records, why, WHY_MAX))
		return -1;
	model_loaded(daemon->model, generation_of, daemon->dataplane);
	model_recall(daemon->model, known_of, daemon->dataplane);
	daemon->commit = commit_new(daemon->model, daemon->store, daemon->dataplane, daemon->health,
				    ring_key);
	if (commit_publish_all(daemon->commit, why, WHY_MAX))
		return -1;
	dataplane_reconciled(daemon->dataplane);
	return dataplane_attach(daemon->dataplane, why, WHY_MAX);
}

static int start(struct daemon *daemon, char *why)
{
	daemon->base = event_base_new();
	daemon->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!daemon->base || daemon->wake_fd < 0) {
		snprintf(why, WHY_MAX, "no event loop: out of descriptors or memory");
		return -1;
	}
	daemon->context = (struct api_context){ .base = daemon->base,
						.config = &daemon->config,
						.started_ms = clock_ms(CLOCK_REALTIME) };
	if (open_store(daemon, why) || api_start(&daemon->api, &daemon->context, why, WHY_MAX) ||
	    open_health(daemon, why) || open_dataplane(daemon, why) || watch_events(daemon, why))
		return -1;
	daemon->context.model = daemon->model;
	daemon->context.commit = daemon->commit;
	daemon->context.store = daemon->store;
	daemon->context.dataplane = daemon->dataplane;
	daemon->context.health = daemon->health;
	if (store_start(daemon->store, wake_loop, daemon)) {
		snprintf(why, WHY_MAX, "the store's writer thread cannot be started");
		return -1;
	}
	return 0;
}

static void stop(struct daemon *daemon)
{
	api_stop(daemon->api);
	health_free(daemon->health);
	store_close(daemon->store);
	commit_free(daemon->commit);
	model_free(daemon->model);
	for (size_t i = 0; i < DATAPLANE_DESCRIPTORS; i++) {
		if (daemon->descriptors[i])
			event_free(daemon->descriptors[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		if (daemon->signals[i])
			event_free(daemon->signals[i]);
	}
	if (daemon->tick)
		event_free(daemon->tick);
	if (daemon->wake)
		event_free(daemon->wake);
	if (daemon->busy)
		event_free(daemon->busy);
	dataplane_close(daemon->dataplane);
	if (daemon->base)
		event_base_free(daemon->base);
	if (daemon->wake_fd >= 0)
		close(daemon->wake_fd);
	config_free(&daemon->config);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct daemon daemon = { .wake_fd = -1 };
	char why[WHY_MAX] = "";
	int status = EXIT_FAILURE;

	options_parse(&options, argc, argv);
	if (options_settle(&options, &daemon.config, why, sizeof(why))) {
		log_error("config", "%s", why);
		goto out;
	}
	log_set_level((enum log_level)daemon.config.log_level);
	if (options.check) {
		status = EXIT_SUCCESS;
		goto out;
	}
	signal(SIGPIPE, SIG_IGN);
	/* Else the first large block that is freed makes all later ones stay. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
	if (start(&daemon, why)) {
		log_error("main", "not started: %s", why);
		goto out;
	}
	log_info("main", "ready version=%s socket=%s store=%s pins=%s", SLUICE_VERSION,
		 daemon.config.socket, daemon.config.store, daemon.config.pins);
	sd_notify(0, "READY=1");
	serve(&daemon);
	status = EXIT_SUCCESS;
out:
	stop(&daemon);
	return status;
}
