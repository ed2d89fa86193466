/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows that name a VServer group or its load balancer, for every struct that has their fields. */
#ifndef SLUICE_API_GROUP_PARAMS_H
#define SLUICE_API_GROUP_PARAMS_H

#include "api/params.h"

#define GROUP_NAME_SET "A-Za-z0-9-/._"
#define GROUP_ID(params, field)                                                        \
	{                                                                              \
		.key = "VServerGroupId", .type = PARAM_ID, PARAM_FIELD(params, field), \
		.required = true, .summary = "the VServer group"                       \
	}
#define GROUP_LB(params, field)                                                        \
	{                                                                              \
		.key = "LoadBalancerId", .type = PARAM_ID, PARAM_FIELD(params, field), \
		.required = true, .summary = "the load balancer"                       \
	}

#endif
