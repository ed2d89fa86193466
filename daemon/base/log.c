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
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define DOMAINS_MAX 24

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

/* What a domain wrote in the second that runs. */
struct domain {
	const char *name;
	time_t second; /* monotonic */
	unsigned int lines, left_out;
};

static struct domain domains[DOMAINS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
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

static void write_line(enum log_level level, const char *domain, const char *format,
		       va_list arguments)
{
	char line[LINE_MAX_BYTES];
	size_t length;

	pthread_once(&journal_once, find_journal);
	/* One byte is kept back for the newline. */
	length = text_format(line, sizeof(line) - 1,
			     "%s%s: ", journal ? levels[level].priority : levels[level].word,
			     domain);
	length += text_vformat(line + length, sizeof(line) - 1 - length, format, arguments);
	line[length++] = '\n';
	/* Nothing is left to tell anybody when stderr fails. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}

static bool is_wanted(enum log_level level)
{
	return (int)level <= atomic_load(&threshold) && level <= LOG_LEVEL_DEBUG;
}

void log_line_always(enum log_level level, const char *domain, const char *format, ...)
{
	va_list arguments;

	if (!is_wanted(level))
		return;
	va_start(arguments, format);
	write_line(level, domain, format, arguments);
	va_end(arguments);
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The domain's row; the last one is shared by those that find none. Under the lock. */
static struct domain *find_domain(const char *name)
{
	struct domain *domain = domains;

	while (domain < domains + DOMAINS_MAX - 1 && domain->name &&
	       strcmp(domain->name, name) != 0)
		domain++;
	if (!domain->name)
		domain->name = domain < domains + DOMAINS_MAX - 1 ? name : "other";
	return domain;
}

/* Begins a new second; returns how many lines the last one left out. */
static unsigned int turn_second(struct domain *domain, time_t now)
{
	unsigned int left_out = domain->left_out;

	if (domain->second == now)
		return 0;
	domain->second = now;
	domain->lines = domain->left_out = 0;
	return left_out;
}

static void tell(const char *domain, unsigned int left_out)
{
	if (left_out)
		log_line_always(LOG_LEVEL_WARNING, domain, "too many lines in a second left_out=%u",
				left_out);
}

void log_tick(void)
{
	for (size_t i = 0; i < DOMAINS_MAX; i++) {
		const char *name;
		unsigned int left_out;

		pthread_mutex_lock(&lock);
		name = domains[i].name;
		left_out = turn_second(&domains[i], now_s());
		pthread_mutex_unlock(&lock);
		tell(name, left_out);
	}
}

void log_line(enum log_level level, const char *domain, const char *format, ...)
{
	struct domain *row;
	unsigned int left_out;
	va_list arguments;
	bool room;

	if (!is_wanted(level))
		return;
	pthread_mutex_lock(&lock);
	row = find_domain(domain);
	left_out = turn_second(row, now_s());
	room = row->lines < LOG_LINES_MAX;
	row->lines += room;
	row->left_out += !room;
	pthread_mutex_unlock(&lock);
	tell(domain, left_out);
	if (!room)
		return;
	va_start(arguments, format);
	write_line(level, domain, format, arguments);
	va_end(arguments);
}
