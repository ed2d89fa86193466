/* SPDX-License-Identifier: BSD-2-Clause */
/* One table of cells on stdout, or one list of names and values. */
#ifndef SLUICE_CTL_TABLE_H
#define SLUICE_CTL_TABLE_H

#include "output.h"

struct table;

/* The columns are borrowed; those that are wide are shown only if all are to be. Never NULL. */
struct table *table_new(const struct column *columns, bool wide);
/* A row from an object; `outer` (may be NULL) is where "^name" is looked up. */
void table_add(struct table *table, const cJSON *row, const cJSON *outer);
/* Prints it, without the columns that are empty in every row, and frees it. */
void table_print(struct table *table, const char *title);

/* The text of one member, cleaned and malloc'ed; "" if it is absent. */
char *cell_text(const cJSON *value, unsigned int kind);
/* The text of a column's path in a row. */
char *cell_at(const cJSON *row, const cJSON *outer, const struct column *column);

/* Names and values, a line each, in two aligned columns; empty values are left out. */
struct list_line {
	const char *name;
	char *value; /* freed by list_print */
};
void list_print(const char *title, struct list_line *lines, size_t count);
/* The line before a table or a list: an empty one if something was printed before, then the title
 * unless it is "". */
void section_begin(const char *title);

#endif
