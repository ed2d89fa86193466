// SPDX-License-Identifier: BSD-2-Clause
/* See progress.h. */
#include "progress.h"

#include "format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_MS 100

struct progress {
	long long last_ms;
	bool shown;
};

struct progress *progress_new(void)
{
	return isatty(STDERR_FILENO) ? checked(calloc(1, sizeof(struct progress))) : NULL;
}

void progress_free(struct progress *progress)
{
	progress_end(progress);
	free(progress);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_show(struct progress *progress, const char *what, size_t done, size_t total)
{
	long long now;

	if (!progress)
		return;
	now = now_ms();
	if (now - progress->last_ms < PERIOD_MS)
		return;
	progress->last_ms = now;
	progress->shown = true;
	fprintf(stderr, "\r\033[K%s: %zu of %zu (%zu%%)", what, done, total,
		total ? done * 100 / total : 0);
}

void progress_end(struct progress *progress)
{
	if (!progress || !progress->shown)
		return;
	fputs("\r\033[K", stderr);
	progress->shown = false;
}
