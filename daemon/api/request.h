/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parameters of a request: names and values out of the query string and a form body, decoded
 * and checked to be UTF-8, nothing more. What they mean is said by the specs in params.h.
 */
#ifndef SLUICE_API_REQUEST_H
#define SLUICE_API_REQUEST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define REQUEST_PARAMETERS_MAX 256

struct request_parameter {
	const char *name;
	const char *value;
};

struct request {
	char *text; /* holds every name and value */
	size_t text_length;
	struct request_parameter parameters[REQUEST_PARAMETERS_MAX]; /* query first, then body */
	size_t count;
};

/* Decodes `query` and `body` (each may be NULL). -ERR_INVALID_PARAMETER on a broken percent
 * sequence, a NUL, bytes that are no UTF-8, or too many parameters. Release in either case. */
int request_decode(struct request *request, const char *query, const char *body, size_t body_length,
		   struct error *error);
void request_release(struct request *request);

/* True for the media type of a form, whatever its parameters. */
bool request_is_form(const char *content_type);

/* The last value given under a name, whose first letter may have either case; NULL if there is
 * none or it is empty. */
const char *request_get(const struct request *request, const char *name);

/* One value of a list Name.1, Name.2, … */
struct request_item {
	unsigned int index;
	const char *value;
};
/* The values of a list, by index, empty ones left out; of an index given twice the last. Returns
 * how many, or -ERR_INVALID_PARAMETER for an index that is no number from 1 up. */
int request_list(const struct request *request, const char *name,
		 struct request_item items[static REQUEST_PARAMETERS_MAX], struct error *error);

/* The same for Name.1.Field, …: `field` begins with its dot, and empty values stay. */
int request_list_field(const struct request *request, const char *name, const char *field,
		       struct request_item items[static REQUEST_PARAMETERS_MAX],
		       struct error *error);

/* The first name that is `prefix` or goes on with a dot after it and has a value; else NULL. */
const char *request_any(const struct request *request, const char *prefix);

#endif
