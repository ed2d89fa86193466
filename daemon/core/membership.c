// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two versions of an object compared. What both share is the same object and is passed over; of what
 * is deleted as a whole, one line is noted and not one a member.
 */
#include "core/membership.h"

#include "base/choice.h"
#include "base/journal.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define NOTE(subject, ...) journal_note(JOURNAL_MEMBERSHIP, subject, __VA_ARGS__)

/* --- members --- */

struct members {
	const struct group_record *group; /* NULL: there is none */
	size_t next; /* where the next one is expected, as both versions have the same order */
};

static bool is_same(const struct group_record *group, const struct member_record *a,
		    const struct member_record *b)
{
	/* In a VServer group the port is part of who it is. */
	return address_equal(&a->address, &b->address) && (!group->id[0] || a->port == b->port) &&
	       !strcmp(a->server_id, b->server_id);
}

static const struct member_record *find(struct members *members, const struct member_record *wanted)
{
	const struct group_record *group = members->group;
	size_t count = group ? group->member_count : 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = (members->next + i) % count;

		if (!is_same(group, &group->members[at], wanted))
			continue;
		members->next = at + 1;
		return &group->members[at];
	}
	return NULL;
}

static void name_member(const struct group_record *group, const struct member_record *member,
			char out[static JOURNAL_SUBJECT])
{
	char address[ADDRESS_TEXT], port[8] = "";

	if (member->port)
		snprintf(port, sizeof(port), ":%u", member->port);
	text_format(out, JOURNAL_SUBJECT, "%s%s%s %s %s%s", group->lb_id, group->id[0] ? " " : "",
		    group->id, member->server_id, address_format(&member->address, address), port);
}

static void note_change(const struct group_record *group, const struct member_record *old,
			const struct member_record *new)
{
	char subject[JOURNAL_SUBJECT];

	name_member(group, new, subject);
	if (!old)
		NOTE(subject, "added with weight %u", new->weight);
	if (old && old->weight != new->weight)
		NOTE(subject, "weight %u, was %u", new->weight, old->weight);
	if (old && old->port != new->port)
		NOTE(subject, "port %u, was %u", new->port, old->port);
}

static void compare_groups(const struct group_record *old, const struct group_record *new)
{
	struct members before = { .group = old }, after = { .group = new };
	char subject[JOURNAL_SUBJECT];

	for (uint32_t i = 0; old && i < old->member_count; i++) {
		if (find(&after, &old->members[i]))
			continue;
		name_member(new, &old->members[i], subject);
		NOTE(subject, "removed");
	}
	for (uint32_t i = 0; i < new->member_count; i++) {
		const struct member_record *is = &new->members[i], *was = find(&before, is);

		if (!was || was->weight != is->weight || was->port != is->port)
			note_change(new, was, is);
	}
}

static void note_group(const struct group_record *group, const char *what)
{
	char subject[JOURNAL_SUBJECT];

	text_format(subject, sizeof(subject), "%s %s", group->lb_id, group->id);
	NOTE(subject, "group %s %s", group->name, what);
}

static void compare_all_groups(const struct load_balancer *old, const struct load_balancer *new)
{
	for (size_t i = 0; old && i < old->group_count; i++) {
		if (!lb_group(new, old->groups[i]->id))
			note_group(old->groups[i], "deleted");
	}
	for (size_t i = 0; i < new->group_count; i++) {
		const struct group_record *was = old ? lb_group(old, new->groups[i]->id) : NULL;

		if (!was && new->groups[i]->id[0])
			note_group(new->groups[i], "created");
		if (was != new->groups[i])
			compare_groups(was, new->groups[i]);
	}
}

/* --- listeners --- */

static void note_listener(const struct listener_record *listener, const char *what)
{
	char subject[JOURNAL_SUBJECT];

	text_format(subject, sizeof(subject), "%s %s/%u", listener->lb_id,
		    choice_name(&choices_protocol, listener->protocol), listener->port);
	NOTE(subject, "%s", what);
}

static void compare_listeners(const struct load_balancer *old, const struct load_balancer *new)
{
	for (size_t i = 0; old && i < old->listener_count; i++) {
		const struct listener_record *was = old->listeners[i];

		if (!lb_listener(new, was->protocol, was->port))
			note_listener(was, "deleted");
	}
	for (size_t i = 0; i < new->listener_count; i++) {
		const struct listener_record *is = new->listeners[i];
		const struct listener_record *was = old ? lb_listener(old, is->protocol, is->port)
							: NULL;

		if (!was)
			note_listener(is, "created");
		else if (was->status != is->status)
			note_listener(is, is->status == LISTENER_RUNNING ? "started" : "stopped");
	}
}

/* --- load balancers and instances --- */

static void compare_lbs(const struct load_balancer *old, const struct load_balancer *new)
{
	char address[ADDRESS_TEXT];

	if (old && !new)
		NOTE(old->record.id, "deleted with its %zu listeners", old->listener_count);
	if (!new)
		return;
	if (!old)
		NOTE(new->record.id, "created at %s", address_format(&new->record.vip, address));
	else if (old->record.status != new->record.status)
		NOTE(new->record.id, "%s", choice_name(&choices_lb_status, new->record.status));
	compare_all_groups(old, new);
	compare_listeners(old, new);
}

static void compare_instances(const struct instance_record *old, const struct instance_record *new)
{
	if (old && !new)
		NOTE(old->id, "deregistered");
	else if (new && !old)
		NOTE(new->id, "registered, %s", choice_name(&choices_instance_status, new->status));
	else if (old && new && old->status != new->status)
		NOTE(new->id, "%s, was %s", choice_name(&choices_instance_status, new->status),
		     choice_name(&choices_instance_status, old->status));
}

void membership_note(const struct model_delta *deltas, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct model_delta *delta = &deltas[i];

		if (delta->lb_old != delta->lb_new)
			compare_lbs(delta->lb_old, delta->lb_new);
		if (delta->instance_old != delta->instance_new)
			compare_instances(delta->instance_old, delta->instance_new);
	}
}
