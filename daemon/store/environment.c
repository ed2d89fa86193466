// SPDX-License-Identifier: BSD-2-Clause
/* LMDB itself: opening, making, and writing one file. */
#include "store/environment.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

#define FIRST_MAP (64ull << 20)
#define FILE_MODE 0600

/* "path: what: LMDB's or the system's word for it"; returns -1. */
static int tell(const char *path, const char *what, int code, char *why, size_t why_size)
{
	text_format(why, why_size, "%s: %s: %s", path, what, mdb_strerror(code));
	return -1;
}

/* Room for the file as it is, whatever the cap says: it must be readable. */
static uint64_t map_for(const struct environment *environment, uint64_t file_size)
{
	uint64_t size = FIRST_MAP;

	if (size > environment->max_bytes && file_size <= environment->max_bytes)
		size = environment->max_bytes;
	while (size < file_size)
		size *= 2;
	return size < environment->mapped ? environment->mapped : size;
}

static int open_file(struct environment *environment, unsigned int flags, uint64_t mapped)
{
	int result = mdb_env_create(&environment->env);

	if (result)
		return result;
	result = mdb_env_set_mapsize(environment->env, mapped);
	if (!result)
		result = mdb_env_open(environment->env, environment->path, MDB_NOSUBDIR | flags,
				      FILE_MODE);
	if (result)
		environment_close(environment);
	return result;
}

static void note_size(struct environment *environment)
{
	MDB_envinfo info;
	MDB_stat stat;

	mdb_env_info(environment->env, &info);
	mdb_env_stat(environment->env, &stat);
	environment->mapped = info.me_mapsize;
	environment->used = (info.me_last_pgno + 1) * stat.ms_psize;
}

static int read_head(struct environment *environment, char *why, size_t why_size)
{
	MDB_val key = store_head_key(), value;
	char fault[192];
	MDB_txn *txn;
	int result = mdb_txn_begin(environment->env, NULL, MDB_RDONLY, &txn);

	if (result)
		return tell(environment->path, "can not be read", result, why, why_size);
	result = mdb_dbi_open(txn, NULL, 0, &environment->dbi);
	if (!result)
		result = mdb_get(txn, environment->dbi, &key, &value);
	if (result == MDB_NOTFOUND) {
		text_format(why, why_size, "%s: its head is missing: it is no store of sluiced",
			    environment->path);
	} else if (result) {
		tell(environment->path, "can not be read", result, why, why_size);
	} else if (store_head_read(&environment->head, value.mv_data, value.mv_size, fault,
				   sizeof(fault))) {
		text_format(why, why_size, "%s: %s", environment->path, fault);
		result = -1;
	}
	/* A commit keeps the database's handle; there is nothing else in the transaction. */
	if (result)
		mdb_txn_abort(txn);
	else
		result = mdb_txn_commit(txn);
	return result ? -1 : 0;
}

int environment_open(struct environment *environment, enum environment_mode mode, char *why,
		     size_t why_size)
{
	unsigned int flags = mode == ENVIRONMENT_READ_ONLY ? MDB_RDONLY | MDB_NOLOCK : 0;
	struct stat status;
	int dead, result;

	if (stat(environment->path, &status))
		return tell(environment->path, "can not be opened", errno, why, why_size);
	/* LMDB would take an empty file for a new one, and so a lost store for an empty one. */
	if (status.st_size == 0) {
		text_format(why, why_size, "%s: it is empty, which a store never is",
			    environment->path);
		return -1;
	}
	result = open_file(environment, flags, map_for(environment, (uint64_t)status.st_size));
	if (result)
		return tell(environment->path, "can not be opened", result, why, why_size);
	if (mode == ENVIRONMENT_WRITE)
		mdb_reader_check(environment->env, &dead);
	if (read_head(environment, why, why_size)) {
		environment_close(environment);
		return -1;
	}
	note_size(environment);
	return 0;
}

void environment_close(struct environment *environment)
{
	if (environment->env)
		mdb_env_close(environment->env);
	environment->env = NULL;
}

