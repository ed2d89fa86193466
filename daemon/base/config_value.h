/* SPDX-License-Identifier: BSD-2-Clause */
/* One value of the configuration file into its field. */
#ifndef SLUICE_BASE_CONFIG_VALUE_H
#define SLUICE_BASE_CONFIG_VALUE_H

#include "base/config_keys.h"

#include <libconfig.h>

/* Where a fault is told. */
struct config_reader {
	const char *path; /* of the file */
	char *why;
	size_t why_size;
};

/* Takes a setting that is a single value, or an array of names, over into `field`. Negative with
 * `why` filled if it is not what the key may be. */
int config_value_take(const struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, void *field);
/* "file:line: key: text"; returns -1. */
int config_value_fault(const struct config_reader *reader, const char *key,
		       const config_setting_t *setting, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* "must be …, not …"; returns -1. */
int config_value_refuse(const struct config_reader *reader, const struct config_key *key,
			const config_setting_t *setting);

#endif
