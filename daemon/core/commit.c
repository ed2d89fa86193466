// SPDX-License-Identifier: BSD-2-Clause
/*
 * A batch's way: judge every queued change into the staged model, prepare the kernel, write to
 * disk, switch, replace the model, answer. Whatever can fail happens before the switch.
 */
#include "core/commit.h"

#include "base/choice.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/change_list.h"
#include "core/compile.h"
#include "core/drain.h"
#include "core/hop_wait.h"
#include "core/expiry.h"
#include "core/membership.h"
#include "core/objects.h"
#include "core/ops.h"
#include "core/upkeep.h"
#include "dataplane/publish.h"
#include "store/store.h"

#include <stdio.h>
#include <time.h>

#define WHY_MAX 256
#define ROOM_WAIT_MS 1500 /* a little longer than old rings rest */
#define ROOM_TRY_MS 50

struct commit {
	struct model *model;
	struct store *store;
	struct dataplane *dataplane;
	struct drain *drain;
	struct expiry *expiry;
	struct upkeep *upkeep;
	struct compiler compiler;
	uint8_t ring_key[16];
	struct change_list queue;
	struct change_list batch; /* on its way to disk */
	struct dp_transaction *transaction; /* of the batch; NULL: none is on its way */
	int64_t hold_until_ms; /* the queue waits for room in the kernel's tables */
	size_t alone; /* changes that go one by one, after preparing them together failed */
	struct address *hops; /* of new backends of the batch */
	size_t hop_count;
	struct hop_wait *waiting;
	bool republish; /* an instance's status changed: unaltered listeners publish anew too */
	bool read_only;
};

struct commit *commit_new(struct model *model, struct store *store, struct dataplane *dataplane,
			  struct health *health, const uint8_t ring_key[16])
{
	struct commit *commit = memory_new(1, sizeof(*commit));

	commit->model = model;
	commit->store = store;
	commit->dataplane = dataplane;
	commit->drain = drain_new(commit, model, dataplane);
	commit->expiry = expiry_new(commit);
	commit->upkeep = upkeep_new(model, dataplane, health, ring_key);
	memcpy(commit->ring_key, ring_key, sizeof(commit->ring_key));
	change_list_init(&commit->queue);
	change_list_init(&commit->batch);
	return commit;
}

void commit_free(struct commit *commit)
{
	if (!commit)
		return;
	hop_wait_free(commit->waiting);
	drain_free(commit->drain);
	expiry_free(commit->expiry);
	upkeep_free(commit->upkeep);
	compiler_free(&commit->compiler);
	free(commit->hops);
	free(commit);
}

/* --- prepare --- */

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

static void note_hops(struct commit *commit, const struct listener_record *before,
		      const struct listener_record *after)
{
	for (uint32_t i = 0; i < after->backend_count; i++) {
		if (knows_backend(before, i, after->backends[i].id))
			continue;
		commit->hops =
			memory_resize(commit->hops, commit->hop_count + 1, sizeof(struct address));
		commit->hops[commit->hop_count++] = after->backends[i].address;
	}
}

static int prepare_lb(struct commit *commit, const struct load_balancer *lb_old,
		      const struct load_balancer *lb_new, char *why)
{
	int result = 0;

	if (lb_new && !lb_old)
		result = dp_stage_vip(commit->transaction, &lb_new->record.vip, why, WHY_MAX);
	for (size_t i = 0; !result && lb_new && i < lb_new->listener_count; i++) {
		const struct listener_record *after = lb_new->listeners[i];
		const struct listener_record *before =
			lb_old ? lb_listener(lb_old, after->protocol, after->port) : NULL;
		struct dp_service service;

		if (!commit->republish && listener_publishes_same(lb_old, before, lb_new, after))
			continue;
		result = compile_service(&commit->compiler, commit->model, lb_new, after,
					 commit->ring_key, &service);
		if (!result)
			result = dp_stage_service(commit->transaction, &service, why, WHY_MAX);
		note_hops(commit, before, after);
	}
	return result;
}

