/* SPDX-License-Identifier: BSD-2-Clause */
/* The two rows that name a listener, for every struct that has their fields. */
#ifndef SLUICE_API_LISTENER_PARAMS_H
#define SLUICE_API_LISTENER_PARAMS_H

#include "api/params.h"

#define LISTENER_ID(params, field)                                                     \
	{                                                                              \
		.key = "LoadBalancerId", .type = PARAM_ID, PARAM_FIELD(params, field), \
		.required = true, .summary = "the load balancer"                       \
	}
#define LISTENER_PORT(params, field)                                                       \
	{                                                                                  \
		.key = "ListenerPort", .type = PARAM_NUMBER, PARAM_FIELD(params, field),   \
		.required = true, .min = 1, .max = UINT16_MAX, .error = ERR_LISTENER_PORT, \
		.summary = "port on the VIP"                                               \
	}

#endif
