/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that several actions on load balancers have. */
#ifndef SLUICE_API_LB_ROWS_H
#define SLUICE_API_LB_ROWS_H

#include "api/params.h"
#include "base/choice.h"
#include "store/record.h"

#define LB_NAME_SET "A-Za-z0-9._-"
#define LB_LETTERS "A-Za-z"

#define LB_ID(params, field)                                                           \
	{                                                                              \
		.key = "LoadBalancerId", .type = PARAM_ID, PARAM_FIELD(params, field), \
		.required = true, .summary = "the load balancer"                       \
	}
#define LB_PROTECTION_REASON(params, field)                                                       \
	{                                                                                         \
		.key = "ModificationProtectionReason", .type = PARAM_TEXT,                        \
		PARAM_FIELD(params, field), .min = 1, .max = RECORD_NAME - 1, .set = LB_NAME_SET, \
		.first = LB_LETTERS, .error = ERR_PROTECTION_REASON,                              \
		.summary = "only with ConsoleProtection"                                          \
	}
#define TAG_ROW(params, field, help)                                              \
	{                                                                         \
		.key = "Tag", .type = PARAM_TAG_LIST, PARAM_FIELD(params, field), \
		.max = RECORD_TAGS, .summary = (help)                             \
	}

static inline int lb_check_protection(const struct lb_record *wanted, struct error *error)
{
	if (!wanted->protection_reason[0] || wanted->protection_status == PROTECTION_CONSOLE)
		return 0;
	return error_set(error, ERR_PROTECTION_REASON,
			 "ModificationProtectionReason needs ConsoleProtection");
}

#endif
