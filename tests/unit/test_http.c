// SPDX-License-Identifier: BSD-2-Clause
/* The socket: framing that cannot be trusted, limits, answers for clients that are gone. */
#include "api/http_connections.h"
#include "api/http.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 2000
#define QUIET_MS 60
#define CHUNK "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

struct fixture {
	struct event_base *base;
	struct http *http;
	char directory[64];
	char path[96];
	struct http_request *held; /* the request of /hold, not answered yet */
	int requests;
};

static void answer(struct http_request *request, int status, const char *text)
{
	const struct http_answer given = { .status = status,
					   .content_type = "application/json;charset=utf-8",
					   .request_id = "id",
					   .text = text };

	http_answer(request, &given);
}

/* Says what it was given. */
static void on_request(const void *arg, struct http_request *request)
{
	struct fixture *fixture = *(struct fixture *const *)arg;
	char text[256];

	fixture->requests++;
	if (!strcmp(request->path, "/hold")) {
		fixture->held = request;
		return;
	}
	snprintf(text, sizeof(text), "%d %s %s %.*s", (int)request->method,
		 request->query ? request->query : "-", request->fault ? request->fault : "plain",
		 (int)request->body_length, request->body);
	answer(request, request->fault ? 400 : request->throttled ? 429 : 200, text);
}

static struct fixture *the_fixture;

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char why[256] = "";

	signal(SIGPIPE, SIG_IGN);
	the_fixture = fixture;
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/sluice-http-%d-XXXXXX",
		 (int)getpid());
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/sock", fixture->directory);
	fixture->base = event_base_new();
	if (http_start(&fixture->http, fixture->base, fixture->path, on_request, &the_fixture, why,
		       sizeof(why)))
		fail_msg("%s", why);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	http_stop(fixture->http);
	event_base_free(fixture->base);
	unlink(fixture->path);
	rmdir(fixture->directory);
	free(fixture);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void turn(struct fixture *fixture)
{
	event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	usleep(500);
}

static int dial(const struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, fixture->path, sizeof(address.sun_path) - 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void put(struct fixture *fixture, int fd, const char *bytes, size_t length)
{
	int64_t deadline = now_ms() + PATIENCE_MS;

	while (length && now_ms() < deadline) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return;
		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
		}
		turn(fixture);
	}
}

