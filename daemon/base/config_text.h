/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a configuration file, before libconfig sees them. */
#ifndef SLUICE_BASE_CONFIG_TEXT_H
#define SLUICE_BASE_CONFIG_TEXT_H

#include <stddef.h>

#define CONFIG_TEXT_MAX (1u << 20)

/* The file's text, malloc'ed; NULL with one line in `why`. Refuses what libconfig would get wrong
 * silently: zero bytes, included files (unbounded), and numbers that do not fit their type, which
 * it cuts to 32 bits. */
char *config_text_read(const char *path, char *why, size_t why_size);

#endif
