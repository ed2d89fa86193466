/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLUICE_API_UTF8_H
#define SLUICE_API_UTF8_H

#include <stddef.h>

/* The length in bytes of the UTF-8 character that `text` (of `length` bytes) begins with; 0 if it
 * begins with none: overlong forms, surrogates and what is beyond U+10FFFF included. */
size_t utf8_character(const char *text, size_t length);

/* Writes a code point (at most U+10FFFF) and returns its length, 1 to 4. */
size_t utf8_write(unsigned int code, char out[static 4]);

#endif
