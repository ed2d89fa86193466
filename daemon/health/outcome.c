// SPDX-License-Identifier: BSD-2-Clause
/* One row for each kind of outcome, one for each error that is not simply "unreachable". */
#include "health/outcome.h"

#include <errno.h>
#include <stdio.h>

static const struct {
	const char *words, *unit; /* a unit: the number stands before it */
} rows[OUTCOME_KINDS] = {
	[OUTCOME_NONE] = { "", NULL },
	[OUTCOME_CONNECTED] = { "connected", NULL },
	[OUTCOME_ANSWERED] = { "answered", NULL },
	[OUTCOME_NOT_REFUSED] = { "not refused", NULL },
	[OUTCOME_HTTP] = { "HTTP ", "" },
	[OUTCOME_REFUSED] = { "refused", NULL },
	[OUTCOME_RESET] = { "reset", NULL },
	[OUTCOME_UNREACHABLE] = { "unreachable", NULL },
	[OUTCOME_TIMED_OUT] = { "timed out after ", " s" },
	[OUTCOME_DIFFERS] = { "reply differs", NULL },
	[OUTCOME_NOT_HTTP] = { "no HTTP reply", NULL },
	[OUTCOME_TOO_LONG] = { "reply too long", NULL },
};

struct outcome outcome_of_errno(int error, unsigned int seconds)
{
	static const struct {
		int error;
		enum outcome_kind kind;
	} errors[] = {
		{ ECONNREFUSED, OUTCOME_REFUSED },
		{ ECONNRESET, OUTCOME_RESET },
		{ EPIPE, OUTCOME_RESET },
		{ ETIMEDOUT, OUTCOME_TIMED_OUT },
	};
	struct outcome outcome = { .kind = OUTCOME_UNREACHABLE };

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (errors[i].error == error)
			outcome.kind = (uint8_t)errors[i].kind;
	}
	if (outcome.kind == OUTCOME_TIMED_OUT)
		outcome.number = (uint16_t)seconds;
	return outcome;
}

const char *outcome_reason(struct outcome outcome, char *out, size_t size)
{
	const char *words = rows[outcome.kind].words, *unit = rows[outcome.kind].unit;

	if (unit)
		snprintf(out, size, "%s%u%s", words, outcome.number, unit);
	else
		snprintf(out, size, "%s", words);
	return out;
}
