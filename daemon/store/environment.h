/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The LMDB environment of a store, inside this folder only: one file, one database. Key 0 is the
 * head (what the store is, how many records and transactions it has), all other keys are records.
 * The directory holds:
 *
 *   store.mdb        the data; made beside its place and renamed, so it is never there half made
 *   store.mdb-lock   LMDB's table of readers
 *   lock             held by the sluiced that has the store
 */
#ifndef SLUICE_STORE_ENVIRONMENT_H
#define SLUICE_STORE_ENVIRONMENT_H

#include "store/store.h"

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_FORMAT 1
#define STORE_PATH_MAX 256
#define STORE_FILE "store.mdb"

/* Kept under key 0 with a CRC32C, rewritten by every transaction. */
struct store_head {
	uint32_t format;
	uint8_t uuid[16];
	uint8_t ring_key[16];
	uint64_t records;
	uint64_t transactions;
};

struct environment {
	char path[STORE_PATH_MAX]; /* of the data file */
	MDB_env *env; /* NULL: closed */
	MDB_dbi dbi;
	uint64_t max_bytes;
	uint64_t mapped;
	uint64_t used;
	struct store_head head; /* as of the last commit */
};

enum environment_mode { ENVIRONMENT_READ_ONLY, ENVIRONMENT_WRITE };

/* Opens the file that is there (it is never made here) and reads its head. Negative with one line
 * in `why`; closed then. */
int environment_open(struct environment *environment, enum environment_mode mode, char *why,
		     size_t why_size);
void environment_close(struct environment *environment);
/* Makes a new store with a random head where no file is. */
int environment_create(const struct environment *environment, char *why, size_t why_size);
/* Walks a file in a child process, so that only the child dies of what it meets. */
int environment_check(const struct environment *environment, char *why, size_t why_size);

/* One attempt to write a batch, durable when it returns 0 (LMDB syncs the data, then writes the
 * head of the file). An LMDB or errno code otherwise; *committing tells whether the commit had
 * begun. */
int environment_write(struct environment *environment, const struct store_op *ops, size_t count,
		      bool *committing);
/* Doubles the map, outside of any transaction. An LMDB or errno code; ENOSPC at the cap. */
int environment_grow(struct environment *environment);

/* The head to and from its bytes. Reading tells what is wrong: negative with `why`. */
#define STORE_HEAD_BYTES 56
void store_head_write(const struct store_head *head, uint8_t bytes[static STORE_HEAD_BYTES]);
int store_head_read(struct store_head *head, const uint8_t *bytes, size_t length, char *why,
		    size_t why_size);
bool store_head_is_key(const MDB_val *key);
MDB_val store_head_key(void);

#endif
