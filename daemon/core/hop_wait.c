// SPDX-License-Identifier: BSD-2-Clause
/* An unresolved neighbour delays an answer, and never fails it: status lists what is missing. */
#include "core/hop_wait.h"

#include "base/memory.h"
#include "dataplane/dataplane.h"

#define HOPS_WAIT_MS 200

struct hop_wait {
	struct hop_wait *next;
	struct change_list changes;
	struct address *hops;
	size_t hop_count, ready_count; /* the first of them were ready already */
	int64_t deadline_ms;
};

void hop_wait_add(struct hop_wait **list, struct change_list *changes, struct address *hops,
		  size_t count)
{
	struct hop_wait *wait = memory_new(1, sizeof(*wait));

	change_list_init(&wait->changes);
	change_list_move(&wait->changes, changes);
	wait->hops = hops;
	wait->hop_count = count;
	wait->deadline_ms = change_now_ms() + HOPS_WAIT_MS;
	wait->next = *list;
	*list = wait;
}

static bool hops_ready(struct hop_wait *wait, const struct dataplane *dataplane)
{
	while (wait->ready_count < wait->hop_count &&
	       dataplane_hop_ready(dataplane, &wait->hops[wait->ready_count]))
		wait->ready_count++;
	return wait->ready_count == wait->hop_count;
}

void hop_wait_answer(struct hop_wait **list, const struct dataplane *dataplane)
{
	while (*list) {
		struct hop_wait *wait = *list;

		if (!hops_ready(wait, dataplane) && change_now_ms() < wait->deadline_ms) {
			list = &wait->next;
			continue;
		}
		*list = wait->next;
		change_list_answer(&wait->changes, NULL);
		free(wait->hops);
		free(wait);
	}
}

void hop_wait_free(struct hop_wait *list)
{
	while (list) {
		struct hop_wait *next = list->next;

		free(list->hops);
		free(list);
		list = next;
	}
}
