// SPDX-License-Identifier: BSD-2-Clause
/* A new thread inherits the mask, so that not one signal reaches it. */
#include "base/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread, void *(*main)(void *arg), void *arg)
{
	sigset_t all, before;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(thread, NULL, main, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -result;
}
