// SPDX-License-Identifier: BSD-2-Clause
/*
 * evhttp has no limits of its own, times single reads only, spins when descriptors run out, and
 * takes requests whose end is a matter of opinion. All of that is made good here.
 */
#include "api/http.h"
#include "api/http_connections.h"
#include "api/http_framing.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEADERS_MAX 65536
#define IDLE_SECONDS 30 /* for one read, and between the requests of a connection */
#define SWEEP_US 250000
#define WARN_EVERY 40 /* sweeps: ten seconds */

struct http {
	struct event_base *base;
	struct evhttp *server;
	struct evconnlistener *listener;
	struct event *sweep;
	struct connections *connections;
	struct socket_file file;
	struct who who;
	http_handler *handler;
	const void *arg;
	bool paused;
	unsigned int quiet; /* sweeps until the next warning about descriptors */
};

/* One request on its way to an answer. */
struct exchange {
	struct http_request request; /* first: what the handler sees */
	struct http *http; /* NULL once the connection is gone */
	struct evhttp_request *event; /* NULL once evhttp has freed it, or if it is cut */
	struct bufferevent *cut; /* of one that evhttp will never see whole; else NULL */
	char *path;
	char *query;
	char *body;
};

/* The listener's error callback gets evhttp's argument instead of ours, so the one server that a
 * process has is found here. */
static struct http *the_http;

static void pause_listener(struct http *http)
{
	http->paused = true;
	evconnlistener_disable(http->listener);
}

static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	int reason = EVUTIL_SOCKET_ERROR();

	(void)arg;
	if (!the_http || the_http->listener != listener)
		return;
	if (!the_http->quiet) {
		log_warning("api", "cannot accept a connection: %s", strerror(reason));
		the_http->quiet = WARN_EVERY;
	}
	pause_listener(the_http);
}

static struct bufferevent *on_accept(struct event_base *base, void *arg)
{
	struct http *http = arg;
	struct bufferevent *events = connections_accept(http->connections);

	(void)base;
	/* Who comes now waits in the kernel's backlog. */
	if (connections_full(http->connections))
		pause_listener(http);
	return events;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;

	(void)fd;
	(void)what;
	connections_sweep(http->connections);
	if (http->quiet)
		http->quiet--;
	if (http->paused && !connections_full(http->connections)) {
		http->paused = false;
		evconnlistener_enable(http->listener);
	}
}

static enum http_method method_of(const struct evhttp_request *event)
{
	switch (evhttp_request_get_command(event)) {
	case EVHTTP_REQ_GET:
		return HTTP_METHOD_GET;
	case EVHTTP_REQ_POST:
		return HTTP_METHOD_POST;
	default:
		return HTTP_METHOD_OTHER;
	}
}

static char *copy_text(const char *text)
{
	return text ? memory_copy(text, 1, strlen(text) + 1) : NULL;
}

/* The connection goes down with the request on it. evhttp frees the request too, unless it has cut
 * it off before, in which case it waits for our answer. */
static void on_close(struct evhttp_connection *connection, void *arg)
{
	struct exchange *exchange = arg;

	(void)connection;
	if (evhttp_request_get_connection(exchange->event))
		exchange->event = NULL;
	exchange->http = NULL;
}

static struct bufferevent *events_of(const struct exchange *exchange)
{
	return evhttp_connection_get_bufferevent(evhttp_request_get_connection(exchange->event));
}

static struct connection *connection_of(const struct exchange *exchange)
{
	return connections_find(exchange->http->connections, events_of(exchange));
}

/* Its first bytes are there, so evhttp has made it its own: the argument of its callbacks. */
static void on_begin(void *arg, struct bufferevent *events)
{
	const struct http *http = arg;
	struct who_peer peer = socket_peer(bufferevent_getfd(events));
	void *connection = NULL;

	bufferevent_getcb(events, NULL, NULL, NULL, &connection);
	if (who_may(&http->who, &peer) == RIGHT_WRITE)
		evhttp_connection_set_max_body_size(connection, HTTP_LARGE_BODY_MAX);
	free((void *)(uintptr_t)peer.groups);
}

static void judge_peer(struct exchange *exchange, struct bufferevent *events)
{
	const struct http *http = exchange->http;
	struct who_peer peer = socket_peer(bufferevent_getfd(events));

	exchange->request.uid = peer.uid;
	exchange->request.pid = peer.pid;
	exchange->request.right = who_may(&http->who, &peer);
	free((void *)(uintptr_t)peer.groups);
}

static struct exchange *exchange_new(struct http *http, struct evhttp_request *event)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(event);
	struct evbuffer *body = evhttp_request_get_input_buffer(event);
	struct exchange *exchange = memory_new(1, sizeof(*exchange));
	struct http_request *request = &exchange->request;

	exchange->http = http;
	exchange->event = event;
	exchange->path = copy_text(evhttp_uri_get_path(uri));
	exchange->query = copy_text(evhttp_uri_get_query(uri));
	request->body_length = evbuffer_get_length(body);
	exchange->body = memory_new(1, request->body_length + 1);
	evbuffer_remove(body, exchange->body, request->body_length);
	request->method = method_of(event);
	request->path = exchange->path ? exchange->path : "";
	request->query = exchange->query;
	request->body = exchange->body;
	request->fault = http_framing_fault(event, request->method);
	judge_peer(exchange, events_of(exchange));
	return exchange;
}

/* It is answered before this returns, as is all that is throttled. */
static void on_too_large(void *arg, struct bufferevent *events)
{
	struct http *http = arg;
	struct exchange *exchange = memory_new(1, sizeof(*exchange));

	*exchange = (struct exchange){ .http = http, .cut = events };
	exchange->request.path = "";
	exchange->request.throttled = "too many large requests at a time";
	judge_peer(exchange, events);
	http->handler(http->arg, &exchange->request);
}

