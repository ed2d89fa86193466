/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that quotes what a client or a file said, made safe to show. */
#ifndef SLUICE_BASE_TEXT_H
#define SLUICE_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* Formats into out (size at least 1) and cleans the result: control characters and bytes that are
 * no UTF-8 become '?', what does not fit is cut at a character's border. Returns the length. */
size_t text_vformat(char *out, size_t size, const char *format, va_list arguments);
size_t text_format(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Copies a text; one that does not fit is cut at a character's border and ends in "…" (size at least
 * 4). */
void text_cut(char *out, size_t size, const char *text);

#define TEXT_SHOWN 68 /* of a value that is quoted: 64 bytes and "…" */

#endif
