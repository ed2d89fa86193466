// SPDX-License-Identifier: BSD-2-Clause
/* The rows behind error.h. */
#include "base/error.h"
#include "base/text.h"

#include <stdarg.h>

static const struct error_row rows[ERR_MAX] = {
#define X(symbol, status, name, text) \
	[ERR_##symbol] = { .http = (status), .code = (name), .sentence = (text) },
	ERROR_TABLE(X)
#undef X
};

const struct error_row *error_row(int code)
{
	if (code > -ERR_MAX && code < 0)
		code = -code;
	if (code <= ERR_NONE || code >= ERR_MAX)
		code = ERR_INTERNAL;
	return &rows[code];
}

static int fill(struct error *error, enum error_code code, const char *argument, const char *detail,
		va_list arguments)
{
	if (!error)
		return -(int)code;
	error->code = code;
	text_format(error->argument, sizeof(error->argument), "%s", argument);
	text_vformat(error->detail, sizeof(error->detail), detail, arguments);
	return -(int)code;
}

int error_set(struct error *error, enum error_code code, const char *detail, ...)
{
	va_list arguments;
	int result;

	va_start(arguments, detail);
	result = fill(error, code, "", detail, arguments);
	va_end(arguments);
	return result;
}

int error_set_argument(struct error *error, enum error_code code, const char *argument,
		       const char *detail, ...)
{
	va_list arguments;
	int result;

	va_start(arguments, detail);
	result = fill(error, code, argument, detail, arguments);
	va_end(arguments);
	return result;
}
