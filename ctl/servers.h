/* SPDX-License-Identifier: BSD-2-Clause */
/* Backend servers as they are typed: ID[,weight=N][,port=N][,ip=ADDRESS][,type=T][,description=D] */
#ifndef SLUICE_CTL_SERVERS_H
#define SLUICE_CTL_SERVERS_H

#include <stddef.h>

/* The API's BackendServers for these words: JSON, malloc'ed. NULL with one line in `why`. Values
 * are passed on as text: their ranges are the daemon's to judge. */
char *servers_json(char *const *words, size_t count, char *why, size_t why_size);
/* The keys, for help. */
const char *servers_syntax(void);

#endif
