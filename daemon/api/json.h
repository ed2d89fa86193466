/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading JSON parameters: RFC 8259 to the letter, and strings in single quotes besides, as
 * Terraform sends them. cJSON's own parser takes too much (raw newlines, bad UTF-8, NULs that cut a
 * string, numbers that saturate), so only its tree is used: numbers are kept as text (cJSON_Raw).
 */
#ifndef SLUICE_API_JSON_H
#define SLUICE_API_JSON_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 4 /* arrays and objects within one another */
#define JSON_BYTES_MAX 65536

struct cJSON;

/* An array that is read item by item, as it may be too long to be a tree. Begins as zeros but for the
 * text; every item may have the length and the depth of a whole text. */
struct json_items {
	const char *text;
	size_t length, at;
	bool begun;
};
/* 1: *item is the next one, to be freed with cJSON_Delete; 0: that was all; -1 with a short reason
 * in `why`: it is no array of JSON values. */
int json_items_next(struct json_items *items, struct cJSON **item, char *why, size_t why_size);

/* The tree of a whole text, or NULL with a short reason in `why`. Free with cJSON_Delete. */
struct cJSON *json_parse(const char *text, size_t length, char *why, size_t why_size);

#endif
