// SPDX-License-Identifier: BSD-2-Clause
/* A file is read whole within a bound, and looked over once by a small scanner. */
#include "base/config_text.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scan {
	const char *at;
	unsigned int line;
	bool line_start; /* nothing but blanks so far on this line */
	const char *fault;
};

static void skip_char(struct scan *scan)
{
	if (*scan->at == '\n')
		scan->line++;
	scan->at++;
}

static void skip_past(struct scan *scan, const char *end)
{
	while (*scan->at && strncmp(scan->at, end, strlen(end)) != 0)
		skip_char(scan);
	for (const char *rest = end; *rest && *scan->at; rest++)
		skip_char(scan);
}

static void skip_string(struct scan *scan)
{
	skip_char(scan);
	while (*scan->at && *scan->at != '"') {
		if (*scan->at == '\\' && scan->at[1])
			skip_char(scan);
		skip_char(scan);
	}
	if (*scan->at)
		skip_char(scan);
}

static void skip_word(struct scan *scan)
{
	while (isalnum((unsigned char)*scan->at) || strchr("*_-", *scan->at)) {
		if (!*scan->at)
			break;
		scan->at++;
	}
}

/* Floats are left to libconfig: no key takes one. */
static void check_number(struct scan *scan)
{
	bool hex = scan->at[0] == '0' && (scan->at[1] == 'x' || scan->at[1] == 'X');
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(scan->at, &end, hex ? 16 : 10);
	if (*end == 'L') {
		if (errno || value > LLONG_MAX)
			scan->fault = "a number is larger than 64 bits hold";
	} else if (*end != '.' && *end != 'e' && *end != 'E' && (errno || value > INT_MAX)) {
		scan->fault = "a number above 2147483647 needs an L at its end";
	}
	scan->at = end;
	while (isalnum((unsigned char)*scan->at) || *scan->at == '.')
		scan->at++;
}

static void step(struct scan *scan)
{
	unsigned char c = (unsigned char)*scan->at;
	bool line_start = scan->line_start;

	scan->line_start = c == '\n' || (line_start && isspace(c));
	if (c == '#' || !strncmp(scan->at, "//", 2)) {
		skip_past(scan, "\n");
		scan->line_start = true;
	} else if (!strncmp(scan->at, "/*", 2)) {
		scan->at += 2;
		skip_past(scan, "*/");
	} else if (c == '"') {
		skip_string(scan);
	} else if (isdigit(c)) {
		check_number(scan);
	} else if (isalpha(c) || c == '*') {
		skip_word(scan);
	} else if (line_start && !strncmp(scan->at, "@include", 8)) {
		scan->fault = "@include is not supported, the settings are one file";
	} else {
		skip_char(scan);
	}
}

static int check_text(const char *path, const char *text, char *why, size_t why_size)
{
	struct scan scan = { .at = text, .line = 1, .line_start = true };

	while (*scan.at && !scan.fault)
		step(&scan);
	if (!scan.fault)
		return 0;
	text_format(why, why_size, "%s:%u: %s", path, scan.line, scan.fault);
	return -1;
}

/* Up to size bytes; negative on an error. */
static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(fd, text + length, size - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

static char *read_file(const char *path, char *why, size_t why_size)
{
	char *text = malloc(CONFIG_TEXT_MAX + 2);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = -1;

	if (text && fd >= 0)
		length = read_all(fd, text, CONFIG_TEXT_MAX + 1);
	if (length < 0)
		text_format(why, why_size, "%s: cannot be read: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (length < 0) {
		free(text);
		return NULL;
	}
	text[length] = '\0';
	if (length > CONFIG_TEXT_MAX)
		text_format(why, why_size, "%s: larger than %u bytes", path, CONFIG_TEXT_MAX);
	else if (strlen(text) != (size_t)length)
		text_format(why, why_size, "%s: not a text file, it holds a zero byte", path);
	else
		return text;
	free(text);
	return NULL;
}

char *config_text_read(const char *path, char *why, size_t why_size)
{
	char *text = read_file(path, why, why_size);

	if (text && check_text(path, text, why, why_size)) {
		free(text);
		return NULL;
	}
	return text;
}
