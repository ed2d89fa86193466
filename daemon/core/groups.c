// SPDX-License-Identifier: BSD-2-Clause
/* The groups of a load balancer, each shared between versions until it is altered, and the way from
 * a listener's backends to their members. */
#include "core/objects.h"
#include "core/tags.h"

#include "base/choice.h"
#include "base/memory.h"
#include "base/shared_text.h"

struct group_object {
	unsigned int references;
	struct group_record record;
};

static struct group_object *object_of(struct group_record *record)
{
	return (struct group_object *)((char *)record - offsetof(struct group_object, record));
}

void member_copy(struct member_record *to, const struct member_record *from)
{
	*to = *from;
	shared_text_hold(to->server_id);
	shared_text_hold(to->description);
}

void member_drop(struct member_record *member)
{
	shared_text_drop(member->server_id);
	shared_text_drop(member->description);
}

struct group_record *group_new(const struct group_record *from, uint32_t more)
{
	struct group_object *object = memory_new(1, sizeof(*object));

	object->references = 1;
	object->record = *from;
	object->record.members =
		memory_new(from->member_count + more, sizeof(struct member_record));
	for (uint32_t i = 0; i < from->member_count; i++)
		member_copy(&object->record.members[i], &from->members[i]);
	return &object->record;
}

void group_hold(struct group_record *group)
{
	object_of(group)->references++;
}

void group_drop(struct group_record *group)
{
	struct group_object *object = object_of(group);

	if (--object->references)
		return;
	for (uint32_t i = 0; i < object->record.member_count; i++)
		member_drop(&object->record.members[i]);
	free(object->record.members);
	free(object);
}

/* Where the group is, or would be; *found says which. */
static size_t group_position(const struct load_balancer *lb, const char *id, bool *found)
{
	size_t low = 0, high = lb->group_count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(lb->groups[middle]->id, id);

		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct group_record *lb_group(const struct load_balancer *lb, const char *id)
{
	bool found;
	size_t position = group_position(lb, id, &found);

	return found ? lb->groups[position] : NULL;
}

const struct group_record *lb_listener_group(const struct load_balancer *lb,
					     const struct listener_record *listener)
{
	return lb_group(lb, listener->group_id);
}

void lb_put_group(struct load_balancer *lb, struct group_record *group)
{
	bool found;
	size_t position = group_position(lb, group->id, &found);

	if (found) {
		group_drop(lb->groups[position]);
	} else {
		lb->groups = memory_resize(lb->groups, lb->group_count + 1,
					   sizeof(struct group_record *));
		memmove(&lb->groups[position + 1], &lb->groups[position],
			(lb->group_count - position) * sizeof(struct group_record *));
		lb->group_count++;
	}
	lb->groups[position] = group;
}

void lb_take_group(struct load_balancer *lb, const char *id)
{
	bool found;
	size_t position = group_position(lb, id, &found);

	if (!found)
		return;
	lb_take_tags(lb, RESOURCE_VSERVER_GROUP, id);
	group_drop(lb->groups[position]);
	lb->group_count--;
	memmove(&lb->groups[position], &lb->groups[position + 1],
		(lb->group_count - position) * sizeof(struct group_record *));
}

struct group_record *lb_own_group(struct load_balancer *lb, const char *id, uint32_t more)
{
	struct group_record *own = group_new(lb_group(lb, id), more);

	lb_put_group(lb, own);
	return own;
}

bool lb_same_groups(const struct load_balancer *a, const struct load_balancer *b)
{
	return a->group_count == b->group_count &&
	       !memcmp(a->groups, b->groups, a->group_count * sizeof(struct group_record *));
}

uint32_t lb_member_count(const struct load_balancer *lb)
{
	uint32_t count = 0;

	for (size_t i = 0; i < lb->group_count; i++)
		count += lb->groups[i]->member_count;
	return count;
}

static bool group_uses_instance(const struct group_record *group, const char *instance_id)
{
	for (uint32_t i = 0; i < group->member_count; i++) {
		if (!strcmp(group->members[i].server_id, instance_id))
			return true;
	}
	return false;
}

bool lb_uses_instance(const struct load_balancer *lb, const char *instance_id)
{
	for (size_t i = 0; i < lb->group_count; i++) {
		if (group_uses_instance(lb->groups[i], instance_id))
			return true;
	}
	return false;
}

uint16_t member_port(const struct member_record *member, const struct listener_record *listener)
{
	return member->port ? member->port : listener->backend_port;
}

static bool member_is_backend(const struct member_record *member,
			      const struct listener_record *listener,
			      const struct backend_record *backend)
{
	return member_port(member, listener) == backend->port &&
	       address_equal(&member->address, &backend->address);
}

/* Backends of members stand in the members' order, so the first guess is nearly always right. */
const struct member_record *lb_backend_member(const struct load_balancer *lb,
					      const struct listener_record *listener,
					      const struct backend_record *backend)
{
	const struct group_record *group = lb_listener_group(lb, listener);
	size_t guess = (size_t)(backend - listener->backends);

	if (backend->removed)
		return NULL;
	if (guess < group->member_count &&
	    member_is_backend(&group->members[guess], listener, backend))
		return &group->members[guess];
	for (uint32_t i = 0; i < group->member_count; i++) {
		if (member_is_backend(&group->members[i], listener, backend))
			return &group->members[i];
	}
	return NULL;
}

const struct backend_record *lb_member_backend(const struct load_balancer *lb,
					       const struct listener_record *listener,
					       const struct member_record *member)
{
	size_t guess = (size_t)(member - lb_listener_group(lb, listener)->members);

	if (guess < listener->backend_count && !listener->backends[guess].removed &&
	    member_is_backend(member, listener, &listener->backends[guess]))
		return &listener->backends[guess];
	for (uint32_t i = 0; i < listener->backend_count; i++) {
		const struct backend_record *backend = &listener->backends[i];

		if (!backend->removed && member_is_backend(member, listener, backend))
			return backend;
	}
	return NULL;
}

bool listener_publishes_same(const struct load_balancer *lb_old,
			     const struct listener_record *before,
			     const struct load_balancer *lb_new,
			     const struct listener_record *after)
{
	return before && before == after && lb_old->record.status == lb_new->record.status &&
	       lb_listener_group(lb_old, before) == lb_listener_group(lb_new, after);
}
