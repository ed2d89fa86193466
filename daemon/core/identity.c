// SPDX-License-Identifier: BSD-2-Clause
/* Names and times for new objects: the two things in the model that are not a function of input. */
#include "core/staging.h"

#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#define IDENTITY_LENGTH 20

void identity_make(const char *prefix, char id[static RECORD_ID])
{
	static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char text[IDENTITY_LENGTH + 1] = "";
	uint8_t byte;

	for (size_t i = 0; i < IDENTITY_LENGTH;) {
		/* 252 = 7 * 36: what is above would favour the first letters */
		if (getrandom(&byte, 1, 0) == 1 && byte < 252)
			text[i++] = alphabet[byte % 36];
	}
	snprintf(id, RECORD_ID, "%s%s", prefix, text);
}

int64_t identity_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
