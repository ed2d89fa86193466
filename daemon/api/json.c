// SPDX-License-Identifier: BSD-2-Clause
/* A recursive descent over the text; the depth is bounded, so is the recursion. */
#include "api/json.h"
#include "api/utf8.h"
#include "base/memory.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct reader {
	const char *start, *at, *end;
	const char *fault; /* sticky: the first thing that was wrong */
	char *text; /* room for one string or number, as long as the input */
};

static cJSON *read_value(struct reader *reader, int depth);

static void fail(struct reader *reader, const char *fault)
{
	if (!reader->fault)
		reader->fault = fault;
}

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
		reader->at++;
}

/* The next character that is no blank, 0 at the end. */
static char peek(struct reader *reader)
{
	skip_blanks(reader);
	return reader->at < reader->end ? *reader->at : '\0';
}

static bool take(struct reader *reader, char c)
{
	if (peek(reader) != c)
		return false;
	reader->at++;
	return true;
}

static unsigned int read_hex4(struct reader *reader)
{
	unsigned int code = 0;

	for (int i = 0; i < 4; i++) {
		char c = reader->at < reader->end ? *reader->at++ : '\0';

		if (!isxdigit((unsigned char)c)) {
			fail(reader, "broken \\u escape");
			return 0;
		}
		code = code << 4 |
		       (unsigned int)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return code;
}

/* Behind "\u": one character, two escapes if it is beyond the basic plane. */
static size_t read_unicode(struct reader *reader, char *to)
{
	unsigned int code = read_hex4(reader), low;

	if (code >= 0xd800 && code < 0xdc00 && reader->end - reader->at > 2 &&
	    reader->at[0] == '\\' && reader->at[1] == 'u') {
		reader->at += 2;
		low = read_hex4(reader);
		if (low >= 0xdc00 && low < 0xe000)
			return utf8_write(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), to);
		code = 0xd800;
	}
	if (!code || (code >= 0xd800 && code < 0xe000)) {
		fail(reader, "\\u escape of NUL or of half a character");
		return 0;
	}
	return utf8_write(code, to);
}

/* Behind the backslash. */
static size_t read_escape(struct reader *reader, char quote, char *to)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	char c = reader->at < reader->end ? *reader->at++ : '\0';
	const char *name = c ? strchr(names, c) : NULL;

	if (c == 'u')
		return read_unicode(reader, to);
	if (name)
		*to = values[name - names];
	else if (c == '\'' && quote == '\'')
		*to = c;
	else
		fail(reader, "unknown escape");
	return 1;
}

/* At the opening quote, single or double; the string is left in reader->text. */
static const char *read_string(struct reader *reader)
{
	char quote = *reader->at++, *to = reader->text;

	while (!reader->fault && reader->at < reader->end && *reader->at != quote) {
		size_t size = utf8_character(reader->at, (size_t)(reader->end - reader->at));

		if (!size || (unsigned char)*reader->at < 0x20) {
			fail(reader, "control character or bad UTF-8 in a string");
		} else if (*reader->at == '\\') {
			reader->at++;
			to += read_escape(reader, quote, to);
		} else {
			memcpy(to, reader->at, size);
			to += size;
			reader->at += size;
		}
	}
	if (reader->at >= reader->end)
		fail(reader, "string without an end");
	reader->at++;
	*to = '\0';
	return reader->text;
}

static bool read_digits(struct reader *reader)
{
	const char *from = reader->at;

	while (reader->at < reader->end && isdigit((unsigned char)*reader->at))
		reader->at++;
	return reader->at > from;
}

static bool take_now(struct reader *reader, const char *set)
{
	if (reader->at >= reader->end || !*reader->at || !strchr(set, *reader->at))
		return false;
	reader->at++;
	return true;
}

static cJSON *read_number(struct reader *reader)
{
	const char *from = reader->at;
	bool valid;

	take_now(reader, "-");
	valid = take_now(reader, "0") || read_digits(reader);
	if (valid && take_now(reader, "."))
		valid = read_digits(reader);
	if (valid && take_now(reader, "eE")) {
		take_now(reader, "+-");
		valid = read_digits(reader);
	}
	if (!valid) {
		fail(reader, "no JSON value");
		return NULL;
	}
	memcpy(reader->text, from, (size_t)(reader->at - from));
	reader->text[reader->at - from] = '\0';
	return cJSON_CreateRaw(reader->text);
}

