/* SPDX-License-Identifier: BSD-2-Clause */
/* The parameters of one request: names and values, in the order given. */
#ifndef SLUICE_CTL_PARAMETERS_H
#define SLUICE_CTL_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

struct parameter {
	char *name;
	char *value;
};

/* Empty when zeroed. */
struct parameters {
	struct parameter *list;
	size_t count;
};

/* Adds, or replaces the value. Copies both. */
void parameters_set(struct parameters *parameters, const char *name, const char *value);
/* The same from "name=value"; false if the text does not look like it (the name is a letter, then
 * letters, digits and dots). */
bool parameters_set_pair(struct parameters *parameters, const char *pair);
/* The value, or NULL. As in the API, the case of a name's first letter does not matter. */
const char *parameters_get(const struct parameters *parameters, const char *name);
/* True for names of one parameter: "Name" and "name.2" of a list are. */
bool parameters_same_stem(const char *a, const char *b);
void parameters_remove(struct parameters *parameters, const char *name);
void parameters_clear(struct parameters *parameters);

#endif
