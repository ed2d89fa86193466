// SPDX-License-Identifier: BSD-2-Clause
/* Servers are added to a group: judged all together (server_rules.c), then all of them or none. */
#include "core/servers.h"

#include "base/memory.h"
#include "base/shared_text.h"

static void append_member(struct group_record *group, const struct candidate *candidate,
			  struct server_list *out)
{
	const struct server_entry *entry = candidate->entry;
	struct member_record *member = &group->members[group->member_count++];

	*member = (struct member_record){ .address = candidate->address,
					  .port = entry->port,
					  .weight = entry->weight,
					  .type = entry->type,
					  .server_id = shared_text(entry->server_id),
					  .description = shared_text(entry->description) };
	server_list_add(out, member);
}

static int apply_add(struct add *add, struct server_list *out, struct error *error)
{
	int result;

	server_list_init(out, add->request->count);
	for (size_t i = 0; i < add->request->count; i++) {
		if (!add->candidates[i].dropped)
			append_member(add->work->group, &add->candidates[i], out);
	}
	result = work_settle(add->work, error);
	if (result) {
		server_list_free(out);
		return result;
	}
	for (size_t i = 0; i < add->fresh_count; i++) {
		stage_instance(add->work->model, add->fresh[i]->id, add->fresh[i]);
		add->fresh[i] = NULL;
	}
	return 0;
}

int work_add(struct work *work, const struct server_change *request, bool all_differ,
	     struct server_list *out, struct error *error)
{
	struct add add = { .work = work, .request = request, .all_differ = all_differ };
	int result = add_judge(&add, error);

	if (!result)
		result = apply_add(&add, out, error);
	work_give_up(work);
	for (size_t i = 0; i < add.fresh_count; i++)
		instance_free(add.fresh[i]);
	return result;
}

int model_add_servers(struct model *model, const struct server_change *request,
		      struct server_list *out, struct error *error)
{
	struct work work;
	int result = work_begin(&work, model, request, error);

	if (!work.group)
		return result;
	return work_add(&work, request, false, out, error);
}
