// SPDX-License-Identifier: BSD-2-Clause
/*
 * From members to backends. The kernel's flows name backends by id, so whoever has an id keeps it:
 * a member that stays, one that leaves (its backend drains), and one that comes back meanwhile.
 */
#include "core/staging.h"

#include "base/choice.h"
#include "base/memory.h"

struct known {
	struct backend_record record;
	bool matched;
};

static int compare_places(const struct address *address_a, unsigned int port_a,
			  const struct address *address_b, unsigned int port_b)
{
	int order = address_compare(address_a, address_b);

	if (order)
		return order;
	return (port_a > port_b) - (port_a < port_b);
}

static int compare_known(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return compare_places(&x->record.address, x->record.port, &y->record.address,
			      y->record.port);
}

static struct known *find_known(struct known *known, size_t count, const struct address *address,
				uint16_t port)
{
	struct known wanted = { .record = { .address = *address, .port = port } };

	return bsearch(&wanted, known, count, sizeof(*known), compare_known);
}

static bool new_backend(struct index *index, const struct address *address, uint16_t port,
			struct backend_record *out)
{
	uint32_t id = ids_take(&index->backend_ids);

	if (!id)
		return false;
	*out = (struct backend_record){
		.id = id, .generation = ++index->generations[id], .port = port, .address = *address
	};
	return true;
}

static struct known *known_backends(const struct listener_record *listener)
{
	struct known *known = memory_new(listener->backend_count, sizeof(*known));

	for (uint32_t i = 0; i < listener->backend_count; i++)
		known[i].record = listener->backends[i];
	qsort(known, listener->backend_count, sizeof(*known), compare_known);
	return known;
}

static bool unchanged(const struct listener_record *a, const struct listener_record *b)
{
	if (a->backend_count != b->backend_count)
		return false;
	for (uint32_t i = 0; i < a->backend_count; i++) {
		if (a->backends[i].id != b->backends[i].id ||
		    a->backends[i].removed != b->backends[i].removed)
			return false;
	}
	return true;
}

struct listener_record *backends_fit(struct index *index, const struct load_balancer *lb,
				     struct listener_record *listener, uint32_t *shortage)
{
	struct known *known = known_backends(listener);
	uint32_t known_count = listener->backend_count, filled = 0;
	struct listener_record *fitted =
		listener_new(listener, lb->group.member_count + known_count);

	for (uint32_t i = 0; i < lb->group.member_count; i++) {
		const struct member_record *member = &lb->group.members[i];
		uint16_t port = member_port(member, listener);
		struct known *match = find_known(known, known_count, &member->address, port);

		if (match) {
			match->matched = true;
			fitted->backends[filled] = match->record;
			fitted->backends[filled++].removed = false;
		} else if (new_backend(index, &member->address, port, &fitted->backends[filled])) {
			filled++;
		} else {
			(*shortage)++;
		}
	}
	for (uint32_t i = 0; i < known_count; i++) {
		if (known[i].matched)
			continue;
		fitted->backends[filled] = known[i].record;
		fitted->backends[filled++].removed = true;
	}
	fitted->backend_count = filled;
	free(known);
	if (!*shortage && unchanged(listener, fitted)) {
		listener_drop(fitted);
		return listener;
	}
	return fitted;
}
