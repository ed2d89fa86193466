// SPDX-License-Identifier: BSD-2-Clause
/* Tags come and go (API, 4.8): for all resources of a request, or for none. */
#include "core/staging.h"
#include "core/tags.h"

#include "base/choice.h"
#include "base/memory.h"

/* The id of the load balancer in that of a resource: all of it, or what is before the first _. */
static void owner_id(unsigned int type, const char *id, char lb_id[static RECORD_ID])
{
	size_t length = strnlen(id, RECORD_ID - 1);

	if (type == RESOURCE_LISTENER)
		length = strcspn(id, "_");
	memset(lb_id, 0, RECORD_ID);
	memcpy(lb_id, id, length < RECORD_ID ? length : 0);
}

const struct load_balancer *model_resource(const struct model *model, const char *region,
					   unsigned int type, const char *id, int64_t *created_ms)
{
	const struct load_balancer *lb = NULL;
	char lb_id[RECORD_ID];

	if (type == RESOURCE_VSERVER_GROUP) {
		model_group(model, id, &lb);
	} else {
		owner_id(type, id, lb_id);
		lb = model_lb(model, lb_id);
	}
	if (!lb || strcmp(lb->record.region, region) != 0)
		return NULL;
	return lb_has_resource(lb, type, id, created_ms) ? lb : NULL;
}

/* The same among what is staged. */
static const struct load_balancer *find_owner(const struct model *model,
					      const struct tag_change *request, const char *id)
{
	const struct load_balancer *lb = NULL;
	char lb_id[RECORD_ID];
	int64_t created_ms;

	if (request->type == RESOURCE_VSERVER_GROUP) {
		find_group(model, request->region, id, &lb);
	} else {
		owner_id(request->type, id, lb_id);
		lb = find_lb(model, request->region, lb_id);
	}
	return lb && lb_has_resource(lb, request->type, id, &created_ms) ? lb : NULL;
}

static bool names_key(const struct tag_change *request, const char *key)
{
	for (uint32_t i = 0; i < request->tag_count; i++) {
		if (!strcmp(request->tags[i].key, key))
			return true;
	}
	return false;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct tag_record *)a)->key, ((const struct tag_record *)b)->key);
}

/* What a resource has after the change: what the request does not name, and, to `add`, what it does.
 * `out` has room for twice the most. */
static void alter_tags(const struct tag_change *request, const struct tags_record *before, bool add,
		       struct tag_record *out, uint32_t *count)
{
	bool clear = !add && request->all && !request->tag_count;

	*count = 0;
	for (uint32_t i = 0; before && !clear && i < before->tag_count; i++) {
		if (!names_key(request, before->tags[i].key))
			out[(*count)++] = before->tags[i];
	}
	for (uint32_t i = 0; add && i < request->tag_count; i++)
		out[(*count)++] = request->tags[i];
	qsort(out, *count, sizeof(*out), compare_keys);
}

static void stage_tags(struct model *model, const struct load_balancer *lb,
		       const struct tag_change *request, const char *id, struct tag_record *tags,
		       uint32_t count)
{
	struct tags_record record = { .type = request->type, .tags = tags, .tag_count = count };
	const struct tags_record *before = lb_tags(lb, request->type, id);
	struct load_balancer *copy;

	if (!before && !count)
		return;
	if (before && before->tag_count == count &&
	    !memcmp(before->tags, tags, count * sizeof(*tags)))
		return;
	memcpy(record.id, id, sizeof(record.id));
	memcpy(record.lb_id, lb->record.id, sizeof(record.lb_id));
	copy = lb_copy(lb);
	lb_put_tags(copy, tags_new(&record));
	stage_lb(model, lb->record.id, copy);
}

static int change_tags(struct model *model, const struct tag_change *request, bool add,
		       struct error *error)
{
	struct tag_record *tags = memory_new(2UL * RECORD_TAGS, sizeof(*tags));
	const struct load_balancer *lb;
	uint32_t count;
	int result = 0;

	for (uint32_t i = 0; i < request->id_count && !result; i++) {
		const char *id = request->ids[i];

		lb = find_owner(model, request, id);
		if (!lb) {
			result = error_set(error, ERR_RESOURCE_NOT_EXIST, "no %s \"%s\"",
					   choice_name(&choices_resource_type, request->type), id);
			break;
		}
		alter_tags(request, lb_tags(lb, request->type, id), add, tags, &count);
		if (count > RECORD_TAGS)
			result = error_set(error, ERR_TAG_COUNT, "\"%s\" would have %u tags", id,
					   count);
	}
	for (uint32_t i = 0; i < request->id_count && !result; i++) {
		lb = find_owner(model, request, request->ids[i]);
		if (!lb)
			continue;
		alter_tags(request, lb_tags(lb, request->type, request->ids[i]), add, tags, &count);
		stage_tags(model, lb, request, request->ids[i], tags, count);
	}
	free(tags);
	return result;
}

int model_tag(struct model *model, const struct tag_change *request, struct error *error)
{
	return change_tags(model, request, true, error);
}

int model_untag(struct model *model, const struct tag_change *request, struct error *error)
{
	return change_tags(model, request, false, error);
}
