/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line taken apart: options, and words in their order. */
#ifndef SLUICE_CTL_OPTIONS_H
#define SLUICE_CTL_OPTIONS_H

#include "command.h"

#include <argp.h>

struct line {
	struct ctl ctl;
	char **words; /* what is not taken yet */
	size_t count;
	char **all; /* to be freed */
};

/* A name of NULL ends them. */
extern const struct argp_option options_table[];

/* Negative after a line on stderr; then, too, line->all is to be freed. */
int options_parse(int argc, char **argv, struct line *line);
/* The help of the whole program, on stdout. */
void options_help(void);

#endif
