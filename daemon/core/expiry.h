/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes with time alone: ClientTokens after a day. A change like any other. */
#ifndef SLUICE_CORE_EXPIRY_H
#define SLUICE_CORE_EXPIRY_H

struct commit;
struct expiry;

struct expiry *expiry_new(struct commit *commit);
void expiry_free(struct expiry *expiry);
/* Once a second. */
void expiry_sweep(struct expiry *expiry);

#endif
