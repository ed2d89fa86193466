/* SPDX-License-Identifier: BSD-2-Clause */
/* A running listener with checks and three servers, committed; and a prober that only takes notes. */
#ifndef TESTS_UNIT_HEALTH_FIXTURE_H
#define TESTS_UNIT_HEALTH_FIXTURE_H

#include "model_fixture.h"

#define PROBED 64 /* backend ids that the prober takes notes of */

struct probed {
	bool watched;
	unsigned int times; /* it was said to be watched */
	enum health_state known; /* … with that, the last time */
	struct health_check check;
	char host[RECORD_NAME];
};
extern struct probed probed[PROBED];

extern struct model *model;
extern char lb_id[RECORD_ID];

/* cmocka setup and teardown: a model of one load balancer, whose listener TCP 80 has checks and the
 * servers i-1, i-2 and i-3 at 10.0.0.1, .2 and .3, port 8080, weight 100. */
int checked_setup(void **state);
int checked_teardown(void **state);

const struct load_balancer *the_lb(void);
const struct listener_record *the_listener(void);
/* Its backend at 10.0.0.`last`. */
const struct backend_record *backend_of(unsigned int last);
/* Alters the listener, staged: `set` alters a copy of it. */
void listener_alter(void (*set)(struct listener_record *listener));
void instance_status(const char *id, unsigned int status);
void listener_status(unsigned int status);
void weight_set(const char *server, unsigned int weight);

#endif
