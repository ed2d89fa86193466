// SPDX-License-Identifier: BSD-2-Clause
/* A list through the changes themselves. */
#include "core/change_list.h"

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
