// SPDX-License-Identifier: BSD-2-Clause
/* The status line of an HTTP reply: a table of replies, each whole, byte by byte and cut anywhere. */
#include "health/http_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *reply;
	enum http_verdict verdict;
	uint16_t code;
} rows[] = {
	{ "HTTP/1.1 200 OK\r\n", HTTP_CODE, 200 },
	{ "HTTP/1.0 503 Service Unavailable\r\nServer: x\r\n\r\n", HTTP_CODE, 503 },
	{ "HTTP/1.1 404\r\n", HTTP_CODE, 404 },
	{ "HTTP/1.1 404 \r\n", HTTP_CODE, 404 },
	{ "HTTP/1.1 301 Moved\n", HTTP_CODE, 301 },
	{ "HTTP/1.1 200\n", HTTP_CODE, 200 },
	{ "HTTP/1.1 200 \x01\xff\n", HTTP_CODE, 200 },
	{ "HTTP/1.1 599 x\r\n", HTTP_CODE, 599 },
	/* Interim replies. */
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n", HTTP_CODE, 204 },
	{ "HTTP/1.1 103 Early\r\nLink: x\r\nA: b\r\n\r\nHTTP/1.1 500 x\r\n", HTTP_CODE, 500 },
	{ "HTTP/1.1 100\n\nHTTP/1.1 200\n", HTTP_CODE, 200 },
	{ "HTTP/1.1 101 Switching Protocols\r\n", HTTP_CODE, 101 },
	{ "HTTP/1.1 100 Continue\r\n\r\nhello", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1 100 Continue\r\nA: HTTP/1.1 200 OK\r\n", HTTP_MORE, 0 },
	/* Not whole yet. */
	{ "", HTTP_MORE, 0 },
	{ "HTTP/1.", HTTP_MORE, 0 },
	{ "HTTP/1.1 20", HTTP_MORE, 0 },
	{ "HTTP/1.1 200", HTTP_MORE, 0 },
	{ "HTTP/1.1 200 OK\r", HTTP_MORE, 0 },
	/* Something else. */
	{ "SSH-2.0-OpenSSH_9.2\r\n", HTTP_GARBAGE, 0 },
	{ "\r\nHTTP/1.1 200 OK\r\n", HTTP_GARBAGE, 0 },
	{ "http/1.1 200 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/2.0 200 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.x 200 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1  200 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1 20 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1 2000 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1 -20 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1 099 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1 600 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1 999 OK\r\n", HTTP_GARBAGE, 0 },
	{ "HTTP/1.1 200\tOK\r\n", HTTP_GARBAGE, 0 },
	{ "<html>200 OK</html>\n", HTTP_GARBAGE, 0 },
};

/* In pieces of `size` bytes; what lies behind the end of one is not readable. */
static enum http_verdict feed(struct http_reply *reply, const char *bytes, size_t length,
			      size_t size)
{
	enum http_verdict verdict = HTTP_MORE;

	for (size_t at = 0; at < length && verdict == HTTP_MORE; at += size) {
		size_t part = length - at < size ? length - at : size;
		char *piece = malloc(part);

		assert_non_null(piece);
		memcpy(piece, bytes + at, part);
		verdict = http_reply_feed(reply, piece, part);
		free(piece);
	}
	return verdict;
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t size = 1; size <= strlen(rows[i].reply) + 1; size++) {
			struct http_reply reply = { 0 };
			enum http_verdict verdict =
				feed(&reply, rows[i].reply, strlen(rows[i].reply), size);

			if (verdict != rows[i].verdict)
				fail_msg("in pieces of %zu: %s", size, rows[i].reply);
			if (verdict == HTTP_CODE)
				assert_int_equal(reply.code, rows[i].code);
		}
	}
}

/* A status line that is whole with its last byte at the bound counts; one byte later it does not. */
static void test_bound(void **state)
{
	static const char begin[] = "HTTP/1.1 200 ";
	char *line = malloc(HTTP_REPLY_MAX + 2);

	(void)state;
	assert_non_null(line);
	for (size_t over = 0; over < 2; over++) {
		for (size_t size = 1; size <= HTTP_REPLY_MAX + 1; size += 273) {
			struct http_reply reply = { 0 };
			enum http_verdict verdict;

			memset(line, 'x', HTTP_REPLY_MAX + 1);
			memcpy(line, begin, strlen(begin));
			line[HTTP_REPLY_MAX - 1 + over] = '\n';
			verdict = feed(&reply, line, HTTP_REPLY_MAX + over, size);
			assert_int_equal(verdict, over ? HTTP_TOO_LONG : HTTP_CODE);
			assert_true(reply.seen <= HTTP_REPLY_MAX);
		}
	}
	free(line);
}

/* A reply of nothing but interim heads ends at the bound too. */
static void test_interim_without_end(void **state)
{
	static const char head[] = "HTTP/1.1 102 Processing\r\n\r\n";
	struct http_reply reply = { 0 };
	size_t heads = 0;

	(void)state;
	while (http_reply_feed(&reply, head, strlen(head)) == HTTP_MORE)
		assert_true(++heads < HTTP_REPLY_MAX / strlen(head) + 1);
	assert_int_equal(reply.seen, HTTP_REPLY_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_interim_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
