/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of the model as immutable values: copies to alter, listeners shared between versions
 * of a load balancer by reference count. For the core only.
 */
#ifndef SLUICE_CORE_OBJECTS_H
#define SLUICE_CORE_OBJECTS_H

#include "core/model.h"

/* A copy that shares the listeners; alter its record and its members, replace its listeners. */
struct load_balancer *lb_copy(const struct load_balancer *lb);
void lb_free(struct load_balancer *lb);

/* A listener of its own, with room for `backends` records (zeroed beyond those copied). */
struct listener_record *listener_new(const struct listener_record *from, uint32_t backends);
void listener_drop(struct listener_record *listener);
/* Puts a listener in (taking over the reference), in the place of one with its protocol and port. */
void lb_put_listener(struct load_balancer *lb, struct listener_record *listener);
void lb_take_listener(struct load_balancer *lb, const struct listener_record *listener);

/* Position of the member with this identity in the default group, or -1. */
int lb_find_member(const struct load_balancer *lb, const char *server_id, unsigned int type,
		   const struct address *address);
/* True if both have the same members with the same weights, in the same order. */
bool group_same(const struct group_record *a, const struct group_record *b);
/* The port on which a member takes a listener's traffic. */
uint16_t member_port(const struct member_record *member, const struct listener_record *listener);

#endif
