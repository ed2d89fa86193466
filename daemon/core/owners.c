// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whose a VServer group is, by the group's id alone. An entry is only a hint where to look: it may
 * stand for a group that only one of committed and staged has, and goes when neither has it.
 */
#include "core/staging.h"

#include "base/memory.h"

#include <search.h>

struct owner {
	char group_id[RECORD_ID]; /* first: the tree compares it as a string */
	char lb_id[RECORD_ID];
};

static int compare_owners(const void *a, const void *b)
{
	return strcmp(a, b);
}

static const char *owner_of(const struct model *model, const char *group_id)
{
	struct owner **found = tfind(group_id, &model->owners, compare_owners);

	return found ? (*found)->lb_id : NULL;
}

void owners_add(struct model *model, const struct load_balancer *lb)
{
	/* the first one is the default group */
	for (size_t i = 1; lb && i < lb->group_count; i++) {
		struct owner *owner;

		if (owner_of(model, lb->groups[i]->id))
			continue;
		owner = memory_new(1, sizeof(*owner));
		memcpy(owner->group_id, lb->groups[i]->id, sizeof(owner->group_id));
		memcpy(owner->lb_id, lb->record.id, sizeof(owner->lb_id));
		if (!tsearch(owner, &model->owners, compare_owners))
			abort();
	}
}

void owners_remove(struct model *model, const struct load_balancer *gone,
		   const struct load_balancer *kept, const struct load_balancer *also_kept)
{
	for (size_t i = 1; i < gone->group_count; i++) {
		const char *id = gone->groups[i]->id;
		struct owner **found;

		if ((kept && lb_group(kept, id)) || (also_kept && lb_group(also_kept, id)))
			continue;
		found = tfind(id, &model->owners, compare_owners);
		if (found) {
			struct owner *owner = *found;

			tdelete(owner, &model->owners, compare_owners);
			free(owner);
		}
	}
}

void owners_free(struct model *model)
{
	tdestroy(model->owners, free);
}

const struct group_record *model_group(const struct model *model, const char *id,
				       const struct load_balancer **lb)
{
	const char *owner = owner_of(model, id);

	*lb = owner ? model_lb(model, owner) : NULL;
	return *lb ? lb_group(*lb, id) : NULL;
}

const struct group_record *find_group(const struct model *model, const char *region, const char *id,
				      const struct load_balancer **lb)
{
	const char *owner = owner_of(model, id);

	*lb = owner ? find_lb(model, region, owner) : NULL;
	return *lb ? lb_group(*lb, id) : NULL;
}
