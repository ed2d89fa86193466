/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP over the Unix socket, within limits: the only user of evhttp. It hands whole requests to one
 * handler; each is answered exactly once, at any later time, whether or not the client is still
 * there.
 */
#ifndef SLUICE_API_HTTP_H
#define SLUICE_API_HTTP_H

#include "api/socket.h"
#include "sluice_api.h"

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct http;

#define HTTP_BODY_MAX (1 << 20)
/* For who may write, as one action takes a whole configuration; few at a time. */
#define HTTP_LARGE_BODY_MAX SLUICE_CHANGES_BYTES

enum http_method { HTTP_METHOD_OTHER, HTTP_METHOD_GET, HTTP_METHOD_POST };

/* Everything here lives until http_answer, or while the handler runs if the client goes. */
struct http_request {
	enum http_method method;
	const char *path;
	const char *query; /* raw; NULL: none */
	const char *body;
	size_t body_length;
	const char *throttled; /* of what there is too much: to be refused; NULL: it is not */
	const char *fault; /* why its framing cannot be trusted: to be refused; NULL: it can */
	uid_t uid; /* of who asks, and the process */
	pid_t pid;
	enum right right; /* what it may do */
};

typedef void http_handler(const void *arg, struct http_request *request);

/* Listens; negative with one line in `why`. `path` must live as long as the server. */
int http_start(struct http **http, struct event_base *base, const char *path, http_handler *handler,
	       const void *arg, char *why, size_t why_size);
/* Ends every connection and removes the socket. Requests not answered yet stay valid for
 * http_answer. NULL is fine. */
void http_stop(struct http *http);

/* While the handler runs: a header's value, in any case of the name; NULL if there is none. */
const char *http_header(const struct http_request *request, const char *name);

/* Frees the body, which a large one may be worth, before the answer. */
void http_forget_body(struct http_request *request);

struct http_answer {
	int status;
	const char *content_type;
	const char *request_id;
	const char *text;
};
/* False once the client is gone: an answer would be for nobody. */
bool http_is_open(const struct http_request *request);
/* Sends the answer (NULL: none, for a client that is gone) and frees the request. A throttled or
 * faulty request takes its connection with it. */
void http_answer(struct http_request *request, const struct http_answer *answer);

#endif
