/* SPDX-License-Identifier: BSD-2-Clause */
/* From a service's id to the listener that has it: for what is known by ids alone. */
#ifndef SLUICE_CORE_PLACES_H
#define SLUICE_CORE_PLACES_H

#include "core/model.h"

struct places;

struct places *places_new(struct model *model, uint32_t services);
void places_free(struct places *places);
/* Every listener of a load balancer that is published. */
void places_follow(struct places *places, const struct load_balancer *lb);
/* The committed listener of a service, and whose it is; NULL if it is gone. */
const struct listener_record *places_find(const struct places *places, uint16_t service,
					  const struct load_balancer **lb);

#endif
