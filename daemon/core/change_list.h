/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes in the order they came. For the core only. */
#ifndef SLUICE_CORE_CHANGE_LIST_H
#define SLUICE_CORE_CHANGE_LIST_H

#include "core/commit.h"

struct change_list {
	struct change *first, **end;
};

void change_list_init(struct change_list *list);
void change_list_add(struct change_list *list, struct change *change);
/* The first one, NULL if there is none. */
struct change *change_list_take(struct change_list *list);
/* Appends all of `from`, which is empty then. */
void change_list_move(struct change_list *to, struct change_list *from);
/* Ends all of them, with success if error is NULL. */
void change_list_answer(struct change_list *list, const struct error *error);
/* CLOCK_MONOTONIC. */
int64_t change_now_ms(void);

#endif
