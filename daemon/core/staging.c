// SPDX-License-Identifier: BSD-2-Clause
/*
 * A batch: each object it touches stands in its entry twice, committed and staged, and what is
 * derived follows the staged one. Rolling back is the same step with the versions exchanged.
 */
#include "core/staging.h"

#include "base/memory.h"

/* Entries of both tables begin with their id. */
static uint64_t hash_entry(const void *entry)
{
	return table_hash(entry, strlen(entry));
}

static bool same_entry(const void *a, const void *b)
{
	return !strcmp(a, b);
}

static const struct table_kind entries = { .hash = hash_entry, .same = same_entry };

static struct lb_entry *lb_entry(const struct model *model, const char *id)
{
	return table_find(&model->lbs, &entries, id);
}

static struct instance_entry *instance_entry(const struct model *model, const char *id)
{
	return table_find(&model->instances, &entries, id);
}

const struct load_balancer *find_lb(const struct model *model, const char *region, const char *id)
{
	struct lb_entry *entry = lb_entry(model, id);

	if (!entry || !entry->staged || strcmp(entry->staged->record.region, region) != 0)
		return NULL;
	return entry->staged;
}

const struct instance_record *find_instance_anywhere(const struct model *model, const char *id)
{
	struct instance_entry *entry = instance_entry(model, id);

	return entry ? entry->staged : NULL;
}

const struct instance_record *find_instance(const struct model *model, const char *region,
					    const char *id)
{
	const struct instance_record *instance = find_instance_anywhere(model, id);

	return instance && !strcmp(instance->region, region) ? instance : NULL;
}

const struct load_balancer *model_lb(const struct model *model, const char *id)
{
	struct lb_entry *entry = lb_entry(model, id);

	return entry ? entry->committed : NULL;
}

bool model_lb_is_staged(const struct model *model, const char *id)
{
	const struct lb_entry *entry = lb_entry(model, id);

	return entry && entry->staged_now;
}

const struct instance_record *model_instance(const struct model *model, const char *id)
{
	struct instance_entry *entry = instance_entry(model, id);

	return entry ? entry->committed : NULL;
}

static void *entry_new(struct table *table, const char *id, size_t size)
{
	char *entry = memory_new(1, size);

	strncpy(entry, id, RECORD_ID - 1);
	table_put(table, &entries, entry);
	return entry;
}

static void batch_lb(struct model *model, struct lb_entry *entry)
{
	if (entry->staged_now)
		return;
	entry->staged_now = true;
	model->lb_batch = memory_resize(model->lb_batch, model->lb_batch_count + 1,
					sizeof(struct lb_entry *));
	model->lb_batch[model->lb_batch_count++] = entry;
}

static void bury_lb(struct model *model, struct load_balancer *lb)
{
	if (!lb)
		return;
	model->lb_dead = memory_resize(model->lb_dead, model->lb_dead_count + 1,
				       sizeof(struct load_balancer *));
	model->lb_dead[model->lb_dead_count++] = lb;
}

static void bury_instance(struct model *model, struct instance_record *instance)
{
	if (!instance)
		return;
	model->instance_dead = memory_resize(model->instance_dead, model->instance_dead_count + 1,
					     sizeof(struct instance_record *));
	model->instance_dead[model->instance_dead_count++] = instance;
}

void stage_lb(struct model *model, const char *id, struct load_balancer *lb)
{
	struct lb_entry *entry = lb_entry(model, id);

	if (!entry)
		entry = entry_new(&model->lbs, id, sizeof(*entry));
	batch_lb(model, entry);
	owners_add(model, lb);
	index_lb(&model->index, entry->staged, lb);
	if (entry->staged != entry->committed && entry->staged) {
		/* ids given out within this batch and needed no more: the kernel never saw them */
		index_release_ids(&model->index, entry->staged, entry->committed, lb);
		bury_lb(model, entry->staged);
	}
	entry->staged = lb;
}

void stage_instance(struct model *model, const char *id, struct instance_record *instance)
{
	struct instance_entry *entry = instance_entry(model, id);

	if (!entry)
		entry = entry_new(&model->instances, id, sizeof(*entry));
	if (!entry->staged_now) {
		entry->staged_now = true;
		model->instance_batch = memory_resize(model->instance_batch,
						      model->instance_batch_count + 1,
						      sizeof(struct instance_entry *));
		model->instance_batch[model->instance_batch_count++] = entry;
	}
	index_instance(&model->index, entry->staged, instance);
	if (entry->staged != entry->committed)
		bury_instance(model, entry->staged);
	entry->staged = instance;
}

struct lb_walk {
	void (*each)(const struct load_balancer *lb, void *arg);
	void *arg;
};

static void walk_lb(void *item, void *arg)
{
	const struct lb_entry *entry = item;
	const struct lb_walk *walk = arg;

	if (entry->staged)
		walk->each(entry->staged, walk->arg);
}

