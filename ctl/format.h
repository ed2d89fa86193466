/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for people: formatting, numbers with units, and strings that are safe on a terminal. */
#ifndef SLUICE_CTL_FORMAT_H
#define SLUICE_CTL_FORMAT_H

#include <stddef.h>

/* Ends the program with a sentence if memory is NULL: a command line tool has nothing to save. */
void *checked(void *memory);
/* printf into memory of its own; never NULL. */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * A copy in which '?' stands for every control character (C0, DEL, C1), every direction override
 * and every byte that is no UTF-8, so that what a daemon stored cannot steer a terminal. The
 * characters in `keep` pass. Never NULL.
 */
char *format_clean(const char *text, size_t length, const char *keep);

/* "1234", "12.3k", "4.5M": exact below ten thousand. */
char *format_count(double value);
/* "512 B", "1.5 KiB", "20 GiB". */
char *format_bytes(double value);
/* "59s", "3m 20s", "2d 4h". */
char *format_duration(double seconds);
/* "59s ago". */
char *format_ago(double seconds);
/* An integer as it is; other numbers as short as they are exact. */
char *format_number(double value);

#endif
