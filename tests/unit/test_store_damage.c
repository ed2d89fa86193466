// SPDX-License-Identifier: BSD-2-Clause
/*
 * Files that are not what they were: each is refused in one line and left as it is, and none ends
 * the daemon or opens as a store that is silently less.
 */
#include "store_fixture.h"
#include "store/environment.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

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

#define RECORDS 60

/* One flipped bit: refused (1), or in a place that means nothing (everything is there all the same).
 * Never a crash, never a store that is silently less. The bit is put back. */
static unsigned int flip(int fd, off_t at, unsigned int bit)
{
	uint8_t byte, flipped;
	char why[512];
	bool refused;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	flipped = byte ^ (uint8_t)(1 << bit);
	assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
	refused = try_open(LARGE, why) != 0;
	if (!refused)
		assert_int_equal(records_of_open_store(), RECORDS);
	close_store();
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	return refused;
}

static int open_data(off_t *size)
{
	struct stat status;
	int fd;

	make_store(RECORDS);
	assert_int_equal(stat(data_path, &status), 0);
	*size = status.st_size;
	fd = open(data_path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void test_flipped_bits(void **state)
{
	unsigned int seed = (unsigned int)getpid(), refused = 0;
	off_t size;
	int fd = open_data(&size);

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (int round = 0; round < 150; round++) {
		off_t at = random() % size;

		refused += flip(fd, at, (unsigned int)random() % 8);
	}
	close(fd);
	print_message("%u of 150 refused\n", refused);
	assert_true(refused > 30);
	assert_int_equal(records_on_disk(), RECORDS);
}

/* Where every bit counts: the head of each page, and the index of its nodes behind it. */
static void test_flipped_page_heads(void **state)
{
	unsigned int refused = 0, flips = 0;
	off_t size;
	int fd = open_data(&size);

	(void)state;
	for (off_t page = 0; page < size; page += 4096) {
		for (off_t at = page; at < page + 40 && at < size; at++, flips++)
			refused += flip(fd, at, (unsigned int)at % 8);
	}
	close(fd);
	print_message("%u of %u refused\n", refused, flips);
	assert_true(refused > flips / 10);
	assert_int_equal(records_on_disk(), RECORDS);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_truncated_file),
		STORE_TEST(test_foreign_file),
		STORE_TEST(test_not_lmdb),
		STORE_TEST(test_newer_format),
		STORE_TEST(test_lost_and_added_record),
		STORE_TEST(test_flipped_bits),
		STORE_TEST(test_flipped_page_heads),
		STORE_TEST(test_half_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
