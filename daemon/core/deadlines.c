// SPDX-License-Identifier: BSD-2-Clause
/*
 * A tree by backend, walked once a second. Whether an entry still counts is said by the backend's
 * vitals; one that does not is thrown out when its time comes, or taken over by the next drain.
 */
#include "core/deadlines.h"

#include "base/memory.h"

#include <search.h>

struct deadline {
	uint32_t backend;
	uint16_t service, timeout_s;
	int64_t since_ms;
};

struct deadlines {
	struct vitals *vitals;
	void *tree;
	struct deadline **due; /* of one sweep */
	size_t due_count, due_room;
};

static int compare(const void *a, const void *b)
{
	const struct deadline *x = a, *y = b;

	return (x->backend > y->backend) - (x->backend < y->backend);
}

struct deadlines *deadlines_new(struct vitals *vitals)
{
	struct deadlines *deadlines = memory_new(1, sizeof(*deadlines));

	deadlines->vitals = vitals;
	return deadlines;
}

void deadlines_free(struct deadlines *deadlines)
{
	if (!deadlines)
		return;
	tdestroy(deadlines->tree, free);
	free(deadlines->due);
	free(deadlines);
}

static struct deadline *find_or_add(struct deadlines *deadlines, uint32_t backend)
{
	const struct deadline key = { .backend = backend };
	struct deadline **found = tfind(&key, &deadlines->tree, compare), *added;

	if (found)
		return *found;
	added = memory_copy(&key, 1, sizeof(key));
	if (!tsearch(added, &deadlines->tree, compare))
		abort();
	return added;
}

void deadlines_set(struct deadlines *deadlines, uint32_t backend, uint16_t service,
		   uint16_t timeout_s, int64_t now_ms)
{
	struct deadline *deadline;

	if (vitals_expired(deadlines->vitals, backend))
		return;
	deadline = find_or_add(deadlines, backend);
	if (!vitals_timed(deadlines->vitals, backend))
		deadline->since_ms = now_ms;
	deadline->service = service;
	deadline->timeout_s = timeout_s;
	vitals_set_timed(deadlines->vitals, backend, true);
}

void deadlines_clear(struct deadlines *deadlines, uint32_t backend)
{
	vitals_set_timed(deadlines->vitals, backend, false);
	vitals_set_expired(deadlines->vitals, backend, false);
}

struct look {
	struct deadlines *deadlines;
	int64_t now_ms;
};

static void look_at(const void *node, VISIT visit, void *closure)
{
	struct deadline *deadline = *(struct deadline *const *)node;
	const struct look *look = closure;
	struct deadlines *deadlines = look->deadlines;

	if ((visit != postorder && visit != leaf) ||
	    look->now_ms - deadline->since_ms < (int64_t)deadline->timeout_s * 1000)
		return;
	if (deadlines->due_count == deadlines->due_room) {
		deadlines->due_room = 2 * deadlines->due_room + 16;
		deadlines->due =
			memory_resize(deadlines->due, deadlines->due_room, sizeof(*deadlines->due));
	}
	deadlines->due[deadlines->due_count++] = deadline;
}

void deadlines_sweep(struct deadlines *deadlines, int64_t now_ms, deadline_over *over, void *arg)
{
	struct look look = { .deadlines = deadlines, .now_ms = now_ms };

	deadlines->due_count = 0;
	twalk_r(deadlines->tree, look_at, &look);
	for (size_t i = 0; i < deadlines->due_count; i++) {
		struct deadline *deadline = deadlines->due[i];

		tdelete(deadline, &deadlines->tree, compare);
		if (vitals_timed(deadlines->vitals, deadline->backend)) {
			vitals_set_timed(deadlines->vitals, deadline->backend, false);
			vitals_set_expired(deadlines->vitals, deadline->backend, true);
			over(arg, deadline->service);
		}
		free(deadline);
	}
}
