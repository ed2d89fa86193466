/* SPDX-License-Identifier: BSD-2-Clause */
/* A network namespace of this process alone, so that the kernel's routes and neighbours are real. */
#ifndef SLUICE_TESTS_BPF_LINKS_H
#define SLUICE_TESTS_BPF_LINKS_H

#include <stddef.h>

/* Leaves the process's namespace for a new one with links, addresses, routes, static neighbours and
 * forwarding; it ends with the process. Negative with a sentence in `why`. */
int links_make(char *why, size_t why_size);

#endif
