/* SPDX-License-Identifier: BSD-2-Clause */
/* Small numbers, lowest first; 0 is never given out. */
#ifndef SLUICE_CORE_IDS_H
#define SLUICE_CORE_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct ids {
	uint64_t *used;
	uint32_t size; /* ids are 1 … size - 1 */
	uint32_t lowest; /* nothing below is free */
	uint32_t count;
};

void ids_init(struct ids *ids, uint32_t size);
void ids_free(struct ids *ids);
/* 0 if none is left. */
uint32_t ids_take(struct ids *ids);
/* Marks one as taken (at start); false if it was already, or is out of range. */
bool ids_claim(struct ids *ids, uint32_t id);
void ids_release(struct ids *ids, uint32_t id);

#endif
