// SPDX-License-Identifier: BSD-2-Clause
/*
 * LMDB's own rate on this disk: commits of one small record, one by one, for some seconds. What the
 * store does at best for a single client, and what batches of many clients are compared with.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAP_BYTES (1UL << 30)
#define KEYS 10000
#define RECORD_BYTES 300

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(int result, const char *what)
{
	if (!result)
		return;
	fprintf(stderr, "%s: %s\n", what, mdb_strerror(result));
	exit(EXIT_FAILURE);
}

static void commit_one(MDB_env *env, unsigned int number)
{
	char bytes[RECORD_BYTES];
	unsigned int id = number % KEYS;
	MDB_val key = { .mv_size = sizeof(id), .mv_data = &id };
	MDB_val value = { .mv_size = sizeof(bytes), .mv_data = bytes };
	MDB_txn *txn;
	MDB_dbi dbi;

	memset(bytes, (int)(number & 0xff), sizeof(bytes));
	must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
	must(mdb_dbi_open(txn, NULL, 0, &dbi), "open");
	must(mdb_put(txn, dbi, &key, &value, 0), "put");
	must(mdb_txn_commit(txn), "commit");
}

int main(int argc, char **argv)
{
	double seconds, started, spent;
	unsigned int count = 0;
	MDB_env *env;

	if (argc != 3) {
		fprintf(stderr, "usage: %s FILE SECONDS\n", argv[0]);
		return 2;
	}
	seconds = strtod(argv[2], NULL);
	must(mdb_env_create(&env), "create");
	must(mdb_env_set_mapsize(env, MAP_BYTES), "map size");
	must(mdb_env_open(env, argv[1], MDB_NOSUBDIR, 0600), argv[1]);
	started = now_s();
	do {
		commit_one(env, count++);
		spent = now_s() - started;
	} while (spent < seconds);
	printf("%.0f\n", count / spent);
	mdb_env_close(env);
	return EXIT_SUCCESS;
}
