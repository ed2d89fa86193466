// SPDX-License-Identifier: BSD-2-Clause
/* evhttp takes requests whose end is a matter of opinion: of two that read one differently, one may
 * take for a request what the other took for a body. */
#include "api/http_framing.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

static bool is_token(const char *name)
{
	for (const char *c = name; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *c))
			return false;
	}
	return name[0];
}

const char *http_framing_fault(const struct evhttp_request *event, enum http_method method)
{
	struct evkeyvalq *headers =
		evhttp_request_get_input_headers((struct evhttp_request *)event);
	const char *length = NULL, *encoding = NULL;
	const struct evkeyval *header;

	TAILQ_FOREACH(header, headers, next)
	{
		if (!is_token(header->key))
			return "a header's name is malformed";
		if (!strcasecmp(header->key, "Content-Length")) {
			if (length)
				return "more than one Content-Length";
			length = header->value;
		} else if (!strcasecmp(header->key, "Transfer-Encoding")) {
			if (encoding)
				return "more than one Transfer-Encoding";
			encoding = header->value;
		}
	}
	if (length && encoding)
		return "Content-Length together with Transfer-Encoding";
	if (encoding && strcasecmp(encoding, "chunked") != 0)
		return "Transfer-Encoding is not chunked";
	if (length && (!length[0] || length[strspn(length, "0123456789")]))
		return "Content-Length is not a number";
	/* evhttp reads a body of POST only: one that came with another method is still to come. */
	if (method != HTTP_METHOD_POST &&
	    (encoding || (length && strspn(length, "0") != strlen(length))))
		return "a body, and the method is not POST";
	return NULL;
}