static int put_head(struct environment *environment, MDB_txn *txn, const struct store_head *head)
{
	uint8_t bytes[STORE_HEAD_BYTES];
	MDB_val key = store_head_key(), value = { .mv_size = sizeof(bytes), .mv_data = bytes };

	store_head_write(head, bytes);
	return mdb_put(txn, environment->dbi, &key, &value, 0);
}

/* The first transaction of a new file. */
static int write_first(struct environment *environment)
{
	struct store_head head = { .format = STORE_FORMAT };
	MDB_txn *txn;
	int result;

	uuid_generate_random(head.uuid);
	if (getrandom(head.ring_key, sizeof(head.ring_key), 0) != sizeof(head.ring_key))
		return errno;
	result = mdb_txn_begin(environment->env, NULL, 0, &txn);
	if (result)
		return result;
	result = mdb_dbi_open(txn, NULL, 0, &environment->dbi);
	if (!result)
		result = put_head(environment, txn, &head);
	if (result) {
		mdb_txn_abort(txn);
		return result;
	}
	return mdb_txn_commit(txn);
}

static int sync_directory(const char *path)
{
	char directory[STORE_PATH_MAX];
	int fd, result = 0;

	text_format(directory, sizeof(directory), "%s", path);
	*strrchr(directory, '/') = '\0';
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		result = errno;
	if (fd >= 0)
		close(fd);
	return result;
}

int environment_create(const struct environment *environment, char *why, size_t why_size)
{
	struct environment fresh = { .max_bytes = environment->max_bytes };
	char lock[STORE_PATH_MAX + 8];
	int result;

	text_format(fresh.path, sizeof(fresh.path), "%s.new", environment->path);
	snprintf(lock, sizeof(lock), "%s-lock", fresh.path);
	unlink(fresh.path);
	result = open_file(&fresh, 0, map_for(&fresh, 0));
	if (!result)
		result = write_first(&fresh);
	environment_close(&fresh);
	unlink(lock);
	if (!result && rename(fresh.path, environment->path))
		result = errno;
	if (!result)
		result = sync_directory(environment->path);
	if (result) {
		unlink(fresh.path);
		return tell(environment->path, "can not be made", result, why, why_size);
	}
	return 0;
}

static int apply(struct environment *environment, MDB_txn *txn, const struct store_op *op)
{
	MDB_val key = { .mv_size = op->key_length, .mv_data = (void *)(uintptr_t)op->key };
	MDB_val value = { .mv_size = op->length, .mv_data = op->bytes };
	int result;

	if (op->bytes)
		return mdb_put(txn, environment->dbi, &key, &value, 0);
	result = mdb_del(txn, environment->dbi, &key, NULL);
	return result == MDB_NOTFOUND ? 0 : result;
}

static int apply_all(struct environment *environment, MDB_txn *txn, const struct store_op *ops,
		     size_t count, struct store_head *head)
{
	MDB_stat stat;
	int result = 0;

	for (size_t i = 0; i < count && !result; i++)
		result = apply(environment, txn, &ops[i]);
	if (!result)
		result = mdb_stat(txn, environment->dbi, &stat);
	if (result)
		return result;
	head->transactions++;
	head->records = stat.ms_entries - 1; /* all but the head */
	return put_head(environment, txn, head);
}

int environment_write(struct environment *environment, const struct store_op *ops, size_t count,
		      bool *committing)
{
	struct store_head head = environment->head;
	MDB_txn *txn;
	int result, dead;

	*committing = false;
	/* Others may have looked into the file and died: what they could see would be kept for ever. */
	mdb_reader_check(environment->env, &dead);
	result = mdb_txn_begin(environment->env, NULL, 0, &txn);
	if (result)
		return result;
	result = apply_all(environment, txn, ops, count, &head);
	if (result) {
		mdb_txn_abort(txn);
		return result;
	}
	*committing = true;
	result = mdb_txn_commit(txn);
	if (result)
		return result;
	environment->head = head;
	note_size(environment);
	return 0;
}

int environment_grow(struct environment *environment)
{
	uint64_t size = environment->mapped * 2;
	int result;

	if (size > environment->max_bytes)
		size = environment->max_bytes;
	if (size <= environment->mapped)
		return ENOSPC;
	result = mdb_env_set_mapsize(environment->env, size);
	if (!result)
		environment->mapped = size;
	return result;
}
