/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for small control-plane objects. Without any the process ends: the supervisor starts it
 * again, forwarding goes on meanwhile, and nothing that was answered with success is lost.
 */
#ifndef SLUICE_BASE_MEMORY_H
#define SLUICE_BASE_MEMORY_H

#include <stdlib.h>
#include <string.h>

/* Zeroed. Free with free(). */
static inline void *memory_new(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

static inline void *memory_resize(void *memory, size_t count, size_t size)
{
	memory = reallocarray(memory, count ? count : 1, size ? size : 1);
	if (!memory)
		abort();
	return memory;
}

/* A copy of `count` elements. */
static inline void *memory_copy(const void *from, size_t count, size_t size)
{
	void *memory = memory_new(count, size);

	if (count)
		memcpy(memory, from, count * size);
	return memory;
}

#endif
