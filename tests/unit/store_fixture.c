// SPDX-License-Identifier: BSD-2-Clause
/* The fixture behind store_fixture.h. */
#include "store_fixture.h"
#include "base/shared_text.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

/* --- the disk, as LMDB reaches it --- */

_Atomic enum disk_fault disk_fault;
atomic_int data_syncs, head_writes;
atomic_bool head_before_sync;

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

char directory[64], data_path[96];
struct store *store;
int wake_fd;
int delivered;
enum store_outcome outcome;
char outcome_why[512];

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

int make_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/sluice-store-%d-XXXXXX", getpid());
	if (!mkdtemp(directory))
		return -1;
	snprintf(data_path, sizeof(data_path), "%s/store.mdb", directory);
	wake_fd = eventfd(0, EFD_CLOEXEC);
	return wake_fd < 0 ? -1 : 0;
}

int remove_directory(void **state)
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

int try_open(uint64_t max_bytes, char why[static 512])
{
	struct store_options options = { .directory = directory, .max_bytes = max_bytes };

	why[0] = '\0';
	return store_open(&store, &options, why, 512);
}

void open_store(uint64_t max_bytes)
{
	char why[512];

	if (try_open(max_bytes, why))
		fail_msg("%s", why);
}

void start_store(uint64_t max_bytes)
{
	open_store(max_bytes);
	assert_int_equal(store_start(store, wake, NULL), 0);
}

void close_store(void)
{
	store_close(store);
	store = NULL;
}

void fill_op(struct store_op *op, unsigned int number, size_t members)
{
	struct group_record group = { .member_count = (uint32_t)members };
	struct record record = { .kind = RECORD_GROUP, .group = &group };

	snprintf(group.lb_id, sizeof(group.lb_id), "lb-%08u", number);
	group.members = calloc(members ? members : 1, sizeof(*group.members));
	assert_non_null(group.members);
	for (size_t i = 0; i < members; i++) {
		char id[RECORD_ID];

		snprintf(id, sizeof(id), "i-%020u%030zu", number, i);
		group.members[i].server_id = shared_text(id);
	}
	op->key_length = record_key(&record, op->key);
	assert_int_equal(record_write(&record, &op->bytes, &op->length), 0);
	for (size_t i = 0; i < members; i++)
		shared_text_drop(group.members[i].server_id);
	free(group.members);
}

void submit(unsigned int first, unsigned int count, size_t members, bool delete)
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

void wait_done(void)
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

enum store_outcome put(unsigned int first, unsigned int count, size_t members)
{
	submit(first, count, members, false);
	wait_done();
	return outcome;
}

void commit(unsigned int first, unsigned int count, size_t members)
{
	if (put(first, count, members) != STORE_COMMITTED)
		fail_msg("%s", outcome_why);
	assert_string_equal(outcome_why, "");
}

int count_record(void *arg, struct record *record)
{
	struct loaded *loaded = arg;

	assert_int_equal(record->kind, RECORD_GROUP);
	assert_true(strcmp(record->group->lb_id, loaded->last) > 0);
	strcpy(loaded->last, record->group->lb_id);
	loaded->count++;
	record_free(record);
	return loaded->count == loaded->stop_after ? -77 : 0;
}

unsigned int records_of_open_store(void)
{
	struct loaded loaded = { 0 };
	char why[512];

	if (store_load(store, count_record, &loaded, why, sizeof(why)))
		fail_msg("%s", why);
	return loaded.count;
}

unsigned int records_on_disk(void)
{
	unsigned int count;

	open_store(LARGE);
	count = records_of_open_store();
	close_store();
	return count;
}
