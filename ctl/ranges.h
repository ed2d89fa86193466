/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a plan would send, held against the daemon's own table of actions: a value that the daemon
 * must refuse is told before anything is called, or shown as a difference.
 */
#ifndef SLUICE_CTL_RANGES_H
#define SLUICE_CTL_RANGES_H

#include <stddef.h>

struct client;
struct plan;

/* 0, or negative with one line in `why`, which names the object, the parameter and the value. A
 * daemon that does not answer DescribeActions leaves all to its own judgement. */
int ranges_check(struct client *client, const struct plan *plan, char *why, size_t why_size);

#endif
