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
#include "core/expiry.h"
#include "core/ops.h"
#include "dataplane/publish.h"
#include "store/store.h"

#include <stdio.h>
#include <time.h>

#define WHY_MAX 256
#define HOPS_WAIT_MS 200

/* Done but for the answer: the kernel was just asked for the neighbours of new backends. */
struct waiting {
	struct waiting *next;
	struct change_list changes;
	struct address *hops;
	size_t hop_count;
	int64_t deadline_ms;
};

struct commit {
	struct model *model;
	struct store *store;
	struct dataplane *dataplane;
	struct drain *drain;
	struct expiry *expiry;
	struct compiler compiler;
	uint8_t ring_key[16];
	struct change_list queue;
	struct change_list batch; /* on its way to disk */
	struct dp_transaction *transaction; /* of the batch; NULL: none is on its way */
	size_t alone; /* changes that go one by one, after preparing them together failed */
	struct address *hops; /* of new backends of the batch */
	size_t hop_count;
	struct waiting *waiting;
	bool republish; /* an instance's status changed: unaltered listeners publish anew too */
	bool read_only;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void answer_all(struct change_list *list, const struct error *error)
{
	struct change *change;

	while ((change = change_list_take(list)))
		change->done(change, error);
}

struct commit *commit_new(struct model *model, struct store *store, struct dataplane *dataplane,
			  const uint8_t ring_key[16])
{
	struct commit *commit = memory_new(1, sizeof(*commit));

	commit->model = model;
	commit->store = store;
	commit->dataplane = dataplane;
	commit->drain = drain_new(commit, model, dataplane);
	commit->expiry = expiry_new(commit);
	memcpy(commit->ring_key, ring_key, sizeof(commit->ring_key));
	change_list_init(&commit->queue);
	change_list_init(&commit->batch);
	return commit;
}

void commit_free(struct commit *commit)
{
	if (!commit)
		return;
	while (commit->waiting) {
		struct waiting *next = commit->waiting->next;

		free(commit->waiting->hops);
		free(commit->waiting);
		commit->waiting = next;
	}
	drain_free(commit->drain);
	expiry_free(commit->expiry);
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

/* What a listener publishes comes from itself, its group, and its load balancer's status. */
static bool publishes_same(const struct load_balancer *lb_old, const struct listener_record *before,
			   const struct load_balancer *lb_new, const struct listener_record *after)
{
	return before && before == after && lb_old->record.status == lb_new->record.status &&
	       lb_listener_group(lb_old, before) == lb_listener_group(lb_new, after);
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

		if (!commit->republish && publishes_same(lb_old, before, lb_new, after))
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

static bool hops_ready(const struct commit *commit, const struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->hop_count; i++) {
		if (!dataplane_hop_ready(commit->dataplane, &waiting->hops[i]))
			return false;
	}
	return true;
}

static void wait_for_hops(struct commit *commit)
{
	struct waiting *waiting = memory_new(1, sizeof(*waiting));

	change_list_init(&waiting->changes);
	change_list_move(&waiting->changes, &commit->batch);
	waiting->hops = commit->hops;
	waiting->hop_count = commit->hop_count;
	waiting->deadline_ms = now_ms() + HOPS_WAIT_MS;
	waiting->next = commit->waiting;
	commit->waiting = waiting;
	commit->hops = NULL;
	commit->hop_count = 0;
}

static void answer_waiting(struct commit *commit)
{
	struct waiting **link = &commit->waiting;

	while (*link) {
		struct waiting *waiting = *link;

		if (!hops_ready(commit, waiting) && now_ms() < waiting->deadline_ms) {
			link = &waiting->next;
			continue;
		}
		*link = waiting->next;
		answer_all(&waiting->changes, NULL);
		free(waiting->hops);
		free(waiting);
	}
}

static void finish_switch(struct commit *commit)
{
	size_t count;
	const struct model_delta *deltas = model_staged(commit->model, &count);

	for (size_t i = 0; i < count; i++) {
		if (deltas[i].lb_old != deltas[i].lb_new)
			drain_follow(commit->drain, deltas[i].lb_old, deltas[i].lb_new);
	}
	for (size_t i = 0; i < count; i++) {
		if (deltas[i].lb_old && !deltas[i].lb_new)
			drain_vip(commit->drain, &deltas[i].lb_old->record.vip);
	}
	model_commit(commit->model);
	wait_for_hops(commit);
	answer_waiting(commit);
}

static void fail_batch(struct commit *commit, enum error_code code, const char *why)
{
	struct error error = { 0 };

	error_set(&error, code, "%s", why);
	model_rollback(commit->model);
	answer_all(&commit->batch, &error);
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

static void begin_batch(struct commit *commit)
{
	char why[WHY_MAX] = "";
	const struct model_delta *deltas;
	struct op_list list;
	size_t count;

	form_batch(commit);
	deltas = model_staged(commit->model, &count);
	if (!count) {
		answer_all(&commit->batch, NULL);
		return;
	}
	if (prepare(commit, deltas, count, why)) {
		if (commit->batch.first && commit->batch.first->next) {
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
	change_list_add(&commit->queue, change);
}

void commit_run(struct commit *commit)
{
	store_poll(commit->store);
	answer_waiting(commit);
	while (!commit->transaction && commit->queue.first && !commit->read_only)
		begin_batch(commit);
	if (commit->read_only)
		answer_all(&commit->queue, &(struct error){ .code = ERR_UNAVAILABLE });
}

bool commit_busy(const struct commit *commit)
{
	return commit->transaction || commit->queue.first || commit->waiting;
}

void commit_sweep(struct commit *commit)
{
	drain_sweep(commit->drain);
	expiry_sweep(commit->expiry);
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
	commit->hop_count = 0;
	for (size_t i = 0; i < count && !result; i++)
		drain_follow(commit->drain, NULL, lbs[i]);
	return result;
}
