// SPDX-License-Identifier: BSD-2-Clause
/*
 * The store on a real file: what was committed is there, and an error in a commit is settled as
 * the file has it.
 */
#include "store_fixture.h"

#include <errno.h>
#include <lmdb.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_new_store(void **state)
{
	uint8_t uuid[16], ring_key[16];
	static const uint8_t zero[16];
	struct stat status;

	(void)state;
	assert_int_equal(rmdir(directory), 0); /* store_open makes it */
	open_store(LARGE);
	assert_int_equal(stat(directory, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat(data_path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	memcpy(uuid, store_uuid(store), sizeof(uuid));
	memcpy(ring_key, store_ring_key(store), sizeof(ring_key));
	assert_memory_not_equal(uuid, zero, sizeof(zero));
	assert_memory_not_equal(ring_key, zero, sizeof(zero));
	assert_memory_not_equal(ring_key, uuid, sizeof(uuid));
	assert_int_equal(records_of_open_store(), 0);
	close_store();
	start_store(LARGE);
	assert_memory_not_equal(uuid, store_uuid(store), sizeof(uuid));
	memcpy(uuid, store_uuid(store), sizeof(uuid));
	memcpy(ring_key, store_ring_key(store), sizeof(ring_key));
	close_store();
	open_store(LARGE);
	assert_memory_equal(uuid, store_uuid(store), sizeof(uuid));
	assert_memory_equal(ring_key, store_ring_key(store), sizeof(ring_key));
}

/* A start that is refused later must not leave an empty store where one is missing. */
static void test_unused_store(void **state)
{
	char lock[160];

	(void)state;
	snprintf(lock, sizeof(lock), "%s-lock", data_path);
	open_store(LARGE);
	assert_int_equal(access(data_path, F_OK), 0);
	close_store();
	assert_int_not_equal(access(data_path, F_OK), 0);
	assert_int_not_equal(access(lock, F_OK), 0);
	start_store(LARGE);
	close_store();
	open_store(LARGE);
	close_store();
	assert_int_equal(access(data_path, F_OK), 0);
}

static void test_reopen(void **state)
{
	struct store_status status;
	struct loaded stopped = { .stop_after = 5 };
	char why[512];

	(void)state;
	start_store(LARGE);
	commit(0, 100, 3);
	commit(50, 100, 20);
	submit(10, 30, 0, true);
	wait_done();
	assert_int_equal(outcome, STORE_COMMITTED);
	submit(10, 30, 0, true); /* what is not there is no error */
	wait_done();
	assert_int_equal(outcome, STORE_COMMITTED);
	store_status(store, &status);
	assert_string_equal(status.path, data_path);
	assert_int_equal(status.records, 120);
	assert_int_equal(status.transactions, 4);
	assert_true(status.last_commit_ms > 1600000000000);
	assert_true(status.bytes_used > 0 && status.bytes_used < status.bytes_mapped);
	assert_int_equal(status.bytes_max, LARGE);
	assert_false(status.read_only);
	close_store();
	open_store(LARGE);
	store_status(store, &status);
	assert_int_equal(status.records, 120);
	assert_int_equal(status.transactions, 4);
	assert_int_equal(status.last_commit_ms, 0);
	assert_int_equal(records_of_open_store(), 120);
	assert_int_equal(store_load(store, count_record, &stopped, why, sizeof(why)), -77);
	assert_int_equal(stopped.count, 5);
}

/* Both syncs, in this order, before the answer. */
static void test_durable(void **state)
{
	(void)state;
	start_store(LARGE);
	for (unsigned int i = 0; i < 10; i++) {
		data_syncs = head_writes = 0;
		head_before_sync = false;
		commit(i, 1, 3);
		assert_int_equal(data_syncs, 1);
		assert_int_equal(head_writes, 1);
		assert_false(head_before_sync);
	}
}

static int chained;

static void submit_again(void *arg, enum store_outcome how, const char *why)
{
	(void)arg;
	(void)why;
	assert_int_equal(how, STORE_COMMITTED);
	if (++chained < 3) {
		struct store_op *op = calloc(1, sizeof(*op));

		fill_op(op, (unsigned int)chained, 1);
		store_submit(store, op, 1, submit_again, NULL);
	}
}

/* A callback may hand in the next batch, and closing waits for what is under way. */
static void test_chain_and_close(void **state)
{
	struct pollfd poll_fd = { .fd = wake_fd, .events = POLLIN };
	struct store_op *op = calloc(1, sizeof(*op));

	(void)state;
	start_store(LARGE);
	fill_op(op, 0, 1);
	chained = 0;
	store_submit(store, op, 1, submit_again, NULL);
	while (chained < 3) {
		uint64_t value;

		assert_int_equal(poll(&poll_fd, 1, 60000), 1);
		assert_int_equal(read(wake_fd, &value, sizeof(value)), sizeof(value));
		store_poll(store);
	}
	delivered = 0;
	submit(100, 50, 3, false);
	close_store();
	assert_int_equal(delivered, 0);
	assert_int_equal(records_on_disk(), 53);
}

static void test_second_open(void **state)
{
	struct store_options options = { .directory = directory, .max_bytes = LARGE };
	struct store *second;
	char why[512];

	(void)state;
	open_store(LARGE);
	assert_true(store_open(&second, &options, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "another sluiced has it"));
	assert_non_null(strstr(why, directory));
	close_store();
	open_store(LARGE);
}

static void test_bad_directory(void **state)
{
	struct store_options options = { .directory = "/proc/nonexistent/store",
					 .max_bytes = LARGE };
	char why[512], path[512];

	(void)state;
	assert_true(store_open(&store, &options, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "store /proc/nonexistent/store: the directory can not"));
	options.directory = "/dev/null";
	assert_true(store_open(&store, &options, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "store /dev/null: the directory can not be opened: Not a"));
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	options.directory = path;
	assert_true(store_open(&store, &options, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "longer than"));
	assert_int_equal(chmod(directory, 0770), 0);
	assert_true(try_open(LARGE, why) < 0);
	assert_non_null(strstr(why, "chmod 0700"));
	assert_int_equal(chmod(directory, 0700), 0);
	store = NULL;
}

/* 600 groups of 1,000 members are some 36 MB: the first 64 MiB do not hold them twice. */
static void test_growth(void **state)
{
	struct store_status status;

	(void)state;
	start_store(LARGE);
	store_status(store, &status);
	assert_int_equal(status.bytes_mapped, 64 << 20);
	commit(0, 600, 1000);
	commit(0, 600, 1001);
	store_status(store, &status);
	assert_int_equal(status.bytes_mapped, 128 << 20);
	assert_int_equal(status.records, 600);
	assert_int_equal(status.transactions, 2);
	close_store();
	assert_int_equal(records_on_disk(), 600);
}

static void test_cap(void **state)
{
	struct store_status status;

	(void)state;
	start_store(1 << 20);
	commit(0, 1, 10);
	assert_int_equal(put(1, 100, 1000), STORE_FAILED);
	assert_non_null(strstr(outcome_why, "store_max_bytes"));
	commit(1, 1, 10);
	store_status(store, &status);
	assert_int_equal(status.bytes_mapped, 1 << 20);
	assert_int_equal(status.records, 2);
	assert_false(status.read_only);
	close_store();
	assert_int_equal(records_on_disk(), 2);
}

/* Another process that looks into the file, like a backup, and is killed. */
static void die_reading(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		MDB_env *environment;
		MDB_txn *txn;
		bool reads = !mdb_env_create(&environment) &&
			     !mdb_env_open(environment, data_path, MDB_NOSUBDIR, 0600) &&
			     !mdb_txn_begin(environment, NULL, MDB_RDONLY, &txn);

		_exit(reads ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_int_equal(status, 0);
}

/* It would hold every page that it could have read, until the file is full. */
static void test_dead_reader(void **state)
{
	(void)state;
	start_store(1 << 20);
	commit(0, 1, 1000);
	die_reading();
	for (int i = 0; i < 50; i++)
		commit(0, 1, 1000);
	close_store();
}

/* Needs a file system of its own: 77 without the right to mount. */
static void test_full_disk(void **state)
{
	(void)state;
	if (mount("tmpfs", directory, "tmpfs", 0, "size=1m,mode=0700")) {
		print_message("tmpfs can not be mounted: %s\n", strerror(errno));
		skip();
	}
	start_store(LARGE);
	commit(0, 1, 10);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(put(1, 50, 1000), STORE_FAILED);
		assert_non_null(strstr(outcome_why, "No space left on device"));
	}
	commit(1, 1, 10);
	close_store();
	assert_int_equal(records_on_disk(), 2);
}

static void test_failed_sync(void **state)
{
	struct store_status status;

	(void)state;
	start_store(LARGE);
	commit(0, 1, 1);
	disk_fault = DISK_FAILS_SYNC;
	assert_int_equal(put(1, 1, 1), STORE_FAILED);
	assert_non_null(strstr(outcome_why, "Input/output error"));
	disk_fault = DISK_FINE;
	commit(2, 1, 1);
	store_status(store, &status);
	assert_int_equal(status.transactions, 2);
	close_store();
	assert_int_equal(records_on_disk(), 2);
}

/* The error came after the transaction was on disk: it is committed. */
static void test_lost_answer(void **state)
{
	struct store_status status;

	(void)state;
	start_store(LARGE);
	commit(0, 1, 1);
	disk_fault = DISK_LOSES_ANSWER;
	assert_int_equal(put(1, 1, 1), STORE_COMMITTED);
	assert_string_equal(outcome_why, "");
	disk_fault = DISK_FINE;
	commit(2, 1, 1);
	store_status(store, &status);
	assert_int_equal(status.transactions, 3);
	assert_int_equal(status.records, 3);
	close_store();
	assert_int_equal(records_on_disk(), 3);
}

/* The disk is gone when the outcome is to be read back. */
static void test_unknown(void **state)
{
	struct store_status status;
	char away[128];

	(void)state;
	snprintf(away, sizeof(away), "%s/away", directory);
	start_store(LARGE);
	commit(0, 1, 1);
	assert_int_equal(rename(data_path, away), 0);
	disk_fault = DISK_FAILS_SYNC;
	assert_int_equal(put(1, 1, 1), STORE_UNKNOWN);
	assert_non_null(strstr(outcome_why, data_path));
	disk_fault = DISK_FINE;
	store_status(store, &status);
	assert_true(status.read_only);
	assert_int_equal(put(2, 1, 1), STORE_FAILED);
	assert_non_null(strstr(outcome_why, "read-only"));
	assert_int_not_equal(access(data_path, F_OK), 0); /* no new, empty store was made */
	close_store();
	assert_int_equal(rename(away, data_path), 0);
	assert_int_equal(records_on_disk(), 1);
}

static void test_killed_writer(void **state)
{
	pid_t child;
	int status;

	(void)state;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		start_store(LARGE);
		commit(0, 10, 20);
		raise(SIGKILL);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(records_on_disk(), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_new_store),
		STORE_TEST(test_unused_store),
		STORE_TEST(test_reopen),
		STORE_TEST(test_durable),
		STORE_TEST(test_chain_and_close),
		STORE_TEST(test_second_open),
		STORE_TEST(test_bad_directory),
		STORE_TEST(test_growth),
		STORE_TEST(test_cap),
		STORE_TEST(test_dead_reader),
		STORE_TEST(test_full_disk),
		STORE_TEST(test_failed_sync),
		STORE_TEST(test_lost_answer),
		STORE_TEST(test_unknown),
		STORE_TEST(test_killed_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
