// SPDX-License-Identifier: BSD-2-Clause
/* See output.h. */
#include "output.h"

#include "command.h"
#include "table.h"
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void output_json(const char *body, size_t length)
{
	bool clean = isatty(STDOUT_FILENO);
	char *text = clean ? format_clean(body, length, "\n\t") : NULL;

	if (clean)
		fputs(text, stdout);
	else
		fwrite(body, 1, length, stdout);
	if (!length || body[length - 1] != '\n')
		putchar('\n');
	free(text);
}

cJSON *output_find(const cJSON *tree, const char *path)
{
	char *copy = format_text("%s", path);
	char *rest = copy;
	cJSON *found = NULL;

	while (rest) {
		found = cJSON_GetObjectItemCaseSensitive(tree, strsep(&rest, "."));
		tree = found;
	}
	free(copy);
	return found;
}

static bool is_zero(const cJSON *row, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, name);

	return cJSON_IsFalse(value) || (cJSON_IsNumber(value) && value->valuedouble == 0);
}

/* Adds the rows below `tree`; what comes after ".*." in the path is looked for in each item. */
static void add_rows(struct table *table, const cJSON *tree, const cJSON *outer,
		     const struct view *view, const char *path, bool all)
{
	const char *star = strstr(path, ".*.");
	char *head = format_text("%.*s", star ? (int)(star - path) : (int)strlen(path), path);
	const cJSON *item;

	cJSON_ArrayForEach(item, output_find(tree, head))
	{
		if (!cJSON_IsObject(item))
			continue;
		if (star)
			add_rows(table, item, item, view, star + 3, all);
		else if (all || !view->nonzero || !is_zero(item, view->nonzero))
			table_add(table, item, outer);
	}
	free(head);
}

static void print_record(const cJSON *tree, const struct view *view, bool wide)
{
	struct list_line *lines;
	size_t count = 0;

	while (view->columns[count].title)
		count++;
	lines = checked(calloc(count + 1, sizeof(*lines)));
	for (size_t i = 0; i < count; i++) {
		bool shown = wide || !(view->columns[i].kind & COLUMN_WIDE);

		lines[i].name = view->columns[i].title;
		lines[i].value = shown ? cell_at(tree, NULL, &view->columns[i])
				       : format_text("%s", "");
	}
	list_print(view->title, lines, count);
	free(lines);
}

void output_views(const cJSON *tree, const struct view *views, const struct ctl *ctl)
{
	for (const struct view *view = views; view->title; view++) {
		struct table *table;

		if (!view->rows) {
			if (ctl->all || !view->nonzero || !is_zero(tree, view->nonzero))
				print_record(tree, view, ctl->wide);
			continue;
		}
		table = table_new(view->columns, ctl->wide);
		add_rows(table, tree, NULL, view, view->rows, ctl->all);
		table_print(table, view->title);
	}
}
