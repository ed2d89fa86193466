// SPDX-License-Identifier: BSD-2-Clause
/*
 * LMDB maps its file and believes it: a page that is cut off raises SIGBUS, a damaged one may
 * raise anything. So before the daemon opens a file, a child walks all that the daemon will walk,
 * and tells what it found through a pipe.
 */
#include "store/environment.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FREE_DBI 0 /* LMDB's own database of free pages, as mdb_stat(1) reads it */

struct walk {
	const struct environment *environment;
	MDB_txn *txn;
	char *why;
	size_t why_size;
};

static int tell(const struct walk *walk, const char *fault)
{
	text_format(walk->why, walk->why_size, "%s: %s", walk->environment->path, fault);
	return -1;
}

/* A key that the walk finds must be found by a search too, behind the one before it: a damaged page
 * may hold whole records in the wrong order. */
static bool in_place(const struct walk *walk, const MDB_val *before, const MDB_val *key,
		     const MDB_val *value)
{
	MDB_val wanted = *key, found;

	if (before->mv_data && mdb_cmp(walk->txn, walk->environment->dbi, before, key) >= 0)
		return false;
	return !mdb_get(walk->txn, walk->environment->dbi, &wanted, &found) &&
	       found.mv_data == value->mv_data;
}

static int check_record(const struct walk *walk, const MDB_val *key, const MDB_val *value)
{
	struct record record;
	char fault[192];

	if (record_read(key->mv_data, key->mv_size, value->mv_data, value->mv_size, &record, fault,
			sizeof(fault)))
		return tell(walk, fault);
	record_free(&record);
	return 0;
}

/* The count bounds the walk too, should pages of a damaged tree point at each other. */
static int check_records(const struct walk *walk)
{
	MDB_cursor *cursor;
	MDB_val before = { 0 }, key, value;
	uint64_t found = 0;
	int result = mdb_cursor_open(walk->txn, walk->environment->dbi, &cursor);

	if (result)
		return tell(walk, mdb_strerror(result));
	while (!(result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		if (!in_place(walk, &before, &key, &value)) {
			mdb_cursor_close(cursor);
			return tell(walk, "it is damaged: records stand in the wrong order");
		}
		before = key;
		if (store_head_is_key(&key))
			continue;
		if (found++ == walk->environment->head.records)
			break;
		if (check_record(walk, &key, &value)) {
			mdb_cursor_close(cursor);
			return -1;
		}
	}
	mdb_cursor_close(cursor);
	if (result && result != MDB_NOTFOUND)
		return tell(walk, mdb_strerror(result));
	if (found == walk->environment->head.records)
		return 0;
	text_format(walk->why, walk->why_size, "%s: it has %s records than the %llu of its head",
		    walk->environment->path,
		    found < walk->environment->head.records ? "fewer" : "more",
		    (unsigned long long)walk->environment->head.records);
	return -1;
}

/* A list of free pages: their number, then each, from high to low. */
static bool free_list_valid(const MDB_val *value, size_t last_page)
{
	size_t count, page, before = last_page + 1;
	const char *at = value->mv_data;

	if (value->mv_size < sizeof(count) || value->mv_size % sizeof(count))
		return false;
	memcpy(&count, at, sizeof(count));
	if (count > value->mv_size / sizeof(count) - 1)
		return false;
	for (size_t i = 0; i < count; i++) {
		memcpy(&page, at + (i + 1) * sizeof(page), sizeof(page));
		/* Pages 0 and 1 are LMDB's own heads. */
		if (page < 2 || page >= before)
			return false;
		before = page;
	}
	return true;
}

static int check_free_pages(const struct walk *walk)
{
	MDB_envinfo info;
	MDB_cursor *cursor;
	MDB_val key, value;
	size_t lists = 0;
	int result = mdb_cursor_open(walk->txn, FREE_DBI, &cursor);

	if (result)
		return tell(walk, mdb_strerror(result));
	mdb_env_info(walk->environment->env, &info);
	while (!(result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		if (!free_list_valid(&value, info.me_last_pgno) || ++lists > info.me_last_pgno)
			break;
	}
	mdb_cursor_close(cursor);
	if (!result)
		return tell(walk, "its list of free pages is damaged");
	return result == MDB_NOTFOUND ? 0 : tell(walk, mdb_strerror(result));
}

static int walk_file(struct environment *environment, char *why, size_t why_size)
{
	struct walk walk = { .environment = environment, .why = why, .why_size = why_size };
	int result = mdb_txn_begin(environment->env, NULL, MDB_RDONLY, &walk.txn);

	if (result)
		return tell(&walk, mdb_strerror(result));
	result = check_records(&walk);
	if (!result)
		result = check_free_pages(&walk);
	mdb_txn_abort(walk.txn);
	return result;
}

/* The child's whole life. It must not outlive the parent, whose lock it shares. */
static _Noreturn void child_run(const struct environment *given, int out)
{
	static const int fatal[] = { SIGBUS, SIGSEGV, SIGABRT, SIGFPE, SIGILL };
	struct environment environment = *given;
	char why[512] = "";
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	prctl(PR_SET_DUMPABLE, 0);
	result = environment_open(&environment, ENVIRONMENT_READ_ONLY, why, sizeof(why));
	if (!result)
		result = walk_file(&environment, why, sizeof(why));
	if (write(out, why, strlen(why)) < 0)
		result = -1;
	_exit(result ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void read_line(int fd, char *out, size_t size)
{
	size_t length = 0;

	while (length + 1 < size) {
		ssize_t got = read(fd, out + length, size - 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	out[length] = '\0';
}

static int child_result(const struct environment *environment, pid_t child, char *why,
			size_t why_size)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			text_format(why, why_size, "%s: the check of it was lost: %s",
				    environment->path, strerror(errno));
			return -1;
		}
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS)
		text_format(why, why_size, "%s: it is cut off", environment->path);
	else if (WIFSIGNALED(status))
		text_format(why, why_size, "%s: it is damaged, reading it ended in signal %d",
			    environment->path, WTERMSIG(status));
	else if (!why[0])
		text_format(why, why_size, "%s: it is damaged", environment->path);
	return -1;
}

int environment_check(const struct environment *environment, char *why, size_t why_size)
{
	int pipes[2];
	pid_t child;

	why[0] = '\0';
	if (pipe2(pipes, O_CLOEXEC)) {
		text_format(why, why_size, "%s: can not be checked: %s", environment->path,
			    strerror(errno));
		return -1;
	}
	child = fork();
	if (child == 0)
		child_run(environment, pipes[1]);
	close(pipes[1]);
	if (child > 0)
		read_line(pipes[0], why, why_size);
	else
		text_format(why, why_size, "%s: can not be checked: %s", environment->path,
			    strerror(errno));
	close(pipes[0]);
	return child > 0 ? child_result(environment, child, why, why_size) : -1;
}
