// SPDX-License-Identifier: BSD-2-Clause
/* HTTP: one request once the connection stands; the status line of its reply decides. */
#include "health/probe.h"

#include "base/choice.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#define REQUEST_MAX 1024
#define READ_MAX 1024

/* Returns its length, which is bounded by what the API takes as URI and domain. */
static size_t write_request(const struct health_check *spec, char out[static REQUEST_MAX])
{
	bool six = spec->address.family == 6;
	char server[ADDRESS_TEXT];
	int length;

	address_format(&spec->address, server);
	length = snprintf(out, REQUEST_MAX,
			  "%s %s HTTP/1.1\r\nHost: %s%s%s\r\nUser-Agent: sluice-health\r\n"
			  "Accept: */*\r\nConnection: close\r\n\r\n",
			  spec->method == HEALTH_GET ? "GET" : "HEAD", spec->uri,
			  !*spec->host && six ? "[" : "", *spec->host ? spec->host : server,
			  !*spec->host && six ? "]" : "");
	return length < REQUEST_MAX ? (size_t)length : REQUEST_MAX - 1;
}

static bool again(int error)
{
	return error == EAGAIN || error == EINTR;
}

/* What ends a probe before there was a reply. A connection cut is no reply, whichever end cut it. */
static struct outcome without_reply(const struct probe *probe, int error)
{
	if (!error || error == ECONNRESET || error == EPIPE)
		return (struct outcome){ .kind = OUTCOME_NOT_HTTP };
	return probe_error(probe, error);
}

/* Asked after its time, for this process was held up, a server has not yet had any to reply. */
static void give_time(struct probe *probe)
{
	int64_t now = timers_now();

	if (now >= probe->until_ms)
		probe->until_ms += now - probe->began_ms;
}

/* True: it has failed. While it connects, and if it can not, that is what send() says. */
static bool send_request(struct probe *probe, struct outcome *outcome)
{
	char request[REQUEST_MAX];
	size_t length = write_request(&probe->check->spec, request);
	ssize_t sent;

	probe_confirm(probe, false);
	sent = send(probe->fd, request + probe->sent, length - probe->sent, MSG_NOSIGNAL);
	if (sent >= 0)
		probe->sent = (uint16_t)(probe->sent + sent);
	probe->asked = probe->sent == length;
	if (probe->asked)
		give_time(probe);
	if (sent >= 0 || again(errno))
		return false;
	*outcome = without_reply(probe, errno);
	return true;
}

static bool judge(const struct probe *probe, enum http_verdict verdict, struct outcome *outcome)
{
	uint16_t code = probe->reply.code;

	switch (verdict) {
	case HTTP_CODE:
		*outcome = (struct outcome){ .kind = OUTCOME_HTTP,
					     .good = probe->check->codes >> (code / 100) & 1,
					     .number = code };
		return true;
	case HTTP_GARBAGE:
		*outcome = (struct outcome){ .kind = OUTCOME_NOT_HTTP };
		return true;
	case HTTP_TOO_LONG:
		*outcome = (struct outcome){ .kind = OUTCOME_TOO_LONG };
		return true;
	default:
		return false;
	}
}

/* It is told once what has come: reads on until it is decided or there is no more. */
static bool read_reply(struct probe *probe, struct outcome *outcome)
{
	char bytes[READ_MAX];
	enum http_verdict verdict;
	ssize_t size;

	do {
		size = recv(probe->fd, bytes, sizeof(bytes), 0);
		if (size < 0 && again(errno)) {
			/* A server that replies in pieces may wait until the last one is confirmed. */
			if (probe->reply.seen)
				probe_confirm(probe, true);
			return false;
		}
		if (size <= 0) {
			*outcome = without_reply(probe, size ? errno : 0);
			return true;
		}
		verdict = http_reply_feed(&probe->reply, bytes, (size_t)size);
	} while (verdict == HTTP_MORE);
	return judge(probe, verdict, outcome);
}

static bool ready(struct probe *probe, struct outcome *outcome)
{
	if (!probe->asked) {
		if (send_request(probe, outcome))
			return true;
		/* What comes now is for the next look. */
		if (probe->way != PROBE_TOLD)
			return false;
	}
	return read_reply(probe, outcome);
}

const struct probe_kind probe_http = {
	.socket_type = SOCK_STREAM,
	.awaits = EPOLLIN | EPOLLOUT,
	.looks = 2,
	.prepare = probe_prepare_tcp,
	.ready = ready,
	.silent = probe_timed_out,
};
