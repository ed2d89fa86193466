/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tags in requests and answers (API, 4.8): Tag.N.Key with Tag.N.Value, TagKey.N, and the JSON of
 * DescribeLoadBalancers. As a filter they mean: has all of these.
 */
#ifndef SLUICE_API_TAGS_H
#define SLUICE_API_TAGS_H

#include "base/error.h"
#include "store/record.h"

struct cJSON;
struct request;

struct tag_list {
	struct tag_record tags[RECORD_TAGS];
	bool valued[RECORD_TAGS]; /* a value was given, if only an empty one */
	uint32_t count;
};

/* Tag.N of a request, checked; and TagKey.N, keys alone. Into a zeroed list. */
int tags_decode(const struct request *request, struct tag_list *list, struct error *error);
int tag_keys_decode(const struct request *request, struct tag_list *list, struct error *error);
/* The JSON text `[{"TagKey","TagValue"}]`, at most ten; -ERR_TAGS_FILTER. */
int tags_parse(const char *text, struct tag_list *list, struct error *error);

/* True if a resource with these tags (NULL: none) has all of the list's; without a value: any. */
bool tags_match(const struct tag_list *list, const struct tags_record *tags);
/* Adds `Tags:{Tag:[{TagKey,TagValue}]}`, and the flat `Tags:[…]`. */
void answer_tags(struct cJSON *object, const struct tags_record *tags);
void answer_tags_flat(struct cJSON *object, const struct tags_record *tags);

#endif
