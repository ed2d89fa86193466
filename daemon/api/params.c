// SPDX-License-Identifier: BSD-2-Clause
/* The decoder behind the rows of params.h. */
#include "api/params.h"
#include "api/request.h"
#include "api/tags.h"
#include "base/address.h"
#include "base/charset.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/record.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RANGE_MAX 192

static int bad(const struct param *param, enum error_code code, const char *text, const char *why,
	       struct error *error)
{
	char shown[TEXT_SHOWN];

	text_cut(shown, sizeof(shown), text);
	return error_set(error, code, "%s: \"%s\" %s", param->key, shown, why);
}

int param_bad(const struct param *param, const char *text, const char *why, struct error *error)
{
	return bad(param, param->error ? param->error : ERR_INVALID_PARAMETER, text, why, error);
}

bool param_integer(const char *text, int64_t *out)
{
	const char *digits = text + (text[0] == '-');

	if (!digits[0] || digits[strspn(digits, "0123456789")])
		return false;
	*out = strtoll(text, NULL, 10);
	return true;
}

void param_store(void *field, size_t size, int64_t value)
{
	int8_t byte = (int8_t)value;
	int16_t half = (int16_t)value;
	int32_t word = (int32_t)value;

	memcpy(field,
	       size == 1   ? (void *)&byte
	       : size == 2 ? (void *)&half
	       : size == 4 ? (void *)&word
			   : (void *)&value,
	       size);
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if (iscntrl((unsigned char)*text))
			return true;
	}
	return false;
}

static int decode_text(const struct param *param, const char *text, void *field,
		       struct error *error)
{
	char why[RANGE_MAX + 16], range[RANGE_MAX];
	size_t length = strlen(text);
	bool fits = length >= (size_t)param->min && length <= (size_t)param->max;

	if (fits && length < param->size &&
	    (param->set ? charset_covers(param->set, text) : !has_control(text)) &&
	    (!param->first || charset_has(param->first, text[0]))) {
		memcpy(field, text, length + 1);
		return 0;
	}
	snprintf(why, sizeof(why), "is not %s", param_range(param, range, sizeof(range)));
	if (!fits && param->length_error)
		return bad(param, param->length_error, text, why, error);
	return param_bad(param, text, why, error);
}

static int decode_id(const struct param *param, const char *text, void *field, struct error *error)
{
	(void)error;
	text_cut(field, param->size, text);
	return 0;
}

static int decode_number(const struct param *param, const char *text, void *field,
			 struct error *error)
{
	char why[RANGE_MAX + 32], range[RANGE_MAX];
	int64_t value;

	if (!param_integer(text, &value) || value < param->min || value > param->max) {
		snprintf(why, sizeof(why), "is not an integer in [%s]",
			 param_range(param, range, sizeof(range)));
		return param_bad(param, text, why, error);
	}
	param_store(field, param->size, value);
	return 0;
}

static int decode_bool(const struct param *param, const char *text, void *field,
		       struct error *error)
{
	bool value = strcasecmp(text, "true") == 0;

	if (!value && strcasecmp(text, "false") != 0)
		return param_bad(param, text, "is neither true nor false", error);
	memcpy(field, &value, sizeof(value));
	return 0;
}

static int decode_choice(const struct param *param, const char *text, void *field,
			 struct error *error)
{
	int value = choice_find(param->choices, text);

	if (value < 0)
		return param_bad(param, text, "is not one of its values", error);
	param_store(field, param->size, value);
	return 0;
}

static int decode_address(const struct param *param, const char *text, void *field,
			  struct error *error)
{
	struct address address;

	if (address_parse(text, &address) < 0 || !address_is_unicast(&address))
		return param_bad(param, text, "is not a unicast IP address", error);
	memcpy(field, &address, sizeof(address));
	return 0;
}

static int decode_json(const struct param *param, const char *text, void *field,
		       struct error *error)
{
	(void)param;
	(void)error;
	memcpy(field, &text, sizeof(text));
	return 0;
}

static const struct {
	const char *name;
	param_decode *decode; /* of one value or one item */
	size_t item; /* lists: bytes of an item */
} types[] = {
	[PARAM_TEXT] = { .name = "string", .decode = decode_text },
	[PARAM_ID] = { .name = "string", .decode = decode_id },
	[PARAM_NUMBER] = { .name = "integer", .decode = decode_number },
	[PARAM_BOOL] = { .name = "boolean", .decode = decode_bool },
	[PARAM_CHOICE] = { .name = "choice", .decode = decode_choice },
	[PARAM_ADDRESS] = { .name = "address", .decode = decode_address },
	[PARAM_JSON] = { .name = "json", .decode = decode_json },
	[PARAM_ID_LIST] = { .name = "string", .decode = decode_id, .item = RECORD_ID },
	[PARAM_TAG_LIST] = { .name = "tag", .item = sizeof(struct tag_record) },
	[PARAM_ADDRESS_LIST] = { .name = "address",
				 .decode = decode_address,
				 .item = sizeof(struct address) },
};

bool param_is_list(const struct param *param)
{
	return types[param->type].item > 0;
}

bool param_is_refused(const struct param *param)
{
	return param->only && !param->only[0];
}

