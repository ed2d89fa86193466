// SPDX-License-Identifier: BSD-2-Clause
/*
 * A set of services whose listeners are to be published anew. Where there is no room for a new ring
 * yet, or a batch is in the way, the words of the backends alone say that they take nothing new: a
 * draw that ends at one of them finds no server, which is better than a dead one.
 */
#include "core/upkeep.h"

#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/change_list.h"
#include "core/compile.h"
#include "core/deadlines.h"
#include "core/objects.h"
#include "core/staging.h"
#include "core/watch.h"
#include "sluice_maps.h"

#define WHY_MAX 256
#define ROOM_RESTS_MS 50
#define ROOM_LACKS_MS 1000

enum dirt { CLEAN, DIRTY, LOWERED /* dirty, but the words of its backends say who is down */ };

struct upkeep {
	struct model *model;
	struct dataplane *dataplane;
	struct places *places;
	struct watch *watch;
	struct deadlines *deadlines;
	struct compiler compiler;
	uint8_t ring_key[16];
	uint8_t *dirt; /* by service: enum dirt */
	uint16_t *dirty, *ready; /* services that are not clean; those that are published now */
	size_t dirty_count;
	int64_t hold_until_ms; /* there is no room before */
	bool told; /* that there is no room */
};

struct upkeep *upkeep_new(struct model *model, struct dataplane *dataplane, struct health *health,
			  const uint8_t ring_key[16])
{
	struct upkeep *upkeep = memory_new(1, sizeof(*upkeep));
	uint32_t services = model->config->tables.services;

	upkeep->model = model;
	upkeep->dataplane = dataplane;
	upkeep->places = places_new(model, services);
	upkeep->watch = watch_new(model, health, upkeep->places);
	upkeep->deadlines = deadlines_new(&model->vitals);
	memcpy(upkeep->ring_key, ring_key, sizeof(upkeep->ring_key));
	upkeep->dirt = memory_new(services, sizeof(*upkeep->dirt));
	upkeep->dirty = memory_new(services, sizeof(*upkeep->dirty));
	upkeep->ready = memory_new(services, sizeof(*upkeep->ready));
	return upkeep;
}

void upkeep_free(struct upkeep *upkeep)
{
	if (!upkeep)
		return;
	places_free(upkeep->places);
	watch_free(upkeep->watch);
	deadlines_free(upkeep->deadlines);
	compiler_free(&upkeep->compiler);
	free(upkeep->dirt);
	free(upkeep->dirty);
	free(upkeep->ready);
	free(upkeep);
}

static void mark(void *arg, uint16_t service)
{
	struct upkeep *upkeep = arg;

	if (upkeep->dirt[service] == CLEAN)
		upkeep->dirty[upkeep->dirty_count++] = service;
	upkeep->dirt[service] = DIRTY;
}

/* --- after a publication --- */

/* What a listener has published says who leaves: from now on, or not any more. */
static void note_published(struct upkeep *upkeep, enum model_side side,
			   const struct load_balancer *lb, const struct listener_record *listener)
{
	bool serves_all = model_serves_all(upkeep->model, side, lb, listener);
	int64_t now_ms = change_now_ms();

	for (uint32_t i = 0; i < listener->backend_count; i++) {
		const struct backend_record *backend = &listener->backends[i];
		struct backend_view view;

		model_backend_view(upkeep->model, side, lb, listener, backend, serves_all, &view);
		if (view.timed)
			deadlines_set(upkeep->deadlines, backend->id, listener->service,
				      listener->drain_timeout_s, now_ms);
		else
			deadlines_clear(upkeep->deadlines, backend->id);
		vitals_set_cut(&upkeep->model->vitals, backend->id,
			       view.state == SLUICE_BACKEND_DOWN);
	}
	watch_listener(upkeep->watch, side, lb, listener);
}

void upkeep_follow(struct upkeep *upkeep, const struct load_balancer *lb_old,
		   const struct load_balancer *lb_new, bool all)
{
	for (size_t i = 0; lb_old && i < lb_old->listener_count; i++) {
		const struct listener_record *before = lb_old->listeners[i];
		const struct listener_record *after =
			lb_new ? lb_listener(lb_new, before->protocol, before->port) : NULL;

		if (!after || after->service != before->service)
			watch_forget(upkeep->watch, before);
	}
	places_follow(upkeep->places, lb_new);
	for (size_t i = 0; lb_new && i < lb_new->listener_count; i++) {
		const struct listener_record *after = lb_new->listeners[i];
		const struct listener_record *before =
			lb_old ? lb_listener(lb_old, after->protocol, after->port) : NULL;

		if (!all && listener_publishes_same(lb_old, before, lb_new, after))
			continue;
		watch_follow(upkeep->watch, lb_new, before, after);
		note_published(upkeep, MODEL_STAGED, lb_new, after);
		/* The words say again what was known when the batch began. */
		if (upkeep->dirt[after->service] == LOWERED)
			mark(upkeep, after->service);
	}
}

/* --- results --- */

static void set_backend(struct upkeep *upkeep, const struct load_balancer *lb,
			const struct listener_record *listener,
			const struct backend_record *backend, bool serves_all)
{
	struct dp_backend wanted;
	struct backend_view view;

	model_backend_view(upkeep->model, MODEL_COMMITTED, lb, listener, backend, serves_all,
			   &view);
	wanted = compile_backend(listener, backend, &view);
	dp_set_backend(upkeep->dataplane, listener->service, &wanted);
}

