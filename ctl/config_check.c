// SPDX-License-Identifier: BSD-2-Clause
/* Names and types of a configuration's fields: an unknown key is an error, since a misspelt one
 * would otherwise silently mean its default. */
#include "config.h"

#include "format.h"
#include "nearest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAGS_MAX 100 /* the daemon takes fewer; here it bounds our own work */

/* Where we are in the tree, for sentences. */
struct place {
	const struct place *up;
	const char *name; /* NULL: an item of an array */
	size_t index;
};

struct checker {
	char *why;
	size_t why_size;
};

static char *place_text(const struct place *place)
{
	char *before, *text, *clean;

	if (!place)
		return format_text("%s", "");
	before = place_text(place->up);
	if (!place->name) {
		text = format_text("%s[%zu]", before, place->index);
	} else {
		clean = format_clean(place->name, strlen(place->name), "");
		text = format_text("%s%s%.64s", before, before[0] ? "." : "", clean);
		free(clean);
	}
	free(before);
	return text;
}

static int complain(const struct checker *checker, const struct place *place, const char *what)
{
	char *text = place_text(place);

	snprintf(checker->why, checker->why_size, "%s%s%s", text, text[0] ? ": " : "", what);
	free(text);
	return -1;
}

static int check_object(const struct checker *checker, cJSON *object,
			const struct config_kind *kind, const struct place *place);

static int check_number(const struct checker *checker, const cJSON *value,
			const struct place *place)
{
	if (!cJSON_IsNumber(value))
		return complain(checker, place, "a number is expected");
	if (value->valuedouble != floor(value->valuedouble) || fabs(value->valuedouble) > 1e9)
		return complain(checker, place, "the number is no integer, or too large");
	return 0;
}

static int check_texts(const struct checker *checker, const cJSON *value, const struct place *place)
{
	const cJSON *item;

	if (!cJSON_IsArray(value))
		return complain(checker, place, "a list of texts is expected");
	cJSON_ArrayForEach(item, value)
	{
		if (!cJSON_IsString(item) || !item->valuestring[0])
			return complain(checker, place, "only texts may be in this list");
	}
	return 0;
}

static int check_tags(const struct checker *checker, const cJSON *value, const struct place *place)
{
	const cJSON *item;

	if (!cJSON_IsObject(value))
		return complain(checker, place, "an object of texts is expected");
	if (cJSON_GetArraySize(value) > TAGS_MAX)
		return complain(checker, place, "too many tags");
	cJSON_ArrayForEach(item, value)
	{
		const struct place under = { .up = place, .name = item->string };

		if (!cJSON_IsString(item))
			return complain(checker, &under, "a text is expected");
		if (cJSON_GetObjectItemCaseSensitive(value, item->string) != item)
			return complain(checker, &under, "given twice");
	}
	return 0;
}

static int check_list(const struct checker *checker, cJSON *value, const struct config_kind *kind,
		      const struct place *place)
{
	struct place under = { .up = place };
	cJSON *item;

	if (!cJSON_IsArray(value))
		return complain(checker, place, "a list is expected");
	cJSON_ArrayForEach(item, value)
	{
		if (check_object(checker, item, kind, &under))
			return -1;
		under.index++;
	}
	return 0;
}

static int check_value(const struct checker *checker, cJSON *value,
		       const struct config_field *field, const struct place *place)
{
	switch (field->type) {
	case CONFIG_TEXT:
		return cJSON_IsString(value) ? 0 : complain(checker, place, "a text is expected");
	case CONFIG_NUMBER:
		return check_number(checker, value, place);
	case CONFIG_BOOLEAN:
		return cJSON_IsBool(value) ? 0
					   : complain(checker, place, "true or false is expected");
	case CONFIG_TEXTS:
		return check_texts(checker, value, place);
	case CONFIG_TAGS:
		return check_tags(checker, value, place);
	case CONFIG_LIST:
		return check_list(checker, value, field->items, place);
	}
	return -1;
}

static int unknown(const struct checker *checker, const struct config_kind *kind,
		   const struct place *place)
{
	struct nearest nearest = { .typed = place->name };
	char what[128];

	for (const struct config_field *field = kind->fields; field->key; field++)
		nearest_offer(&nearest, field->key);
	if (nearest.best && !strcmp(nearest.best, place->name))
		return complain(checker, place, "not a setting of listeners of this protocol");
	snprintf(what, sizeof(what), "no field of a %s%s%s%s", kind->name,
		 nearest.best ? "; did you mean \"" : "", nearest.best ? nearest.best : "",
		 nearest.best ? "\"?" : "");
	return complain(checker, place, what);
}

static const struct config_field *find_field(const struct config_kind *kind, const cJSON *object,
					     const char *key)
{
	for (const struct config_field *field = kind->fields; field->key; field++) {
		if (!strcmp(field->key, key) && config_applies(field, object))
			return field;
	}
	return NULL;
}

/* Puts the fields in the table's order, and leaves out what has no value. */
static int order_fields(const struct checker *checker, cJSON *object,
			const struct config_kind *kind, const struct place *place)
{
	cJSON *ordered = checked(cJSON_CreateObject());
	int result = 0;

	for (const struct config_field *field = kind->fields; field->key; field++) {
		cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(object, field->key);
		const struct place under = { .up = place, .name = field->key };

		if (cJSON_IsNull(value) || (cJSON_IsString(value) && !value->valuestring[0])) {
			cJSON_Delete(value);
			value = NULL;
		}
		if (value)
			cJSON_AddItemToObject(ordered, field->key, value);
		else if (field->flags & CONFIG_REQUIRED && !result)
			result = complain(checker, &under,
					  field->type == CONFIG_LIST
						  ? "missing: write [] if there are to be none"
						  : "missing");
	}
	object->child = ordered->child;
	ordered->child = NULL;
	cJSON_Delete(ordered);
	return result;
}

/* The protocol decides which fields a listener has, so it is looked at before them. */
static int check_protocol(const struct checker *checker, cJSON *object, const struct place *place)
{
	const cJSON *protocol = config_get(object, "ListenerProtocol");
	const struct place under = { .up = place, .name = "ListenerProtocol" };

	if (cJSON_IsString(protocol) && strcmp(protocol->valuestring, "tcp") != 0 &&
	    strcmp(protocol->valuestring, "udp") != 0)
		return complain(checker, &under, "\"tcp\" or \"udp\" is expected");
	return 0;
}

static int check_object(const struct checker *checker, cJSON *object,
			const struct config_kind *kind, const struct place *place)
{
	cJSON *value;

	if (!cJSON_IsObject(object))
		return complain(checker, place, "an object is expected");
	if (check_protocol(checker, object, place))
		return -1;
	cJSON_ArrayForEach(value, object)
	{
		const struct config_field *field = find_field(kind, object, value->string);
		const struct place under = { .up = place, .name = value->string };

		if (!field)
			return unknown(checker, kind, &under);
		if (config_get(object, value->string) != value)
			return complain(checker, &under, "given twice");
		if (!cJSON_IsNull(value) && check_value(checker, value, field, &under))
			return -1;
	}
	return order_fields(checker, object, kind, place);
}

int config_check(cJSON *root, char *why, size_t why_size)
{
	const struct checker checker = { .why = why, .why_size = why_size };

	return check_object(&checker, root, &config_root, NULL);
}
