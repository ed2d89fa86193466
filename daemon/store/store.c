// SPDX-License-Identifier: BSD-2-Clause
/* The store's outside: its directory and lock, what is in it at start, and the way to its thread. */
#include "store/store.h"
#include "store/environment.h"
#include "store/writer.h"
#include "base/error.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_MAX (STORE_PATH_MAX - 32) /* leaves room for the longest name in it */
#define PAGE_BYTES 4096u

struct store {
	struct environment environment;
	struct writer *writer; /* NULL: not started */
	uint8_t uuid[16], ring_key[16]; /* the environment is the thread's */
	int directory, lock;
	bool is_unused; /* made by this process, and not started yet */
};

struct opening {
	struct store *store;
	const char *directory;
	char *why;
	size_t why_size;
};

#define REFUSE(opening, ...) \
	(text_format((opening)->why, (opening)->why_size, __VA_ARGS__), -ERR_UNAVAILABLE)

static int open_directory(const struct opening *opening)
{
	const char *path = opening->directory;
	struct stat status;
	int fd;

	if (strlen(path) >= DIRECTORY_MAX)
		return REFUSE(opening, "store %.40s…: the path is longer than %u bytes", path,
			      DIRECTORY_MAX);
	if (mkdir(path, 0700) && errno != EEXIST)
		return REFUSE(opening, "store %s: the directory can not be made: %s", path,
			      strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return REFUSE(opening, "store %s: the directory can not be opened: %s", path,
			      strerror(errno));
	opening->store->directory = fd;
	if (fstat(fd, &status) || (status.st_mode & (S_IWGRP | S_IWOTH)))
		return REFUSE(opening,
			      "store %s: others than its owner may write into the directory: "
			      "chmod 0700 %s",
			      path, path);
	return 0;
}

static int take_lock(const struct opening *opening)
{
	struct store *store = opening->store;

	store->lock =
		openat(store->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock < 0)
		return REFUSE(opening, "store %s: %s/lock can not be opened: %s",
			      opening->directory, opening->directory, strerror(errno));
	if (!flock(store->lock, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return REFUSE(opening,
			      "store %s: another sluiced has it: stop that one, or name another "
			      "directory by --store",
			      opening->directory);
	return REFUSE(opening, "store %s: can not be locked: %s", opening->directory,
		      strerror(errno));
}

/* Only a directory without the file is a new store; a file that is wrong is left as it is. */
static int open_file(const struct opening *opening)
{
	struct store *store = opening->store;
	struct environment *environment = &store->environment;
	char fault[384];
	struct stat status;
	int result = 0;

	if (fstatat(store->directory, STORE_FILE, &status, 0) && errno == ENOENT) {
		if (environment_create(environment, fault, sizeof(fault)))
			return REFUSE(opening, "store %s", fault);
		store->is_unused = true;
	}
	result = environment_check(environment, fault, sizeof(fault));
	if (!result)
		result = environment_open(environment, ENVIRONMENT_WRITE, fault, sizeof(fault));
	if (!result)
		return 0;
	return REFUSE(opening,
		      "store %s; nothing was changed: put a copy of the file back, or move the "
		      "file away to begin with an empty store",
		      fault);
}

int store_open(struct store **out, const struct store_options *options, char *why, size_t why_size)
{
	struct opening opening = { .directory = options->directory,
				   .why = why,
				   .why_size = why_size,
				   .store = calloc(1, sizeof(*opening.store)) };
	struct store *store = opening.store;

	if (!store)
		return REFUSE(&opening, "store %s: out of memory", options->directory);
	store->directory = store->lock = -1;
	store->environment.max_bytes = options->max_bytes & ~(uint64_t)(PAGE_BYTES - 1);
	if (open_directory(&opening) || take_lock(&opening))
		goto out;
	text_format(store->environment.path, sizeof(store->environment.path), "%s/%s",
		    options->directory, STORE_FILE);
	if (open_file(&opening))
		goto out;
	memcpy(store->uuid, store->environment.head.uuid, sizeof(store->uuid));
	memcpy(store->ring_key, store->environment.head.ring_key, sizeof(store->ring_key));
	*out = store;
	return 0;
out:
	store_close(store);
	return -ERR_UNAVAILABLE;
}

/* The start was refused: the next one must find the store as missing as this one did. */
static void unmake(const struct store *store)
{
	(void)unlinkat(store->directory, STORE_FILE, 0);
	(void)unlinkat(store->directory, STORE_FILE "-lock", 0);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	writer_stop(store->writer);
	environment_close(&store->environment);
	if (store->is_unused)
		unmake(store);
	if (store->lock >= 0)
		close(store->lock);
	if (store->directory >= 0)
		close(store->directory);
	free(store);
}

const uint8_t *store_uuid(const struct store *store)
{
	return store->uuid;
}

const uint8_t *store_ring_key(const struct store *store)
{
	return store->ring_key;
}

static int load_record(const MDB_val *key, const MDB_val *value,
		       int (*each)(void *arg, struct record *record), void *arg, char *why,
		       size_t why_size)
{
	struct record record;
	int result;

	if (store_head_is_key(key))
		return 0;
	result = record_read(key->mv_data, key->mv_size, value->mv_data, value->mv_size, &record,
			     why, why_size);
	return result ? result : each(arg, &record);
}

int store_load(struct store *store, int (*each)(void *arg, struct record *record), void *arg,
	       char *why, size_t why_size)
{
	MDB_cursor *cursor = NULL;
	MDB_txn *txn = NULL;
	MDB_val key, value;
	int result = 0, code;

	assert(!store->writer);
	code = mdb_txn_begin(store->environment.env, NULL, MDB_RDONLY, &txn);
	if (!code)
		code = mdb_cursor_open(txn, store->environment.dbi, &cursor);
	while (!code && !result) {
		code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
		if (!code)
			result = load_record(&key, &value, each, arg, why, why_size);
	}
	if (code && code != MDB_NOTFOUND) {
		text_format(why, why_size, "store %s: can not be read: %s", store->environment.path,
			    mdb_strerror(code));
		result = -ERR_UNAVAILABLE;
	}
	if (cursor)
		mdb_cursor_close(cursor);
	if (txn)
		mdb_txn_abort(txn);
	return result;
}

int store_start(struct store *store, void (*wake)(void *arg), void *wake_arg)
{
	store->is_unused = false;
	return writer_start(&store->writer, &store->environment, wake, wake_arg);
}

void store_submit(struct store *store, struct store_op *ops, size_t count, store_done *done,
		  void *arg)
{
	writer_submit(store->writer, ops, count, done, arg);
}

void store_poll(struct store *store)
{
	writer_poll(store->writer);
}

void store_status(const struct store *store, struct store_status *out)
{
	memset(out, 0, sizeof(*out));
	if (store->writer)
		writer_status(store->writer, out);
	else
		environment_status(&store->environment, out);
	text_format(out->path, sizeof(out->path), "%s", store->environment.path);
}
