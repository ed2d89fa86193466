/* SPDX-License-Identifier: BSD-2-Clause */
/* How many files and sockets this process may have open. */
#ifndef SLUICE_BASE_DESCRIPTORS_H
#define SLUICE_BASE_DESCRIPTORS_H

#include <stdint.h>

/* Raises the soft limit to `wanted` if it is lower, at most to the hard limit; returns what it is
 * then, at most `wanted`. */
uint32_t descriptors_raise(uint32_t wanted);

#endif