void each_staged_lb(const struct model *model,
		    void (*each)(const struct load_balancer *lb, void *arg), void *arg)
{
	struct lb_walk walk = { .each = each, .arg = arg };

	table_each(&model->lbs, walk_lb, &walk);
}

struct users_walk {
	struct model *model;
	const char *instance_id;
};

static void stage_user(const struct load_balancer *lb, void *arg)
{
	struct users_walk *walk = arg;

	if (lb_uses_instance(lb, walk->instance_id))
		batch_lb(walk->model, lb_entry(walk->model, lb->record.id));
}

void stage_users(struct model *model, const char *instance_id)
{
	struct users_walk walk = { .model = model, .instance_id = instance_id };

	each_staged_lb(model, stage_user, &walk);
}

const struct model_delta *model_staged(struct model *model, size_t *count)
{
	size_t filled = 0;

	model->deltas = memory_resize(model->deltas,
				      model->instance_batch_count + model->lb_batch_count +
					      model->tokens.batch_count,
				      sizeof(struct model_delta));
	for (size_t i = 0; i < model->instance_batch_count; i++) {
		struct instance_entry *entry = model->instance_batch[i];

		model->deltas[filled++] = (struct model_delta){ .instance_old = entry->committed,
								.instance_new = entry->staged };
	}
	for (size_t i = 0; i < model->lb_batch_count; i++) {
		struct lb_entry *entry = model->lb_batch[i];

		if (entry->committed || entry->staged)
			model->deltas[filled++] = (struct model_delta){ .lb_old = entry->committed,
									.lb_new = entry->staged };
	}
	*count = filled + tokens_staged(&model->tokens, model->deltas + filled);
	return model->deltas;
}

static void forget_lists(struct model *model)
{
	free(model->lb_list);
	free(model->instance_list);
	model->lb_list = NULL;
	model->instance_list = NULL;
}

/* Before entries go: what is dead is looked up by its id. */
static void free_dead(struct model *model)
{
	for (size_t i = 0; i < model->lb_dead_count; i++) {
		struct load_balancer *dead = model->lb_dead[i];
		const struct lb_entry *entry = lb_entry(model, dead->record.id);

		owners_remove(model, dead, entry->committed, entry->staged);
		lb_free(dead);
	}
	for (size_t i = 0; i < model->instance_dead_count; i++)
		instance_free(model->instance_dead[i]);
	model->lb_dead_count = model->instance_dead_count = 0;
}

void model_sweep(struct model *model)
{
	free_dead(model);
}

static void end_batch(struct model *model)
{
	free_dead(model);
	for (size_t i = 0; i < model->lb_batch_count; i++) {
		struct lb_entry *entry = model->lb_batch[i];

		entry->staged_now = false;
		if (!entry->committed) {
			table_take(&model->lbs, &entries, entry);
			free(entry);
		}
	}
	for (size_t i = 0; i < model->instance_batch_count; i++) {
		struct instance_entry *entry = model->instance_batch[i];

		entry->staged_now = false;
		if (!entry->committed) {
			table_take(&model->instances, &entries, entry);
			free(entry);
		}
	}
	model->lb_batch_count = model->instance_batch_count = 0;
	forget_lists(model);
}

static void commit_lb(struct model *model, struct lb_entry *entry)
{
	struct load_balancer *before = entry->committed, *after = entry->staged;

	if (before == after)
		return;
	if (after)
		tally_add(&model->committed_vips, &after->record.vip, sizeof(struct address));
	if (before)
		tally_remove(&model->committed_vips, &before->record.vip, sizeof(struct address));
	bury_lb(model, before);
	entry->committed = after;
}

void model_commit(struct model *model)
{
	for (size_t i = 0; i < model->lb_batch_count; i++)
		commit_lb(model, model->lb_batch[i]);
	for (size_t i = 0; i < model->instance_batch_count; i++) {
		struct instance_entry *entry = model->instance_batch[i];

		if (entry->committed != entry->staged)
			bury_instance(model, entry->committed);
		entry->committed = entry->staged;
	}
	tokens_commit(&model->tokens);
	end_batch(model);
}

void model_rollback(struct model *model)
{
	for (size_t i = 0; i < model->lb_batch_count; i++) {
		struct lb_entry *entry = model->lb_batch[i];

		if (entry->committed == entry->staged)
			continue;
		index_lb(&model->index, entry->staged, entry->committed);
		index_release_ids(&model->index, entry->staged, entry->committed, NULL);
		bury_lb(model, entry->staged);
		entry->staged = entry->committed;
	}
	for (size_t i = 0; i < model->instance_batch_count; i++) {
		struct instance_entry *entry = model->instance_batch[i];

		if (entry->committed == entry->staged)
			continue;
		index_instance(&model->index, entry->staged, entry->committed);
		bury_instance(model, entry->staged);
		entry->staged = entry->committed;
	}
	tokens_rollback(&model->tokens);
	end_batch(model);
}
