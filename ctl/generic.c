// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any answer as text, without knowing it: the API's answers are regular (an array is X:{Y:[…]}),
 * and how a number is shown follows from its name. So an action that this tool has never heard of
 * is still readable.
 */
#include "output.h"

#include "table.h"
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION_DEPTH 4
#define GENERIC_COLUMNS 32

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && !strcmp(text + length - strlen(end), end);
}

static enum column_kind kind_of(const char *name)
{
	if (strstr(name, "Bytes"))
		return COLUMN_BYTES;
	if (ends_with(name, "Seconds"))
		return COLUMN_DURATION;
	if (strstr(name, "Packets") || ends_with(name, "Connections"))
		return COLUMN_COUNT;
	return COLUMN_NUMBER;
}

/* The array of X:{Y:[…]} or X:[…], else NULL. */
static const cJSON *array_of(const cJSON *value)
{
	if (cJSON_IsArray(value))
		return value;
	if (cJSON_IsObject(value) && cJSON_IsArray(value->child) && !value->child->next)
		return value->child;
	return NULL;
}

/* Sentences, which need a line each, where words go beside each other. */
static bool is_sentences(const cJSON *array)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		if (cJSON_IsString(item) && strchr(item->valuestring, ' '))
			return true;
	}
	return false;
}

/* Fits into one line beside its name. */
static bool is_single(const cJSON *value)
{
	const cJSON *array = array_of(value);

	if (array)
		return !cJSON_IsObject(array->child) && !is_sentences(array);
	return !cJSON_IsObject(value);
}

static void print_scalars(const cJSON *tree, const char *title)
{
	size_t count = 0;
	struct list_line *lines =
		checked(calloc((size_t)cJSON_GetArraySize(tree) + 1, sizeof(*lines)));
	char **names = checked(calloc((size_t)cJSON_GetArraySize(tree) + 1, sizeof(*names)));
	const cJSON *item;

	cJSON_ArrayForEach(item, tree)
	{
		if (!is_single(item) || !strcmp(item->string, "RequestId"))
			continue;
		names[count] = format_clean(item->string, strlen(item->string), "");
		lines[count] = (struct list_line){
			.name = names[count],
			.value = cell_text(item, kind_of(item->string)),
		};
		count++;
	}
	list_print(title, lines, count);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	free(lines);
}

/* Columns in the order in which the rows first have them; text where a row has text. */
static size_t find_columns(const cJSON *array, struct column columns[static GENERIC_COLUMNS + 1])
{
	size_t count = 0;
	const cJSON *row, *item;

	cJSON_ArrayForEach(row, array)
	{
		if (!cJSON_IsObject(row))
			continue;
		cJSON_ArrayForEach(item, row)
		{
			size_t at = 0;

			while (at < count && strcmp(columns[at].path, item->string) != 0)
				at++;
			if (at == GENERIC_COLUMNS || strpbrk(item->string, "./^"))
				continue;
			if (at == count)
				columns[count++] = (struct column){
					.path = item->string,
					.kind = kind_of(item->string),
				};
			if (!cJSON_IsNumber(item))
				columns[at].kind = COLUMN_TEXT;
		}
	}
	return count;
}

static void print_array(const cJSON *array, const char *title)
{
	struct column columns[GENERIC_COLUMNS + 1] = { 0 };
	char *titles[GENERIC_COLUMNS] = { 0 };
	size_t count = find_columns(array, columns);
	struct table *table;
	const cJSON *row;

	for (size_t i = 0; i < count; i++) {
		titles[i] = format_clean(columns[i].path, strlen(columns[i].path), "");
		columns[i].title = titles[i];
	}
	table = table_new(columns, true);
	cJSON_ArrayForEach(row, array)
	{
		if (cJSON_IsObject(row))
			table_add(table, row, NULL);
	}
	table_print(table, title);
	for (size_t i = 0; i < count; i++)
		free(titles[i]);
}

static void print_sentences(const cJSON *array, const char *title)
{
	const cJSON *item;

	section_begin(title);
	cJSON_ArrayForEach(item, array)
	{
		char *text = cell_text(item, COLUMN_NUMBER);

		puts(text);
		free(text);
	}
}

static void print_section(const cJSON *tree, const char *title, int depth)
{
	const cJSON *item;

	print_scalars(tree, title);
	cJSON_ArrayForEach(item, tree)
	{
		const cJSON *array = array_of(item);
		char *name;

		if (is_single(item) || depth == SECTION_DEPTH)
			continue;
		name = format_clean(item->string, strlen(item->string), "");
		if (array && is_sentences(array))
			print_sentences(array, name);
		else if (array)
			print_array(array, name);
		else
			print_section(item, name, depth + 1);
		free(name);
	}
}

void output_generic(const cJSON *tree)
{
	print_section(tree, "", 0);
}
