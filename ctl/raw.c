// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl api: any action, also one that this tool has never heard of. */
#include "command.h"

static const struct verb verbs[] = {
	{
		.summary = "call any action of the API with parameters as they are",
		.takes = { { .label = "ACTION", .parameter = "Action" } },
	},
	{ 0 },
};

const struct family family_api = {
	.name = "api",
	.summary = "any action of the API",
	.verbs = verbs,
};
