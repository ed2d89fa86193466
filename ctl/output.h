/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers as tables. A view says which objects of an answer become rows, and its columns which
 * members become cells. Strings are cleaned on their way to the terminal.
 */
#ifndef SLUICE_CTL_OUTPUT_H
#define SLUICE_CTL_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct answer;
struct ctl;

/* How a number is shown; strings are shown as they are, arrays joined by blanks. */
enum column_kind {
	COLUMN_TEXT, /* left-aligned */
	COLUMN_NUMBER,
	COLUMN_COUNT, /* 12.3k */
	COLUMN_BYTES, /* 1.5 MiB */
	COLUMN_DURATION, /* seconds, as 2d 4h */
	COLUMN_AGO, /* seconds, as 2d 4h ago */
	COLUMN_WIDE = 8, /* added to one of these: shown with -o wide only */
};

struct column {
	const char *title;
	/* A member's name; "a.b" goes down, "^a" looks in the object around, "a/b" joins two. */
	const char *path;
	unsigned int kind; /* enum column_kind */
};

struct view {
	const char *title; /* "": none, and an empty table says so; else empty ones are left out */
	/* Path of the array: "X.Y", and "X.Y.*.Z.W" for the arrays inside each item. NULL: the answer
	 * itself, a column a line. */
	const char *rows;
	const struct column *columns; /* a title of NULL ends them */
	const char *nonzero; /* left out where this member is 0 or false, unless all are wanted */
};

/* Prints the answer's bytes (cleaned if stdout is a terminal), and ends the line. */
void output_json(const char *body, size_t length);
/* Prints through views, of which the last has a NULL title. Of ctl: all, wide. */
void output_views(const cJSON *tree, const struct view *views, const struct ctl *ctl);
/* Prints any answer: its own members line by line, arrays as tables, objects as sections. */
void output_generic(const cJSON *tree);

/* The member at a path like "X.Y"; NULL if it is not there. */
cJSON *output_find(const cJSON *tree, const char *path);

#endif
