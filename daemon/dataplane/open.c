// SPDX-License-Identifier: BSD-2-Clause
/* Opening and closing the data plane: whose maps these are, and what is known of them. */
#include "dataplane/internal.h"

#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "sluice.skel.h"

uint64_t dp_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int dp_fail(char *why, size_t why_size, enum error_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, why_size, format, arguments);
	va_end(arguments);
	return -(int)code;
}

static int on_monitor(const struct nlmsghdr *message, void *arg)
{
	struct dataplane *dataplane = arg;
	struct dp_address about;

	switch (message->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (!addresses_on_message(&dataplane->addresses, message, &about))
			dataplane->neighbours.rotate = true;
		locals_follow(dataplane, about.address);
		if (message->nlmsg_type == RTM_DELADDR)
			vip_gone(dataplane, about.address);
		dataplane->neighbours.stale = true;
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		neighbours_on_message(dataplane, message);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		port_on_message(dataplane, message);
		bonds_on_message(dataplane, message);
		dataplane->links_stale = true;
		dataplane->neighbours.stale = true;
		dataplane->neighbours.rotate = true;
		break;
	default:
		neighbours_on_route(dataplane, message);
	}
	return MNL_CB_OK;
}

void dp_catch_up(struct dataplane *dataplane)
{
	int error;

	if (!netlink_monitor(&dataplane->netlink, on_monitor, dataplane))
		return;
	log_info(DOMAIN, "the kernel told more than could be read: asking for everything anew");
	error = addresses_load(&dataplane->netlink, &dataplane->addresses);
	if (error)
		log_warning(DOMAIN, "cannot read the interfaces' addresses error=%d", -error);
	dataplane->links_stale = true;
	bonds_resync(dataplane);
	locals_resync(dataplane);
	lost_vips_resync(dataplane);
	neighbours_resync(dataplane);
}

static bool is_live(const struct dataplane *dataplane)
{
	for (uint32_t id = 1; id < dataplane->tables[MAP_SERVICES].size; id++) {
		uint64_t state = SLUICE_GET(dataplane->services[id].word, SERVICE_STATE);

		if (state == SLUICE_SERVICE_STOPPED || state == SLUICE_SERVICE_RUNNING)
			return true;
	}
	return false;
}

static void open_rebuild_window(struct dataplane *dataplane)
{
	word_store(&dataplane->state->rebuild_until_s,
		   dp_now_ms() / 1000 + dataplane->config->timeouts.rebuild_window);
}

static int check_owner(struct dataplane *dataplane, const uint8_t uuid[16], bool store_empty,
		       char *why, size_t why_size)
{
	struct sluice_state *state = dataplane->state;
	bool adopt = dataplane->config->adopt_pins;
	bool ours = !memcmp(state->store_uuid, uuid, sizeof(state->store_uuid));

	if (dataplane->taken_over && store_empty && !adopt && is_live(dataplane))
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "the store is empty, but the maps in %s forward traffic: bring back "
			       "the store, or set adopt_pins = true to empty them",
			       dataplane->directory);
	if (dataplane->taken_over && !ours && !adopt)
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "the maps in %s belong to another store: set adopt_pins = true to "
			       "take them over, or 'sluicectl datapath detach' to start afresh",
			       dataplane->directory);
	/* Another store's ids mean something else: its flows must not be read with them. */
	if (dataplane->taken_over && !ours)
		flows_empty(dataplane->flows, dataplane->flow_count, &dataplane->loads);
	/* Lost flows come back by it, direct connections to backends may be taken for such: where
	 * there was no load balancer yet there is nothing to lose. */
	if (!store_empty && (!ours || !dataplane->taken_over))
		open_rebuild_window(dataplane);
	memcpy(state->store_uuid, uuid, sizeof(state->store_uuid));
	return 0;
}

/* What live service words name is in use. */
static void find_room(struct dataplane *dataplane)
{
	room_init(&dataplane->ring_room, dataplane->tables[MAP_RINGS].size);
	room_init(&dataplane->member_room, dataplane->tables[MAP_MEMBERS].size);
	for (uint32_t id = 1; id < dataplane->tables[MAP_SERVICES].size; id++) {
		uint64_t word = dataplane->services[id].word;
		struct room_block ring = service_ring(word);
		struct room_block members = service_members(dataplane, word, NULL);

		if (ring.lines)
			ring_count(dataplane, &ring);
		if (members.lines)
			room_take(&dataplane->member_room, &members);
	}
}

static int open_network(struct dataplane *dataplane, char *why, size_t why_size)
{
	int error = netlink_open(&dataplane->netlink, true);

	if (!error)
		error = addresses_load(&dataplane->netlink, &dataplane->addresses);
	if (error) {
		errno = -error;
		return dp_fail(why, why_size, ERR_UNAVAILABLE,
			       "cannot ask the kernel for addresses over netlink: %m");
	}
	return 0;
}

/* Nobody outside can compute where a flow or a line stands. */
static int make_keys(struct dataplane *dataplane, char *why, size_t why_size)
{
	struct sluice_state *state = dataplane->state;

	if (dataplane->taken_over)
		return 0;
	if (getrandom(state->flow_key, sizeof(state->flow_key), 0) == sizeof(state->flow_key) &&
	    getrandom(&state->table_key, sizeof(state->table_key), 0) == sizeof(state->table_key))
		return 0;
	return dp_fail(why, why_size, ERR_UNAVAILABLE, "the kernel gives no random numbers: %m");
}

