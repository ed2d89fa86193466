/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a long work has come, in one line on a terminal; nothing anywhere else. */
#ifndef SLUICE_CTL_PROGRESS_H
#define SLUICE_CTL_PROGRESS_H

#include <stddef.h>

struct progress;

/* NULL, with which the rest does nothing, if stderr is no terminal. */
struct progress *progress_new(void);
void progress_free(struct progress *progress);
/* At most ten times a second. */
void progress_show(struct progress *progress, const char *what, size_t done, size_t total);
/* Takes the line away, so that something else can be printed. */
void progress_end(struct progress *progress);

#endif
