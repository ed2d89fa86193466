// SPDX-License-Identifier: BSD-2-Clause
/* VServer groups: created, changed as a whole, deleted (API, 4.4). */
#include "core/servers.h"

#include "base/config.h"

#include <stdio.h>
#include <string.h>

int work_begin_group(struct work *work, struct model *model, const struct server_change *request,
		     const char *name, struct error *error)
{
	const struct load_balancer *lb = find_lb(model, request->region, request->lb_id);
	uint32_t quota = model->config->quotas.groups_per_lb;
	struct group_record group = { .created_ms = identity_now_ms() };

	*work = (struct work){ .model = model, .lb = lb, .by_port = true };
	if (!lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", request->lb_id);
	/* the default group does not count */
	if (lb->group_count - 1 >= quota)
		return error_set(error, ERR_OVER_QUOTA, "quotas.groups_per_lb is %u", quota);
	work->copy = lb_copy(lb);
	identity_make("rsp-", group.id);
	memcpy(group.lb_id, lb->record.id, sizeof(group.lb_id));
	snprintf(group.name, sizeof(group.name), "%s", name[0] ? name : group.id);
	work->group = group_new(&group, (uint32_t)request->count);
	lb_put_group(work->copy, work->group);
	return 0;
}

int model_create_group(struct model *model, const struct server_change *wanted, const char *name,
		       char id[static RECORD_ID], struct server_list *out, struct error *error)
{
	struct work work;
	int result = work_begin_group(&work, model, wanted, name, error);

	if (!work.group)
		return result;
	memcpy(id, work.group->id, RECORD_ID);
	return work_add(&work, wanted, false, out, error);
}

int model_modify_servers(struct model *model, const struct server_change *old,
			 const struct server_change *wanted, struct server_list *out,
			 struct error *error)
{
	struct work work;
	int result = work_begin(&work, model, wanted, error);

	if (!work.group)
		return result;
	for (size_t i = 0; i < old->count && !result; i++) {
		if (!work_has(&work, &old->entries[i]))
			result = error_set(error, ERR_GROUP_SERVER_NOT_EXIST,
					   "ServerId %s with Port %u is not in the group",
					   old->entries[i].server_id, old->entries[i].port);
	}
	if (result) {
		work_give_up(&work);
		return result;
	}
	for (size_t i = 0; i < old->count; i++)
		work_remove(&work, &old->entries[i], NULL);
	return work_add(&work, wanted, true, out, error);
}

int model_set_group(struct model *model, const struct server_change *request, const char *name,
		    char now[static RECORD_NAME], struct server_list *out, struct error *error)
{
	struct work work;
	int result = work_begin(&work, model, request, error);

	if (!work.group)
		return result;
	if (name[0])
		snprintf(work.group->name, sizeof(work.group->name), "%s", name);
	memcpy(now, work.group->name, RECORD_NAME);
	return work_set(&work, request, ERR_GROUP_SERVER_NOT_EXIST, out, error);
}

int model_delete_group(struct model *model, const char *region, const char *id, struct error *error)
{
	const struct load_balancer *lb;
	struct load_balancer *copy;

	if (!find_group(model, region, id, &lb))
		return error_set(error, ERR_GROUP_NOT_FOUND, "VServerGroupId %s", id);
	for (size_t i = 0; i < lb->listener_count; i++) {
		if (!strcmp(lb->listeners[i]->group_id, id))
			return error_set(error, ERR_GROUP_IN_USE,
					 "VServerGroupId %s is that of listener port %u", id,
					 lb->listeners[i]->port);
	}
	copy = lb_copy(lb);
	lb_take_group(copy, id);
	stage_lb(model, lb->record.id, copy);
	return 0;
}
