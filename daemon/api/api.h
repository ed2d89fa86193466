/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control API over the Unix socket. Everything runs on the event loop: a request is decoded,
 * and answered at once (reads) or by the change's done callback (mutations).
 */
#ifndef SLUICE_API_API_H
#define SLUICE_API_API_H

#include <stddef.h>
#include <stdint.h>

struct api;
struct commit;
struct config;
struct dataplane;
struct event_base;
struct health;
struct model;
struct store;

struct api_context {
	struct event_base *base;
	const struct config *config;
	struct model *model;
	struct commit *commit;
	struct store *store;
	struct dataplane *dataplane;
	struct health *health;
	int64_t started_ms; /* since 1970 */
};

/* The context must outlive the api. Only base and config are needed at the start: the rest may be
 * filled in until the event loop first runs, so that the socket can be taken before the model is
 * read. The process must ignore SIGPIPE, for a client may be gone when it is answered.
 *
 * Listens on context->config->socket (mode 0660, group `sluice` when it exists). A stale socket file
 * is replaced, one that answers is refused. Negative with one line in `why`. */
int api_start(struct api **api, const struct api_context *context, char *why, size_t why_size);
/* Takes no new requests, ends connections, removes the socket file. NULL is fine. */
void api_stop(struct api *api);

#endif
