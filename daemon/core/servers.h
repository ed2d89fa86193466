/* SPDX-License-Identifier: BSD-2-Clause */
/* What Add, Set and Remove of servers share. For the core only. */
#ifndef SLUICE_CORE_SERVERS_H
#define SLUICE_CORE_SERVERS_H

#include "core/staging.h"

/* Gives every listener of `copy` the backends for its members, checks the quotas that count
 * backends, and stages it. On an error `copy` is freed and nothing has changed. */
int servers_settle(struct model *model, const struct load_balancer *lb, struct load_balancer *copy,
		   struct error *error);
/* Room for `count` servers in an answer. */
void server_list_init(struct server_list *list, size_t count);
void server_list_add(struct server_list *list, const struct member_record *member);
/* True if the entry means this member: same ServerId and Type, and the address if it names one. */
bool entry_means(const struct server_entry *entry, const struct member_record *member);

#endif
