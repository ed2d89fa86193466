/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One probe: a socket, what is awaited of it, and a time by which it is over. What is said
 * on the socket is its kind's, a row for each type of check.
 */
#ifndef SLUICE_HEALTH_PROBE_H
#define SLUICE_HEALTH_PROBE_H

#include "health/check.h"
#include "health/http_reply.h"
#include "health/outcome.h"

#include <sys/epoll.h>

enum probe_way { PROBE_UNAWAITED, PROBE_LOOKED_AT, PROBE_TOLD };

struct probe {
	struct check *check;
	uint64_t number; /* of this check's probes */
	int64_t began_ms;
	int64_t until_ms; /* a look may move it on */
	int fd;
	uint16_t sent; /* bytes of the request */
	bool asked; /* all of it */
	struct http_reply reply;
	struct timer timer;
	LIST_ENTRY(probe) link;
	/* How it learns that something has come. */
	uint8_t way, looks; /* enum probe_way; looks so far */
	int64_t look_ms;
	TAILQ_ENTRY(probe) fresh;
};

struct probe_kind {
	int socket_type;
	uint32_t awaits; /* EPOLLIN, EPOLLOUT: what of the socket decides, or leads on */
	uint8_t looks; /* how many it takes if the server is quick */
	/* Options, before it connects. */
	void (*prepare)(const struct probe *probe);
	/* It is connecting; what can be said at once. 0 or an errno; NULL: nothing. */
	int (*open)(struct probe *probe);
	/* Something may have come, all of which it takes. False: not decided yet. */
	bool (*ready)(struct probe *probe, struct outcome *outcome);
	/* What it means if nothing has decided in time. */
	struct outcome (*silent)(const struct probe *probe);
};

extern const struct probe_kind probe_tcp, probe_http, probe_udp;

enum probe_start {
	PROBE_FLIES,
	PROBE_OVER, /* there is an outcome already */
	PROBE_NO_PORT, /* not sent: no free port to that server */
	PROBE_NO_ROOM /* not sent: no descriptor or memory */
};

/* A probe that flies is in the check's list, and ends in schedule_over or in probe_free. */
enum probe_start probe_begin(struct schedule *schedule, struct check *check,
			     struct outcome *outcome);
/* Closes its socket. */
void probe_free(struct probe *probe);

/* Something may have come. True: it was decided, and the probe is no more. */
bool probe_arrived(struct probe *probe);
/* Of its kind. */
uint32_t probe_awaits(const struct probe *probe);
uint8_t probe_looks(const struct probe *probe);

/* For the kinds. */
/* What an error of its socket means. */
struct outcome probe_error(const struct probe *probe, int error);
/* It took too long. */
struct outcome probe_timed_out(const struct probe *probe);
/* TCP at its cheapest: what would only confirm the handshake waits for what is to be sent, and the
 * connection ends with a reset, which leaves nothing behind on either side. */
void probe_prepare_tcp(const struct probe *probe);
/* TCP: whether what comes is confirmed at once, or with what is sent next or the connection's end. The end
 * of the handshake forgets it. */
void probe_confirm(const struct probe *probe, bool at_once);

#endif
