/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's command line. */
#ifndef SLUICE_OPTIONS_H
#define SLUICE_OPTIONS_H

#include "base/config.h"

struct options {
	const char *config;
	const char *interfaces[CONFIG_INTERFACES_MAX];
	size_t interface_count;
	const char *socket, *store, *pins;
	bool check, adopt;
};

/* Ends the process on --help, --version and usage errors (exit code 64). */
void options_parse(struct options *options, int argc, char **argv);
/* Defaults, then the file, then the options, then config_check. Negative with one line in `why`. */
int options_settle(const struct options *options, struct config *config, char *why,
		   size_t why_size);

#endif
