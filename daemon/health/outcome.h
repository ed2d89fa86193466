/* SPDX-License-Identifier: BSD-2-Clause */
/* What a probe has come to, and the words for it. */
#ifndef SLUICE_HEALTH_OUTCOME_H
#define SLUICE_HEALTH_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome_kind {
	OUTCOME_NONE, /* no result yet */
	OUTCOME_CONNECTED,
	OUTCOME_ANSWERED,
	OUTCOME_NOT_REFUSED, /* UDP: silence, and no word that it is unreachable */
	OUTCOME_HTTP, /* number: the status code */
	OUTCOME_REFUSED,
	OUTCOME_RESET,
	OUTCOME_UNREACHABLE,
	OUTCOME_TIMED_OUT, /* number: seconds */
	OUTCOME_DIFFERS,
	OUTCOME_NOT_HTTP,
	OUTCOME_TOO_LONG,
	OUTCOME_KINDS
};

struct outcome {
	uint8_t kind; /* enum outcome_kind */
	bool good;
	uint16_t number;
};

/* Which outcome an error of a socket is. */
struct outcome outcome_of_errno(int error, unsigned int seconds);
/* "" for none. Returns out. */
const char *outcome_reason(struct outcome outcome, char *out, size_t size);

#endif
