// SPDX-License-Identifier: BSD-2-Clause
/* See table.h. The only user of libsmartcols. */
#include "table.h"

#include "format.h"

#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
	struct libscols_table *cells;
	const struct column *columns;
	size_t column_count;
	size_t row_count;
	bool wide;
	bool *filled; /* by column */
};

static const cJSON *only_array(const cJSON *value)
{
	return cJSON_IsObject(value) && cJSON_IsArray(value->child) && !value->child->next
		       ? value->child
		       : value;
}

static char *joined(const cJSON *array)
{
	char *text = format_text("%s", "");
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		char *part = cJSON_IsArray(item) || cJSON_IsObject(item)
				     ? format_text("…")
				     : cell_text(item, COLUMN_NUMBER);
		char *longer = format_text("%s%s%s", text, text[0] ? " " : "", part);

		free(part);
		free(text);
		text = longer;
	}
	return text;
}

static char *number_text(double value, unsigned int kind)
{
	switch (kind & ~(unsigned int)COLUMN_WIDE) {
	case COLUMN_COUNT:
		return format_count(value);
	case COLUMN_BYTES:
		return format_bytes(value);
	case COLUMN_DURATION:
		return format_duration(value);
	case COLUMN_AGO:
		return format_ago(value);
	default:
		return format_number(value);
	}
}

char *cell_text(const cJSON *value, unsigned int kind)
{
	value = only_array(value);
	if (cJSON_IsNumber(value))
		return number_text(value->valuedouble, kind);
	if (cJSON_IsString(value))
		return format_clean(value->valuestring, strlen(value->valuestring), "");
	if (cJSON_IsBool(value))
		return format_text("%s", cJSON_IsTrue(value) ? "yes" : "no");
	if (cJSON_IsArray(value))
		return joined(value);
	return format_text("%s", "");
}

char *cell_at(const cJSON *row, const cJSON *outer, const struct column *column)
{
	char *path = format_text("%s", column->path);
	char *rest = path;
	char *text = NULL;

	while (rest) {
		char *part = strsep(&rest, "/");
		const cJSON *value = part[0] == '^' ? output_find(outer, part + 1)
						    : output_find(row, part);
		char *more = cell_text(value, column->kind);
		bool both = text && (text[0] || more[0]);
		char *whole = both ? format_text("%s/%s", text, more) : format_text("%s", more);

		free(text);
		free(more);
		text = whole;
	}
	free(path);
	return text;
}

struct table *table_new(const struct column *columns, bool wide)
{
	struct table *table = checked(calloc(1, sizeof(*table)));

	table->cells = checked(scols_new_table());
	table->columns = columns;
	table->wide = wide;
	while (columns[table->column_count].title) {
		const struct column *column = &columns[table->column_count++];
		bool text = (column->kind & ~(unsigned int)COLUMN_WIDE) == COLUMN_TEXT;

		checked(scols_table_new_column(table->cells, column->title, 0,
					       text ? 0 : SCOLS_FL_RIGHT));
	}
	table->filled = checked(calloc(table->column_count + 1, sizeof(*table->filled)));
	return table;
}

void table_add(struct table *table, const cJSON *row, const cJSON *outer)
{
	struct libscols_line *line = checked(scols_table_new_line(table->cells, NULL));

	for (size_t i = 0; i < table->column_count; i++) {
		char *text = cell_at(row, outer, &table->columns[i]);

		if (text[0] && (table->wide || !(table->columns[i].kind & COLUMN_WIDE)))
			table->filled[i] = true;
		if (scols_line_refer_data(line, i, text))
			checked(NULL);
	}
	table->row_count++;
}

void table_print(struct table *table, const char *title)
{
	if (table->row_count || !title[0])
		section_begin(title);
	if (!table->row_count && !title[0])
		puts("none");
	for (size_t i = 0; i < table->column_count; i++) {
		struct libscols_column *column = scols_table_get_column(table->cells, i);

		if (!table->filled[i])
			scols_column_set_flags(column, SCOLS_FL_HIDDEN);
	}
	fflush(stdout);
	scols_print_table(table->cells);
	scols_unref_table(table->cells);
	free(table->filled);
	free(table);
}

void section_begin(const char *title)
{
	static bool begun;

	if (begun)
		putchar('\n');
	begun = true;
	if (title[0])
		printf("%s\n", title);
}

void list_print(const char *title, struct list_line *lines, size_t count)
{
	int width = 0;
	bool begun = false;

	for (size_t i = 0; i < count; i++) {
		if (lines[i].value[0] && width < (int)strlen(lines[i].name))
			width = (int)strlen(lines[i].name);
	}
	for (size_t i = 0; i < count; i++) {
		if (lines[i].value[0] && !begun) {
			section_begin(title);
			begun = true;
		}
		if (lines[i].value[0])
			printf("%-*s  %s\n", width, lines[i].name, lines[i].value);
		free(lines[i].value);
	}
}