/* Up for the first time: it takes traffic already, and only its word has to know. */
static void note_up(struct upkeep *upkeep, uint16_t service, uint32_t id)
{
	const struct load_balancer *lb;
	const struct listener_record *listener = places_find(upkeep->places, service, &lb);

	/* Once the batch is switched, its own words stand there. */
	if (listener && model_lb_is_staged(upkeep->model, lb->record.id)) {
		mark(upkeep, service);
		return;
	}
	for (uint32_t i = 0; listener && i < listener->backend_count; i++) {
		if (listener->backends[i].id == id)
			set_backend(upkeep, lb, listener, &listener->backends[i], false);
	}
}

void upkeep_result(struct upkeep *upkeep, uint32_t backend, enum health_state state,
		   const char *reason)
{
	enum health_state before = vitals_health(&upkeep->model->vitals, backend);
	uint16_t service = watch_result(upkeep->watch, backend, state, reason);

	if (!service)
		return;
	if (before != HEALTH_DOWN && state != HEALTH_DOWN)
		note_up(upkeep, service, backend);
	else
		mark(upkeep, service);
}

void upkeep_sweep(struct upkeep *upkeep)
{
	deadlines_sweep(upkeep->deadlines, change_now_ms(), mark, upkeep);
}

/* --- publication --- */

static int stage(struct upkeep *upkeep, struct dp_transaction *transaction, uint16_t id, char *why)
{
	const struct load_balancer *lb;
	const struct listener_record *listener = places_find(upkeep->places, id, &lb);
	struct dp_service service;
	int result;

	if (!listener)
		return 0;
	result = compile_service(&upkeep->compiler, upkeep->model, MODEL_COMMITTED, lb, listener,
				 upkeep->ring_key, &service);
	if (result)
		return result;
	return dp_stage_service(transaction, &service, why, WHY_MAX);
}

/* All of them or none. */
static int publish(struct upkeep *upkeep, const uint16_t *services, size_t count, char *why)
{
	struct dp_transaction *transaction = dp_begin(upkeep->dataplane);
	const struct load_balancer *lb;
	int result = 0;

	for (size_t i = 0; i < count && !result; i++)
		result = stage(upkeep, transaction, services[i], why);
	if (result) {
		dp_abort(transaction);
		return result;
	}
	dp_switch(transaction);
	for (size_t i = 0; i < count; i++) {
		const struct listener_record *listener =
			places_find(upkeep->places, services[i], &lb);

		upkeep->dirt[services[i]] = CLEAN;
		if (listener)
			note_published(upkeep, MODEL_COMMITTED, lb, listener);
	}
	return 0;
}

/* By what is committed: what a batch changes is not to be seen before its end. */
static void lower(struct upkeep *upkeep, const struct load_balancer *lb,
		  const struct listener_record *listener)
{
	bool serves_all = model_serves_all(upkeep->model, MODEL_COMMITTED, lb, listener);

	for (uint32_t i = 0; i < listener->backend_count; i++)
		set_backend(upkeep, lb, listener, &listener->backends[i], serves_all);
	note_published(upkeep, MODEL_COMMITTED, lb, listener);
	upkeep->dirt[listener->service] = LOWERED;
}

/* There is no room for this one: the others are published. */
static void hold(struct upkeep *upkeep, uint16_t service, const char *why)
{
	const struct load_balancer *lb;
	const struct listener_record *listener = places_find(upkeep->places, service, &lb);
	bool rests = dataplane_room_resting(upkeep->dataplane);

	upkeep->hold_until_ms = change_now_ms() + (rests ? ROOM_RESTS_MS : ROOM_LACKS_MS);
	if (listener)
		lower(upkeep, lb, listener);
	if (!rests && !upkeep->told)
		log_error("dataplane",
			  "health is published late: %s; servers that are down get nothing new",
			  why);
	upkeep->told |= !rests;
}

/* Those that neither a batch nor the lack of room stands in the way of; where a batch does, the
 * backends at least say who is down. */
static size_t take_ready(struct upkeep *upkeep)
{
	bool held = change_now_ms() < upkeep->hold_until_ms;
	const struct load_balancer *lb;
	size_t count = 0;

	for (size_t i = 0; i < upkeep->dirty_count; i++) {
		uint16_t service = upkeep->dirty[i];
		const struct listener_record *listener = places_find(upkeep->places, service, &lb);

		if (held && upkeep->dirt[service] == LOWERED)
			continue;
		if (!listener || !model_lb_is_staged(upkeep->model, lb->record.id))
			upkeep->ready[count++] = service;
		else if (upkeep->dirt[service] == DIRTY)
			lower(upkeep, lb, listener);
	}
	return count;
}

void upkeep_run(struct upkeep *upkeep)
{
	char why[WHY_MAX] = "out of memory";
	size_t count, left = 0;

	if (!upkeep->dirty_count)
		return;
	count = take_ready(upkeep);
	if (count && publish(upkeep, upkeep->ready, count, why)) {
		for (size_t i = 0; i < count; i++) {
			if (publish(upkeep, &upkeep->ready[i], 1, why))
				hold(upkeep, upkeep->ready[i], why);
		}
	}
	for (size_t i = 0; i < upkeep->dirty_count; i++) {
		if (upkeep->dirt[upkeep->dirty[i]] != CLEAN)
			upkeep->dirty[left++] = upkeep->dirty[i];
	}
	upkeep->dirty_count = left;
	upkeep->told &= left > 0;
}
