/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's thread, inside this folder only: one batch at a time goes in from the event loop and
 * comes out there, so a slow disk never stops the loop. From writer_start to writer_stop nobody
 * else touches the environment.
 */
#ifndef SLUICE_STORE_WRITER_H
#define SLUICE_STORE_WRITER_H

#include "store/environment.h"

struct writer;

int writer_start(struct writer **writer, struct environment *environment, void (*wake)(void *arg),
		 void *wake_arg);
void writer_submit(struct writer *writer, struct store_op *ops, size_t count, store_done *done,
		   void *arg);
void writer_poll(struct writer *writer);
/* Waits for what was submitted. NULL is fine. */
void writer_stop(struct writer *writer);
/* As of the last batch; all but the path. */
void writer_status(struct writer *writer, struct store_status *out);
/* The numbers of an environment that nobody writes. */
void environment_status(const struct environment *environment, struct store_status *out);

#endif
