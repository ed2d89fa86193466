/* SPDX-License-Identifier: BSD-2-Clause */
/* The row of a ClientToken. */
#ifndef SLUICE_API_CLIENT_TOKEN_H
#define SLUICE_API_CLIENT_TOKEN_H

#include "api/params.h"
#include "store/record.h"

#include <string.h>

static inline int client_token_decode(const struct param *param, const char *text, void *field,
				      struct error *error)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return param_bad(param, text, "is not ASCII", error);
	}
	if (length >= param->size)
		return param_bad(param, text, "has more than 64 characters", error);
	memcpy(field, text, length + 1);
	return 0;
}

#define CLIENT_TOKEN(params, field, help)                                                       \
	{                                                                                       \
		.key = "ClientToken", .type = PARAM_TEXT, PARAM_FIELD(params, field), .min = 1, \
		.max = RECORD_ID - 1, .decode = client_token_decode,                            \
		.range = "1-64 ASCII characters", .summary = (help)                             \
	}

#endif
