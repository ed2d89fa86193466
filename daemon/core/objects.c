// SPDX-License-Identifier: BSD-2-Clause
/* Copying a load balancer costs its members; its listeners are held, not copied. */
#include "core/objects.h"

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

struct load_balancer *lb_copy(const struct load_balancer *lb)
{
	struct load_balancer *copy = memory_copy(lb, 1, sizeof(*lb));

	copy->group.members = memory_copy(lb->group.members, lb->group.member_count,
					  sizeof(struct member_record));
	copy->listeners =
		memory_copy(lb->listeners, lb->listener_count, sizeof(struct listener_record *));
	for (size_t i = 0; i < copy->listener_count; i++)
		object_of(copy->listeners[i])->references++;
	return copy;
}

void lb_free(struct load_balancer *lb)
{
	if (!lb)
		return;
	for (size_t i = 0; i < lb->listener_count; i++)
		listener_drop(lb->listeners[i]);
	free(lb->listeners);
	free(lb->group.members);
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
	bool found;
	size_t position = listener_position(lb, listener->protocol, listener->port, &found);

	if (!found)
		return;
	listener_drop(lb->listeners[position]);
	lb->listener_count--;
	memmove(&lb->listeners[position], &lb->listeners[position + 1],
		(lb->listener_count - position) * sizeof(struct listener_record *));
}

int lb_find_member(const struct load_balancer *lb, const char *server_id, unsigned int type,
		   const struct address *address)
{
	for (uint32_t i = 0; i < lb->group.member_count; i++) {
		const struct member_record *member = &lb->group.members[i];

		if (member->type == type && address_equal(&member->address, address) &&
		    !strcmp(member->server_id, server_id))
			return (int)i;
	}
	return -1;
}

static bool member_same(const struct member_record *a, const struct member_record *b)
{
	return a->weight == b->weight && a->port == b->port && a->type == b->type &&
	       address_equal(&a->address, &b->address) && !strcmp(a->server_id, b->server_id) &&
	       !strcmp(a->description, b->description);
}

bool group_same(const struct group_record *a, const struct group_record *b)
{
	if (a->member_count != b->member_count)
		return false;
	for (uint32_t i = 0; i < a->member_count; i++) {
		if (!member_same(&a->members[i], &b->members[i]))
			return false;
	}
	return true;
}

bool lb_uses_instance(const struct load_balancer *lb, const char *instance_id)
{
	for (uint32_t i = 0; i < lb->group.member_count; i++) {
		if (!strcmp(lb->group.members[i].server_id, instance_id))
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
	size_t guess = (size_t)(backend - listener->backends);

	if (backend->removed)
		return NULL;
	if (guess < lb->group.member_count &&
	    member_is_backend(&lb->group.members[guess], listener, backend))
		return &lb->group.members[guess];
	for (uint32_t i = 0; i < lb->group.member_count; i++) {
		if (member_is_backend(&lb->group.members[i], listener, backend))
			return &lb->group.members[i];
	}
	return NULL;
}
