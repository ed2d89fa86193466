/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that come in pages, by number or by token, put together. */
#ifndef SLUICE_CTL_PAGES_H
#define SLUICE_CTL_PAGES_H

#include <stdbool.h>

struct answer;
struct client;
struct parameters;

/* client_call, and what follows the first page is put into the array at `path` of its tree and
 * its body. A PageNumber or NextToken that is given asks for that page alone. */
int pages_call(struct client *client, const char *action, const struct parameters *parameters,
	       const char *path, struct answer *answer, bool quiet);

#endif