const char *param_type_name(const struct param *param)
{
	return types[param->type].name;
}

static const char *join_choices(const struct choices *choices, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; choices->names[i] && at < size; i++) {
		if (choices->names[i][0])
			at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "",
					       choices->names[i]);
	}
	return out;
}

const char *param_range(const struct param *param, char *out, size_t size)
{
	out[0] = '\0';
	if (param->only || param->range)
		snprintf(out, size, "%s", param->only ? param->only : param->range);
	else if (param->choices)
		join_choices(param->choices, out, size);
	else if (param->type == PARAM_BOOL)
		snprintf(out, size, "true, false");
	else if (param->type == PARAM_NUMBER)
		snprintf(out, size, "%lld-%lld", (long long)param->min, (long long)param->max);
	else if (param_is_list(param))
		snprintf(out, size, "at most %lld", (long long)param->max);
	else if (param->type == PARAM_TEXT)
		snprintf(out, size, "%lld-%lld %s%s", (long long)param->min, (long long)param->max,
			 param->set ? "of " : "characters", param->set ? param->set : "");
	return out;
}

static const char *value_of(const struct param *param, const struct request *request)
{
	const char *text = request_get(request, param->key);

	return text || !param->alias ? text : request_get(request, param->alias);
}

static bool is_present(const struct param *param, const struct request *request)
{
	if (!param_is_list(param))
		return value_of(param, request);
	return request_any(request, param->key) ||
	       (param->alias && request_any(request, param->alias));
}

static int decode_list(const struct param *param, const struct request *request, char *out,
		       struct error *error)
{
	struct request_item *items = memory_new(REQUEST_PARAMETERS_MAX, sizeof(*items));
	int result, count = request_list(request, param->key, items, error);
	uint32_t kept;

	if (!count && param->alias)
		count = request_list(request, param->alias, items, error);
	result = count < 0 ? count : 0;
	if (count > param->max)
		result = error_set(error, param->error ? param->error : ERR_INVALID_PARAMETER,
				   "%s: %d values, at most %lld", param->key, count,
				   (long long)param->max);
	for (int i = 0; i < count && !result; i++)
		result = types[param->type].decode(
			&(struct param){ .key = param->key,
					 .error = param->error,
					 .size = types[param->type].item },
			items[i].value, out + param->offset + (size_t)i * types[param->type].item,
			error);
	if (!result) {
		kept = (uint32_t)count;
		memcpy(out + param->count, &kept, sizeof(kept));
	}
	free(items);
	return result;
}

/* A default needs no check: min, set and the like are for what comes from outside. */
static void put_fallback(const struct param *param, void *field)
{
	if (param->type == PARAM_NUMBER)
		param_store(field, param->size, strtoll(param->fallback, NULL, 10));
	else if (param->type == PARAM_TEXT)
		strncpy(field, param->fallback, param->size - 1);
	else
		types[param->type].decode(param, param->fallback, field, NULL);
}

static int decode_one(const struct param *param, const struct request *request, char *out,
		      struct error *error)
{
	param_decode *decode = param->decode ? param->decode : types[param->type].decode;
	const char *text;
	int result;

	/* What may not be given at all has no field. */
	if (param_is_refused(param))
		return 0;
	if (param->type == PARAM_TAG_LIST)
		return (strcmp(param->key, "Tag") != 0 ? tag_keys_decode : tags_decode)(
			request, (struct tag_list *)(void *)(out + param->offset), error);
	if (param_is_list(param))
		return decode_list(param, request, out, error);
	text = value_of(param, request);
	if (!text) {
		if (param->fallback)
			put_fallback(param, out + param->offset);
		return 0;
	}
	result = decode(param, text, out + param->offset, error);
	if (!result && param->given)
		out[param->given - 1] = true;
	return result;
}

static int refuse_unbuilt(const struct param *param, const struct request *request,
			  struct error *error)
{
	char shown[TEXT_SHOWN];
	const char *text;
	int64_t value;

	if (!param->only)
		return 0;
	if (param_is_refused(param)) {
		text = request_any(request, param->key);
		return text ? error_set_argument(error, ERR_NOT_SUPPORTED, param->key,
						 "%s: not built yet", text)
			    : 0;
	}
	text = value_of(param, request);
	if (!text || !strcasecmp(text, param->only))
		return 0;
	if (param->type == PARAM_NUMBER && param_integer(text, &value) &&
	    value == strtoll(param->only, NULL, 10))
		return 0;
	text_cut(shown, sizeof(shown), text);
	return error_set_argument(error, ERR_NOT_SUPPORTED, param->key,
				  "%s: \"%s\" is not built yet, only \"%s\"", param->key, shown,
				  param->only);
}

int params_decode(const struct param *params, size_t count, const struct request *request,
		  void *out, struct error *error)
{
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		if (params[i].required && !is_present(&params[i], request))
			return error_set_argument(error, ERR_MISSING, params[i].key, "%s", "");
	}
	for (size_t i = 0; i < count && !result; i++)
		result = decode_one(&params[i], request, out, error);
	for (size_t i = 0; i < count && !result; i++)
		result = refuse_unbuilt(&params[i], request, error);
	return result;
}
