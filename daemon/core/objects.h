/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of the model as immutable values: copies to alter, listeners shared between versions
 * of a load balancer by reference count. For the core only.
 */
#ifndef SLUICE_CORE_OBJECTS_H
#define SLUICE_CORE_OBJECTS_H

#include "core/model.h"

/* A copy that shares groups and listeners; alter its record, replace the others. */
struct load_balancer *lb_copy(const struct load_balancer *lb);
/* One with an empty default group. */
struct load_balancer *load_balancer_new(const struct lb_record *record);
void lb_free(struct load_balancer *lb);

/* A listener of its own, with room for `backends` records (zeroed beyond those copied). */
struct listener_record *listener_new(const struct listener_record *from, uint32_t backends);
void listener_drop(struct listener_record *listener);
/* Puts a listener in (taking over the reference), in the place of one with its protocol and port. */
void lb_put_listener(struct load_balancer *lb, struct listener_record *listener);
void lb_take_listener(struct load_balancer *lb, const struct listener_record *listener);

/* A copy with references of its own to the texts; what to do before one is overwritten or freed. */
void member_copy(struct member_record *to, const struct member_record *from);
void member_drop(struct member_record *member);
struct instance_record *instance_new(const struct wanted_instance *wanted);
struct instance_record *instance_copy(const struct instance_record *instance);
void instance_add_address(struct instance_record *instance, const struct address *address);
bool instance_has_address(const struct instance_record *instance, const struct address *address);
/* NULL is taken. */
void instance_free(struct instance_record *instance);

void group_hold(struct group_record *group);
/* A group of its own, with room for `more` members beyond those copied. */
struct group_record *group_new(const struct group_record *from, uint32_t more);
void group_drop(struct group_record *group);
/* Puts a group in (taking over the reference), in the place of one with its id. */
void lb_put_group(struct load_balancer *lb, struct group_record *group);
void lb_take_group(struct load_balancer *lb, const char *id);
/* The group with this id, which is there, made the copy's own and so free to alter. */
struct group_record *lb_own_group(struct load_balancer *lb, const char *id, uint32_t more);
/* True if both versions have the very same groups. */
bool lb_same_groups(const struct load_balancer *a, const struct load_balancer *b);
/* True if two versions of a listener publish the same: it comes from the listener, its group, and its
 * load balancer's status. `before` may be NULL. */
bool listener_publishes_same(const struct load_balancer *lb_old,
			     const struct listener_record *before,
			     const struct load_balancer *lb_new,
			     const struct listener_record *after);
/* Servers of all groups. */
uint32_t lb_member_count(const struct load_balancer *lb);

/* The port on which a member takes a listener's traffic. */
uint16_t member_port(const struct member_record *member, const struct listener_record *listener);

#endif
