// SPDX-License-Identifier: BSD-2-Clause
/* See charset.h. */
#include "base/charset.h"

#include <ctype.h>

bool charset_has(const char *set, char c)
{
	for (; *set; set++) {
		/* A dash between two letters or digits is a range, any other is itself. */
		if (set[1] == '-' && isalnum((unsigned char)set[0]) &&
		    isalnum((unsigned char)set[2])) {
			if (c >= set[0] && c <= set[2])
				return true;
			set += 2;
		} else if (c == *set) {
			return true;
		}
	}
	return false;
}

bool charset_covers(const char *set, const char *text)
{
	for (; *text; text++) {
		if (!charset_has(set, *text))
			return false;
	}
	return true;
}
