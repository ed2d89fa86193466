// SPDX-License-Identifier: BSD-2-Clause
/* The model's life: made, filled from the store, read in order, freed. */
#include "core/staging.h"
#include "core/tags.h"

#include "base/config.h"
#include "base/memory.h"

#include <stdio.h>

struct model *model_new(const struct config *config)
{
	struct model *model = memory_new(1, sizeof(*model));

	model->config = config;
	model->index.config = config;
	model->index.lowest_vips = memory_new(config->pool_count, sizeof(struct address));
	for (size_t i = 0; i < config->pool_count; i++)
		model->index.lowest_vips[i] = config->pools[i].range.first;
	ids_init(&model->index.service_ids, config->tables.services);
	ids_init(&model->index.backend_ids, config->tables.backends);
	model->index.generations = memory_new(config->tables.backends, 1);
	vitals_init(&model->vitals, config->tables.backends);
	return model;
}

static void free_lb_entry(void *item, void *arg)
{
	struct lb_entry *entry = item;

	(void)arg;
	lb_free(entry->committed);
	free(entry);
}

static void free_instance_entry(void *item, void *arg)
{
	struct instance_entry *entry = item;

	(void)arg;
	instance_free(entry->committed);
	free(entry);
}

void model_free(struct model *model)
{
	if (!model)
		return;
	model_rollback(model);
	table_each(&model->lbs, free_lb_entry, NULL);
	table_release(&model->lbs);
	owners_free(model);
	tokens_free(&model->tokens);
	table_each(&model->instances, free_instance_entry, NULL);
	table_release(&model->instances);
	tally_free(&model->committed_vips);
	tally_free(&model->index.vips);
	free(model->index.lowest_vips);
	tally_free(&model->index.users);
	tally_free(&model->index.addresses);
	tally_free(&model->index.backends);
	ids_free(&model->index.service_ids);
	ids_free(&model->index.backend_ids);
	free(model->index.generations);
	vitals_free(&model->vitals);
	free(model->lb_batch);
	free(model->instance_batch);
	free(model->lb_dead);
	free(model->instance_dead);
	free(model->deltas);
	free(model);
}

/* --- loading --- */

static int refuse(char *why, size_t why_size, const char *what, const char *id)
{
	snprintf(why, why_size, "%s: %s", what, id);
	return -ERR_INTERNAL;
}

static struct load_balancer *altered(struct model *model, const char *lb_id)
{
	const struct load_balancer *lb = model_lb(model, lb_id);

	return lb ? lb_copy(lb) : NULL;
}

static int load_lb(struct model *model, const struct lb_record *record, char *why, size_t why_size)
{
	if (model_lb(model, record->id))
		return refuse(why, why_size, "load balancer stored twice", record->id);
	stage_lb(model, record->id, load_balancer_new(record));
	return 0;
}

static int load_group(struct model *model, const struct group_record *record, char *why,
		      size_t why_size)
{
	struct load_balancer *lb = altered(model, record->lb_id);

	if (!lb)
		return refuse(why, why_size, "group without its load balancer", record->lb_id);
	lb_put_group(lb, group_new(record, 0));
	stage_lb(model, record->lb_id, lb);
	return 0;
}

static int claim_ids(struct model *model, const struct listener_record *listener, char *why,
		     size_t why_size)
{
	if (!ids_claim(&model->index.service_ids, listener->service)) {
		snprintf(why, why_size,
			 "listener %s/%u: service id %u is taken or beyond tables.services",
			 listener->lb_id, listener->port, listener->service);
		return -ERR_INTERNAL;
	}
	for (uint32_t i = 0; i < listener->backend_count; i++) {
		uint32_t id = listener->backends[i].id;

		if (!ids_claim(&model->index.backend_ids, id)) {
			snprintf(why, why_size,
				 "listener %s/%u: backend id %u is taken or beyond tables.backends",
				 listener->lb_id, listener->port, id);
			return -ERR_INTERNAL;
		}
		model->index.generations[id] = listener->backends[i].generation;
	}
	return 0;
}

static int load_listener(struct model *model, const struct listener_record *record, char *why,
			 size_t why_size)
{
	struct load_balancer *lb;

	if (claim_ids(model, record, why, why_size))
		return -ERR_INTERNAL;
	lb = altered(model, record->lb_id);
	if (!lb)
		return refuse(why, why_size, "listener without its load balancer", record->lb_id);
	if (!lb_listener_group(lb, record)) {
		lb_free(lb);
		return refuse(why, why_size, "listener without its group", record->group_id);
	}
	lb_put_listener(lb, listener_new(record, record->backend_count));
	stage_lb(model, record->lb_id, lb);
	return 0;
}

static int load_instance(struct model *model, const struct instance_record *record, char *why,
			 size_t why_size)
{
	if (model_instance(model, record->id))
		return refuse(why, why_size, "instance stored twice", record->id);
	stage_instance(model, record->id, instance_copy(record));
	return 0;
}

