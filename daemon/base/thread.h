/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads beside the event loop. */
#ifndef SLUICE_BASE_THREAD_H
#define SLUICE_BASE_THREAD_H

#include <pthread.h>

/* Runs main(arg) with all signals blocked, for they are the event loop's; the caller joins it.
 * 0, or a negative errno. */
int thread_start(pthread_t *thread, void *(*main)(void *arg), void *arg);

#endif
