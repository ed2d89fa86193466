/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes slowly: removed backends until their last flow is gone, deleted listeners until their
 * clients have had their RST. Ids are free again only after that.
 */
#ifndef SLUICE_CORE_DRAIN_H
#define SLUICE_CORE_DRAIN_H

#include "core/commit.h"

struct drain;

struct drain *drain_new(struct commit *commit, struct model *model, struct dataplane *dataplane);
void drain_free(struct drain *drain);
/* After a switch, before the model is replaced: takes up what this delta removes. lb_old NULL also
 * stands for "as loaded", at start. */
void drain_follow(struct drain *drain, const struct load_balancer *lb_old,
		  const struct load_balancer *lb_new);
/* The load balancer of this VIP is gone: so is the address, once no deleted listener needs it. */
void drain_vip(struct drain *drain, const struct address *vip);
/* Releases what has drained; once a second. */
void drain_sweep(struct drain *drain);

#endif
