/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes that are done but for the answer: the kernel was just asked for the neighbours of new
 * backends, and the first packets should not find them missing. For the core only.
 */
#ifndef SLUICE_CORE_HOP_WAIT_H
#define SLUICE_CORE_HOP_WAIT_H

#include "core/change_list.h"

struct hop_wait;

/* Takes over the changes and the malloc'ed addresses. */
void hop_wait_add(struct hop_wait **list, struct change_list *changes, struct address *hops,
		  size_t count);
/* Answers with success those whose hops are resolved, or have been waited for long enough. */
void hop_wait_answer(struct hop_wait **list, const struct dataplane *dataplane);
/* The changes are not answered. */
void hop_wait_free(struct hop_wait *list);

#endif
