/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One event, one line on stderr: "<level> domain: text key=value". Under systemd each line is
 * prefixed with the journal's priority. Thread-safe; a client can not inject a second line.
 *
 * A domain may write LOG_LINES_MAX lines a second: what is beyond is counted, and the count is told
 * once the second is over. The domain's name must live for ever (a literal).
 */
#ifndef SLUICE_BASE_LOG_H
#define SLUICE_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

#define LOG_LINES_MAX 100

/* Lines above this level are left out; the default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
void log_line(enum log_level level, const char *domain, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same without the limit, for lines that must not be lost and have a bound of their own. */
void log_line_always(enum log_level level, const char *domain, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Tells what was left out in seconds that are over; call once a second. */
void log_tick(void);

#define log_error(domain, ...) log_line(LOG_LEVEL_ERROR, domain, __VA_ARGS__)
#define log_warning(domain, ...) log_line(LOG_LEVEL_WARNING, domain, __VA_ARGS__)
#define log_info(domain, ...) log_line(LOG_LEVEL_INFO, domain, __VA_ARGS__)
#define log_debug(domain, ...) log_line(LOG_LEVEL_DEBUG, domain, __VA_ARGS__)

#endif
