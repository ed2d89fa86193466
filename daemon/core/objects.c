// SPDX-License-Identifier: BSD-2-Clause
/* Copying a load balancer costs a pointer for each of its groups and listeners: they are held, not
 * copied. This file has listeners and the whole; groups are in groups.c. */
#include "core/objects.h"
#include "core/tags.h"

#include "base/choice.h"
#include "base/memory.h"

struct listener_object {
	unsigned int references;
	struct listener_record record;
};

static struct listener_object *object_of(struct listener_record *record)
{
	return (struct listener_object *)((char *)record -
					  offsetof(struct listener_object, record));
}

void listener_drop(struct listener_record *listener)
{
	struct listener_object *object = object_of(listener);

	if (--object->references)
		return;
	free(object->record.backends);
	free(object);
}

struct listener_record *listener_new(const struct listener_record *from, uint32_t backends)
{
	struct listener_object *object = memory_new(1, sizeof(*object));
	uint32_t copied = from->backend_count < backends ? from->backend_count : backends;

	object->references = 1;
	object->record = *from;
	object->record.backends = memory_new(backends, sizeof(struct backend_record));
	object->record.backend_count = backends;
	if (copied)
		memcpy(object->record.backends, from->backends,
		       copied * sizeof(struct backend_record));
	return &object->record;
}

struct load_balancer *load_balancer_new(const struct lb_record *record)
{
	struct load_balancer *lb = memory_new(1, sizeof(*lb));
	struct group_record group = { 0 };

	lb->record = *record;
	memcpy(group.lb_id, record->id, sizeof(group.lb_id));
	lb_put_group(lb, group_new(&group, 0));
	return lb;
}

struct load_balancer *lb_copy(const struct load_balancer *lb)
{
	struct load_balancer *copy = memory_copy(lb, 1, sizeof(*lb));

	copy->groups = memory_copy(lb->groups, lb->group_count, sizeof(struct group_record *));
	for (size_t i = 0; i < copy->group_count; i++)
		group_hold(copy->groups[i]);
	copy->listeners =
		memory_copy(lb->listeners, lb->listener_count, sizeof(struct listener_record *));
	for (size_t i = 0; i < copy->listener_count; i++)
		object_of(copy->listeners[i])->references++;
	copy->tags = memory_copy(lb->tags, lb->tags_count, sizeof(struct tags_record *));
	for (size_t i = 0; i < copy->tags_count; i++)
		tags_hold(copy->tags[i]);
	return copy;
}

void lb_free(struct load_balancer *lb)
{
	if (!lb)
		return;
	for (size_t i = 0; i < lb->listener_count; i++)
		listener_drop(lb->listeners[i]);
	for (size_t i = 0; i < lb->group_count; i++)
		group_drop(lb->groups[i]);
	for (size_t i = 0; i < lb->tags_count; i++)
		tags_drop(lb->tags[i]);
	free(lb->tags);
	free(lb->listeners);
	free(lb->groups);
	free(lb);
}

static int compare_listeners(unsigned int port_a, unsigned int protocol_a, unsigned int port_b,
			     unsigned int protocol_b)
{
	if (port_a != port_b)
		return port_a < port_b ? -1 : 1;
	return (protocol_a > protocol_b) - (protocol_a < protocol_b);
}

/* Where the listener is, or would be; *found says which. */
static size_t listener_position(const struct load_balancer *lb, unsigned int protocol,
				unsigned int port, bool *found)
{
	size_t low = 0, high = lb->listener_count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_listeners(lb->listeners[middle]->port,
					      lb->listeners[middle]->protocol, port, protocol);

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

const struct listener_record *lb_listener(const struct load_balancer *lb, unsigned int protocol,
					  unsigned int port)
{
	bool found;
	size_t position = listener_position(lb, protocol, port, &found);

	return found ? lb->listeners[position] : NULL;
}

void lb_put_listener(struct load_balancer *lb, struct listener_record *listener)
{
	bool found;
	size_t position = listener_position(lb, listener->protocol, listener->port, &found);

	if (found) {
		listener_drop(lb->listeners[position]);
	} else {
		lb->listeners = memory_resize(lb->listeners, lb->listener_count + 1,
					      sizeof(struct listener_record *));
		memmove(&lb->listeners[position + 1], &lb->listeners[position],
			(lb->listener_count - position) * sizeof(struct listener_record *));
		lb->listener_count++;
	}
	lb->listeners[position] = listener;
}

void lb_take_listener(struct load_balancer *lb, const struct listener_record *listener)
{
	char tag_id[RECORD_ID];
	bool found;
	size_t position = listener_position(lb, listener->protocol, listener->port, &found);

	if (!found)
		return;
	listener_tag_id(listener, tag_id);
	lb_take_tags(lb, RESOURCE_LISTENER, tag_id);
	listener_drop(lb->listeners[position]);
	lb->listener_count--;
	memmove(&lb->listeners[position], &lb->listeners[position + 1],
		(lb->listener_count - position) * sizeof(struct listener_record *));
}
