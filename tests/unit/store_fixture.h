/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store in a directory of its own, and the disk under it: fdatasync and pwrite are seen on their
 * way, so that "durable" is what the kernel was asked for, and a disk can fail at a chosen moment.
 */
#ifndef SLUICE_TESTS_STORE_FIXTURE_H
#define SLUICE_TESTS_STORE_FIXTURE_H

#include "store/store.h"

#include <stdatomic.h>

#define LARGE (1ull << 30)

enum disk_fault {
	DISK_FINE,
	DISK_FAILS_SYNC, /* before the file's head is written */
	DISK_LOSES_ANSWER, /* the head is written, but an error is answered, then nothing works */
};

extern _Atomic enum disk_fault disk_fault;
extern atomic_int data_syncs, head_writes;
extern atomic_bool head_before_sync; /* a head was written while data_syncs was 0 */

extern char directory[64], data_path[96];
extern struct store *store;
extern int wake_fd;
/* What the callback of the last batch was told, and how often it was called. */
extern int delivered;
extern enum store_outcome outcome;
extern char outcome_why[512];

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
int make_directory(void **state);
int remove_directory(void **state);

int try_open(uint64_t max_bytes, char why[static 512]);
void open_store(uint64_t max_bytes);
void start_store(uint64_t max_bytes);
void close_store(void);

/* Puts the group of a number, with so many members. */
void fill_op(struct store_op *op, unsigned int number, size_t members);
/* Puts `count` groups from `first` on, or deletes them. */
void submit(unsigned int first, unsigned int count, size_t members, bool delete);
void wait_done(void);
enum store_outcome put(unsigned int first, unsigned int count, size_t members);
void commit(unsigned int first, unsigned int count, size_t members);

struct loaded {
	unsigned int count;
	char last[RECORD_ID];
	unsigned int stop_after;
};
/* For store_load: counts, checks the order, and ends with -77 after `stop_after`. */
int count_record(void *arg, struct record *record);
unsigned int records_of_open_store(void);
unsigned int records_on_disk(void);

#endif
