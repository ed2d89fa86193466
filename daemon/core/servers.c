// SPDX-License-Identifier: BSD-2-Clause
/* Changing and removing servers (API, 4.3 and 4.4), and how every change to a group begins and ends. */
#include "core/servers.h"

#include "base/config.h"
#include "base/memory.h"
#include "base/shared_text.h"

/* --- from a group to its listeners --- */

static int fit_listeners(struct fit *fit, const struct load_balancer *lb,
			 struct load_balancer *copy)
{
	for (size_t i = 0; i < copy->listener_count && !fit->result; i++) {
		struct listener_record *before = copy->listeners[i], *after;
		const struct group_record *group = lb_listener_group(copy, before);

		if (lb_listener(lb, before->protocol, before->port) == before &&
		    lb_listener_group(lb, before) == group)
			continue;
		after = backends_fit(fit, group, before);
		if (after != before)
			lb_put_listener(copy, after);
	}
	return fit->result;
}

static uint64_t count_backends(const struct load_balancer *lb)
{
	uint64_t count = 0;

	for (size_t i = 0; i < lb->listener_count; i++)
		count += lb->listeners[i]->backend_count;
	return count;
}

int servers_settle(struct model *model, const struct load_balancer *lb, struct load_balancer *copy,
		   struct error *error)
{
	struct fit fit = { .model = model, .error = error };
	uint64_t before = count_backends(lb), after;
	int result = fit_listeners(&fit, lb, copy);

	tally_free(&fit.fresh);
	after = count_backends(copy);
	if (!result && after > before &&
	    model->index.backend_count - before + after > model->config->quotas.backends)
		result = error_set(error, ERR_OVER_QUOTA, "quotas.backends is %u",
				   model->config->quotas.backends);
	if (result) {
		index_release_ids(&model->index, copy, lb, NULL);
		lb_free(copy);
		return result;
	}
	stage_lb(model, lb->record.id, copy);
	return 0;
}

/* --- a change's beginning and end --- */

int work_begin(struct work *work, struct model *model, const struct server_change *request,
	       struct error *error)
{
	*work = (struct work){ .model = model, .by_port = request->group_id };
	if (work->by_port) {
		if (!find_group(model, request->region, request->group_id, &work->lb))
			return error_set(error, ERR_GROUP_NOT_FOUND, "VServerGroupId %s",
					 request->group_id);
	} else {
		work->lb = find_lb(model, request->region, request->lb_id);
		if (!work->lb)
			return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s",
					 request->lb_id);
	}
	work->copy = lb_copy(work->lb);
	work->group = lb_own_group(work->copy, work->by_port ? request->group_id : "",
				   (uint32_t)request->count);
	return 0;
}

int work_settle(struct work *work, struct error *error)
{
	struct load_balancer *copy = work->copy;

	work->copy = NULL;
	return servers_settle(work->model, work->lb, copy, error);
}

void work_give_up(struct work *work)
{
	lb_free(work->copy);
	work->copy = NULL;
}

void server_list_init(struct server_list *list, size_t count)
{
	list->members = memory_new(count, sizeof(struct member_record));
	list->count = 0;
}

void server_list_add(struct server_list *list, const struct member_record *member)
{
	member_copy(&list->members[list->count++], member);
}

void server_list_free(struct server_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		member_drop(&list->members[i]);
	free(list->members);
	*list = (struct server_list){ 0 };
}

/* --- set and remove --- */

/* The same ServerId and Type, and the address and port if the entry names them. */
static bool entry_means(const struct work *work, const struct server_entry *entry,
			const struct member_record *member)
{
	return entry->type == member->type && !strcmp(entry->server_id, member->server_id) &&
	       (!entry->address.family || address_equal(&entry->address, &member->address)) &&
	       (!work->by_port || !entry->port || entry->port == member->port);
}

static void alter_member(const struct server_entry *entry, struct member_record *member)
{
	member->weight = entry->weight;
	if (entry->port_given)
		member->port = entry->port;
	if (!entry->description_given)
		return;
	shared_text_drop(member->description);
	member->description = shared_text(entry->description);
}

/* Applies one entry to every member it means that no earlier entry has altered. */
static bool set_entry(struct work *work, const struct server_entry *entry, bool *altered,
		      struct server_list *out)
{
	bool found = false;

	for (uint32_t i = 0; i < work->group->member_count; i++) {
		struct member_record *member = &work->group->members[i];

		if (!entry_means(work, entry, member))
			continue;
		found = true;
		if (altered[i])
			continue;
		altered[i] = true;
		alter_member(entry, member);
		server_list_add(out, member);
	}
	return found;
}

int work_set(struct work *work, const struct server_change *request, enum error_code absent,
	     struct server_list *out, struct error *error)
{
	bool *altered = memory_new(work->group->member_count, sizeof(bool));
	int result = 0;

	server_list_init(out, work->group->member_count);
	for (size_t i = 0; i < request->count && !result; i++) {
		if (!set_entry(work, &request->entries[i], altered, out))
			result = error_set(error, absent, "ServerId %s is not in the group",
					   request->entries[i].server_id);
	}
	free(altered);
	if (!result)
		result = work_settle(work, error);
	work_give_up(work);
	if (result)
		server_list_free(out);
	return result;
}

int model_set_servers(struct model *model, const struct server_change *request,
		      struct server_list *out, struct error *error)
{
	struct work work;
	int result = work_begin(&work, model, request, error);

	if (!work.group)
		return result;
	return work_set(&work, request, ERR_SERVER_NOT_FOUND, out, error);
}

bool work_has(const struct work *work, const struct server_entry *entry)
{
	for (uint32_t i = 0; i < work->group->member_count; i++) {
		if (entry_means(work, entry, &work->group->members[i]))
			return true;
	}
	return false;
}

void work_remove(struct work *work, const struct server_entry *entry, struct server_list *out)
{
	struct group_record *group = work->group;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < group->member_count; i++) {
		struct member_record member = group->members[i];

		if (!entry_means(work, entry, &member)) {
			group->members[kept++] = member;
			continue;
		}
		if (out)
			server_list_add(out, &member);
		member_drop(&member);
	}
	group->member_count = kept;
}

int model_remove_servers(struct model *model, const struct server_change *request,
			 struct server_list *out, struct error *error)
{
	struct work work;
	int result = work_begin(&work, model, request, error);

	if (!work.group)
		return result;
	server_list_init(out, work.group->member_count);
	for (size_t i = 0; i < request->count; i++)
		work_remove(&work, &request->entries[i], out);
	if (out->count)
		result = work_settle(&work, error);
	work_give_up(&work);
	if (result)
		server_list_free(out);
	return result;
}
