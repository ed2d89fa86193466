/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The API ignores parameters that it does not know, so one that is misspelt on the command line is
 * caught here, against the daemon's table of actions.
 */
#ifndef SLUICE_CTL_KNOWN_H
#define SLUICE_CTL_KNOWN_H

#include <stddef.h>

struct ctl;
struct verb;

/* Looks at the words "Name=value". `protocol` as command_action. An exit code; unless EXIT_OK, after
 * a line on stderr. What is not near to any name is passed on: the daemon knows more than it lists. */
int known_check(struct ctl *ctl, const struct verb *verb, const char *protocol, char *const *words,
		size_t count);

#endif
