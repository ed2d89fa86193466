// SPDX-License-Identifier: BSD-2-Clause
/* Old and new version of each object, record by record. */
#include "core/ops.h"

#include "base/memory.h"

static void add_op(struct op_list *list, const struct record *record, bool put)
{
	struct store_op *op;

	list->ops = memory_resize(list->ops, list->count + 1, sizeof(struct store_op));
	op = &list->ops[list->count];
	*op = (struct store_op){ 0 };
	op->key_length = record_key(record, op->key);
	if (put && !list->result)
		list->result = record_write(record, &op->bytes, &op->length);
	list->count++;
}

/* By what would be written: padding does not count. */
static bool same_lb(const struct lb_record *a, const struct lb_record *b)
{
	uint8_t *bytes_a = NULL, *bytes_b = NULL;
	size_t length_a, length_b;
	bool same = !record_write(&(struct record){ .kind = RECORD_LB, .lb = a }, &bytes_a,
				  &length_a) &&
		    !record_write(&(struct record){ .kind = RECORD_LB, .lb = b }, &bytes_b,
				  &length_b) &&
		    length_a == length_b && !memcmp(bytes_a, bytes_b, length_a);

	free(bytes_a);
	free(bytes_b);
	return same;
}

static void add_listener_ops(struct op_list *list, const struct load_balancer *lb_old,
			     const struct load_balancer *lb_new)
{
	for (size_t i = 0; lb_new && i < lb_new->listener_count; i++) {
		const struct listener_record *after = lb_new->listeners[i];

		if (lb_old && lb_listener(lb_old, after->protocol, after->port) == after)
			continue;
		add_op(list, &(struct record){ .kind = RECORD_LISTENER, .listener = after }, true);
	}
	for (size_t i = 0; lb_old && i < lb_old->listener_count; i++) {
		const struct listener_record *before = lb_old->listeners[i];

		if (lb_new && lb_listener(lb_new, before->protocol, before->port))
			continue;
		add_op(list, &(struct record){ .kind = RECORD_LISTENER, .listener = before },
		       false);
	}
}

static void add_group_ops(struct op_list *list, const struct load_balancer *lb_old,
			  const struct load_balancer *lb_new)
{
	for (size_t i = 0; lb_new && i < lb_new->group_count; i++) {
		const struct group_record *after = lb_new->groups[i];

		if (lb_old && lb_group(lb_old, after->id) == after)
			continue;
		add_op(list, &(struct record){ .kind = RECORD_GROUP, .group = after }, true);
	}
	for (size_t i = 0; lb_old && i < lb_old->group_count; i++) {
		const struct group_record *before = lb_old->groups[i];

		if (lb_new && lb_group(lb_new, before->id))
			continue;
		add_op(list, &(struct record){ .kind = RECORD_GROUP, .group = before }, false);
	}
}

static void add_tags_ops(struct op_list *list, const struct load_balancer *lb_old,
			 const struct load_balancer *lb_new)
{
	for (size_t i = 0; lb_new && i < lb_new->tags_count; i++) {
		const struct tags_record *after = lb_new->tags[i];

		if (lb_old && lb_tags(lb_old, after->type, after->id) == after)
			continue;
		add_op(list, &(struct record){ .kind = RECORD_TAG_SET, .tags = after }, true);
	}
	for (size_t i = 0; lb_old && i < lb_old->tags_count; i++) {
		const struct tags_record *before = lb_old->tags[i];

		if (lb_new && lb_tags(lb_new, before->type, before->id))
			continue;
		add_op(list, &(struct record){ .kind = RECORD_TAG_SET, .tags = before }, false);
	}
}

static void add_token_op(struct op_list *list, const struct token_record *before,
			 const struct token_record *after)
{
	if (before || after)
		add_op(list,
		       &(struct record){ .kind = RECORD_TOKEN, .token = after ? after : before },
		       after);
}

static void add_lb_ops(struct op_list *list, const struct load_balancer *lb_old,
		       const struct load_balancer *lb_new)
{
	const struct load_balancer *lb = lb_new ? lb_new : lb_old;

	if (!lb_old || !lb_new || !same_lb(&lb_old->record, &lb_new->record))
		add_op(list, &(struct record){ .kind = RECORD_LB, .lb = &lb->record }, lb_new);
	add_group_ops(list, lb_old, lb_new);
	add_listener_ops(list, lb_old, lb_new);
	add_tags_ops(list, lb_old, lb_new);
}

int ops_add(struct op_list *list, const struct model_delta *delta)
{
	const struct instance_record *before = delta->instance_old;
	const struct instance_record *after = delta->instance_new;

	if (before || after)
		add_op(list,
		       &(struct record){ .kind = RECORD_INSTANCE,
					 .instance = after ? after : before },
		       after);
	add_token_op(list, delta->token_old, delta->token_new);
	if (delta->lb_old != delta->lb_new)
		add_lb_ops(list, delta->lb_old, delta->lb_new);
	return list->result;
}

void ops_free(struct op_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->ops[i].bytes);
	free(list->ops);
	*list = (struct op_list){ 0 };
}
