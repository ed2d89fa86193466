/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables that the packet program addresses directly: where it names an array of one value that can be
 * mapped into memory (bpf/maps.h, MAPS_TABLE), the value's address takes the place of the map, as libbpf
 * does for global variables. For whoever loads the skeleton.
 */
#ifndef SLUICE_DATAPLANE_DIRECT_H
#define SLUICE_DATAPLANE_DIRECT_H

#include <stdint.h>

struct bpf_map;

/* Call before the skeleton is opened; once in a process is enough, more do no harm. 0 or -errno. */
int direct_prepare(void);
/* Before the load: gives a table that many rows. 0 or -errno. */
int direct_resize(struct bpf_map *map, uint32_t rows, uint32_t row_size);

#endif
