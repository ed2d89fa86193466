/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers: one tree, written as JSON or as XML. An array stands in the tree under the name of its
 * items, so `X:{Y:[…]}` becomes <X><Y/><Y/></X>. Keys must outlive the tree (literals). Functions
 * that add end the process without memory (base/memory.h).
 */
#ifndef SLUICE_API_ANSWER_H
#define SLUICE_API_ANSWER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

#define ANSWER_ID 37 /* a UUID as text */

/* A new tree that begins with the RequestId. */
struct cJSON *answer_new(const char *request_id);
/* The tree of an error answer, with a Detail if there is one. */
struct cJSON *answer_error(const char *request_id, const char *host_id, const struct error *error);
void answer_free(struct cJSON *answer);

void answer_text(struct cJSON *object, const char *key, const char *value);
/* Left out if it is "". */
void answer_text_if(struct cJSON *object, const char *key, const char *value);
void answer_number(struct cJSON *object, const char *key, int64_t value);
void answer_bool(struct cJSON *object, const char *key, bool value);
/* Milliseconds since 1970 as UTC, YYYY-MM-DDThh:mm:ssZ. */
void answer_time(struct cJSON *object, const char *key, int64_t ms);
/* The same with its milliseconds. */
void answer_moment(struct cJSON *object, const char *key, int64_t ms);
/* Whole seconds that have passed since then. */
void answer_ago(struct cJSON *object, const char *key, int64_t ms);

struct cJSON *answer_object(struct cJSON *object, const char *key);
/* Adds `outer:{inner:[]}` and returns the array. */
struct cJSON *answer_list(struct cJSON *object, const char *outer, const char *inner);
/* Adds `outer:[]` and returns the array. */
struct cJSON *answer_flat(struct cJSON *object, const char *outer);
/* A new object at the end of an array. */
struct cJSON *answer_item(struct cJSON *list);
void answer_item_text(struct cJSON *list, const char *value);
/* Values that are JSON already, with commas between them; in answers that become JSON only. */
void answer_item_raw(struct cJSON *list, const char *json);
void answer_item_number(struct cJSON *list, int64_t value);

/* The text, to be freed by the caller. `root`: the name of the XML document's element. */
char *answer_json(const struct cJSON *answer);
char *answer_xml(const struct cJSON *answer, const char *root);

#endif
