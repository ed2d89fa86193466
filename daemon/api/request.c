// SPDX-License-Identifier: BSD-2-Clause
/* Decoding of application/x-www-form-urlencoded, strictly: what is malformed is said, not guessed. */
#include "api/request.h"
#include "api/utf8.h"
#include "base/memory.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define INDEX_DIGITS_MAX 9

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes `length` bytes to the end of request->text and ends them with a NUL. NULL with *error set
 * if they are malformed. */
static const char *decode_part(struct request *request, const char *from, size_t length,
			       struct error *error)
{
	char *start = request->text + request->text_length, *to = start;
	size_t size;

	for (size_t i = 0; i < length; i++) {
		if (from[i] == '%') {
			int high = i + 2 < length ? hex(from[i + 1]) : -1;
			int low = high >= 0 ? hex(from[i + 2]) : -1;

			if (low < 0)
				goto broken;
			*to++ = (char)(high << 4 | low);
			i += 2;
		} else {
			*to++ = from[i] == '+' ? ' ' : from[i];
		}
		if (!to[-1])
			goto broken;
	}
	*to = '\0';
	for (const char *at = start; at < to; at += size) {
		size = *at > 0 ? 1 : utf8_character(at, (size_t)(to - at));
		if (!size)
			goto broken;
	}
	request->text_length += (size_t)(to - start) + 1;
	return start;
broken:
	error_set(error, ERR_INVALID_PARAMETER,
		  "\"%.*s\": broken percent sequence, NUL, or not UTF-8",
		  (int)(length < 100 ? length : 100), from);
	return NULL;
}

static int decode_pair(struct request *request, const char *pair, size_t length,
		       struct error *error)
{
	const char *equals = memchr(pair, '=', length);
	size_t name_length = equals ? (size_t)(equals - pair) : length;
	struct request_parameter *parameter;

	if (request->count == REQUEST_PARAMETERS_MAX)
		return error_set(error, ERR_INVALID_PARAMETER, "more than %d parameters",
				 REQUEST_PARAMETERS_MAX);
	parameter = &request->parameters[request->count];
	parameter->name = decode_part(request, pair, name_length, error);
	if (!parameter->name)
		return -ERR_INVALID_PARAMETER;
	parameter->value = "";
	if (equals) {
		parameter->value =
			decode_part(request, equals + 1, length - name_length - 1, error);
		if (!parameter->value)
			return -ERR_INVALID_PARAMETER;
	}
	request->count++;
	return 0;
}

static int decode_pairs(struct request *request, const char *text, size_t length,
			struct error *error)
{
	const char *end = text + length;

	while (text < end) {
		const char *stop = memchr(text, '&', (size_t)(end - text));
		int result = 0;

		if (!stop)
			stop = end;
		if (stop > text)
			result = decode_pair(request, text, (size_t)(stop - text), error);
		if (result < 0)
			return result;
		text = stop + 1;
	}
	return 0;
}

int request_decode(struct request *request, const char *query, const char *body, size_t body_length,
		   struct error *error)
{
	size_t query_length = query ? strlen(query) : 0;
	int result;

	memset(request, 0, sizeof(*request));
	/* Decoding never lengthens; every pair needs two NULs, and has at least one byte and an &. */
	request->text = memory_new(1, 2 * (query_length + body_length) + 4);
	result = query ? decode_pairs(request, query, query_length, error) : 0;
	if (!result && body)
		result = decode_pairs(request, body, body_length, error);
	return result;
}

void request_release(struct request *request)
{
	free(request->text);
	request->text = NULL;
	request->count = 0;
}

bool request_is_form(const char *content_type)
{
	static const char form[] = "application/x-www-form-urlencoded";
	size_t length = sizeof(form) - 1;

	return content_type && !strncasecmp(content_type, form, length) &&
	       (!content_type[length] || strchr("; \t", content_type[length]));
}

static bool same_name(const char *given, const char *name, size_t length)
{
	return given[0] && toupper((unsigned char)given[0]) == toupper((unsigned char)name[0]) &&
	       !strncmp(given + 1, name + 1, length - 1);
}

const char *request_get(const struct request *request, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = request->count; i-- > 0;) {
		const struct request_parameter *parameter = &request->parameters[i];

		if (!same_name(parameter->name, name, length) || parameter->name[length])
			continue;
		return parameter->value[0] ? parameter->value : NULL;
	}
	return NULL;
}

/* The index behind "Name.", and what follows it; 0 if it is none. */
static unsigned int list_index(const char *digits, const char **rest)
{
	size_t length = strspn(digits, "0123456789");
	unsigned int index = 0;

	*rest = digits + length;
	if (!length || length > INDEX_DIGITS_MAX || digits[0] == '0')
		return 0;
	while (digits < *rest)
		index = index * 10 + (unsigned int)(*digits++ - '0');
	return index;
}

/* Keeps the items sorted; one of the same index is replaced. */
static size_t put_item(struct request_item *items, size_t count, struct request_item item)
{
	size_t at = count;

	while (at > 0 && items[at - 1].index >= item.index)
		at--;
	if (at < count && items[at].index == item.index) {
		items[at] = item;
		return count;
	}
	memmove(&items[at + 1], &items[at], (count - at) * sizeof(*items));
	items[at] = item;
	return count + 1;
}

static size_t drop_empty(struct request_item *items, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (items[i].value[0])
			items[kept++] = items[i];
	}
	return kept;
}

int request_list_field(const struct request *request, const char *name, const char *field,
		       struct request_item items[static REQUEST_PARAMETERS_MAX],
		       struct error *error)
{
	size_t length = strlen(name), count = 0;
	const char *rest;

	for (size_t i = 0; i < request->count; i++) {
		const struct request_parameter *parameter = &request->parameters[i];
		struct request_item item = { .value = parameter->value };

		if (!same_name(parameter->name, name, length) || parameter->name[length] != '.')
			continue;
		item.index = list_index(parameter->name + length + 1, &rest);
		if (!item.index || (!field[0] && rest[0]))
			return error_set(error, ERR_INVALID_PARAMETER,
					 "%s: lists are numbered %s.1%s, %s.2%s, …",
					 parameter->name, name, field, name, field);
		if (!strcmp(rest, field))
			count = put_item(items, count, item);
	}
	return (int)count;
}

int request_list(const struct request *request, const char *name,
		 struct request_item items[static REQUEST_PARAMETERS_MAX], struct error *error)
{
	int count = request_list_field(request, name, "", items, error);

	return count < 0 ? count : (int)drop_empty(items, (size_t)count);
}

const char *request_any(const struct request *request, const char *prefix)
{
	size_t length = strlen(prefix);

	for (size_t i = 0; i < request->count; i++) {
		const struct request_parameter *parameter = &request->parameters[i];

		if (parameter->value[0] && same_name(parameter->name, prefix, length) &&
		    (!parameter->name[length] || parameter->name[length] == '.'))
			return parameter->name;
	}
	return NULL;
}
