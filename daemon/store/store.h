/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: the only user of lmdb.h. Opened once per process, read whole at start, then written
 * by one thread, a batch of operations a transaction. Lifecycle: store_open, store_load,
 * store_start, store_submit …, store_close.
 */
#ifndef SLUICE_STORE_STORE_H
#define SLUICE_STORE_STORE_H

#include "store/record.h"

struct store;

struct store_options {
	const char *directory; /* made with mode 0700 if missing; parents are not */
	uint64_t max_bytes; /* the map doubles up to here when it is full */
};

/* Opens or creates the store and takes its lock (a second daemon is refused). Checks the format
 * version, the record count and every CRC in a child process first, so that a truncated file
 * cannot kill the daemon. Negative with one line in `why` that says what to do. */
int store_open(struct store **store, const struct store_options *options, char *why,
	       size_t why_size);
/* Stops the thread after what was submitted, then closes; what store_poll has not delivered by then
 * is on disk (or failed) without its done being called. A store that store_open made does not stay
 * unless it was started. NULL is fine. */
void store_close(struct store *store);

/* Random, made with the store; 16 bytes. */
const uint8_t *store_uuid(const struct store *store);
/* Random, made with the store; seeds the rings unless the configuration names a key; 16 bytes. */
const uint8_t *store_ring_key(const struct store *store);

/* Calls `each` for every record, in key order, so a load balancer comes before its group and
 * listeners; the callee takes ownership of what record_read allocated. Stops at the first negative
 * return and passes it on. */
int store_load(struct store *store, int (*each)(void *arg, struct record *record), void *arg,
	       char *why, size_t why_size);

/* One operation: bytes to put, or NULL to delete. */
struct store_op {
	uint8_t key[RECORD_KEY_MAX];
	size_t key_length;
	uint8_t *bytes;
	size_t length;
};

/* How a batch ended. */
enum store_outcome {
	STORE_COMMITTED, /* durable */
	STORE_FAILED, /* nothing of it is on disk */
	STORE_UNKNOWN, /* the disk no longer answers: the daemon must go read-only */
};

/* Called on the event loop's thread. `why` is one line, "" when committed. */
typedef void store_done(void *arg, enum store_outcome outcome, const char *why);

/* Starts the writer thread. `wake` is called from that thread when store_poll has something to do
 * (it must only write to an eventfd or the like). -ERR_UNAVAILABLE without a thread. */
int store_start(struct store *store, void (*wake)(void *arg), void *wake_arg);
/* Hands one batch to the thread and takes ownership of ops (malloc'ed, and each op's bytes). One
 * batch at a time: the caller waits for done. An error after the sync began is settled by
 * reopening the store and reading back the last transaction's number. */
void store_submit(struct store *store, struct store_op *ops, size_t count, store_done *done,
		  void *arg);
/* Delivers finished batches to their done callbacks; on the event loop's thread. */
void store_poll(struct store *store);

struct store_status {
	char path[256];
	uint64_t bytes_used, bytes_mapped, bytes_max;
	uint64_t records;
	uint64_t transactions; /* committed since the store was made */
	int64_t last_commit_ms; /* since 1970; 0: none in this run */
	bool read_only; /* set once an outcome was STORE_UNKNOWN */
};
void store_status(const struct store *store, struct store_status *out);

#endif
