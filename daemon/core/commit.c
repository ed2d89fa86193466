// SPDX-License-Identifier: BSD-2-Clause
/*
 * A batch's way: judge every queued change into the staged model, prepare the kernel, write to
 * disk, switch, replace the model, answer. Whatever can fail happens before the switch. A large
 * batch takes each of these steps in slices, a turn of the loop each, so that reads and health
 * checks never wait for long; a small one takes them all in one turn, but for the disk.
 */
#include "core/commit.h"

#include "base/log.h"
#include "base/memory.h"
#include "core/change_list.h"
#include "core/drain.h"
#include "core/follow.h"
#include "core/hop_wait.h"
#include "core/expiry.h"
#include "core/ops.h"
#include "core/prepare.h"
#include "core/upkeep.h"
#include "store/store.h"

#include <stdio.h>

#define WHY_MAX 256
#define ROOM_WAIT_MS 1500 /* a little longer than old rings rest */
#define ROOM_TRY_MS 50
#define SLICE_MS 5

struct commit {
	struct model *model;
	struct store *store;
	struct dataplane *dataplane;
	struct drain *drain;
	struct expiry *expiry;
	struct upkeep *upkeep;
	struct prepare prepare;
	struct change_list queue, batch;
	enum commit_stage stage; /* of the batch */
	struct change *judged; /* in parts, and not to its end yet: in neither list */
	const struct model_delta *deltas; /* of the batch, from PREPARE on */
	size_t delta_count, prepared;
	struct op_list ops; /* of those prepared */
	struct follow follow;
	int64_t hold_until_ms; /* the queue waits for room in the kernel's tables */
	size_t alone; /* changes that go one by one, after preparing them together failed */
	struct hop_wait *waiting;
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
	commit->prepare.model = model;
	commit->prepare.dataplane = dataplane;
	memcpy(commit->prepare.ring_key, ring_key, sizeof(commit->prepare.ring_key));
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
	prepare_free(&commit->prepare);
	free(commit);
}

static bool slice_over(int64_t end_ms)
{
	return change_now_ms() >= end_ms;
}

/* --- the end of a batch --- */

static void end_batch(struct commit *commit)
{
	model_commit(commit->model);
	hop_wait_add(&commit->waiting, &commit->batch, commit->prepare.hops,
		     commit->prepare.hop_count);
	commit->prepare.hops = NULL;
	commit->prepare.hop_count = 0;
	commit->stage = COMMIT_IDLE;
	hop_wait_answer(&commit->waiting, commit->dataplane);
}

static void follow_on(struct commit *commit, int64_t end_ms)
{
	bool more;

	do {
		more = follow_next(&commit->follow);
	} while (more && !slice_over(end_ms));
	if (!more)
		end_batch(commit);
}

static void fail_batch(struct commit *commit, enum error_code code, const char *why)
{
	struct error error = { 0 };

	commit->stage = COMMIT_IDLE;
	error_set(&error, code, "%s", why);
	model_rollback(commit->model);
	change_list_answer(&commit->batch, &error);
}

static void on_disk(void *arg, enum store_outcome outcome, const char *why)
{
	struct commit *commit = arg;

	if (outcome == STORE_COMMITTED) {
		prepare_switch(&commit->prepare);
		commit->stage = COMMIT_FOLLOW;
		commit->follow = (struct follow){ .drain = commit->drain,
						  .upkeep = commit->upkeep,
						  .deltas = commit->deltas,
						  .count = commit->delta_count,
						  .all = commit->prepare.republish };
		return;
	}
	log_error("store", "batch not written: %s", why);
	prepare_abort(&commit->prepare);
	commit->read_only = outcome == STORE_UNKNOWN;
	/* 503 promises that nothing changed; where that is not known, it is not said */
	fail_batch(commit, outcome == STORE_UNKNOWN ? ERR_INTERNAL : ERR_UNAVAILABLE, why);
}

/* --- before the disk --- */

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
	commit->stage = COMMIT_IDLE;
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

static void refuse_batch(struct commit *commit, const char *why)
{
	prepare_abort(&commit->prepare);
	ops_free(&commit->ops);
	if (commit->batch.first && (commit->batch.first->next || wait_for_room(commit))) {
		retry_alone(commit);
		return;
	}
	log_error("dataplane", "change refused: %s", why);
	fail_batch(commit, ERR_UNAVAILABLE, why);
}

/* The kernel's part and the disk's, delta by delta. */
static void prepare_on(struct commit *commit, int64_t end_ms)
{
	char why[WHY_MAX] = "out of memory";
	struct op_list list;

	while (commit->prepared < commit->delta_count && !slice_over(end_ms)) {
		const struct model_delta *delta = &commit->deltas[commit->prepared++];

		if (prepare_lb(&commit->prepare, delta->lb_old, delta->lb_new, why, sizeof(why)) ||
		    ops_add(&commit->ops, delta)) {
			refuse_batch(commit, why);
			return;
		}
	}
	if (commit->prepared < commit->delta_count)
		return;
	list = commit->ops;
	commit->ops = (struct op_list){ 0 };
	commit->stage = COMMIT_DISK;
	store_submit(commit->store, list.ops, list.count, on_disk, commit);
}