static bool status_changed(const struct model_delta *delta)
{
	return delta->instance_old && delta->instance_new &&
	       delta->instance_old->status != delta->instance_new->status;
}

static int prepare(struct commit *commit, const struct model_delta *deltas, size_t count, char *why)
{
	int result = 0;

	snprintf(why, WHY_MAX, "out of memory");
	commit->hop_count = 0;
	commit->transaction = dp_begin(commit->dataplane);
	if (!commit->transaction)
		return -ERR_UNAVAILABLE;
	commit->republish = false;
	for (size_t i = 0; i < count; i++)
		commit->republish |= status_changed(&deltas[i]);
	for (size_t i = 0; i < count && !result; i++)
		result = prepare_lb(commit, deltas[i].lb_old, deltas[i].lb_new, why);
	if (!result)
		return 0;
	dp_abort(commit->transaction);
	commit->transaction = NULL;
	return result;
}

/* --- the end of a batch --- */

static void finish_switch(struct commit *commit)
{
	size_t count;
	const struct model_delta *deltas = model_staged(commit->model, &count);

	for (size_t i = 0; i < count; i++) {
		if (deltas[i].lb_old != deltas[i].lb_new)
			drain_follow(commit->drain, deltas[i].lb_old, deltas[i].lb_new);
	}
	for (size_t i = 0; i < count; i++)
		upkeep_follow(commit->upkeep, deltas[i].lb_old, deltas[i].lb_new,
			      commit->republish);
	membership_note(deltas, count);
	for (size_t i = 0; i < count; i++) {
		if (deltas[i].lb_old && !deltas[i].lb_new)
			drain_vip(commit->drain, &deltas[i].lb_old->record.vip);
	}
	model_commit(commit->model);
	hop_wait_add(&commit->waiting, &commit->batch, commit->hops, commit->hop_count);
	commit->hops = NULL;
	commit->hop_count = 0;
	hop_wait_answer(&commit->waiting, commit->dataplane);
}

static void fail_batch(struct commit *commit, enum error_code code, const char *why)
{
	struct error error = { 0 };

	error_set(&error, code, "%s", why);
	model_rollback(commit->model);
	change_list_answer(&commit->batch, &error);
}

static void on_disk(void *arg, enum store_outcome outcome, const char *why)
{
	struct commit *commit = arg;
	struct dp_transaction *transaction = commit->transaction;

	commit->transaction = NULL;
	if (outcome == STORE_COMMITTED) {
		dp_switch(transaction);
		finish_switch(commit);
		return;
	}
	log_error("store", "batch not written: %s", why);
	dp_abort(transaction);
	commit->read_only = outcome == STORE_UNKNOWN;
	/* 503 promises that nothing changed; where that is not known, it is not said */
	fail_batch(commit, outcome == STORE_UNKNOWN ? ERR_INTERNAL : ERR_UNAVAILABLE, why);
}

/* --- the beginning of a batch --- */

/* Judges queued changes into the staged model; those refused are answered at once. */
static void form_batch(struct commit *commit)
{
	struct change *change;

	while ((change = change_list_take(&commit->queue))) {
		bool alone = commit->alone > 0;

		commit->alone -= alone;
		change->error = (struct error){ 0 };
		if (change->apply(change, commit->model, &change->error))
			change->done(change, &change->error);
		else
			change_list_add(&commit->batch, change);
		if (alone && commit->batch.first)
			return;
	}
}

/* Preparing them together failed: each again by itself, before what came later. */
static void retry_alone(struct commit *commit)
{
	struct change_list later;

	change_list_init(&later);
	change_list_move(&later, &commit->queue);
	for (struct change *change = commit->batch.first; change; change = change->next)
		commit->alone++;
	change_list_move(&commit->queue, &commit->batch);
	change_list_move(&commit->queue, &later);
	model_rollback(commit->model);
}

