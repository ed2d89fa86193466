/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an action takes: one row a parameter, from which a request is decoded into the action's own
 * struct, refused with the right sentence, and described (DescribeActions, so sluicectl's options).
 */
#ifndef SLUICE_API_PARAMS_H
#define SLUICE_API_PARAMS_H

#include "base/choice.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct param;
struct request;

enum param_type {
	PARAM_TEXT, /* char[]: min to max bytes of `set`, or of anything but control characters */
	PARAM_ID, /* char[]: one that does not fit is cut and ends in "…", as no id of ours does */
	PARAM_NUMBER, /* integer of `size` bytes, min to max */
	PARAM_BOOL, /* bool: true, false */
	PARAM_CHOICE, /* uint8_t: a value of `choices` */
	PARAM_ADDRESS, /* struct address, unicast */
	PARAM_JSON, /* const char *, into the request; the action's prepare parses it */
	PARAM_ID_LIST, /* array of char[RECORD_ID], and a uint32_t at `count`, at most max */
	PARAM_TAG_LIST, /* struct tag_list: Tag.N.Key and Tag.N.Value, or TagKey.N */
	PARAM_ADDRESS_LIST, /* array of struct address, and a uint32_t at `count`, at most max */
};

/* Decodes one value into its field, in place of the type's own way. */
typedef int param_decode(const struct param *param, const char *text, void *field,
			 struct error *error);

struct param {
	const char *key;
	const char *alias; /* another name for it */
	enum param_type type;
	bool required;
	size_t offset, size; /* of the field: PARAM_FIELD */
	size_t given; /* of a bool that says it was given: PARAM_GIVEN; 0: none */
	size_t count; /* lists: of their uint32_t count */
	int64_t min, max;
	const char *set; /* characters of a text, as "A-Za-z0-9._-" */
	const char *first; /* characters that it may begin with; NULL: all of the set */
	const struct choices *choices;
	const char *fallback; /* the default, as text; not checked again */
	enum error_code error; /* for a bad value, unless ERR_INVALID_PARAMETER */
	enum error_code length_error; /* texts: for a bad length, unless `error` */
	const char *only; /* the one value that is built so far, "" for none; NULL: all are */
	param_decode *decode; /* NULL: as the type says */
	const char *range; /* for the help, where the rest of the row does not say it */
	const char *summary;
	const struct param *fields; /* of an entry, where the value is a JSON array of such */
	size_t field_count;
};

#define PARAM_FIELD(params, field) \
	.offset = offsetof(params, field), .size = sizeof(((params *)0)->field)
/* One more than the offset, so that 0 can say "none". */
#define PARAM_GIVEN(params, field) .given = (1 + offsetof(params, field))
#define PARAM_COUNT(params, field) .count = offsetof(params, field)

/* Decodes into the zeroed struct `out`. First what is missing, then values row by row, then values
 * that are not built. Negative with *error set. */
int params_decode(const struct param *params, size_t count, const struct request *request,
		  void *out, struct error *error);

/* The type's name and the range of a row, for DescribeActions. */
const char *param_type_name(const struct param *param);
const char *param_range(const struct param *param, char *out, size_t size);
/* True for a list Name.1, Name.2, … */
bool param_is_list(const struct param *param);
/* True if there is no value that it may have. */
bool param_is_refused(const struct param *param);

/* For a row's own decode: sets the row's error, quoting the value; `why` goes on "X: "value" …". */
int param_bad(const struct param *param, const char *text, const char *why, struct error *error);
/* "-?[0-9]+" as a whole, saturated at the ends of int64_t. False if it is not. */
bool param_integer(const char *text, int64_t *out);
/* Writes a number into an integer field of 1, 2, 4 or 8 bytes. */
void param_store(void *field, size_t size, int64_t value);

#endif