static cJSON *read_word(struct reader *reader)
{
	static const char *const words[] = { "null", "true", "false" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(reader->end - reader->at) < length ||
		    memcmp(reader->at, words[i], length) != 0)
			continue;
		reader->at += length;
		return i == 0 ? cJSON_CreateNull() : cJSON_CreateBool(i == 1);
	}
	fail(reader, "no JSON value");
	return NULL;
}

static cJSON *read_array(struct reader *reader, int depth)
{
	cJSON *array = cJSON_CreateArray();

	reader->at++;
	if (take(reader, ']'))
		return array;
	do {
		cJSON_AddItemToArray(array, read_value(reader, depth + 1));
	} while (!reader->fault && take(reader, ','));
	if (!take(reader, ']'))
		fail(reader, "array without an end");
	return array;
}

static void read_member(struct reader *reader, cJSON *object, int depth)
{
	char c = peek(reader), *key;

	if (c != '"' && c != '\'') {
		fail(reader, "no string where a name must be");
		return;
	}
	read_string(reader);
	key = memory_copy(reader->text, 1, strlen(reader->text) + 1);
	if (take(reader, ':'))
		cJSON_AddItemToObject(object, key, read_value(reader, depth + 1));
	else
		fail(reader, "no colon behind a name");
	free(key);
}

static cJSON *read_object(struct reader *reader, int depth)
{
	cJSON *object = cJSON_CreateObject();

	reader->at++;
	if (take(reader, '}'))
		return object;
	do {
		read_member(reader, object, depth);
	} while (!reader->fault && take(reader, ','));
	if (!take(reader, '}'))
		fail(reader, "object without an end");
	return object;
}

static cJSON *read_value(struct reader *reader, int depth)
{
	char c = peek(reader);

	if ((c == '[' || c == '{') && depth > JSON_DEPTH_MAX) {
		fail(reader, "nested too deep");
		return NULL;
	}
	if (c == '[')
		return read_array(reader, depth);
	if (c == '{')
		return read_object(reader, depth);
	if (c == '"' || c == '\'')
		return cJSON_CreateString(read_string(reader));
	if (c == '-' || isdigit((unsigned char)c))
		return read_number(reader);
	return read_word(reader);
}

/* Behind the bracket or the last item: whether another one comes. */
static bool item_comes(struct reader *reader, bool begun)
{
	bool ends;

	if (!begun && !take(reader, '['))
		fail(reader, "no array");
	ends = take(reader, ']');
	if (!reader->fault && !ends && (!begun || take(reader, ',')))
		return true;
	if (!ends)
		fail(reader, "array without an end");
	if (!reader->fault && peek(reader))
		fail(reader, "text behind the array");
	return false;
}

static cJSON *read_item(struct reader *reader)
{
	const char *end = reader->end;
	cJSON *item;

	if (reader->end - reader->at > JSON_BYTES_MAX)
		reader->end = reader->at + JSON_BYTES_MAX;
	/* An escape is never shorter than what it stands for. */
	reader->text = memory_resize(NULL, (size_t)(reader->end - reader->at) + 8, 1);
	item = read_value(reader, 1);
	free(reader->text);
	if (reader->fault && reader->end < end && reader->at >= reader->end)
		reader->fault = "more than 65536 bytes for one item";
	reader->end = end;
	if (!reader->fault)
		return item;
	cJSON_Delete(item);
	return NULL;
}

int json_items_next(struct json_items *items, cJSON **item, char *why, size_t why_size)
{
	struct reader reader = { .start = items->text,
				 .at = items->text + items->at,
				 .end = items->text + items->length };

	*item = item_comes(&reader, items->begun) ? read_item(&reader) : NULL;
	items->begun = true;
	items->at = (size_t)(reader.at - reader.start);
	if (reader.fault)
		snprintf(why, why_size, "%s at byte %td", reader.fault, reader.at - reader.start);
	return reader.fault ? -1 : !!*item;
}

cJSON *json_parse(const char *text, size_t length, char *why, size_t why_size)
{
	struct reader reader = { .start = text, .at = text, .end = text + length };
	cJSON *tree = NULL;

	if (length > JSON_BYTES_MAX) {
		snprintf(why, why_size, "longer than %d bytes", JSON_BYTES_MAX);
		return NULL;
	}
	/* An escape is never shorter than what it stands for. */
	reader.text = memory_new(1, length + 8);
	tree = read_value(&reader, 1);
	skip_blanks(&reader);
	if (reader.at < reader.end)
		fail(&reader, "text behind the value");
	if (reader.fault) {
		snprintf(why, why_size, "%s at byte %td", reader.fault, reader.at - reader.start);
		cJSON_Delete(tree);
		tree = NULL;
	}
	free(reader.text);
	return tree;
}
