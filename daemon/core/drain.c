// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two lists, looked at once a second. A backend is released when two sweeps of the flow table that
 * began after it started to drain found no flow of it: first on disk (a change like any other),
 * then in the kernel, then its id.
 */
#include "core/drain.h"

#include "base/choice.h"
#include "base/log.h"
#include "base/memory.h"
#include "dataplane/publish.h"

#include <time.h>

#define SWEEPS_TO_WAIT 2
#define DELETED_LINGER_S 15
#define DELETED_LINGER_MIN_S 5

/* A removed backend; its change releases it. */
struct draining {
	struct change change;
	struct drain *drain;
	struct draining *next;
	char lb_id[RECORD_ID];
	uint8_t protocol;
	uint16_t port, service;
	uint32_t backend;
	uint64_t since_sweep;
	bool submitted, over;
};

/* A deleted listener. Its VIP stays as long: without the address no client would hear the RST. */
struct tombstone {
	struct tombstone *next;
	struct address vip;
	uint16_t service;
	uint64_t since_sweep;
	time_t since;
	uint32_t *backends;
	uint32_t backend_count;
};

struct drain {
	struct commit *commit;
	struct model *model;
	struct dataplane *dataplane;
	struct draining *draining;
	struct tombstone *tombstones;
};

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

struct drain *drain_new(struct commit *commit, struct model *model, struct dataplane *dataplane)
{
	struct drain *drain = memory_new(1, sizeof(*drain));

	*drain = (struct drain){ .commit = commit, .model = model, .dataplane = dataplane };
	return drain;
}

void drain_free(struct drain *drain)
{
	if (!drain)
		return;
	while (drain->draining) {
		struct draining *next = drain->draining->next;

		free(drain->draining);
		drain->draining = next;
	}
	while (drain->tombstones) {
		struct tombstone *next = drain->tombstones->next;

		free(drain->tombstones->backends);
		free(drain->tombstones);
		drain->tombstones = next;
	}
	free(drain);
}

/* --- backends --- */

/* Two whole sweeps since it was removed, and no flow left. */
static bool has_drained(const struct draining *draining)
{
	const struct dataplane *dataplane = draining->drain->dataplane;

	return dataplane_sweeps(dataplane) >= draining->since_sweep + SWEEPS_TO_WAIT &&
	       !dataplane_active_flows(dataplane, draining->backend);
}

static int release_apply(struct change *change, struct model *model, struct error *error)
{
	struct draining *draining = (struct draining *)change;

	(void)error;
	/* It may have been added and removed again while this was queued. */
	if (!has_drained(draining))
		return 0;
	return model_release_backend(model, draining->lb_id, draining->protocol, draining->port,
				     draining->backend);
}

static const struct backend_record *find_backend(const struct listener_record *listener,
						 uint32_t id)
{
	for (uint32_t i = 0; listener && i < listener->backend_count; i++) {
		if (listener->backends[i].id == id)
			return &listener->backends[i];
	}
	return NULL;
}

/* Back among the members, or gone with its listener: nothing is left to wait for. */
static bool still_removed(const struct drain *drain, const struct draining *draining)
{
	const struct load_balancer *lb = model_lb(drain->model, draining->lb_id);
	const struct listener_record *listener =
		lb ? lb_listener(lb, draining->protocol, draining->port) : NULL;
	const struct backend_record *backend = find_backend(listener, draining->backend);

	return backend && backend->removed;
}

static void release_done(struct change *change, const struct error *error)
{
	struct draining *draining = (struct draining *)change;

	/* On an error it stays listed, and the next sweep tries again. */
	draining->submitted = false;
	if (!error)
		draining->over = !still_removed(draining->drain, draining);
}

static struct draining *find_draining(struct drain *drain, uint16_t service, uint32_t backend)
{
	struct draining *draining = drain->draining;

	while (draining &&
	       (draining->backend != backend || draining->service != service || draining->over))
		draining = draining->next;
	return draining;
}

/* Newly removed: what earlier sweeps counted says nothing, it may have taken flows since. */
static void add_draining(struct drain *drain, const struct listener_record *listener,
			 uint32_t backend, bool newly)
{
	struct draining *draining = find_draining(drain, listener->service, backend);

	if (draining) {
		if (newly)
			draining->since_sweep = dataplane_sweeps(drain->dataplane);
		return;
	}
	draining = memory_new(1, sizeof(*draining));
	draining->change = (struct change){ .apply = release_apply, .done = release_done };
	draining->drain = drain;
	draining->next = drain->draining;
	memcpy(draining->lb_id, listener->lb_id, sizeof(draining->lb_id));
	draining->protocol = listener->protocol;
	draining->port = listener->port;
	draining->service = listener->service;
	draining->backend = backend;
	draining->since_sweep = dataplane_sweeps(drain->dataplane);
	drain->draining = draining;
}

static void sweep_draining(struct drain *drain)
{
	struct draining **link = &drain->draining;

	while (*link) {
		struct draining *draining = *link;

		if (!draining->submitted && (draining->over || !still_removed(drain, draining))) {
			*link = draining->next;
			free(draining);
			continue;
		}
		if (!draining->submitted && has_drained(draining)) {
			draining->submitted = true;
			commit_submit(drain->commit, &draining->change);
		}
		link = &draining->next;
	}
}

