// SPDX-License-Identifier: BSD-2-Clause
/*
 * The store on a real file: what was committed is there, what is damaged is refused, and an error
 * in a commit is settled as the file has it. fdatasync and pwrite are seen on their way, so that
 * "durable" is what the kernel was asked for, and a disk can fail at a chosen moment.
 */
#include "store/store.h"
#include "store/environment.h"
#include "store/record_fields.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LARGE (1ull << 30)

/* --- the disk, as LMDB reaches it --- */

enum disk_fault {
	DISK_FINE,
	DISK_FAILS_SYNC, /* before the file's head is written */
	DISK_LOSES_ANSWER, /* the head is written, but an error is answered, then nothing works */
};

static _Atomic enum disk_fault disk_fault;
static atomic_int data_syncs, head_writes;
static atomic_bool head_before_sync;

static bool synchronous(int fd)
{
	return (fcntl(fd, F_GETFL) & O_DSYNC) == O_DSYNC;
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	if (disk_fault == DISK_FAILS_SYNC) {
		errno = EIO;
		return -1;
	}
	data_syncs++;
	return real(fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	ssize_t (*real)(int, const void *, size_t, off_t) =
		(ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
	static atomic_bool broken;

	if (disk_fault == DISK_FINE)
		broken = false;
	if (disk_fault == DISK_LOSES_ANSWER && (broken || synchronous(fd))) {
		if (!broken)
			real(fd, bytes, length, offset);
		broken = true;
		errno = EIO;
		return -1;
	}
	if (synchronous(fd)) {
		if (!data_syncs)
			head_before_sync = true;
		head_writes++;
	}
	return real(fd, bytes, length, offset);
}

/* --- a store in a directory of its own --- */

static char directory[64], data_path[96];
static struct store *store;
static int wake_fd;
static int delivered;
static enum store_outcome outcome;
static char outcome_why[512];

static void wake(void *arg)
{
	uint64_t one = 1;

	(void)arg;
	if (write(wake_fd, &one, sizeof(one)) < 0)
		abort();
}

static void done(void *arg, enum store_outcome how, const char *why)
{
	assert_ptr_equal(arg, &delivered);
	delivered++;
	outcome = how;
	snprintf(outcome_why, sizeof(outcome_why), "%s", why);
}

static int make_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/sluice-store-%d-XXXXXX", getpid());
	if (!mkdtemp(directory))
		return -1;
	snprintf(data_path, sizeof(data_path), "%s/store.mdb", directory);
	wake_fd = eventfd(0, EFD_CLOEXEC);
	return wake_fd < 0 ? -1 : 0;
}

static int remove_directory(void **state)
{
	static const char *const names[] = { "store.mdb", "store.mdb-lock", "store.mdb.new", "lock",
					     "away" };
	char path[128];

	(void)state;
	disk_fault = DISK_FINE;
	store_close(store);
	store = NULL;
	umount2(directory, MNT_DETACH);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	close(wake_fd);
	return rmdir(directory);
}

static int try_open(uint64_t max_bytes, char why[static 512])
{
	struct store_options options = { .directory = directory, .max_bytes = max_bytes };

	why[0] = '\0';
	return store_open(&store, &options, why, 512);
}

static void open_store(uint64_t max_bytes)
{
	char why[512];

	if (try_open(max_bytes, why))
		fail_msg("%s", why);
}

static void start_store(uint64_t max_bytes)
{
	open_store(max_bytes);
	assert_int_equal(store_start(store, wake, NULL), 0);
}

static void close_store(void)
{
	store_close(store);
	store = NULL;
}

/* Refused with one line that names the file, says `says`, and the file is as it was. */
static void assert_refused(const char *says)
{
	char why[512];
	struct stat before, after;

	assert_int_equal(stat(data_path, &before), 0);
	if (!try_open(LARGE, why))
		fail_msg("opened, instead of: %s", says);
	store = NULL;
	if (!strstr(why, says) || !strstr(why, data_path) || strchr(why, '\n'))
		fail_msg("\"%s\" does not say \"%s\"", why, says);
	assert_int_equal(stat(data_path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void fill_op(struct store_op *op, unsigned int number, size_t members)
{
	struct group_record group = { .member_count = (uint32_t)members };
	struct record record = { .kind = RECORD_GROUP, .group = &group };

	snprintf(group.lb_id, sizeof(group.lb_id), "lb-%08u", number);
	group.members = calloc(members ? members : 1, sizeof(*group.members));
	assert_non_null(group.members);
	for (size_t i = 0; i < members; i++)
		snprintf(group.members[i].server_id, RECORD_ID, "i-%020u%030zu", number, i);
	op->key_length = record_key(&record, op->key);
	assert_int_equal(record_write(&record, &op->bytes, &op->length), 0);
	free(group.members);
}

/* Puts `count` groups from `first` on, or deletes them. */
static void submit(unsigned int first, unsigned int count, size_t members, bool delete)
{
	struct store_op *ops = calloc(count, sizeof(*ops));

	assert_non_null(ops);
	for (unsigned int i = 0; i < count; i++) {
		fill_op(&ops[i], first + i, members);
		if (!delete)
			continue;
		free(ops[i].bytes);
		ops[i].bytes = NULL;
	}
	store_submit(store, ops, count, done, &delivered);
}

static void wait_done(void)
{
	struct pollfd poll_fd = { .fd = wake_fd, .events = POLLIN };
	int before = delivered;
	uint64_t value;

	assert_int_equal(poll(&poll_fd, 1, 60000), 1);
	assert_int_equal(read(wake_fd, &value, sizeof(value)), sizeof(value));
	assert_int_equal(delivered, before);
	store_poll(store);
	assert_int_equal(delivered, before + 1);
	store_poll(store);
	assert_int_equal(delivered, before + 1);
}

static enum store_outcome put(unsigned int first, unsigned int count, size_t members)
{
	submit(first, count, members, false);
	wait_done();
	return outcome;
}

static void commit(unsigned int first, unsigned int count, size_t members)
{
	if (put(first, count, members) != STORE_COMMITTED)
		fail_msg("%s", outcome_why);
	assert_string_equal(outcome_why, "");
}

struct loaded {
	unsigned int count;
	char last[RECORD_ID];
	unsigned int stop_after;
};

static int count_record(void *arg, struct record *record)
{
	struct loaded *loaded = arg;

	assert_int_equal(record->kind, RECORD_GROUP);
	assert_true(strcmp(record->group->lb_id, loaded->last) > 0);
	strcpy(loaded->last, record->group->lb_id);
	loaded->count++;
	record_free(record);
	return loaded->count == loaded->stop_after ? -77 : 0;
}

static unsigned int records_of_open_store(void)
{
	struct loaded loaded = { 0 };
	char why[512];

	if (store_load(store, count_record, &loaded, why, sizeof(why)))
		fail_msg("%s", why);
	return loaded.count;
}

static unsigned int records_on_disk(void)
{
	unsigned int count;

	open_store(LARGE);
	count = records_of_open_store();
	close_store();
	return count;
}

/* --- what must hold --- */

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
	open_store(LARGE);
	assert_memory_equal(uuid, store_uuid(store), sizeof(uuid));
	assert_memory_equal(ring_key, store_ring_key(store), sizeof(ring_key));
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

/* --- files that are not what they were --- */

static void make_store(unsigned int groups)
{
	start_store(LARGE);
	commit(0, groups, 20);
	close_store();
}

static void test_truncated_file(void **state)
{
	struct stat status;

	(void)state;
	make_store(500);
	assert_int_equal(stat(data_path, &status), 0);
	for (off_t size = status.st_size - 4096; size > 8192; size -= 160 * 4096) {
		assert_int_equal(truncate(data_path, size), 0);
		assert_refused("; nothing was changed: put a copy of the file back");
	}
	assert_int_equal(truncate(data_path, 8192), 0);
	assert_refused("it is cut off");
	assert_int_equal(truncate(data_path, 100), 0);
	assert_refused("");
	assert_int_equal(truncate(data_path, 0), 0);
	assert_refused("it is empty, which a store never is");
}

/* A file of LMDB's, but not of ours. */
static void test_foreign_file(void **state)
{
	MDB_env *env;

	(void)state;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, data_path, MDB_NOSUBDIR, 0600), 0);
	assert_int_equal(mdb_env_sync(env, 1), 0);
	mdb_env_close(env);
	assert_refused("its head is missing");
}

static void test_not_lmdb(void **state)
{
	FILE *file = fopen(data_path, "w");

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 20000; i++)
		fputc('x', file);
	fclose(file);
	assert_refused("not an LMDB file");
}

/* Changes the store behind its back. */
static void alter(const MDB_val *key, const MDB_val *value)
{
	MDB_val name = *key, bytes;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_mapsize(env, 64 << 20), 0);
	assert_int_equal(mdb_env_open(env, data_path, MDB_NOSUBDIR, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
	if (value) {
		bytes = *value;
		assert_int_equal(mdb_put(txn, dbi, &name, &bytes, 0), 0);
	} else {
		assert_int_equal(mdb_del(txn, dbi, &name, NULL), 0);
	}
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void test_newer_format(void **state)
{
	struct store_head head = { .format = STORE_FORMAT + 1 };
	uint8_t bytes[STORE_HEAD_BYTES];
	MDB_val key = store_head_key(), value = { sizeof(bytes), bytes };

	(void)state;
	make_store(1);
	store_head_write(&head, bytes);
	alter(&key, &value);
	assert_refused("its format is 2, this sluiced knows 1");
	bytes[0] = STORE_FORMAT;
	alter(&key, &value);
	assert_refused("its head is damaged");
	alter(&key, NULL);
	assert_refused("its head is missing");
}

static void test_lost_and_added_record(void **state)
{
	struct store_op op;
	MDB_val key = { 0 }, value = { 0 };

	(void)state;
	make_store(10);
	fill_op(&op, 3, 20);
	key = (MDB_val){ op.key_length, op.key };
	value = (MDB_val){ op.length, op.bytes };
	alter(&key, NULL);
	assert_refused("fewer records than the 10");
	alter(&key, &value);
	assert_int_equal(records_on_disk(), 10);
	op.key[op.key_length - 1] = 'x';
	alter(&key, &value);
	assert_refused("more records than the 10");
	op.key[op.key_length - 1] = '3';
	op.bytes[20] ^= 1;
	alter(&key, &value);
	assert_refused("record \"lb-00000003\": the checksum is wrong");
	free(op.bytes);
}

/* Bits flipped anywhere in the file: refused, or in a place that means nothing (everything is
 * there all the same). Never a crash, never a store that is silently less. */
static void test_flipped_bits(void **state)
{
	unsigned int seed = (unsigned int)getpid(), refused = 0;
	struct stat status;
	int fd;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	make_store(60);
	assert_int_equal(stat(data_path, &status), 0);
	fd = open(data_path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (int round = 0; round < 150; round++) {
		off_t at = random() % status.st_size;
		uint8_t byte, flipped;
		char why[512];

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		flipped = byte ^ (uint8_t)(1 << random() % 8);
		assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
		if (try_open(LARGE, why))
			refused++;
		else
			assert_int_equal(records_of_open_store(), 60);
		close_store();
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
	print_message("%u of 150 refused\n", refused);
	assert_true(refused > 30);
	assert_int_equal(records_on_disk(), 60);
}

/* A crash while the store is made leaves a half file under another name. */
static void test_half_made(void **state)
{
	char path[128];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/store.mdb.new", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("half", file);
	fclose(file);
	assert_int_equal(records_on_disk(), 0);
	assert_int_not_equal(access(path, F_OK), 0);
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

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_new_store),
		STORE_TEST(test_reopen),
		STORE_TEST(test_durable),
		STORE_TEST(test_chain_and_close),
		STORE_TEST(test_second_open),
		STORE_TEST(test_bad_directory),
		STORE_TEST(test_growth),
		STORE_TEST(test_cap),
		STORE_TEST(test_full_disk),
		STORE_TEST(test_failed_sync),
		STORE_TEST(test_lost_answer),
		STORE_TEST(test_unknown),
		STORE_TEST(test_truncated_file),
		STORE_TEST(test_foreign_file),
		STORE_TEST(test_not_lmdb),
		STORE_TEST(test_newer_format),
		STORE_TEST(test_lost_and_added_record),
		STORE_TEST(test_flipped_bits),
		STORE_TEST(test_half_made),
		STORE_TEST(test_killed_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
