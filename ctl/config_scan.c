// SPDX-License-Identifier: BSD-2-Clause
/*
 * See config_scan.h. cJSON nests a thousand deep, cuts strings at \u0000 and takes bytes that are
 * no UTF-8; and a value of two bytes takes it 64 of memory.
 */
#include "config_scan.h"

#include "config.h"
#include "format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t config_line(const char *text, const char *at)
{
	size_t line = 1;

	while ((text = memchr(text, '\n', (size_t)(at - text)))) {
		text++;
		line++;
	}
	return line;
}

static int complain(const char *text, const char *at, const char *what, char *why, size_t why_size)
{
	snprintf(why, why_size, "line %zu: %s", config_line(text, at), what);
	return -1;
}

/* Where the text differs from what may be shown on a terminal; NULL if it does not. */
static const char *find_control(const char *text, size_t length)
{
	char *clean = format_clean(text, length, "\n\r\t");
	const char *found = NULL;

	for (size_t i = 0; !found && i < length; i++) {
		if (clean[i] != text[i])
			found = text + i;
	}
	free(clean);
	return found;
}

/* From behind the opening quote to behind the closing one. NULL with `fault`, also at the end. */
static const char *skip_string(const char *at, const char *end, const char **fault)
{
	*fault = "a string has no end";
	for (; at < end && *at != '"'; at++) {
		if (*at == '\n')
			return NULL;
		if (*at != '\\')
			continue;
		if (end - at > 5 && !memcmp(at, "\\u0000", 6)) {
			*fault = "a string has a NUL";
			return NULL;
		}
		at++;
	}
	return at < end ? at + 1 : NULL;
}

static const char *find_fault(const char *text, const char *end, const char **fault)
{
	size_t depth = 0, values = 0;

	for (const char *at = text; at < end;) {
		char c = *at;

		if (c == '"') {
			const char *start = at;

			at = skip_string(at + 1, end, fault);
			if (!at)
				return start;
			continue;
		}
		depth += c == '{' || c == '[';
		depth -= depth && (c == '}' || c == ']');
		values += c == ',' || c == '{' || c == '[';
		*fault = depth > CONFIG_DEPTH_MAX ? "nested too deep" : "too many values";
		if (depth > CONFIG_DEPTH_MAX || values > CONFIG_VALUES_MAX)
			return at;
		at++;
	}
	return NULL;
}

int config_scan(const char *text, size_t length, char *why, size_t why_size)
{
	const char *fault = "a control character, or bytes that are no UTF-8", *at;

	if (length > CONFIG_BYTES_MAX) {
		snprintf(why, why_size, "longer than %lu bytes", CONFIG_BYTES_MAX);
		return -1;
	}
	at = find_control(text, length);
	if (!at)
		at = find_fault(text, text + length, &fault);
	return at ? complain(text, at, fault, why, why_size) : 0;
}