static void on_request(struct evhttp_request *event, void *arg)
{
	struct http *http = arg;
	struct exchange *exchange = exchange_new(http, event);
	struct connection *connection = connection_of(exchange);

	evhttp_connection_set_closecb(evhttp_request_get_connection(event), on_close, exchange);
	if (connection) {
		exchange->request.throttled =
			connection_is_excess(connection) ? "too many connections" : NULL;
		connection_busy(connection);
	}
	http->handler(http->arg, &exchange->request);
}

const char *http_header(const struct http_request *request, const char *name)
{
	const struct exchange *exchange = (const struct exchange *)request;

	return exchange->event
		       ? evhttp_find_header(evhttp_request_get_input_headers(exchange->event), name)
		       : NULL;
}

void http_forget_body(struct http_request *request)
{
	struct exchange *exchange = (struct exchange *)request;

	free(exchange->body);
	exchange->body = NULL;
	request->body = NULL;
}

bool http_is_open(const struct http_request *request)
{
	return ((const struct exchange *)request)->http;
}

static void send_answer(struct exchange *exchange, const struct http_answer *answer)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange->event);
	struct connection *connection = connection_of(exchange);
	struct evbuffer *body = evbuffer_new();

	if (!body)
		abort();
	evhttp_connection_set_closecb(evhttp_request_get_connection(exchange->event), NULL, NULL);
	evbuffer_add(body, answer->text, strlen(answer->text));
	evhttp_add_header(headers, "Content-Type", answer->content_type);
	evhttp_add_header(headers, "x-acs-request-id", answer->request_id);
	if (exchange->request.fault || exchange->request.throttled)
		evhttp_add_header(headers, "Connection", "close");
	if (connection)
		connection_answered(connection);
	evhttp_send_reply(exchange->event, answer->status, NULL, body);
	evbuffer_free(body);
}

static void send_past_evhttp(const struct exchange *exchange, const struct http_answer *answer)
{
	char *text;
	int length = asprintf(&text,
			      "HTTP/1.1 %d Refused\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			      "x-acs-request-id: %s\r\nConnection: close\r\n\r\n%s",
			      answer->status, answer->content_type, strlen(answer->text),
			      answer->request_id, answer->text);

	if (length < 0)
		abort();
	connection_write(exchange->cut, text, (size_t)length);
	free(text);
}

void http_answer(struct http_request *request, const struct http_answer *answer)
{
	struct exchange *exchange = (struct exchange *)request;

	if (exchange->cut)
		send_past_evhttp(exchange, answer);
	else if (exchange->http)
		send_answer(exchange, answer);
	else if (exchange->event)
		evhttp_request_free(exchange->event);
	free(exchange->path);
	free(exchange->query);
	free(exchange->body);
	free(exchange);
}

/* libevent would write to stderr itself; a client's mistakes are worth no more than a debug line. */
static void on_library_log(int severity, const char *text)
{
	if (severity == EVENT_LOG_ERR)
		log_error("libevent", "%s", text);
	else
		log_debug("libevent", "%s", text);
}

static int prepare_server(struct http *http)
{
	struct timeval interval = { .tv_usec = SWEEP_US };
	const struct connection_calls calls = { .begins = on_begin,
						.too_large = on_too_large,
						.arg = http };

	http->server = evhttp_new(http->base);
	http->connections = connections_new(http->base, &calls);
	http->sweep = event_new(http->base, -1, EV_PERSIST, on_sweep, http);
	if (!http->server || !http->connections || !http->sweep)
		return -1;
	evhttp_set_max_headers_size(http->server, HEADERS_MAX);
	evhttp_set_max_body_size(http->server, HTTP_BODY_MAX);
	evhttp_set_timeout(http->server, IDLE_SECONDS);
	/* So that who sends too much gets to read why. */
	evhttp_set_flags(http->server, EVHTTP_SERVER_LINGERING_CLOSE);
	evhttp_set_allowed_methods(http->server, 0xffff);
	evhttp_set_bevcb(http->server, on_accept, http);
	evhttp_set_gencb(http->server, on_request, http);
	return event_add(http->sweep, &interval);
}

static int open_listener(struct http *http)
{
	http->listener = evconnlistener_new(http->base, NULL, NULL,
					    LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0,
					    http->file.fd);
	if (!http->listener)
		return -1;
	http->file.fd = -1;
	if (!evhttp_bind_listener(http->server, http->listener)) {
		evconnlistener_free(http->listener);
		return -1;
	}
	evconnlistener_set_error_cb(http->listener, on_accept_error);
	return 0;
}

int http_start(struct http **out, struct event_base *base, const char *path, http_handler *handler,
	       const void *arg, char *why, size_t why_size)
{
	struct http *http = memory_new(1, sizeof(*http));
	int result;

	*http = (struct http){ .base = base, .handler = handler, .arg = arg };
	who_find_groups(&http->who);
	result = socket_file_open(&http->file, path, &http->who, why, why_size);
	if (result < 0) {
		free(http);
		return result;
	}
	if (prepare_server(http) < 0 || open_listener(http) < 0) {
		snprintf(why, why_size, "socket %s: the HTTP server does not start", path);
		http_stop(http);
		return -ERR_UNAVAILABLE;
	}
	event_set_log_callback(on_library_log);
	the_http = http;
	*out = http;
	return 0;
}

void http_stop(struct http *http)
{
	if (!http)
		return;
	the_http = NULL;
	socket_file_remove(&http->file);
	if (http->server)
		evhttp_free(http->server);
	if (http->file.fd >= 0)
		close(http->file.fd);
	if (http->sweep)
		event_free(http->sweep);
	connections_free(http->connections);
	free(http);
}
