// SPDX-License-Identifier: BSD-2-Clause
/*
 * The verifier writes a line for each instruction that it looks at, millions of bytes, and says what it
 * does not like at the very end. libbpf hands all of it over as one message.
 */
#include "dataplane/libbpf_log.h"

#include "base/log.h"
#include "base/memory.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>

#define TAIL_LINES 64

static _Thread_local char reason[256];
static _Thread_local bool reason_is_verdict;

/* Its last lines; all that are left out are before them. */
static char *tail(char *text)
{
	char *at = text + strlen(text);
	int lines = 0;

	while (at > text && lines <= TAIL_LINES)
		lines += *--at == '\n';
	return at == text ? text : at + 1;
}

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

static void keep_reason(const char *line, bool is_verdict)
{
	/* The verifier's sum, and libbpf's frame around what it wrote. */
	if (is_verdict && (begins(line, "processed ") || begins(line, "-- END PROG LOAD LOG")))
		return;
	/* What libbpf adds later says only what could not be done, not why. */
	if (reason_is_verdict && !is_verdict)
		return;
	snprintf(reason, sizeof(reason), "%s", line);
	reason_is_verdict = is_verdict;
}

static char *text_of(const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = memory_new(length < 0 ? 1 : (size_t)length + 1, 1);
	if (length > 0)
		vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

static int on_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	enum log_level ours = level == LIBBPF_WARN ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG;
	char *text = text_of(format, arguments), *rest = tail(text), *line;
	bool is_verdict = strstr(text, "-- BEGIN PROG LOAD LOG --");
	void (*log)(enum log_level, const char *, const char *, ...) = is_verdict ? log_line_always
										  : log_line;

	if (rest > text)
		log(ours, "libbpf", "the last %d lines of %zu bytes:", TAIL_LINES, strlen(text));
	while ((line = strsep(&rest, "\n"))) {
		if (!*line)
			continue;
		log(ours, "libbpf", "%s", line);
		if (level == LIBBPF_WARN)
			keep_reason(line, is_verdict);
	}
	free(text);
	return 0;
}

void libbpf_log_start(void)
{
	libbpf_set_print(on_libbpf);
	reason[0] = '\0';
	reason_is_verdict = false;
}

const char *libbpf_log_reason(void)
{
	return reason;
}
