// SPDX-License-Identifier: BSD-2-Clause
/* See parameters.h. A request has a handful of parameters, so a list is searched. */
#include "parameters.h"

#include "format.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool name_equal(const char *a, const char *b)
{
	return tolower((unsigned char)a[0]) == tolower((unsigned char)b[0]) &&
	       (!a[0] || !strcmp(a + 1, b + 1));
}

bool parameters_same_stem(const char *a, const char *b)
{
	size_t length = strcspn(a, ".");

	return length && length == strcspn(b, ".") &&
	       tolower((unsigned char)a[0]) == tolower((unsigned char)b[0]) &&
	       !strncmp(a + 1, b + 1, length - 1);
}

static struct parameter *find(const struct parameters *parameters, const char *name)
{
	for (size_t i = 0; i < parameters->count; i++) {
		if (name_equal(parameters->list[i].name, name))
			return &parameters->list[i];
	}
	return NULL;
}

void parameters_set(struct parameters *parameters, const char *name, const char *value)
{
	struct parameter *parameter = find(parameters, name);

	if (parameter) {
		free(parameter->value);
		parameter->value = format_text("%s", value);
		return;
	}
	parameters->list = checked(
		reallocarray(parameters->list, parameters->count + 1, sizeof(*parameters->list)));
	parameters->list[parameters->count++] = (struct parameter){
		.name = format_text("%s", name),
		.value = format_text("%s", value),
	};
}

bool parameters_set_pair(struct parameters *parameters, const char *pair)
{
	const char *sign = strchr(pair, '=');
	char *name;

	if (!sign || !isalpha((unsigned char)pair[0]))
		return false;
	for (const char *at = pair; at < sign; at++) {
		if (!isalnum((unsigned char)*at) && *at != '.')
			return false;
	}
	name = format_text("%.*s", (int)(sign - pair), pair);
	parameters_set(parameters, name, sign + 1);
	free(name);
	return true;
}

const char *parameters_get(const struct parameters *parameters, const char *name)
{
	const struct parameter *parameter = find(parameters, name);

	return parameter ? parameter->value : NULL;
}

void parameters_remove(struct parameters *parameters, const char *name)
{
	struct parameter *parameter = find(parameters, name);
	size_t after;

	if (!parameter)
		return;
	free(parameter->name);
	free(parameter->value);
	after = (size_t)(parameters->list + parameters->count - parameter) - 1;
	memmove(parameter, parameter + 1, after * sizeof(*parameter));
	parameters->count--;
}

void parameters_clear(struct parameters *parameters)
{
	for (size_t i = 0; i < parameters->count; i++) {
		free(parameters->list[i].name);
		free(parameters->list[i].value);
	}
	free(parameters->list);
	*parameters = (struct parameters){ 0 };
}
