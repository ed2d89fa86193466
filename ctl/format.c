// SPDX-License-Identifier: BSD-2-Clause
/* See format.h. UTF-8 is decoded here and not by the locale, so that the result does not depend on
 * the environment. */
#include "format.h"

#include "command.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *checked(void *memory)
{
	if (!memory) {
		fputs("sluicectl: out of memory\n", stderr);
		exit(EXIT_REFUSED);
	}
	return memory;
}

char *format_text(const char *format, ...)
{
	char *text;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return checked(length < 0 ? NULL : text);
}

/* Bytes of the UTF-8 sequence at `at` and its code point; 0 if there is none. */
static size_t decode(const unsigned char *at, size_t left, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = at[0] < 0x80   ? 1
			: at[0] < 0xc2 ? 0
			: at[0] < 0xe0 ? 2
			: at[0] < 0xf0 ? 3
				       : 4;

	if (!length || length > left || at[0] > 0xf4)
		return 0;
	*point = length == 1 ? at[0] : at[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (at[i] & 0x3f);
	}
	if (*point < least[length] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000))
		return 0;
	return length;
}

static bool steers_terminal(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x200e ||
	       point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

char *format_clean(const char *text, size_t length, const char *keep)
{
	const unsigned char *in = (const unsigned char *)text;
	char *clean = checked(malloc(length + 1));
	size_t filled = 0;

	for (size_t i = 0; i < length;) {
		uint32_t point = 0;
		size_t step = decode(in + i, length - i, &point);
		bool kept = step == 1 && point && strchr(keep, (int)point);

		if (!step || (steers_terminal(point) && !kept)) {
			clean[filled++] = '?';
			i += step ? step : 1;
			continue;
		}
		memcpy(clean + filled, in + i, step);
		filled += step;
		i += step;
	}
	clean[filled] = '\0';
	return clean;
}

/* Three digits and the unit that makes them so. */
static char *scaled(double value, double base, const char *const *units)
{
	while (units[1] && fabs(value) >= base - 0.5) {
		value /= base;
		units++;
	}
	return format_text("%.*f%s", fabs(value) < 99.95 ? 1 : 0, value, *units);
}

char *format_count(double value)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", NULL };

	return fabs(value) < 10000 ? format_number(value) : scaled(value, 1000, units);
}

char *format_bytes(double value)
{
	static const char *const units[] = { " B", " KiB", " MiB", " GiB", " TiB", " PiB", NULL };

	return fabs(value) < 1024 ? format_text("%.0f B", value) : scaled(value, 1024, units);
}

char *format_duration(double seconds)
{
	unsigned long long whole = seconds > 0 && seconds < 1e15 ? (unsigned long long)seconds : 0;

	if (whole < 60)
		return format_text("%llus", whole);
	if (whole < 3600)
		return format_text("%llum %llus", whole / 60, whole % 60);
	if (whole < 86400)
		return format_text("%lluh %llum", whole / 3600, whole / 60 % 60);
	return format_text("%llud %lluh", whole / 86400, whole / 3600 % 24);
}

char *format_ago(double seconds)
{
	char *duration = format_duration(seconds);
	char *text = format_text("%s ago", duration);

	free(duration);
	return text;
}

char *format_number(double value)
{
	if (value == floor(value) && fabs(value) < 1e15)
		return format_text("%.0f", value);
	return format_text("%.15g", value);
}