static void log_memory(const struct dataplane *dataplane)
{
	struct dataplane_memory memory;

	maps_memory(dataplane, &memory);
	log_info(DOMAIN,
		 "tables take %" PRIu64 " KiB: flows=%" PRIu64 " of %" PRIu64
		 " bytes, a listener %" PRIu64 ", a backend %" PRIu64 ", a ring slot %" PRIu64,
		 memory.total / 1024, dataplane->flow_count, memory.per_flow, memory.per_listener,
		 memory.per_backend, memory.per_slot);
}

/* What the tables hold, as far as it is not read from them directly. */
static void look_at_tables(struct dataplane *dataplane)
{
	vips_open(dataplane);
	backends_open(dataplane);
	vip_lines_open(dataplane);
	reverse_open(dataplane);
	locals_open(dataplane);
	find_room(dataplane);
	flows_open(dataplane);
	hop_words_open(dataplane);
	neighbours_open(dataplane);
	fronts_open(dataplane);
}

static int open_maps(struct dataplane *dataplane, const uint8_t uuid[16],
		     const uint8_t ring_key[16], bool store_empty, char *why, size_t why_size)
{
	int error = program_load(dataplane, ring_key, why, why_size);

	if (!error)
		error = maps_map(dataplane, why, why_size);
	if (!error)
		error = make_keys(dataplane, why, why_size);
	if (!error)
		error = check_owner(dataplane, uuid, store_empty, why, why_size);
	if (!error)
		error = maps_pin(dataplane, why, why_size);
	dataplane->is_unused = !error && !dataplane->taken_over;
	return error;
}

int dataplane_open(struct dataplane **dataplane, const struct config *config,
		   const uint8_t uuid[16], const uint8_t ring_key[16], bool store_empty, char *why,
		   size_t why_size)
{
	struct dataplane *new = memory_new(1, sizeof(*new));
	int error;

	new->config = config;
	pins_directory(config->pins, new->directory);
	error = open_maps(new, uuid, ring_key, store_empty, why, why_size);
	if (!error)
		error = open_network(new, why, why_size);
	if (!error)
		look_at_tables(new);
	if (!error && events_open(new))
		error = dp_fail(why, why_size, ERR_UNAVAILABLE,
				"cannot read the packet program's messages: %m");
	if (error) {
		dataplane_close(new);
		return error;
	}
	log_info(DOMAIN, "%s pins=%s", new->taken_over ? "took over" : "made new maps",
		 new->directory);
	log_memory(new);
	*dataplane = new;
	return 0;
}

void dataplane_close(struct dataplane *dataplane)
{
	char why[sizeof(dataplane->loading.why)];

	if (!dataplane)
		return;
	(void)program_wait(dataplane, why, sizeof(why));
	events_close(dataplane);
	flows_close(dataplane);
	neighbours_close(dataplane);
	vips_close(dataplane);
	vip_lines_close(dataplane);
	reverse_close(dataplane);
	locals_close(dataplane);
	rings_close(dataplane);
	hop_words_close(dataplane);
	backends_close(dataplane);
	links_close(dataplane);
	room_release(&dataplane->ring_room);
	room_release(&dataplane->member_room);
	free(dataplane->addresses.items);
	free(dataplane->retries.items);
	netlink_close(&dataplane->netlink);
	/* Its store does not stay either: the next start would find the maps of another. */
	if (dataplane->is_unused)
		maps_unpin(dataplane);
	maps_close(dataplane);
	sluice__destroy(dataplane->skeleton);
	free(dataplane);
}

bool dataplane_room_resting(const struct dataplane *dataplane)
{
	const struct room_refusal *refused = &dataplane->refused;

	return refused->room && room_may_come(refused->room, refused->lines);
}

bool dataplane_taken_over(const struct dataplane *dataplane)
{
	return dataplane->taken_over;
}

size_t dataplane_descriptors(const struct dataplane *dataplane, int fds[DATAPLANE_DESCRIPTORS])
{
	fds[0] = mnl_socket_get_fd(dataplane->netlink.monitor);
	fds[1] = events_fd(dataplane);
	return 2;
}

void dataplane_readable(struct dataplane *dataplane, int fd)
{
	if (fd == events_fd(dataplane))
		events_readable(dataplane);
	else
		dp_catch_up(dataplane);
}

void dataplane_tick(struct dataplane *dataplane)
{
	uint64_t now_ms = dp_now_ms();

	dp_catch_up(dataplane);
	room_tick(&dataplane->ring_room, now_ms);
	room_tick(&dataplane->member_room, now_ms);
	lines_tick(&dataplane->tcp_lines);
	lines_tick(&dataplane->udp_lines);
	lines_tick(&dataplane->reverse_lines);
	lines_tick(&dataplane->local_lines);
	retries_tick(dataplane);
	links_tick(dataplane);
	lost_vips_tick(dataplane);
	neighbours_tick(dataplane);
	flows_tick(dataplane);
}
