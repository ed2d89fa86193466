/* SPDX-License-Identifier: BSD-2-Clause */
/* Which listeners an action on health looks at. */
#ifndef SLUICE_API_HEALTH_ROWS_H
#define SLUICE_API_HEALTH_ROWS_H

#include "api/params.h"
#include "store/record.h"

struct health_filter {
	uint16_t port;
	uint8_t protocol;
	bool port_given, protocol_given;
};

/* Into the member `filter`. */
#define HEALTH_FILTER_ROWS(params)                                                                \
	{ .key = "ListenerPort",                                                                  \
	  .type = PARAM_NUMBER,                                                                   \
	  PARAM_FIELD(params, filter.port),                                                       \
	  PARAM_GIVEN(params, filter.port_given),                                                 \
	  .min = 1,                                                                               \
	  .max = UINT16_MAX,                                                                      \
	  .error = ERR_LISTENER_PORT,                                                             \
	  .summary = "only the listeners on this port" },                                         \
	{                                                                                         \
		.key = "ListenerProtocol", .type = PARAM_CHOICE,                                  \
		PARAM_FIELD(params, filter.protocol), PARAM_GIVEN(params, filter.protocol_given), \
		.choices = &choices_protocol, .summary = "only the listeners of this protocol",   \
	}

static inline bool health_filter_matches(const struct health_filter *filter,
					 const struct listener_record *listener)
{
	return (!filter->port_given || listener->port == filter->port) &&
	       (!filter->protocol_given || listener->protocol == filter->protocol);
}

#endif
