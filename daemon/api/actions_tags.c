// SPDX-License-Identifier: BSD-2-Clause
/* Tags of any resource (API, 4.8). */
#include "api/action.h"
#include "api/lb_rows.h"
#include "api/paging.h"
#include "api/tags.h"
#include "base/memory.h"

#include <string.h>

#define PAGE_TAGS 50
#define TOKEN_LIST 'T'

struct tags_params {
	struct tag_change change;
	struct tag_list tags;
	bool all;
	char next[PAGE_TOKEN_TEXT];
};

#define TYPE                                                                    \
	{                                                                       \
		.key = "ResourceType", .type = PARAM_CHOICE,                    \
		PARAM_FIELD(struct tags_params, change.type), .required = true, \
		.choices = &choices_resource_type, .error = ERR_RESOURCE_TYPE,  \
		.summary = "kind of resource"                                   \
	}
#define IDS                                                                                 \
	{                                                                                   \
		.key = "ResourceId", .type = PARAM_ID_LIST,                                 \
		PARAM_FIELD(struct tags_params, change.ids),                                \
		PARAM_COUNT(struct tags_params, change.id_count), .max = RECORD_TAGS,       \
		.error = ERR_SIZE_RESOURCE_ID,                                              \
		.summary = "the resources; a listener is <LoadBalancerId>_<tcp|udp>_<port>" \
	}

static const struct param tag_params[] = {
	TYPE,
	IDS,
	TAG_ROW(struct tags_params, tags, "key and value; a key that is there gets the new value"),
};

static const struct param untag_params[] = {
	TYPE,
	IDS,
	{ .key = "TagKey",
	  .type = PARAM_TAG_LIST,
	  PARAM_FIELD(struct tags_params, tags),
	  .max = RECORD_TAGS,
	  .summary = "the keys to take away" },
	{ .key = "All",
	  .type = PARAM_BOOL,
	  PARAM_FIELD(struct tags_params, all),
	  .summary = "without a TagKey: true takes every tag away" },
};

static const struct param list_params[] = {
	TYPE,
	IDS,
	TAG_ROW(struct tags_params, tags, "only resources that have all of these"),
	{ .key = "NextToken",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct tags_params, next),
	  .min = 1,
	  .max = PAGE_TOKEN_TEXT - 1,
	  .error = ERR_NEXT_TOKEN,
	  .summary = "where the last answer ended" },
};

static int prepare_change(struct call *call, struct error *error)
{
	struct tags_params *params = call->params;
	struct tag_change *change = &params->change;

	if (!change->id_count)
		return error_set(error, ERR_MISSING_RESOURCE_ID, "ResourceId.1 is absent");
	change->region = call->region;
	change->tags = params->tags.tags;
	change->tag_count = params->tags.count;
	change->all = params->all;
	memcpy(call->target, change->ids[0], sizeof(call->target));
	return 0;
}

static int prepare_tag(struct call *call, struct error *error)
{
	int result = prepare_change(call, error);

	if (!result && !((const struct tags_params *)call->params)->tags.count)
		return error_set(error, ERR_MISSING_TAG_KEY, "Tag.1.Key is absent");
	return result;
}

static int apply_tag(struct call *call, struct model *model, struct error *error)
{
	return model_tag(model, &((const struct tags_params *)call->params)->change, error);
}

static int apply_untag(struct call *call, struct model *model, struct error *error)
{
	return model_untag(model, &((const struct tags_params *)call->params)->change, error);
}

/* --- list --- */

struct found {
	int64_t created_ms;
	const struct tags_record *tags;
};

struct found_list {
	struct found *items;
	size_t count, room;
};

static void add_found(struct found_list *list, const struct tags_params *params,
		      const struct tags_record *tags, int64_t created_ms)
{
	if (!tags || !tags_match(&params->tags, tags))
		return;
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->items = memory_resize(list->items, list->room, sizeof(*list->items));
	}
	list->items[list->count++] = (struct found){ created_ms, tags };
}

