// SPDX-License-Identifier: BSD-2-Clause
/* Backends with their states, and the ring of those that are active. */
#include "core/compile.h"

#include "base/choice.h"
#include "base/memory.h"

#include <netinet/in.h>

static void make_room(struct compiler *compiler, size_t count)
{
	if (count <= compiler->room)
		return;
	compiler->backends = memory_resize(compiler->backends, count, sizeof(struct dp_backend));
	compiler->members = memory_resize(compiler->members, count, sizeof(struct ring_member));
	compiler->last_members =
		memory_resize(compiler->last_members, count, sizeof(struct ring_member));
	compiler->room = count;
}

/* A member's identity for the ring: its address, and its own port if it has one. */
static void ring_key_of(const struct member_record *member, struct ring_member *out)
{
	memset(out->key, 0, sizeof(out->key));
	out->key[0] = member->address.family;
	memcpy(out->key + 1, member->address.bytes, sizeof(member->address.bytes));
	out->key[17] = (uint8_t)(member->port >> 8);
	out->key[18] = (uint8_t)member->port;
}

struct dp_backend compile_backend(const struct listener_record *listener,
				  const struct backend_record *backend,
				  const struct backend_view *view)
{
	return (struct dp_backend){
		.id = backend->id,
		.generation = backend->generation,
		.state = view->state,
		.health = (uint8_t)view->health,
		.keep = listener->connection_drain == SWITCH_ON,
		.port = backend->port,
		.address = backend->address,
	};
}

static size_t collect_backends(struct compiler *compiler, const struct model *model,
			       enum model_side side, const struct load_balancer *lb,
			       const struct listener_record *listener)
{
	bool serves_all = model_serves_all(model, side, lb, listener);
	size_t usable = 0;

	make_room(compiler, listener->backend_count);
	for (uint32_t i = 0; i < listener->backend_count; i++) {
		const struct backend_record *backend = &listener->backends[i];
		struct ring_member *seat;
		struct backend_view view;

		model_backend_view(model, side, lb, listener, backend, serves_all, &view);
		compiler->backends[i] = compile_backend(listener, backend, &view);
		if (view.state != SLUICE_BACKEND_ACTIVE)
			continue;
		seat = &compiler->members[usable++];
		memset(seat, 0, sizeof(*seat));
		ring_key_of(view.member, seat);
		seat->weight = view.member->weight;
		seat->index = (uint16_t)i;
	}
	return usable;
}

/* Called by the data plane when it has not got this ring. */
static const uint16_t *build_ring(void *arg)
{
	struct compiler *compiler = arg;
	size_t usable = compiler->usable;
	uint32_t size = ring_size(compiler->members, usable);

	if (usable == compiler->last_count &&
	    !memcmp(compiler->members, compiler->last_members, usable * sizeof(struct ring_member)))
		return compiler->ring;
	compiler->last_count = 0;
	compiler->ring = memory_resize(compiler->ring, size, sizeof(uint16_t));
	if (ring_build(compiler->members, usable, compiler->ring_key, compiler->ring, size))
		return NULL;
	memcpy(compiler->last_members, compiler->members, usable * sizeof(struct ring_member));
	compiler->last_count = usable;
	return compiler->ring;
}

int compile_service(struct compiler *compiler, const struct model *model, enum model_side side,
		    const struct load_balancer *lb, const struct listener_record *listener,
		    const uint8_t ring_key[16], struct dp_service *out)
{
	size_t usable = collect_backends(compiler, model, side, lb, listener);
	bool running = listener->status == LISTENER_RUNNING && lb->record.status == LB_ACTIVE;

	compiler->usable = usable;
	compiler->ring_key = ring_key;
	*out = (struct dp_service){
		.id = listener->service,
		.state = running ? SLUICE_SERVICE_RUNNING : SLUICE_SERVICE_STOPPED,
		.protocol = listener->protocol == PROTOCOL_UDP ? IPPROTO_UDP : IPPROTO_TCP,
		.vip = lb->record.vip,
		.port = listener->port,
		.reject = listener->policy == POLICY_REJECT,
		.established_s = listener->established_s,
		.backends = compiler->backends,
		.backend_count = listener->backend_count,
		.build = build_ring,
		.build_arg = compiler,
		.ring_print = ring_print(compiler->members, usable, ring_key),
		.ring_size = ring_size(compiler->members, usable),
	};
	return 0;
}

void compiler_free(struct compiler *compiler)
{
	free(compiler->backends);
	free(compiler->members);
	free(compiler->last_members);
	free(compiler->ring);
}
