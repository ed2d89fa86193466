// SPDX-License-Identifier: BSD-2-Clause
/* What all kinds of probes have in common, from the socket to its end. */
#include "health/probe.h"

#include "base/choice.h"
#include "base/memory.h"
#include "health/schedule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
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

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;
	struct outcome outcome = { 0 };

	(void)fd;
	if (kind_of(probe)->ready(probe, what, &outcome))
		schedule_over(probe->check->schedule, probe, outcome);
}

/* If this process was held up, the answer may have come in time and not been looked at. */
static void on_timeout(struct timer *timer)
{
	struct probe *probe = (struct probe *)((char *)timer - offsetof(struct probe, timer));
	const struct probe_kind *kind = kind_of(probe);
	int events = (kind->awaits & EV_READ ? POLLIN : 0) |
		     (kind->awaits & EV_WRITE ? POLLOUT : 0);
	struct pollfd look = { .fd = probe->fd, .events = (short)events };
	struct outcome outcome = { 0 };

	if (poll(&look, 1, 0) <= 0 || !kind->ready(probe, kind->awaits, &outcome))
		outcome = kind->silent(probe);
	schedule_over(probe->check->schedule, probe, outcome);
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

void probe_prepare_tcp(int fd, const struct check *check)
{
	const struct linger none = { .l_onoff = 1 };
	const int off = 0;

	(void)check;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off));
}

void probe_free(struct probe *probe)
{
	event_del(&probe->event);
	timers_cancel(&probe->check->schedule->timers, &probe->timer);
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
	kind->prepare(probe->fd, probe->check);
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
	int64_t timeout = (int64_t)probe->check->spec.timeout_s * schedule->second_ms;

	probe->number = ++probe->check->begun;
	probe->timer.run = on_timeout;
	timers_set(&schedule->timers, &probe->timer, probe->began_ms + timeout);
	LIST_INSERT_HEAD(&probe->check->probes, probe, link);
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
	if (!error && event_assign(&probe->event, schedule->base, probe->fd,
				   (short)(kind_of(probe)->awaits | EV_PERSIST), on_event, probe))
		error = ENOMEM;
	if (!error && event_add(&probe->event, NULL))
		error = ENOMEM;
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
