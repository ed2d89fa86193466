// SPDX-License-Identifier: BSD-2-Clause
/* Cleaning of quoted text: one pass over the bytes, UTF-8 as RFC 3629 has it. */
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the character that begins here, its least code point, and the bits of its first byte. */
static size_t sequence_length(unsigned char first, uint32_t *least, uint32_t *bits)
{
	if ((first & 0xe0) == 0xc0) {
		*least = 0x80;
		*bits = first & 0x1f;
		return 2;
	}
	if ((first & 0xf0) == 0xe0) {
		*least = 0x800;
		*bits = first & 0x0f;
		return 3;
	}
	if ((first & 0xf8) == 0xf0) {
		*least = 0x10000;
		*bits = first & 0x07;
		return 4;
	}
	return 0;
}

static bool printable(uint32_t point, uint32_t least)
{
	if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return false;
	return point >= 0xa0; /* the C1 controls move a terminal's cursor just as C0 do */
}

/* Length of the good character at `at`; 0 if it is none. *cut: the text ends within it. */
static size_t character(const char *at, bool *cut)
{
	unsigned char first = (unsigned char)*at;
	uint32_t least, point;
	size_t length;

	*cut = false;
	if (first < 0x80)
		return first >= 0x20 && first != 0x7f;
	length = sequence_length(first, &least, &point);
	for (size_t i = 1; i < length; i++) {
		unsigned char next = (unsigned char)at[i];

		if (!next)
			*cut = true;
		if ((next & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (next & 0x3f);
	}
	return length && printable(point, least) ? length : 0;
}

static size_t clean(char *text, bool truncated)
{
	size_t at = 0;

	while (text[at]) {
		bool cut;
		size_t length = character(text + at, &cut);

		if (!length && cut && truncated) {
			text[at] = '\0';
			break;
		}
		if (!length)
			text[at] = '?';
		at += length ? length : 1;
	}
	return at;
}

size_t text_vformat(char *out, size_t size, const char *format, va_list arguments)
{
	int wanted = vsnprintf(out, size, format, arguments);

	if (wanted < 0)
		out[0] = '\0';
	return clean(out, wanted >= 0 && (size_t)wanted >= size);
}

size_t text_format(char *out, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = text_vformat(out, size, format, arguments);
	va_end(arguments);
	return length;
}

void text_cut(char *out, size_t size, const char *text)
{
	static const char more[] = "…";
	size_t length = strlen(text);

	if (length < size) {
		memcpy(out, text, length + 1);
		return;
	}
	length = size - sizeof(more);
	while (length && (text[length] & 0xc0) == 0x80)
		length--;
	snprintf(out, size, "%.*s%s", (int)length, text, more);
}
