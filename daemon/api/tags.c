// SPDX-License-Identifier: BSD-2-Clause
/* One list of tags, whichever of three ways it came. */
#include "api/tags.h"
#include "api/answer.h"
#include "api/json.h"
#include "api/request.h"
#include "base/memory.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <ctype.h>

#define KEY_CHARACTERS 64
#define VALUE_CHARACTERS 128
#define FILTER_TAGS_MAX 10

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

/* What neither a key nor a value may be. */
static bool is_bad(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (iscntrl((unsigned char)*c))
			return true;
	}
	return !strncmp(text, "aliyun", 6) || !strncmp(text, "acs:", 4) ||
	       strstr(text, "http://") || strstr(text, "https://");
}

static int add_tag(struct tag_list *list, const char *key, const char *value, struct error *error)
{
	struct tag_record *tag = &list->tags[list->count];
	char shown[2][TEXT_SHOWN];

	text_cut(shown[0], sizeof(shown[0]), key);
	text_cut(shown[1], sizeof(shown[1]), value ? value : "");
	if (characters(key) > KEY_CHARACTERS || is_bad(key))
		return error_set(error, ERR_TAG_KEY, "TagKey \"%s\"", shown[0]);
	if (value && (characters(value) > VALUE_CHARACTERS || is_bad(value)))
		return error_set(error, ERR_TAG_VALUE, "TagValue \"%s\" of TagKey \"%s\"", shown[1],
				 shown[0]);
	for (uint32_t i = 0; i < list->count; i++) {
		if (!strcmp(list->tags[i].key, key))
			return error_set(error, ERR_DUPLICATE_TAG_KEY, "TagKey \"%s\"", key);
	}
	memcpy(tag->key, key, strlen(key));
	if (value)
		memcpy(tag->value, value, strlen(value));
	list->valued[list->count++] = value;
	return 0;
}

static const char *value_at(const struct request_item *values, int count, unsigned int index)
{
	for (int i = 0; i < count; i++) {
		if (values[i].index == index)
			return values[i].value;
	}
	return NULL;
}

/* Keys with the values of the same numbers; a value without its key is refused. */
static int join(const struct request_item *keys, int key_count, const struct request_item *values,
		int value_count, struct tag_list *list, struct error *error)
{
	int result = 0;

	for (int i = 0; i < value_count; i++) {
		if (!value_at(keys, key_count, values[i].index))
			return error_set(error, ERR_MISSING_TAG_KEY,
					 "Tag.%u.Value without Tag.%u.Key", values[i].index,
					 values[i].index);
	}
	if (key_count > RECORD_TAGS)
		return error_set(error, ERR_SIZE_TAG, "%d tags, at most %d", key_count,
				 RECORD_TAGS);
	for (int i = 0; i < key_count && !result; i++)
		result = add_tag(list, keys[i].value, value_at(values, value_count, keys[i].index),
				 error);
	return result;
}

int tags_decode(const struct request *request, struct tag_list *list, struct error *error)
{
	struct request_item *keys = memory_new(REQUEST_PARAMETERS_MAX, sizeof(*keys));
	struct request_item *values = memory_new(REQUEST_PARAMETERS_MAX, sizeof(*values));
	int key_count = request_list_field(request, "Tag", ".Key", keys, error);
	int value_count = request_list_field(request, "Tag", ".Value", values, error);
	int kept = 0, result;

	/* Of a key, empty is absent. Of a value it is not. */
	for (int i = 0; i < key_count; i++) {
		if (keys[i].value[0])
			keys[kept++] = keys[i];
	}
	result = key_count < 0 ? key_count : value_count < 0 ? value_count : 0;
	if (!result)
		result = join(keys, kept, values, value_count, list, error);
	free(keys);
	free(values);
	return result;
}

int tag_keys_decode(const struct request *request, struct tag_list *list, struct error *error)
{
	struct request_item *keys = memory_new(REQUEST_PARAMETERS_MAX, sizeof(*keys));
	int count = request_list(request, "TagKey", keys, error), result = count < 0 ? count : 0;

	if (count > RECORD_TAGS)
		result = error_set(error, ERR_SIZE_TAG_KEY, "%d keys, at most %d", count,
				   RECORD_TAGS);
	for (int i = 0; i < count && !result; i++)
		result = add_tag(list, keys[i].value, NULL, error);
	free(keys);
	return result;
}

static const char *text_of(const struct cJSON *object, const char *name)
{
	const struct cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static int add_json(const struct cJSON *tree, struct tag_list *list, struct error *error)
{
	const struct cJSON *item;

	if (!cJSON_IsArray(tree) || cJSON_GetArraySize(tree) > FILTER_TAGS_MAX)
		return error_set(error, ERR_TAGS_FILTER, "Tags is not an array of at most %d",
				 FILTER_TAGS_MAX);
	cJSON_ArrayForEach(item, tree)
	{
		const char *key = text_of(item, "TagKey");

		if (!cJSON_IsObject(item) || !key || !key[0])
			return error_set(error, ERR_TAGS_FILTER, "an entry of Tags has no TagKey");
		if (add_tag(list, key, text_of(item, "TagValue"), error))
			return error_set(error, ERR_TAGS_FILTER, "the tag of key \"%s\" is invalid",
					 key);
	}
	return 0;
}

int tags_parse(const char *text, struct tag_list *list, struct error *error)
{
	char why[128] = "";
	struct cJSON *tree = json_parse(text, strlen(text), why, sizeof(why));
	int result = tree ? add_json(tree, list, error)
			  : error_set(error, ERR_TAGS_FILTER, "Tags: %s", why);

	cJSON_Delete(tree);
	return result;
}

static const struct tag_record *find_tag(const struct tags_record *tags, const char *key)
{
	for (uint32_t i = 0; tags && i < tags->tag_count; i++) {
		if (!strcmp(tags->tags[i].key, key))
			return &tags->tags[i];
	}
	return NULL;
}

bool tags_match(const struct tag_list *list, const struct tags_record *tags)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct tag_record *tag = find_tag(tags, list->tags[i].key);

		if (!tag || (list->valued[i] && strcmp(tag->value, list->tags[i].value) != 0))
			return false;
	}
	return true;
}

static void add_items(struct cJSON *list, const struct tags_record *tags)
{
	for (uint32_t i = 0; tags && i < tags->tag_count; i++) {
		struct cJSON *item = answer_item(list);

		answer_text(item, "TagKey", tags->tags[i].key);
		answer_text(item, "TagValue", tags->tags[i].value);
	}
}

void answer_tags(struct cJSON *object, const struct tags_record *tags)
{
	add_items(answer_list(object, "Tags", "Tag"), tags);
}

void answer_tags_flat(struct cJSON *object, const struct tags_record *tags)
{
	add_items(answer_flat(object, "Tags"), tags);
}
