/* SPDX-License-Identifier: BSD-2-Clause */
/* Help and usage lines, printed from the tables. */
#ifndef SLUICE_CTL_HELP_H
#define SLUICE_CTL_HELP_H

#include "command.h"

#include <stdio.h>

/* The families with their summaries, malloc'ed. */
char *help_families(void);
void help_family(const struct family *family);
/* A verb's usage line: "sluicectl lb show LB". */
void help_usage(FILE *out, const struct family *family, const struct verb *verb);
/* Everything about a verb; its parameters as the daemon describes them, if one answers. */
void help_verb(struct ctl *ctl, const struct family *family, const struct verb *verb);

#endif
