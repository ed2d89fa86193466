// SPDX-License-Identifier: BSD-2-Clause
/*
 * A health check's HTTP reply. The first byte says in what pieces the rest comes: however it is cut,
 * the verdict is the same, within the bound, and a code one that may be looked up in a mask.
 */
#include "fuzz.h"
#include "health/http_reply.h"

static enum http_verdict feed(struct http_reply *reply, const char *bytes, size_t size, size_t step)
{
	enum http_verdict verdict = HTTP_MORE;

	for (size_t at = 0; at < size && verdict == HTTP_MORE; at += step)
		verdict = http_reply_feed(reply, bytes + at, size - at < step ? size - at : step);
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_reply whole = { 0 }, pieces = { 0 };
	enum http_verdict verdict;
	char *text;

	if (!size)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	verdict = feed(&whole, text, size - 1, size);
	HOLDS(verdict == feed(&pieces, text, size - 1, 1u + data[0]));
	HOLDS(whole.seen == pieces.seen && whole.at == pieces.at && whole.code == pieces.code);
	HOLDS(whole.seen <= HTTP_REPLY_MAX);
	HOLDS(verdict != HTTP_MORE || size - 1 < HTTP_REPLY_MAX);
	HOLDS(verdict != HTTP_CODE || (whole.code >= 100 && whole.code < 600));
	free(text);
	return 0;
}