static int find_named(const struct call *call, struct found_list *list, struct error *error)
{
	const struct tags_params *params = call->params;

	for (uint32_t i = 0; i < params->change.id_count; i++) {
		const char *id = params->change.ids[i];
		int64_t created_ms = 0;
		const struct load_balancer *lb = model_resource(call->context->model, call->region,
								params->change.type, id,
								&created_ms);

		if (!lb)
			return error_set(error, ERR_RESOURCE_NOT_EXIST, "no %s \"%s\"",
					 choice_name(&choices_resource_type, params->change.type),
					 id);
		add_found(list, params, lb_tags(lb, params->change.type, id), created_ms);
	}
	return 0;
}

static void find_all(const struct call *call, struct found_list *list)
{
	const struct tags_params *params = call->params;
	size_t count;
	const struct load_balancer *const *lbs = model_lbs(call->context->model, &count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(lbs[i]->record.region, call->region) != 0)
			continue;
		for (size_t j = 0; j < lbs[i]->tags_count; j++) {
			const struct tags_record *tags = lbs[i]->tags[j];
			int64_t created_ms = 0;

			if (tags->type != params->change.type)
				continue;
			lb_has_resource(lbs[i], tags->type, tags->id, &created_ms);
			add_found(list, params, tags, created_ms);
		}
	}
}

static struct page_place place_of(const struct found *found, uint32_t tag)
{
	struct page_place place = { .created_ms = found->created_ms };

	memcpy(place.id, found->tags->id, sizeof(place.id));
	memcpy(place.key, found->tags->tags[tag].key, sizeof(place.key));
	return place;
}

static int by_age(const void *a, const void *b)
{
	struct page_place x = place_of(a, 0), y = place_of(b, 0);

	return page_compare(&x, &y);
}

static void add_page(const struct tags_params *params, const struct found_list *found,
		     const struct page_place *after, struct cJSON *answer)
{
	struct cJSON *list = answer_list(answer, "TagResources", "TagResource");
	char next[PAGE_TOKEN_TEXT] = "";
	struct page_place last = *after;
	size_t shown = 0;

	for (size_t i = 0; i < found->count; i++) {
		const struct tags_record *tags = found->items[i].tags;

		/* A resource that is named twice is found twice. */
		for (uint32_t j = 0; j < tags->tag_count; j++) {
			struct page_place place = place_of(&found->items[i], j);
			struct cJSON *item;

			if (page_compare(&place, &last) <= 0)
				continue;
			if (shown++ == PAGE_TAGS) {
				page_token_write(TOKEN_LIST, &last, next);
				i = found->count - 1;
				break;
			}
			item = answer_item(list);
			answer_text(item, "ResourceId", tags->id);
			answer_text(item, "ResourceType",
				    choice_name(&choices_resource_type, params->change.type));
			answer_text(item, "TagKey", tags->tags[j].key);
			answer_text(item, "TagValue", tags->tags[j].value);
			last = place;
		}
	}
	answer_text(answer, "NextToken", next);
}

static int read_list(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct tags_params *params = call->params;
	struct page_place after = { .created_ms = INT64_MIN };
	struct found_list found = { 0 };
	int result = 0;

	if (!params->change.id_count && !params->tags.count)
		return error_set(error, ERR_MISSING_TAG_OR_RESOURCE,
				 "neither ResourceId.1 nor Tag.1.Key is given");
	if (params->next[0])
		result = page_token_read(TOKEN_LIST, params->next, &after, error);
	if (!result && params->change.id_count)
		result = find_named(call, &found, error);
	else if (!result)
		find_all(call, &found);
	if (!result) {
		if (found.count)
			qsort(found.items, found.count, sizeof(*found.items), by_age);
		add_page(params, &found, &after, answer);
	}
	free(found.items);
	return result;
}

static const struct action rows[] = {
	{ .name = "TagResources",
	  .summary = "give tags to resources: to all of them or none",
	  ACTION_PARAMS(struct tags_params, tag_params),
	  .prepare = prepare_tag,
	  .apply = apply_tag },
	{ .name = "UntagResources",
	  .summary = "take tags away from resources",
	  ACTION_PARAMS(struct tags_params, untag_params),
	  .prepare = prepare_change,
	  .apply = apply_untag },
	{ .name = "ListTagResources",
	  .summary = "list the tags of resources",
	  ACTION_PARAMS(struct tags_params, list_params),
	  .read = read_list },
};

const struct action_table actions_tags = ACTION_TABLE(rows);