/* Reads until the server closes (true) or says nothing more for a while (false). */
static bool get(struct fixture *fixture, int fd, char *out, size_t size)
{
	int64_t quiet = now_ms() + PATIENCE_MS;
	size_t at = 0;

	out[0] = '\0';
	while (now_ms() < quiet) {
		ssize_t got = recv(fd, out + at, size - at - 1, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			return true;
		if (got > 0) {
			at += (size_t)got;
			out[at] = '\0';
			quiet = now_ms() + QUIET_MS;
		}
		turn(fixture);
	}
	return false;
}

static const struct {
	const char *sentence, *bytes, *status, *text; /* text: what the answer must hold */
	bool closed;
} rows[] = {
	{ "GET", "GET /?a=b HTTP/1.1\r\n\r\n", "HTTP/1.1 200", "1 a=b plain ", false },
	{ "POST", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200",
	  "2 - plain abc", false },
	{ "chunked", CHUNK "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "HTTP/1.1 200", "2 - plain abcde",
	  false },
	{ "HTTP/1.0 closes", "GET /?a=b HTTP/1.0\r\n\r\n", "HTTP/1.0 200", "plain", true },
	{ "HEAD is another method", "HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200", "x-acs-request-id",
	  false },
	{ "an unknown method", "BREW / HTTP/1.1\r\n\r\n", "HTTP/1.1 200", "0 - plain", false },
	{ "two lengths", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
	  "HTTP/1.1 400", "more than one Content-Length", true },
	{ "two equal lengths",
	  "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400",
	  "more than one Content-Length", true },
	{ "length and chunks",
	  "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	  "HTTP/1.1 400", "", true },
	{ "another coding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	  "HTTP/1.1 400", "Transfer-Encoding is not chunked", true },
	{ "identity is no coding", "POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\nX: y\r\n\r\n",
	  "HTTP/1.1 400", "Transfer-Encoding is not chunked", true },
	{ "a length with a sign", "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
	  "HTTP/1.1 400", "Content-Length is not a number", true },
	{ "a blank before the colon", "POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc",
	  "HTTP/1.1 400", "a header's name is malformed", true },
	{ "a body of GET", "GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400",
	  "the method is not POST", true },
	{ "no body of GET", "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200", "plain",
	  false },
	{ "garbage", "\x01\x02\r\n\r\n", "HTTP/1.1 400", "", true },
};

static void test_rows(void **state)
{
	struct fixture *fixture = *state;
	char out[4096];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int fd = dial(fixture);
		bool closed;

		put(fixture, fd, rows[i].bytes, strlen(rows[i].bytes));
		closed = get(fixture, fd, out, sizeof(out));
		if (strncmp(out, rows[i].status, strlen(rows[i].status)) != 0 ||
		    !strstr(out, rows[i].text) || closed != rows[i].closed)
			fail_msg("%s: closed=%d %s", rows[i].sentence, closed, out);
		close(fd);
	}
}

static void test_smuggled_body_is_no_request(void **state)
{
	static const char bytes[] = "GET / HTTP/1.1\r\nContent-Length: 26\r\n\r\n"
				    "GET /smuggled HTTP/1.1\r\n\r\n";
	struct fixture *fixture = *state;
	char out[4096];
	int fd = dial(fixture);

	put(fixture, fd, bytes, strlen(bytes));
	assert_true(get(fixture, fd, out, sizeof(out)));
	assert_int_equal(fixture->requests, 1);
	close(fd);
}

static void check_too_large(struct fixture *fixture, const char *head, size_t body)
{
	size_t head_length = strlen(head), length = head_length + body;
	char *bytes = malloc(length), out[4096];
	int fd = dial(fixture);

	for (size_t i = 0; i < length; i++)
		bytes[i] = i < head_length ? head[i] : 'a';
	put(fixture, fd, bytes, length);
	assert_true(get(fixture, fd, out, sizeof(out)));
	assert_true(!strncmp(out, "HTTP/1.1 413", 12) || !strncmp(out, "HTTP/1.1 400", 12));
	assert_int_equal(fixture->requests, 0);
	close(fd);
	free(bytes);
}

static void test_sizes(void **state)
{
	check_too_large(*state, "POST / HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n", 67108865);
	check_too_large(*state, CHUNK "4000001\r\n", 0x4000001);
	check_too_large(*state, "GET /?", 70000);
	check_too_large(*state, "GET / HTTP/1.1\r\nX: ", 70000);
}

/* Of who may write, as the test may. */
static void test_largest_body(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\nContent-Length: 67108864\r\n\r\n";
	struct fixture *fixture = *state;
	size_t head_length = strlen(head), length = head_length + 67108864;
	char *bytes = malloc(length), out[4096];
	int fd = dial(fixture);

	for (size_t i = 0; i < length; i++)
		bytes[i] = i < head_length ? head[i] : 'a';
	put(fixture, fd, bytes, length);
	get(fixture, fd, out, sizeof(out));
	assert_memory_equal(out, "HTTP/1.1 200", 12);
	close(fd);
	free(bytes);
}

static void test_pipeline_behind_a_held_answer(void **state)
{
	static const char first[] = "GET /hold HTTP/1.1\r\n\r\n",
			  second[] = "GET /?2 HTTP/1.1\r\n\r\n";
	struct fixture *fixture = *state;
	char out[4096];
	int fd = dial(fixture);

	put(fixture, fd, first, strlen(first));
	put(fixture, fd, second, strlen(second));
	for (int i = 0; i < 50; i++)
		turn(fixture);
	assert_non_null(fixture->held);
	assert_int_equal(fixture->requests, 1);
	answer(fixture->held, 200, "held");
	assert_false(get(fixture, fd, out, sizeof(out)));
	assert_non_null(strstr(out, "held"));
	assert_non_null(strstr(strstr(out, "held"), "1 2 plain"));
	close(fd);
}

/* The answer of a change must find its request, or what is left of it, whatever became of it. */
static void test_client_gone(void **state)
{
	static const char bytes[] = "GET /hold HTTP/1.1\r\n\r\n";
	struct fixture *fixture = *state;
	int fd = dial(fixture);

	put(fixture, fd, bytes, strlen(bytes));
	for (int i = 0; i < 50; i++)
		turn(fixture);
	assert_non_null(fixture->held);
	close(fd);
	for (int i = 0; i < 50; i++)
		turn(fixture);
	answer(fixture->held, 200, "for nobody");
	for (int i = 0; i < 50; i++)
		turn(fixture);
}

static void test_server_gone(void **state)
{
	static const char bytes[] = "GET /hold HTTP/1.1\r\n\r\n";
	struct fixture *fixture = *state;
	int fd = dial(fixture);

	put(fixture, fd, bytes, strlen(bytes));
	for (int i = 0; i < 50; i++)
		turn(fixture);
	assert_non_null(fixture->held);
	assert_true(http_is_open(fixture->held));
	http_stop(fixture->http);
	fixture->http = NULL;
	assert_false(http_is_open(fixture->held));
	http_answer(fixture->held, NULL);
	assert_int_equal(access(fixture->path, F_OK), -1);
	close(fd);
}

static void test_connections(void **state)
{
	static const char bytes[] = "GET / HTTP/1.1\r\n\r\n";
	struct fixture *fixture = *state;
	int fds[CONNECTIONS_MAX + 1];
	char out[4096];

	for (int i = 0; i <= CONNECTIONS_MAX; i++) {
		fds[i] = dial(fixture);
		turn(fixture);
	}
	put(fixture, fds[0], bytes, strlen(bytes));
	assert_false(get(fixture, fds[0], out, sizeof(out)));
	assert_memory_equal(out, "HTTP/1.1 200", 12);
	put(fixture, fds[CONNECTIONS_MAX], bytes, strlen(bytes));
	assert_true(get(fixture, fds[CONNECTIONS_MAX], out, sizeof(out)));
	assert_memory_equal(out, "HTTP/1.1 429", 12);
	for (int i = 0; i <= CONNECTIONS_MAX; i++)
		close(fds[i]);
	for (int i = 0; i < 50; i++)
		turn(fixture);
	fds[0] = dial(fixture);
	put(fixture, fds[0], bytes, strlen(bytes));
	get(fixture, fds[0], out, sizeof(out));
	assert_memory_equal(out, "HTTP/1.1 200", 12);
	close(fds[0]);
}

static void test_socket_file(void **state)
{
	struct fixture *fixture = *state;
	struct socket_file file;
	const struct who who = { 0 };
	struct stat found;
	char why[256], other[128];
	int fd;

	assert_int_equal(stat(fixture->path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0660);
	/* one that answers stays */
	assert_true(socket_file_open(&file, fixture->path, &who, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, fixture->path));
	/* one that nobody answers is replaced */
	snprintf(other, sizeof(other), "%s/other", fixture->directory);
	assert_int_equal(socket_file_open(&file, other, &who, why, sizeof(why)), 0);
	close(file.fd);
	assert_int_equal(socket_file_open(&file, other, &who, why, sizeof(why)), 0);
	close(file.fd);
	socket_file_remove(&file);
	/* what is no socket stays */
	fd = open(other, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_true(socket_file_open(&file, other, &who, why, sizeof(why)) < 0);
	assert_int_equal(access(other, F_OK), 0);
	unlink(other);
	/* no directory */
	snprintf(other, sizeof(other), "%s/none/sock", fixture->directory);
	assert_true(socket_file_open(&file, other, &who, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "directory"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows),
		TEST(test_smuggled_body_is_no_request),
		TEST(test_sizes),
		TEST(test_largest_body),
		TEST(test_pipeline_behind_a_held_answer),
		TEST(test_client_gone),
		TEST(test_server_gone),
		TEST(test_connections),
		TEST(test_socket_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
