// SPDX-License-Identifier: BSD-2-Clause
/* The tags that a load balancer carries, for itself, its listeners and its groups. */
#include "core/tags.h"

#include "base/choice.h"
#include "base/memory.h"

#include <stdio.h>

struct tags_object {
	unsigned int references;
	struct tags_record record;
};

static struct tags_object *object_of(struct tags_record *record)
{
	return (struct tags_object *)((char *)record - offsetof(struct tags_object, record));
}

struct tags_record *tags_new(const struct tags_record *from)
{
	struct tags_object *object = memory_new(1, sizeof(*object));

	object->references = 1;
	object->record = *from;
	object->record.tags = memory_copy(from->tags, from->tag_count, sizeof(struct tag_record));
	return &object->record;
}

void tags_hold(struct tags_record *tags)
{
	object_of(tags)->references++;
}

void tags_drop(struct tags_record *tags)
{
	struct tags_object *object = object_of(tags);

	if (--object->references)
		return;
	free(object->record.tags);
	free(object);
}

/* Where the set is, or would be; *found says which. */
static size_t tags_position(const struct load_balancer *lb, unsigned int type, const char *id,
			    bool *found)
{
	size_t low = 0, high = lb->tags_count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct tags_record *tags = lb->tags[middle];
		int order = tags->type != type ? (tags->type > type) - (tags->type < type)
					       : strcmp(tags->id, id);

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

const struct tags_record *lb_tags(const struct load_balancer *lb, unsigned int type, const char *id)
{
	bool found;
	size_t position = tags_position(lb, type, id, &found);

	return found ? lb->tags[position] : NULL;
}

void lb_take_tags(struct load_balancer *lb, unsigned int type, const char *id)
{
	bool found;
	size_t position = tags_position(lb, type, id, &found);

	if (!found)
		return;
	tags_drop(lb->tags[position]);
	lb->tags_count--;
	memmove(&lb->tags[position], &lb->tags[position + 1],
		(lb->tags_count - position) * sizeof(struct tags_record *));
}

void lb_put_tags(struct load_balancer *lb, struct tags_record *tags)
{
	bool found;
	size_t position;

	lb_take_tags(lb, tags->type, tags->id);
	if (!tags->tag_count) {
		tags_drop(tags);
		return;
	}
	position = tags_position(lb, tags->type, tags->id, &found);
	lb->tags = memory_resize(lb->tags, lb->tags_count + 1, sizeof(struct tags_record *));
	memmove(&lb->tags[position + 1], &lb->tags[position],
		(lb->tags_count - position) * sizeof(struct tags_record *));
	lb->tags[position] = tags;
	lb->tags_count++;
}

void listener_tag_id(const struct listener_record *listener, char id[static RECORD_ID])
{
	/* Ids of load balancers are ours, and much shorter than their room. */
	snprintf(id, RECORD_ID, "%.48s_%s_%u", listener->lb_id,
		 choice_name(&choices_protocol, listener->protocol), listener->port);
}

/* The listener that such an id means, NULL if there is none; other spellings of it mean none. */
static const struct listener_record *listener_of(const struct load_balancer *lb, const char *id)
{
	const char *port = strrchr(id, '_');
	const struct listener_record *listener = NULL;
	char spelt[RECORD_ID] = "";

	for (unsigned int protocol = PROTOCOL_TCP; port && protocol <= PROTOCOL_UDP; protocol++) {
		listener = lb_listener(lb, protocol, (unsigned int)strtoul(port + 1, NULL, 10));
		if (listener)
			listener_tag_id(listener, spelt);
		if (listener && !strcmp(spelt, id))
			return listener;
	}
	return NULL;
}

bool lb_has_resource(const struct load_balancer *lb, unsigned int type, const char *id,
		     int64_t *created_ms)
{
	const struct listener_record *listener;
	const struct group_record *group;

	switch (type) {
	case RESOURCE_LB:
		*created_ms = lb->record.created_ms;
		return !strcmp(lb->record.id, id);
	case RESOURCE_LISTENER:
		listener = listener_of(lb, id);
		*created_ms = listener ? listener->created_ms : 0;
		return listener;
	case RESOURCE_VSERVER_GROUP:
		group = id[0] ? lb_group(lb, id) : NULL;
		*created_ms = group ? group->created_ms : 0;
		return group;
	default:
		return false;
	}
}
