/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of tags, each shared between the versions of its load balancer. For the core only. */
#ifndef SLUICE_CORE_TAGS_H
#define SLUICE_CORE_TAGS_H

#include "core/model.h"

/* A set of its own; copies the tags. */
struct tags_record *tags_new(const struct tags_record *from);
void tags_hold(struct tags_record *tags);
void tags_drop(struct tags_record *tags);
/* Puts a set in (taking over the reference), in the place of its resource's; an empty one leaves
 * none. */
void lb_put_tags(struct load_balancer *lb, struct tags_record *tags);
void lb_take_tags(struct load_balancer *lb, unsigned int type, const char *id);

#endif
