// SPDX-License-Identifier: BSD-2-Clause
/* The thread: it waits for a batch, writes it, settles what an error left open, and wakes. */
#include "store/writer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#define WHY_MAX 512

enum batch_state { BATCH_NONE, BATCH_SUBMITTED, BATCH_DONE };

struct batch {
	enum batch_state state;
	struct store_op *ops;
	size_t count;
	store_done *done;
	void *arg;
	enum store_outcome outcome;
	char why[WHY_MAX];
};

struct writer {
	struct environment *environment; /* the thread's own */
	void (*wake)(void *arg);
	void *wake_arg;
	pthread_t thread;
	pthread_mutex_t lock; /* holds what follows */
	pthread_cond_t changed;
	struct batch batch;
	struct store_status status;
	bool stopping;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void free_ops(struct store_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(ops[i].bytes);
	free(ops);
}

/* LMDB calls the short write of a disk that has just filled up an input/output error. */
static bool disk_full(const struct environment *environment)
{
	struct statvfs disk;

	return !statvfs(environment->path, &disk) && disk.f_bavail == 0;
}

static const char *sentence(const struct environment *environment, int code)
{
	if (code == EIO && disk_full(environment))
		code = ENOSPC;
	if (code == MDB_MAP_FULL && environment->mapped >= environment->max_bytes)
		return "it has reached store_max_bytes";
	return mdb_strerror(code);
}

/* The map grows until the batch fits. *committing as environment_write says. */
static int write_growing(struct environment *environment, const struct batch *batch,
			 bool *committing)
{
	for (;;) {
		int result = environment_write(environment, batch->ops, batch->count, committing);

		if (result != MDB_MAP_FULL)
			return result;
		/* The room ran out before anything was written to the file. */
		*committing = false;
		if (environment_grow(environment))
			return MDB_MAP_FULL;
		log_info("store", "grown bytes=%llu", (unsigned long long)environment->mapped);
	}
}

/* The commit failed on its way: only the file knows whether it happened. */
static enum store_outcome settle(struct environment *environment, char why[static WHY_MAX])
{
	const struct store_head before = environment->head;
	char fault[WHY_MAX];

	environment_close(environment);
	if (environment_open(environment, ENVIRONMENT_WRITE, fault, sizeof(fault))) {
		text_format(why, WHY_MAX, "%s", fault);
		return STORE_UNKNOWN;
	}
	if (memcmp(environment->head.uuid, before.uuid, sizeof(before.uuid)) != 0 ||
	    environment->head.transactions < before.transactions ||
	    environment->head.transactions > before.transactions + 1) {
		text_format(why, WHY_MAX, "%s: it is not the file that was written before",
			    environment->path);
		environment_close(environment);
		return STORE_UNKNOWN;
	}
	return environment->head.transactions > before.transactions ? STORE_COMMITTED
								    : STORE_FAILED;
}

static enum store_outcome write_batch(struct environment *environment, const struct batch *batch,
				      char why[static WHY_MAX])
{
	enum store_outcome outcome = STORE_FAILED;
	bool committing;
	int result;

	why[0] = '\0';
	if (!environment->env) {
		text_format(why, WHY_MAX, "%s: read-only since the disk failed", environment->path);
		return STORE_FAILED;
	}
	result = write_growing(environment, batch, &committing);
	if (!result)
		return STORE_COMMITTED;
	text_format(why, WHY_MAX, "%s: can not be written: %s", environment->path,
		    sentence(environment, result));
	log_error("store", "%s", why);
	if (committing)
		outcome = settle(environment, why);
	if (outcome == STORE_COMMITTED) {
		log_warning("store", "the transaction is on disk after all transactions=%llu",
			    (unsigned long long)environment->head.transactions);
		why[0] = '\0';
	} else if (outcome == STORE_UNKNOWN) {
		log_error("store", "read-only from now on: %s", why);
	}
	return outcome;
}

void environment_status(const struct environment *environment, struct store_status *out)
{
	out->bytes_used = environment->used;
	out->bytes_mapped = environment->mapped;
	out->bytes_max = environment->max_bytes;
	out->records = environment->head.records;
	out->transactions = environment->head.transactions;
}

/* Called with the lock held; lets go of it while the disk works. */
static void run_batch(struct writer *writer)
{
	struct batch *batch = &writer->batch;
	enum store_outcome outcome;

	pthread_mutex_unlock(&writer->lock);
	outcome = write_batch(writer->environment, batch, batch->why);
	free_ops(batch->ops, batch->count);
	pthread_mutex_lock(&writer->lock);
	batch->outcome = outcome;
	batch->state = BATCH_DONE;
	environment_status(writer->environment, &writer->status);
	if (outcome == STORE_COMMITTED)
		writer->status.last_commit_ms = now_ms();
	if (outcome == STORE_UNKNOWN)
		writer->status.read_only = true;
	writer->wake(writer->wake_arg);
}

static void *writer_main(void *arg)
{
	struct writer *writer = arg;

	pthread_mutex_lock(&writer->lock);
	for (;;) {
		if (writer->batch.state == BATCH_SUBMITTED)
			run_batch(writer);
		else if (writer->stopping)
			break;
		else
			pthread_cond_wait(&writer->changed, &writer->lock);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

int writer_start(struct writer **out, struct environment *environment, void (*wake)(void *arg),
		 void *wake_arg)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ERR_UNAVAILABLE;
	writer->environment = environment;
	writer->wake = wake;
	writer->wake_arg = wake_arg;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->changed, NULL);
	environment_status(environment, &writer->status);
	if (thread_start(&writer->thread, writer_main, writer)) {
		pthread_cond_destroy(&writer->changed);
		pthread_mutex_destroy(&writer->lock);
		free(writer);
		return -ERR_UNAVAILABLE;
	}
	*out = writer;
	return 0;
}

void writer_submit(struct writer *writer, struct store_op *ops, size_t count, store_done *done,
		   void *arg)
{
	pthread_mutex_lock(&writer->lock);
	assert(writer->batch.state == BATCH_NONE);
	writer->batch = (struct batch){
		.state = BATCH_SUBMITTED, .ops = ops, .count = count, .done = done, .arg = arg
	};
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
}

void writer_poll(struct writer *writer)
{
	struct batch batch;

	pthread_mutex_lock(&writer->lock);
	if (writer->batch.state != BATCH_DONE) {
		pthread_mutex_unlock(&writer->lock);
		return;
	}
	/* The callback may submit the next batch. */
	batch = writer->batch;
	writer->batch.state = BATCH_NONE;
	pthread_mutex_unlock(&writer->lock);
	batch.done(batch.arg, batch.outcome, batch.why);
}

void writer_stop(struct writer *writer)
{
	if (!writer)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	pthread_cond_destroy(&writer->changed);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

void writer_status(struct writer *writer, struct store_status *out)
{
	pthread_mutex_lock(&writer->lock);
	*out = writer->status;
	pthread_mutex_unlock(&writer->lock);
}
