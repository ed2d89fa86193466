/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of characters as the tables and their help write them: "A-Za-z0-9._-". */
#ifndef SLUICE_BASE_CHARSET_H
#define SLUICE_BASE_CHARSET_H

#include <stdbool.h>

bool charset_has(const char *set, char c);
/* True if every character of the text is in the set. */
bool charset_covers(const char *set, const char *text);

#endif
