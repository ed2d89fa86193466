/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading JSON parameters: RFC 8259 to the letter, and strings in single quotes besides, as
 * Terraform sends them. cJSON's own parser takes too much (raw newlines, bad UTF-8, NULs that cut a
 * string, numbers that saturate), so only its tree is used: numbers are kept as text (cJSON_Raw).
 */
#ifndef SLUICE_API_JSON_H
#define SLUICE_API_JSON_H

#include <stddef.h>

#define JSON_DEPTH_MAX 4 /* arrays and objects within one another */
#define JSON_BYTES_MAX 65536

struct cJSON;

/* The tree of a whole text, or NULL with a short reason in `why`. Free with cJSON_Delete. */
struct cJSON *json_parse(const char *text, size_t length, char *why, size_t why_size);

#endif