static void begin_prepare(struct commit *commit)
{
	commit->deltas = model_staged(commit->model, &commit->delta_count);
	if (!commit->delta_count) {
		commit->prepare.hop_count = 0;
		end_batch(commit);
		return;
	}
	commit->stage = COMMIT_PREPARE;
	commit->prepared = 0;
	if (prepare_begin(&commit->prepare, commit->deltas, commit->delta_count))
		refuse_batch(commit, "out of memory");
}

/* --- judging --- */

/* What is judged in parts has the batch for itself, and so is undone with it. */
static void judge_parts(struct commit *commit, int64_t end_ms)
{
	struct change *change = commit->judged;
	int result;

	do {
		result = change->apply(change, commit->model, &change->error);
		change->goes_on = result > 0;
		model_sweep(commit->model);
	} while (result > 0 && !slice_over(end_ms));
	if (result > 0)
		return;
	commit->judged = NULL;
	if (!result) {
		change_list_add(&commit->batch, change);
		begin_prepare(commit);
		return;
	}
	model_rollback(commit->model);
	commit->stage = COMMIT_IDLE;
	change->done(change, &change->error);
}

/* Judges queued changes into the staged model; those refused are answered at once. */
static void judge_on(struct commit *commit, int64_t end_ms)
{
	commit->stage = COMMIT_JUDGE;
	while (!commit->judged && commit->queue.first) {
		bool alone = commit->alone > 0;
		struct change *change;

		if (commit->queue.first->in_parts && commit->batch.first)
			break;
		change = change_list_take(&commit->queue);
		commit->alone -= alone;
		change->error = (struct error){ 0 };
		change->goes_on = false;
		if (change->in_parts)
			commit->judged = change;
		else if (change->apply(change, commit->model, &change->error))
			change->done(change, &change->error);
		else
			change_list_add(&commit->batch, change);
		if (alone && commit->batch.first)
			break;
	}
	if (commit->judged)
		judge_parts(commit, end_ms);
	else
		begin_prepare(commit);
}

/* The disk takes its time on a thread of its own. */
static void (*const stages[])(struct commit *commit, int64_t end_ms) = {
	[COMMIT_IDLE] = judge_on, [COMMIT_JUDGE] = judge_on,   [COMMIT_PREPARE] = prepare_on,
	[COMMIT_DISK] = NULL,     [COMMIT_FOLLOW] = follow_on,
};

bool commit_goes_on(const struct commit *commit)
{
	if (commit->stage != COMMIT_IDLE)
		return stages[commit->stage];
	return commit->queue.first && !commit->read_only &&
	       change_now_ms() >= commit->hold_until_ms;
}

void commit_run(struct commit *commit)
{
	const int64_t end_ms = change_now_ms() + SLICE_MS;

	store_poll(commit->store);
	if (commit->stage == COMMIT_FOLLOW)
		follow_on(commit, end_ms);
	hop_wait_answer(&commit->waiting, commit->dataplane);
	/* Between the switch and the model's replacement there is nothing to compare with. */
	if (commit->stage != COMMIT_FOLLOW)
		upkeep_run(commit->upkeep);
	while (commit_goes_on(commit) && !slice_over(end_ms))
		stages[commit->stage](commit, end_ms);
	if (commit->read_only)
		change_list_answer(&commit->queue, &(struct error){ .code = ERR_UNAVAILABLE });
}

/* --- from outside --- */

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

void commit_stop(struct commit *commit)
{
	const struct error error = { .code = ERR_UNAVAILABLE, .detail = "the daemon is stopping" };

	if (commit->judged)
		change_list_add(&commit->batch, commit->judged);
	commit->judged = NULL;
	/* What the store has been given it writes: the next start finishes it. */
	if (commit->stage == COMMIT_JUDGE || commit->stage == COMMIT_PREPARE) {
		prepare_abort(&commit->prepare);
		ops_free(&commit->ops);
		fail_batch(commit, error.code, error.detail);
	}
	change_list_answer(&commit->queue, &error);
}

bool commit_busy(const struct commit *commit)
{
	return commit->stage != COMMIT_IDLE || commit->queue.first || commit->waiting;
}

void commit_progress(const struct commit *commit, struct commit_progress *out)
{
	const struct change *judged = commit->judged;
	bool follows = commit->stage == COMMIT_FOLLOW;

	*out = (struct commit_progress){
		.stage = commit->stage,
		.change = judged ? judged : commit->batch.first,
		.done = judged    ? judged->parts_done
			: follows ? commit->follow.done
				  : commit->prepared,
		.total = judged    ? judged->parts
			 : follows ? follow_parts(&commit->follow)
				   : commit->delta_count,
	};
}

void commit_sweep(struct commit *commit)
{
	/* What the batch has removed is not yet removed in the model. */
	if (commit->stage != COMMIT_FOLLOW)
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
	char reason[WHY_MAX] = "out of memory";
	int result = prepare_begin(&commit->prepare, NULL, 0);

	for (size_t i = 0; i < count && !result; i++) {
		result = prepare_lb(&commit->prepare, NULL, lbs[i], reason, sizeof(reason));
		if (result)
			snprintf(why, why_size, "load balancer %s: %s", lbs[i]->record.id, reason);
	}
	if (result) {
		prepare_abort(&commit->prepare);
		return result;
	}
	prepare_switch(&commit->prepare);
	for (size_t i = 0; i < count; i++) {
		drain_follow(commit->drain, NULL, lbs[i]);
		upkeep_follow(commit->upkeep, NULL, lbs[i], true);
	}
	return 0;
}
