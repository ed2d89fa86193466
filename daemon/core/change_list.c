// SPDX-License-Identifier: BSD-2-Clause
/* A list through the changes themselves. */
#include "core/change_list.h"

#include <time.h>

void change_list_init(struct change_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

void change_list_add(struct change_list *list, struct change *change)
{
	change->next = NULL;
	*list->end = change;
	list->end = &change->next;
}

struct change *change_list_take(struct change_list *list)
{
	struct change *change = list->first;

	if (!change)
		return NULL;
	list->first = change->next;
	if (!list->first)
		list->end = &list->first;
	return change;
}

void change_list_move(struct change_list *to, struct change_list *from)
{
	struct change *change;

	while ((change = change_list_take(from)))
		change_list_add(to, change);
}

void change_list_answer(struct change_list *list, const struct error *error)
{
	struct change *change;

	while ((change = change_list_take(list)))
		change->done(change, error);
}

int64_t change_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
