/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changes to the servers of a group share: begun on a copy of the load balancer, judged there,
 * settled, or given up. In a VServer group the port is part of a server's identity. For the core
 * only.
 */
#ifndef SLUICE_CORE_SERVERS_H
#define SLUICE_CORE_SERVERS_H

#include "core/staging.h"

struct work {
	struct model *model;
	const struct load_balancer *lb; /* as staged */
	struct load_balancer *copy; /* NULL once it is staged or given up */
	struct group_record *group; /* the copy's own */
	bool by_port; /* a VServer group */
};

/* Finds what the request means, with room for its servers. Negative: there is no group, and nothing
 * to give up. */
int work_begin(struct work *work, struct model *model, const struct server_change *request,
	       struct error *error);
/* Begins a new VServer group of the request's load balancer. */
int work_begin_group(struct work *work, struct model *model, const struct server_change *request,
		     const char *name, struct error *error);
/* servers_settle on the copy. */
int work_settle(struct work *work, struct error *error);
void work_give_up(struct work *work);

/* Gives the listeners of `copy` the backends for their members where group or listener differ from
 * `lb`, checks the quotas that count backends, and stages it. On an error `copy` is freed and
 * nothing has changed. */
int servers_settle(struct model *model, const struct load_balancer *lb, struct load_balancer *copy,
		   struct error *error);

/* Weight, port and description of every member that an entry means; the first entry counts.
 * `absent` is answered when an entry means none. */
int work_set(struct work *work, const struct server_change *request, enum error_code absent,
	     struct server_list *out, struct error *error);
/* True if the entry means a member. */
bool work_has(const struct work *work, const struct server_entry *entry);
/* Members that an entry means go, and into the list (NULL: nobody asks). */
void work_remove(struct work *work, const struct server_entry *entry, struct server_list *out);

/* Room for `count` servers in an answer. */
void server_list_init(struct server_list *list, size_t count);
void server_list_add(struct server_list *list, const struct member_record *member);

/* --- adding, with the rules 10 to 18 of AddBackendServers --- */

/* An entry on its way to a member. */
struct candidate {
	const struct server_entry *entry;
	const struct instance_record *instance; /* known, or one of add.fresh */
	struct address address;
	bool dropped; /* same identity as an earlier one */
};

struct add {
	struct work *work;
	const struct server_change *request;
	bool all_differ; /* two entries of one identity break rule 13 instead of collapsing */
	struct candidate candidates[SERVER_ENTRIES_MAX];
	struct instance_record
		*fresh[SERVER_ENTRIES_MAX]; /* auto-registered, or given an address */
	size_t fresh_count;
};

/* server_obtain.c: rule 11. */
int rule_obtain_address(struct add *add, struct error *error);
/* server_rules.c: the other ones, in their order. */
int add_judge(struct add *add, struct error *error);
/* add_servers.c: judges, appends, settles; ends the work in either case. *out has what was added. */
int work_add(struct work *work, const struct server_change *request, bool all_differ,
	     struct server_list *out, struct error *error);

#endif
