/* SPDX-License-Identifier: BSD-2-Clause */
/* A model with a small configuration, and short ways to ask it for changes. */
#ifndef TESTS_UNIT_MODEL_FIXTURE_H
#define TESTS_UNIT_MODEL_FIXTURE_H

#include "base/choice.h"
#include "base/config.h"
#include "core/staging.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REGION "local-1"

extern struct config config;

/* Defaults, one pool per kind: internet 192.0.2.0/24, vSwitch vsw-1 (VPC vpc-1) 10.9.0.0/29. */
void config_make(void);
/* The same around a group of tests. */
int config_setup(void **state);
int config_teardown(void **state);
/* An empty model; generations begin at 0. */
struct model *model_make(void);

struct address address_of(const char *text);
/* The id of a new load balancer, staged. */
const char *lb_make(struct model *model, const char *vswitch, unsigned int spec);
int listener_make(struct model *model, const char *lb_id, unsigned int protocol, unsigned int port);
/* addresses: comma list; vpc "": classic. */
int instance_make(struct model *model, const char *id, const char *addresses, const char *vpc);
/* One entry: "id[@address][/port][=weight]"; type follows the prefix; weight 100. */
struct server_entry entry_of(const char *text);
/* Entries: space-separated; "" for none. group NULL: the default group of the load balancer. */
struct server_change change_of(const char *lb_id, const char *group, const char *entries);
int servers_add(struct model *model, const char *lb_id, const char *entries, struct error *error);
int servers_remove(struct model *model, const char *lb_id, const char *entries);

/* The id of a new VServer group, staged; NULL if it is refused. */
const char *group_make(struct model *model, const char *lb_id, const char *entries,
		       struct error *error);
/* A change to the servers of a group, whose answer nobody wants. */
typedef int group_change(struct model *model, const struct server_change *change,
			 struct server_list *out, struct error *error);
int group_do(struct model *model, group_change *change, const char *group, const char *entries,
	     struct error *error);
int group_modify(struct model *model, const char *group, const char *old, const char *wanted,
		 struct error *error);
/* Everything committed, and all that is derived, as one hash. */
uint64_t model_fingerprint(struct model *model);
/* A second model, loaded from the records of the first. */
struct model *model_reloaded(struct model *model);

#endif
