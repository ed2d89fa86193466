/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One event, one line on stderr: "<level> domain: text key=value". Under systemd each line is
 * prefixed with the journal's priority. Thread-safe; a client can not inject a second line.
 */
#ifndef SLUICE_BASE_LOG_H
#define SLUICE_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are left out; the default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
void log_line(enum log_level level, const char *domain, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(domain, ...) log_line(LOG_LEVEL_ERROR, domain, __VA_ARGS__)
#define log_warning(domain, ...) log_line(LOG_LEVEL_WARNING, domain, __VA_ARGS__)
#define log_info(domain, ...) log_line(LOG_LEVEL_INFO, domain, __VA_ARGS__)
#define log_debug(domain, ...) log_line(LOG_LEVEL_DEBUG, domain, __VA_ARGS__)

#endif
