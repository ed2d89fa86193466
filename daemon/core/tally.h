/* SPDX-License-Identifier: BSD-2-Clause */
/* How many objects use a thing: byte keys with a count each. Begins as zeros. */
#ifndef SLUICE_CORE_TALLY_H
#define SLUICE_CORE_TALLY_H

#include "base/table.h"

struct tally {
	struct table table;
};

/* Keys have at most 255 bytes. */
uint32_t tally_get(const struct tally *tally, const void *key, size_t length);
void tally_add(struct tally *tally, const void *key, size_t length);
/* The key must have a count. */
void tally_remove(struct tally *tally, const void *key, size_t length);
void tally_free(struct tally *tally);

#endif