/* Quick changes leave old rings behind, whose room is free again a second later: that is no reason
 * to refuse, nor to let what came later go first. */
static bool wait_for_room(struct commit *commit)
{
	struct change *change = commit->batch.first;
	int64_t now = change_now_ms();

	if (!dataplane_room_resting(commit->dataplane))
		return false;
	if (!change->room_since_ms)
		change->room_since_ms = now;
	if (now - change->room_since_ms > ROOM_WAIT_MS)
		return false;
	commit->hold_until_ms = now + ROOM_TRY_MS;
	return true;
}

static void begin_batch(struct commit *commit)
{
	char why[WHY_MAX] = "";
	const struct model_delta *deltas;
	struct op_list list;
	size_t count;

	form_batch(commit);
	deltas = model_staged(commit->model, &count);
	if (!count) {
		change_list_answer(&commit->batch, NULL);
		return;
	}
	if (prepare(commit, deltas, count, why)) {
		if (commit->batch.first && (commit->batch.first->next || wait_for_room(commit))) {
			retry_alone(commit);
			return;
		}
		log_error("dataplane", "change refused: %s", why);
		fail_batch(commit, ERR_UNAVAILABLE, why);
		return;
	}
	if (ops_make(deltas, count, &list)) {
		ops_free(&list);
		dp_abort(commit->transaction);
		commit->transaction = NULL;
		fail_batch(commit, ERR_UNAVAILABLE, "out of memory");
		return;
	}
	store_submit(commit->store, list.ops, list.count, on_disk, commit);
}

void commit_submit(struct commit *commit, struct change *change)
{
	if (commit->read_only) {
		error_set(
			&change->error, ERR_UNAVAILABLE,
			"the store does not answer: the daemon is read-only until it is restarted");
		change->done(change, &change->error);
		return;
	}
	change->room_since_ms = 0;
	change_list_add(&commit->queue, change);
}

void commit_run(struct commit *commit)
{
	store_poll(commit->store);
	hop_wait_answer(&commit->waiting, commit->dataplane);
	upkeep_run(commit->upkeep);
	while (!commit->transaction && commit->queue.first && !commit->read_only &&
	       change_now_ms() >= commit->hold_until_ms)
		begin_batch(commit);
	if (commit->read_only)
		change_list_answer(&commit->queue, &(struct error){ .code = ERR_UNAVAILABLE });
}

bool commit_busy(const struct commit *commit)
{
	return commit->transaction || commit->queue.first || commit->waiting;
}

void commit_sweep(struct commit *commit)
{
	drain_sweep(commit->drain);
	upkeep_sweep(commit->upkeep);
	expiry_sweep(commit->expiry);
}

void commit_health_changed(struct commit *commit, uint32_t backend, enum health_state state,
			   const char *reason)
{
	upkeep_result(commit->upkeep, backend, state, reason);
}

int commit_publish_all(struct commit *commit, char *why, size_t why_size)
{
	size_t count;
	const struct load_balancer *const *lbs = model_lbs(commit->model, &count);
	int result = 0;

	commit->transaction = dp_begin(commit->dataplane);
	if (!commit->transaction) {
		snprintf(why, why_size, "out of memory");
		return -ERR_UNAVAILABLE;
	}
	for (size_t i = 0; i < count && !result; i++) {
		char reason[WHY_MAX] = "";

		result = prepare_lb(commit, NULL, lbs[i], reason);
		if (result)
			snprintf(why, why_size, "load balancer %s: %s", lbs[i]->record.id, reason);
	}
	if (result)
		dp_abort(commit->transaction);
	else
		dp_switch(commit->transaction);
	commit->transaction = NULL;
	free(commit->hops);
	commit->hops = NULL;
	commit->hop_count = 0;
	for (size_t i = 0; i < count && !result; i++) {
		drain_follow(commit->drain, NULL, lbs[i]);
		upkeep_follow(commit->upkeep, NULL, lbs[i], true);
	}
	return result;
}
