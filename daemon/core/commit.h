/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only place that orders memory, kernel and disk: prepare, disk, switch, answer (design: "A
 * request's way"). Changes that arrive while one batch is on its way to disk form the next.
 */
#ifndef SLUICE_CORE_COMMIT_H
#define SLUICE_CORE_COMMIT_H

#include "base/error.h"
#include "core/model.h"

struct commit;
struct dataplane;
struct store;

/* One change. Embed it in what the action knows of its request; it must live until done. */
struct change {
	/* Judges the change against the staged model and stages it: 0, or negative with *error set.
	 * May be called again after a batch failed in prepare, so it must not keep state. */
	int (*apply)(struct change *change, struct model *model, struct error *error);
	/* It has a batch of its own, which is undone as a whole if it fails; and `apply` judges a part
	 * at a time: positive while there is more, in which case it is called again with `goes_on`,
	 * maybe in a later turn of the loop. */
	bool in_parts;
	bool goes_on; /* commit's: this is not the first part */
	size_t parts_done, parts; /* apply's, for commit_progress */
	/* The end, exactly once, on the event loop: error is NULL if it is durable and forwarding. */
	void (*done)(struct change *change, const struct error *error);
	struct change *next; /* commit's */
	int64_t room_since_ms; /* commit's: since when it waits for room in the kernel's tables */
	struct error error; /* commit's */
};

/* Keeps the pointers. NULL without memory. The writer thread must be started by the caller with
 * commit_wake as its wake function; commit calls store_poll from the loop. */
struct commit *commit_new(struct model *model, struct store *store, struct dataplane *dataplane,
			  struct health *health, const uint8_t ring_key[16]);
void commit_free(struct commit *commit);

/* Publishes the whole loaded model (at start): the reconciliation. */
int commit_publish_all(struct commit *commit, char *why, size_t why_size);

/* Queues a change; it is begun on return at the earliest. Read-only store: done with 503. */
void commit_submit(struct commit *commit, struct change *change);
/* Begins the next batch if none is on its way to disk; call once per turn of the loop. */
void commit_run(struct commit *commit);
/* Before the end: what has not come to the disk is undone, and answered with 503. */
void commit_stop(struct commit *commit);
/* True while a change is queued or on its way. */
bool commit_busy(const struct commit *commit);
/* True if the next commit_run has something to do: the loop is not to sleep before it. */
bool commit_goes_on(const struct commit *commit);

/* A batch's way, step by step. */
enum commit_stage { COMMIT_IDLE, COMMIT_JUDGE, COMMIT_PREPARE, COMMIT_DISK, COMMIT_FOLLOW };
struct commit_progress {
	enum commit_stage stage;
	const struct change *change; /* the batch's first; NULL: none */
	size_t done, total; /* of the stage: parts, or objects */
};
void commit_progress(const struct commit *commit, struct commit_progress *out);

/* A result of the prober: published by the next commit_run, without the disk. */
void commit_health_changed(struct commit *commit, uint32_t backend, enum health_state state,
			   const char *reason);
/* Releases what has drained, ends drains whose time is over; call once a second. */
void commit_sweep(struct commit *commit);

#endif
