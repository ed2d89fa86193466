/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's part of a batch, load balancer by load balancer: everything that can fail is done
 * here, where no packet looks. For the core only.
 */
#ifndef SLUICE_CORE_PREPARE_H
#define SLUICE_CORE_PREPARE_H

#include "core/compile.h"

struct prepare {
	const struct model *model;
	struct dataplane *dataplane;
	uint8_t ring_key[16];
	struct compiler compiler;
	struct dp_transaction *transaction; /* NULL: none is open */
	struct address *hops; /* of the new backends */
	size_t hop_count;
	bool republish; /* an instance's status changed: unaltered listeners publish anew too */
};

/* Opens a transaction for these deltas. -ERR_UNAVAILABLE without memory. */
int prepare_begin(struct prepare *prepare, const struct model_delta *deltas, size_t count);
/* One load balancer, from one version to the other (either may be NULL: none). Negative with one
 * line in `why`: then prepare_abort. */
int prepare_lb(struct prepare *prepare, const struct load_balancer *lb_old,
	       const struct load_balancer *lb_new, char *why, size_t why_size);
/* Gives back what was prepared; nothing if no transaction is open. */
void prepare_abort(struct prepare *prepare);
/* Makes it take effect. */
void prepare_switch(struct prepare *prepare);
/* With no transaction open. */
void prepare_free(struct prepare *prepare);

#endif
