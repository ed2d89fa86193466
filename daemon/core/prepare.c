// SPDX-License-Identifier: BSD-2-Clause
/* What a load balancer's new version needs in the kernel's tables. */
#include "core/prepare.h"

#include "base/memory.h"
#include "core/objects.h"

#include <stdio.h>

static bool status_changed(const struct model_delta *delta)
{
	return delta->instance_old && delta->instance_new &&
	       delta->instance_old->status != delta->instance_new->status;
}

int prepare_begin(struct prepare *prepare, const struct model_delta *deltas, size_t count)
{
	prepare->hop_count = 0;
	prepare->republish = false;
	for (size_t i = 0; i < count; i++)
		prepare->republish |= status_changed(&deltas[i]);
	prepare->transaction = dp_begin(prepare->dataplane);
	return prepare->transaction ? 0 : -ERR_UNAVAILABLE;
}

static bool knows_backend(const struct listener_record *listener, uint32_t position, uint32_t id)
{
	if (!listener)
		return false;
	if (position < listener->backend_count && listener->backends[position].id == id)
		return true;
	for (uint32_t i = 0; i < listener->backend_count; i++) {
		if (listener->backends[i].id == id)
			return true;
	}
	return false;
}

static void note_hops(struct prepare *prepare, const struct listener_record *before,
		      const struct listener_record *after)
{
	for (uint32_t i = 0; i < after->backend_count; i++) {
		if (knows_backend(before, i, after->backends[i].id))
			continue;
		prepare->hops = memory_resize(prepare->hops, prepare->hop_count + 1,
					      sizeof(struct address));
		prepare->hops[prepare->hop_count++] = after->backends[i].address;
	}
}

int prepare_lb(struct prepare *prepare, const struct load_balancer *lb_old,
	       const struct load_balancer *lb_new, char *why, size_t why_size)
{
	int result = 0;

	snprintf(why, why_size, "out of memory");
	if (lb_new && !lb_old)
		result = dp_stage_vip(prepare->transaction, &lb_new->record.vip, why, why_size);
	for (size_t i = 0; !result && lb_new && i < lb_new->listener_count; i++) {
		const struct listener_record *after = lb_new->listeners[i];
		const struct listener_record *before =
			lb_old ? lb_listener(lb_old, after->protocol, after->port) : NULL;
		struct dp_service service;

		if (!prepare->republish && listener_publishes_same(lb_old, before, lb_new, after))
			continue;
		result = compile_service(&prepare->compiler, prepare->model, MODEL_STAGED, lb_new,
					 after, prepare->ring_key, &service);
		if (!result)
			result = dp_stage_service(prepare->transaction, &service, why, why_size);
		note_hops(prepare, before, after);
	}
	return result;
}

void prepare_abort(struct prepare *prepare)
{
	if (prepare->transaction)
		dp_abort(prepare->transaction);
	prepare->transaction = NULL;
}

void prepare_switch(struct prepare *prepare)
{
	dp_switch(prepare->transaction);
	prepare->transaction = NULL;
}

void prepare_free(struct prepare *prepare)
{
	compiler_free(&prepare->compiler);
	free(prepare->hops);
}
