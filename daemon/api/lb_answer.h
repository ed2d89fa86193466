/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLUICE_API_LB_ANSWER_H
#define SLUICE_API_LB_ANSWER_H

#include "core/model.h"

struct cJSON;

/* Adds the fields of a load balancer; a list spells the charge type in its own way. */
void answer_lb(struct cJSON *item, const struct load_balancer *lb, bool in_list);

#endif
