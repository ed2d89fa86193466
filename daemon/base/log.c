// SPDX-License-Identifier: BSD-2-Clause
/* Each line leaves in one write, so that lines of two threads never mix. */
#include "base/log.h"
#include "base/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

struct level {
	const char *word;
	const char *priority; /* as the journal reads it at the beginning of a line */
};

static const struct level levels[] = {
	[LOG_LEVEL_ERROR] = { "error ", "<3>" },
	[LOG_LEVEL_WARNING] = { "warning ", "<4>" },
	[LOG_LEVEL_INFO] = { "info ", "<6>" },
	[LOG_LEVEL_DEBUG] = { "debug ", "<7>" },
};

static atomic_int threshold = LOG_LEVEL_INFO;
static pthread_once_t journal_once = PTHREAD_ONCE_INIT;
static bool journal;

/* JOURNAL_STREAM is inherited by children whose stderr may go elsewhere: it names the file. */
static void find_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char *end;

	if (!stream || fstat(STDERR_FILENO, &status) || strtoull(stream, &end, 10) != status.st_dev)
		return;
	journal = *end == ':' && strtoull(end + 1, NULL, 10) == status.st_ino;
}

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

void log_line(enum log_level level, const char *domain, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;
	size_t length;

	if ((int)level > atomic_load(&threshold) || level > LOG_LEVEL_DEBUG)
		return;
	pthread_once(&journal_once, find_journal);
	/* One byte is kept back for the newline. */
	length = text_format(line, sizeof(line) - 1,
			     "%s%s: ", journal ? levels[level].priority : levels[level].word,
			     domain);
	va_start(arguments, format);
	length += text_vformat(line + length, sizeof(line) - 1 - length, format, arguments);
	va_end(arguments);
	line[length++] = '\n';
	/* Nothing is left to tell anybody when stderr fails. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}
