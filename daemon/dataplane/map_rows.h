/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of each map beside what the program says: its size, and how it is written. */
#ifndef SLUICE_DATAPLANE_MAP_ROWS_H
#define SLUICE_DATAPLANE_MAP_ROWS_H

#include "dataplane/internal.h"

struct map_row {
	const char *name;
	uint32_t (*size)(const struct config *config); /* NULL: as the program has it */
	size_t value; /* bytes of a value */
	bool is_table; /* its rows are written through memory; other maps, by system calls */
	bool per_cpu;
};
/* By enum dp_map. */
extern const struct map_row map_rows[MAP_COUNT];

#endif
