/* SPDX-License-Identifier: BSD-2-Clause */
/* Between world.c (the programs, running them, asking them) and given.c (what stands in the maps). */
#ifndef SLUICE_TESTS_BPF_WORLD_MAPS_H
#define SLUICE_TESTS_BPF_WORLD_MAPS_H

#include <stdbool.h>

#include "world.h"

struct sluice;

/* Makes one of the two programs the one that is run: the usual one, or that of a full table. */
void world_choose(bool full_table);
/* The skeleton of that program. */
struct sluice *world_skeleton(void);
int world_cpus(void);
/* Ends the test program with a sentence if a step that can not fail did. */
void world_must(int error, const char *what);

#endif