/* --- listeners --- */

static void add_tombstone(struct drain *drain, const struct address *vip,
			  const struct listener_record *listener)
{
	struct tombstone *tombstone = memory_new(1, sizeof(*tombstone));

	dp_delete_service(drain->dataplane, listener->service);
	tombstone->next = drain->tombstones;
	tombstone->vip = *vip;
	tombstone->service = listener->service;
	tombstone->since_sweep = dataplane_sweeps(drain->dataplane);
	tombstone->since = now_s();
	tombstone->backends = memory_new(listener->backend_count, sizeof(uint32_t));
	tombstone->backend_count = listener->backend_count;
	for (uint32_t i = 0; i < listener->backend_count; i++)
		tombstone->backends[i] = listener->backends[i].id;
	drain->tombstones = tombstone;
}

static bool tombstone_over(const struct drain *drain, const struct tombstone *tombstone)
{
	time_t age = now_s() - tombstone->since;

	if (dataplane_sweeps(drain->dataplane) < tombstone->since_sweep + SWEEPS_TO_WAIT ||
	    age < DELETED_LINGER_MIN_S)
		return false;
	if (age >= DELETED_LINGER_S)
		return true;
	for (uint32_t i = 0; i < tombstone->backend_count; i++) {
		if (dataplane_active_flows(drain->dataplane, tombstone->backends[i]))
			return false;
	}
	return true;
}

/* Only the batch would have it, and may come to nothing: nobody would take the address away then. */
static bool vip_in_doubt(const struct drain *drain, const struct address *vip)
{
	return model_has_vip(drain->model, vip) && !model_vip_is_committed(drain->model, vip);
}

void drain_vip(struct drain *drain, const struct address *vip)
{
	if (model_has_vip(drain->model, vip))
		return;
	for (const struct tombstone *other = drain->tombstones; other; other = other->next) {
		if (address_equal(&other->vip, vip))
			return;
	}
	dp_drop_vip(drain->dataplane, vip);
}

static void sweep_tombstones(struct drain *drain)
{
	struct tombstone **link = &drain->tombstones;

	while (*link) {
		struct tombstone *tombstone = *link;

		if (!tombstone_over(drain, tombstone) || vip_in_doubt(drain, &tombstone->vip)) {
			link = &tombstone->next;
			continue;
		}
		for (uint32_t i = 0; i < tombstone->backend_count; i++) {
			dp_drop_backend(drain->dataplane, tombstone->service,
					tombstone->backends[i]);
			model_free_backend(drain->model, tombstone->backends[i]);
		}
		dp_drop_service(drain->dataplane, tombstone->service);
		model_free_service(drain->model, tombstone->service);
		*link = tombstone->next;
		/* else the end of that batch sees to it */
		if (!model_vip_is_committed(drain->model, &tombstone->vip))
			drain_vip(drain, &tombstone->vip);
		free(tombstone->backends);
		free(tombstone);
	}
}

/* --- both --- */

/* Released: the disk has forgotten it, now the kernel, then the id is free. */
static void follow_released(struct drain *drain, const struct listener_record *old_listener,
			    const struct listener_record *new_listener)
{
	for (uint32_t i = 0; i < old_listener->backend_count; i++) {
		const struct backend_record *backend = &old_listener->backends[i];

		if (!backend->removed || find_backend(new_listener, backend->id))
			continue;
		dp_drop_backend(drain->dataplane, old_listener->service, backend->id);
		model_free_backend(drain->model, backend->id);
	}
}

/* Removed backends stand at the end of the list. */
static void follow_removed(struct drain *drain, const struct listener_record *before,
			   const struct listener_record *after)
{
	for (uint32_t i = after->backend_count; i > 0 && after->backends[i - 1].removed; i--) {
		uint32_t id = after->backends[i - 1].id;
		const struct backend_record *known = find_backend(before, id);

		add_draining(drain, after, id, !known || !known->removed);
	}
}

void drain_follow(struct drain *drain, const struct load_balancer *lb_old,
		  const struct load_balancer *lb_new)
{
	for (size_t i = 0; lb_old && i < lb_old->listener_count; i++) {
		const struct listener_record *before = lb_old->listeners[i];
		const struct listener_record *after =
			lb_new ? lb_listener(lb_new, before->protocol, before->port) : NULL;

		if (!after || after->service != before->service)
			add_tombstone(drain, &lb_old->record.vip, before);
		else if (after != before)
			follow_released(drain, before, after);
	}
	for (size_t i = 0; lb_new && i < lb_new->listener_count; i++) {
		const struct listener_record *after = lb_new->listeners[i];
		const struct listener_record *before =
			lb_old ? lb_listener(lb_old, after->protocol, after->port) : NULL;

		if (after != before)
			follow_removed(drain, before, after);
	}
}

void drain_sweep(struct drain *drain)
{
	sweep_draining(drain);
	sweep_tombstones(drain);
}