static int load_tags(struct model *model, const struct tags_record *record, char *why,
		     size_t why_size)
{
	struct load_balancer *lb = altered(model, record->lb_id);
	int64_t created_ms;

	if (!lb)
		return refuse(why, why_size, "tags without their load balancer", record->id);
	if (!lb_has_resource(lb, record->type, record->id, &created_ms)) {
		lb_free(lb);
		return refuse(why, why_size, "tags without their resource", record->id);
	}
	lb_put_tags(lb, tags_new(record));
	stage_lb(model, record->lb_id, lb);
	return 0;
}

int model_load(struct model *model, struct record *record, char *why, size_t why_size)
{
	int result = -ERR_INTERNAL;

	switch (record->kind) {
	case RECORD_LB:
		result = load_lb(model, record->lb, why, why_size);
		break;
	case RECORD_GROUP:
		result = load_group(model, record->group, why, why_size);
		break;
	case RECORD_LISTENER:
		result = load_listener(model, record->listener, why, why_size);
		break;
	case RECORD_TAG_SET:
		result = load_tags(model, record->tags, why, why_size);
		break;
	case RECORD_TOKEN:
		tokens_stage(&model->tokens, record->token->token, token_new(record->token));
		result = 0;
		break;
	case RECORD_INSTANCE:
		result = load_instance(model, record->instance, why, why_size);
		break;
	}
	if (!result)
		model_commit(model);
	record_free(record);
	return result;
}

void model_loaded(struct model *model, model_generation *generation, void *arg)
{
	struct ids *ids = &model->index.backend_ids;

	for (uint32_t id = 1; id < ids->size; id++) {
		if (!(ids->used[id / 64] >> id % 64 & 1))
			model->index.generations[id] = generation(arg, id);
	}
}

void model_free_service(struct model *model, uint16_t service)
{
	ids_release(&model->index.service_ids, service);
}

void model_free_backend(struct model *model, uint32_t backend)
{
	vitals_clear(&model->vitals, backend);
	ids_release(&model->index.backend_ids, backend);
}

/* --- reading --- */

struct list_walk {
	struct model *model;
	size_t room;
};

static void list_lb(void *item, void *arg)
{
	const struct lb_entry *entry = item;
	struct list_walk *walk = arg;
	struct model *model = walk->model;

	if (!entry->committed)
		return;
	if (model->lb_list_count == walk->room) {
		walk->room = walk->room ? 2 * walk->room : 64;
		model->lb_list = memory_resize(model->lb_list, walk->room, sizeof(*model->lb_list));
	}
	model->lb_list[model->lb_list_count++] = entry->committed;
}

static void list_instance(void *item, void *arg)
{
	const struct instance_entry *entry = item;
	struct list_walk *walk = arg;
	struct model *model = walk->model;

	if (!entry->committed)
		return;
	if (model->instance_list_count == walk->room) {
		walk->room = walk->room ? 2 * walk->room : 64;
		model->instance_list = memory_resize(model->instance_list, walk->room,
						     sizeof(*model->instance_list));
	}
	model->instance_list[model->instance_list_count++] = entry->committed;
}

static int compare_age(int64_t a, int64_t b, const char *id_a, const char *id_b)
{
	if (a != b)
		return a < b ? -1 : 1;
	return strcmp(id_a, id_b);
}

static int compare_lbs(const void *a, const void *b)
{
	const struct lb_record *x = &(*(const struct load_balancer *const *)a)->record;
	const struct lb_record *y = &(*(const struct load_balancer *const *)b)->record;

	return compare_age(x->created_ms, y->created_ms, x->id, y->id);
}

static int compare_instances(const void *a, const void *b)
{
	const struct instance_record *x = *(const struct instance_record *const *)a;
	const struct instance_record *y = *(const struct instance_record *const *)b;

	return compare_age(x->created_ms, y->created_ms, x->id, y->id);
}

const struct load_balancer *const *model_lbs(struct model *model, size_t *count)
{
	if (!model->lb_list) {
		struct list_walk walk = { .model = model };

		model->lb_list_count = 0;
		model->lb_list = memory_new(1, sizeof(*model->lb_list));
		table_each(&model->lbs, list_lb, &walk);
		qsort(model->lb_list, model->lb_list_count, sizeof(*model->lb_list), compare_lbs);
	}
	*count = model->lb_list_count;
	return model->lb_list;
}

const struct instance_record *const *model_instances(struct model *model, size_t *count)
{
	if (!model->instance_list) {
		struct list_walk walk = { .model = model };

		model->instance_list_count = 0;
		model->instance_list = memory_new(1, sizeof(*model->instance_list));
		table_each(&model->instances, list_instance, &walk);
		qsort(model->instance_list, model->instance_list_count,
		      sizeof(*model->instance_list), compare_instances);
	}
	*count = model->instance_list_count;
	return model->instance_list;
}
