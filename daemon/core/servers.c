// SPDX-License-Identifier: BSD-2-Clause
/* Changing and removing servers (API, 4.3), and the last step of every change to a group. */
#include "core/servers.h"

#include "base/config.h"
#include "base/memory.h"

static int fit_listeners(struct model *model, struct load_balancer *copy, struct tally *fresh,
			 struct error *error)
{
	uint32_t shortage = 0;

	for (size_t i = 0; i < copy->listener_count; i++) {
		struct listener_record *before = copy->listeners[i];
		struct listener_record *after =
			backends_fit(&model->index, copy, before, &shortage);
		int result = 0;

		if (after == before)
			continue;
		if (!shortage)
			result = check_backend_users(model, after, before, fresh, error);
		lb_put_listener(copy, after);
		if (shortage)
			return error_set(error, ERR_OVER_QUOTA, "tables.backends is %u",
					 model->config->tables.backends);
		if (result)
			return result;
	}
	return 0;
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
	uint64_t before = count_backends(lb);
	struct tally fresh = { 0 };
	int result = fit_listeners(model, copy, &fresh, error);

	tally_free(&fresh);

	if (!result && count_backends(copy) > before &&
	    model->index.backend_count - before + count_backends(copy) >
		    model->config->quotas.backends)
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

void server_list_init(struct server_list *list, size_t count)
{
	list->members = memory_new(count, sizeof(struct member_record));
	list->count = 0;
}

void server_list_add(struct server_list *list, const struct member_record *member)
{
	list->members[list->count++] = *member;
}

bool entry_means(const struct server_entry *entry, const struct member_record *member)
{
	return entry->type == member->type && !strcmp(entry->server_id, member->server_id) &&
	       (!entry->address.family || address_equal(&entry->address, &member->address));
}

static void alter_member(const struct server_entry *entry, struct member_record *member)
{
	member->weight = entry->weight;
	if (entry->port_given)
		member->port = entry->port;
	if (entry->description_given)
		memcpy(member->description, entry->description, sizeof(member->description));
}

/* Applies one entry to every member it means that no earlier entry has altered. */
static bool set_entry(const struct server_entry *entry, struct load_balancer *copy, bool *altered,
		      struct server_list *out)
{
	bool found = false;

	for (uint32_t i = 0; i < copy->group.member_count; i++) {
		struct member_record *member = &copy->group.members[i];

		if (!entry_means(entry, member))
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

int model_set_servers(struct model *model, const struct server_change *request,
		      struct server_list *out, struct error *error)
{
	const struct load_balancer *lb = find_lb(model, request->region, request->lb_id);
	struct load_balancer *copy;
	bool *altered;
	int result = 0;

	if (!lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", request->lb_id);
	copy = lb_copy(lb);
	altered = memory_new(copy->group.member_count, sizeof(bool));
	server_list_init(out, copy->group.member_count);
	for (size_t i = 0; i < request->count && !result; i++) {
		if (!set_entry(&request->entries[i], copy, altered, out))
			result = error_set(error, ERR_SERVER_NOT_FOUND,
					   "ServerId %s is not in the group",
					   request->entries[i].server_id);
	}
	free(altered);
	if (result)
		lb_free(copy);
	else
		result = servers_settle(model, lb, copy, error);
	if (result)
		server_list_free(out);
	return result;
}

static void remove_entry(const struct server_entry *entry, struct load_balancer *copy,
			 struct server_list *out)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < copy->group.member_count; i++) {
		struct member_record *member = &copy->group.members[i];

		if (entry_means(entry, member))
			server_list_add(out, member);
		else
			copy->group.members[kept++] = *member;
	}
	copy->group.member_count = kept;
}

int model_remove_servers(struct model *model, const struct server_change *request,
			 struct server_list *out, struct error *error)
{
	const struct load_balancer *lb = find_lb(model, request->region, request->lb_id);
	struct load_balancer *copy;
	int result;

	if (!lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", request->lb_id);
	copy = lb_copy(lb);
	server_list_init(out, copy->group.member_count);
	for (size_t i = 0; i < request->count; i++)
		remove_entry(&request->entries[i], copy, out);
	if (!out->count) {
		lb_free(copy);
		return 0;
	}
	result = servers_settle(model, lb, copy, error);
	if (result)
		server_list_free(out);
	return result;
}

void server_list_free(struct server_list *list)
{
	free(list->members);
	*list = (struct server_list){ 0 };
}
