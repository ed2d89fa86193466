// SPDX-License-Identifier: BSD-2-Clause
/* The tree is cJSON's; numbers stand in it as text, for a double cannot hold a 64-bit counter. */
#include "api/answer.h"
#include "base/memory.h"

#include <cjson/cJSON.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <time.h>

#define NUMBER_TEXT 24

static cJSON *or_die(cJSON *item)
{
	if (!item)
		abort();
	return item;
}

static void add(cJSON *object, const char *key, cJSON *item)
{
	cJSON_AddItemToObjectCS(object, key, or_die(item));
}

static cJSON *number(int64_t value)
{
	char text[NUMBER_TEXT];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	return or_die(cJSON_CreateRaw(text));
}

cJSON *answer_new(const char *request_id)
{
	cJSON *answer = or_die(cJSON_CreateObject());

	answer_text(answer, "RequestId", request_id);
	return answer;
}

cJSON *answer_error(const char *request_id, const char *host_id, const struct error *error)
{
	const struct error_row *row = error_row((int)error->code);
	char code[ERROR_ARGUMENT_MAX + 64], message[ERROR_ARGUMENT_MAX + 256];
	cJSON *answer = answer_new(request_id);

	/* The formats come from the error table alone. */
	snprintf(code, sizeof(code), row->code, error->argument);
	snprintf(message, sizeof(message), row->sentence, error->argument);
	answer_text(answer, "HostId", host_id);
	answer_text(answer, "Code", code);
	answer_text(answer, "Message", message);
	answer_text_if(answer, "Detail", error->detail);
	return answer;
}

void answer_free(cJSON *answer)
{
	cJSON_Delete(answer);
}

void answer_text(cJSON *object, const char *key, const char *value)
{
	add(object, key, cJSON_CreateString(value));
}

void answer_text_if(cJSON *object, const char *key, const char *value)
{
	if (value[0])
		answer_text(object, key, value);
}

void answer_number(cJSON *object, const char *key, int64_t value)
{
	add(object, key, number(value));
}

void answer_bool(cJSON *object, const char *key, bool value)
{
	add(object, key, cJSON_CreateBool(value));
}

void answer_time(cJSON *object, const char *key, int64_t ms)
{
	char text[32];
	time_t seconds = ms / 1000;
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	answer_text(object, key, text);
}

void answer_moment(cJSON *object, const char *key, int64_t ms)
{
	char text[32], moment[48];
	time_t seconds = ms / 1000;
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(moment, sizeof(moment), "%s.%03dZ", text, (int)(ms % 1000));
	answer_text(object, key, moment);
}

void answer_ago(cJSON *object, const char *key, int64_t ms)
{
	struct timespec now;
	int64_t passed;

	clock_gettime(CLOCK_REALTIME, &now);
	passed = now.tv_sec * 1000 + now.tv_nsec / 1000000 - ms;
	answer_number(object, key, passed > 0 ? passed / 1000 : 0);
}

cJSON *answer_object(cJSON *object, const char *key)
{
	cJSON *inner = or_die(cJSON_CreateObject());

	add(object, key, inner);
	return inner;
}

cJSON *answer_list(cJSON *object, const char *outer, const char *inner)
{
	cJSON *list = or_die(cJSON_CreateArray());

	add(answer_object(object, outer), inner, list);
	return list;
}

cJSON *answer_flat(cJSON *object, const char *outer)
{
	cJSON *list = or_die(cJSON_CreateArray());

	add(object, outer, list);
	return list;
}

cJSON *answer_item(cJSON *list)
{
	cJSON *item = or_die(cJSON_CreateObject());

	cJSON_AddItemToArray(list, item);
	return item;
}

void answer_item_text(cJSON *list, const char *value)
{
	cJSON_AddItemToArray(list, or_die(cJSON_CreateString(value)));
}

void answer_item_raw(cJSON *list, const char *json)
{
	cJSON_AddItemToArray(list, or_die(cJSON_CreateRaw(json)));
}

void answer_item_number(cJSON *list, int64_t value)
{
	cJSON_AddItemToArray(list, number(value));
}

char *answer_json(const cJSON *answer)
{
	char *text = cJSON_PrintUnformatted(answer);

	if (!text)
		abort();
	return text;
}

/* The writer leaves apostrophes alone, and the API does not. */
static void write_escaped(xmlTextWriter *writer, const char *text)
{
	static const char special[] = "&<>\"'";
	static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };

	while (*text) {
		size_t plain = strcspn(text, special);

		xmlTextWriterWriteRawLen(writer, BAD_CAST text, (int)plain);
		text += plain;
		if (!*text)
			return;
		xmlTextWriterWriteRaw(writer, BAD_CAST names[strchr(special, *text) - special]);
		text++;
	}
}

static void write_element(xmlTextWriter *writer, const char *name, const cJSON *item)
{
	const cJSON *child;

	/* An array is its items, each under the array's name. */
	if (cJSON_IsArray(item)) {
		cJSON_ArrayForEach(child, item)
		{
			write_element(writer, name, child);
		}
		return;
	}
	xmlTextWriterStartElement(writer, BAD_CAST name);
	if (cJSON_IsObject(item)) {
		cJSON_ArrayForEach(child, item)
		{
			write_element(writer, child->string, child);
		}
	} else if (cJSON_IsBool(item)) {
		write_escaped(writer, cJSON_IsTrue(item) ? "true" : "false");
	} else {
		write_escaped(writer, item->valuestring);
	}
	xmlTextWriterFullEndElement(writer);
}

char *answer_xml(const cJSON *answer, const char *root)
{
	xmlBuffer *buffer = xmlBufferCreate();
	xmlTextWriter *writer = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	char *text;

	if (!writer)
		abort();
	xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL);
	write_element(writer, root, answer);
	xmlFreeTextWriter(writer);
	text = memory_copy(xmlBufferContent(buffer), 1, (size_t)xmlBufferLength(buffer) + 1);
	xmlBufferFree(buffer);
	return text;
}
