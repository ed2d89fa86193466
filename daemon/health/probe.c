// SPDX-License-Identifier: BSD-2-Clause
/* What all kinds of probes have in common, from the socket to its end. */
#include "health/probe.h"

#include "base/choice.h"
#include "base/memory.h"
#include "health/schedule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct probe_kind *const kinds[] = {
	[HEALTH_TCP] = &probe_tcp,
	[HEALTH_HTTP] = &probe_http,
	[HEALTH_UDP] = &probe_udp,
};

static const struct probe_kind *kind_of(const struct probe *probe)
{
	return kinds[probe->check->spec.type];
}

/* --- while it flies --- */

uint32_t probe_awaits(const struct probe *probe)
{
	return kind_of(probe)->awaits;
}

uint8_t probe_looks(const struct probe *probe)
{
	return kind_of(probe)->looks;
}

bool probe_arrived(struct probe *probe)
{
	struct outcome outcome = { 0 };

	if (!kind_of(probe)->ready(probe, &outcome))
		return false;
	schedule_over(probe->check->schedule, probe, outcome);
	return true;
}

/* If this process was held up, the answer may have come in time and not been looked at. */
static void on_timeout(struct timer *timer)
{
	struct probe *probe = (struct probe *)((char *)timer - offsetof(struct probe, timer));

	if (probe_arrived(probe))
		return;
	if (probe->until_ms > timers_now())
		timers_set(&probe->check->schedule->timers, timer, probe->until_ms);
	else
		schedule_over(probe->check->schedule, probe, kind_of(probe)->silent(probe));
}

struct outcome probe_error(const struct probe *probe, int error)
{
	int64_t ms = timers_now() - probe->began_ms;

	return outcome_of_errno(error, (unsigned int)(ms / probe->check->schedule->second_ms));
}

struct outcome probe_timed_out(const struct probe *probe)
{
	return outcome_of_errno(ETIMEDOUT, probe->check->spec.timeout_s);
}

void probe_confirm(const struct probe *probe, bool at_once)
{
	const int value = at_once;

	setsockopt(probe->fd, IPPROTO_TCP, TCP_QUICKACK, &value, sizeof(value));
}

void probe_prepare_tcp(const struct probe *probe)
{
	const struct linger none = { .l_onoff = 1 };

	setsockopt(probe->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	probe_confirm(probe, false);
}

void probe_free(struct probe *probe)
{
	struct schedule *schedule = probe->check->schedule;

	arrivals_leave(&schedule->arrivals, probe);
	timers_cancel(&schedule->timers, &probe->timer);
	LIST_REMOVE(probe, link);
	close(probe->fd);
	free(probe);
}

/* --- how it begins --- */

static socklen_t socket_address(const struct health_check *spec, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	*out = (struct sockaddr_storage){ 0 };
	if (spec->address.family == 4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(spec->port);
		memcpy(&four->sin_addr, spec->address.bytes, sizeof(four->sin_addr));
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(spec->port);
	memcpy(&six->sin6_addr, spec->address.bytes, sizeof(six->sin6_addr));
	return sizeof(*six);
}

/* 0: it is under way; else an errno. */
static int connect_out(struct probe *probe)
{
	const struct probe_kind *kind = kind_of(probe);
	struct sockaddr_storage to;
	socklen_t size = socket_address(&probe->check->spec, &to);

	probe->fd = socket(to.ss_family, kind->socket_type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->fd < 0)
		return errno;
	kind->prepare(probe);
	if (connect(probe->fd, (struct sockaddr *)&to, size) && errno != EINPROGRESS)
		return errno;
	return kind->open ? kind->open(probe) : 0;
}

/* What is ours to lack is not the server's fault: no result. */
static enum probe_start start_of_errno(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return PROBE_NO_ROOM;
	case EADDRNOTAVAIL:
	case EADDRINUSE:
	case EAGAIN:
		return PROBE_NO_PORT;
	default:
		return PROBE_OVER;
	}
}

static void fly(struct schedule *schedule, struct probe *probe)
{
	probe->number = ++probe->check->begun;
	probe->timer.run = on_timeout;
	probe->until_ms =
		probe->began_ms + (int64_t)probe->check->spec.timeout_s * schedule->second_ms;
	LIST_INSERT_HEAD(&probe->check->probes, probe, link);
	arrivals_await(&schedule->arrivals, probe, schedule->in_flight >= schedule->limit / 2);
}

enum probe_start probe_begin(struct schedule *schedule, struct check *check,
			     struct outcome *outcome)
{
	struct probe *probe = memory_new(1, sizeof(*probe));
	enum probe_start start;
	int error;

	probe->check = check;
	probe->began_ms = timers_now();
	error = connect_out(probe);
	if (!error) {
		fly(schedule, probe);
		return PROBE_FLIES;
	}
	start = start_of_errno(error);
	if (start == PROBE_OVER) {
		check->begun++;
		*outcome = probe_error(probe, error);
	}
	if (probe->fd >= 0)
		close(probe->fd);
	free(probe);
	return start;
}
