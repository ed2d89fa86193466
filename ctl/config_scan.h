/* SPDX-License-Identifier: BSD-2-Clause */
/* What cJSON does not look at in a text that may be hostile, before it is given to cJSON. */
#ifndef SLUICE_CTL_CONFIG_SCAN_H
#define SLUICE_CTL_CONFIG_SCAN_H

#include <stddef.h>

/* Size, depth and number of values are bounded; the text is UTF-8 without control characters, and
 * no string has a NUL. Negative with one line in `why`. */
int config_scan(const char *text, size_t length, char *why, size_t why_size);

/* The line that this place is in, from 1. */
size_t config_line(const char *text, const char *at);

#endif
