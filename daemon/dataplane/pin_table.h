/* SPDX-License-Identifier: BSD-2-Clause */
/* One pinned map as memory, for tools that have the pins and no daemon. */
#ifndef SLUICE_DATAPLANE_PIN_TABLE_H
#define SLUICE_DATAPLANE_PIN_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct pin_table {
	void *memory;
	size_t length;
	uint32_t size; /* values */
};

/* `value`: bytes of a value; another layout is refused. 0, or negative with why. */
int pin_table_open(struct pin_table *table, const char *pins, const char *name, size_t value,
		   char *why, size_t why_size);
/* What was never opened (all zero) is fine. */
void pin_table_close(struct pin_table *table);

#endif
