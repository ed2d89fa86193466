// SPDX-License-Identifier: BSD-2-Clause
/*
 * The status line byte by byte, against a pattern; the reason behind the code is skipped. An interim
 * reply (1xx, but for 101) is skipped up to its empty line: the real one follows.
 */
#include "health/http_reply.h"

#include <stdbool.h>

/* '9': any digit, which counts for the code from CODE_AT on. */
static const char pattern[] = "HTTP/1.9 999";

#define CODE_AT 9

enum {
	AT_END = sizeof(pattern) - 1, /* behind the code */
	AT_REASON,
	AT_HEAD, /* an interim reply: within a line */
	AT_LINE /* an interim reply: at the start of a line */
};

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static enum http_verdict take_pattern(struct http_reply *reply, char byte)
{
	char wanted = pattern[reply->at];

	if (wanted == '9' ? !is_digit(byte) : byte != wanted)
		return HTTP_GARBAGE;
	if (reply->at >= CODE_AT)
		reply->code = (uint16_t)(reply->code * 10 + (byte - '0'));
	reply->at++;
	return HTTP_MORE;
}

static enum http_verdict end_of_line(struct http_reply *reply)
{
	if (reply->code < 100 || reply->code > 599)
		return HTTP_GARBAGE;
	if (reply->code >= 200 || reply->code == 101)
		return HTTP_CODE;
	reply->at = AT_LINE;
	return HTTP_MORE;
}

static enum http_verdict take(struct http_reply *reply, char byte)
{
	switch (reply->at) {
	case AT_END:
		if (byte == '\n')
			return end_of_line(reply);
		reply->at = AT_REASON;
		return byte == ' ' || byte == '\r' ? HTTP_MORE : HTTP_GARBAGE;
	case AT_REASON:
		return byte == '\n' ? end_of_line(reply) : HTTP_MORE;
	case AT_HEAD:
		if (byte == '\n')
			reply->at = AT_LINE;
		return HTTP_MORE;
	case AT_LINE:
		if (byte == '\n')
			*reply = (struct http_reply){ .seen = reply->seen };
		else if (byte != '\r')
			reply->at = AT_HEAD;
		return HTTP_MORE;
	default:
		return take_pattern(reply, byte);
	}
}

enum http_verdict http_reply_feed(struct http_reply *reply, const char *bytes, size_t size)
{
	enum http_verdict verdict = HTTP_MORE;

	for (size_t i = 0; i < size && verdict == HTTP_MORE; i++) {
		if (reply->seen == HTTP_REPLY_MAX)
			return HTTP_TOO_LONG;
		reply->seen++;
		verdict = take(reply, bytes[i]);
	}
	if (verdict == HTTP_MORE && reply->seen == HTTP_REPLY_MAX)
		return HTTP_TOO_LONG;
	return verdict;
}
