// SPDX-License-Identifier: BSD-2-Clause
/*
 * From members to backends. The kernel's flows name backends by id, so whoever has an id keeps it:
 * a member that stays, one that leaves (its backend drains), and one that comes back meanwhile.
 */
#include "core/staging.h"

#include "base/config.h"
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

/* A backend's address, port and protocol may serve so many services: a reply must find its own. */
static int check_users(struct fit *fit, const struct backend_record *backend, unsigned int protocol)
{
	uint32_t quota = fit->model->config->quotas.services_per_backend;
	char text[ADDRESS_TEXT];

	if (index_backend_users(&fit->model->index, backend, protocol, &fit->fresh) < quota)
		return 0;
	return error_set(fit->error, ERR_OVER_QUOTA,
			 "%s port %u already serves %u listeners of this protocol",
			 address_format(&backend->address, text), backend->port, quota);
}

static bool new_backend(struct fit *fit, unsigned int protocol, struct backend_record *out)
{
	struct index *index = &fit->model->index;

	if (!fit->result)
		fit->result = check_users(fit, out, protocol);
	if (fit->result)
		return false;
	out->id = ids_take(&index->backend_ids);
	if (!out->id) {
		fit->result = error_set(fit->error, ERR_OVER_QUOTA, "tables.backends is %u",
					fit->model->config->tables.backends);
		return false;
	}
	out->generation = ++index->generations[out->id];
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

/* The backends of members, in the members' order. Returns how many. */
static uint32_t fit_members(struct fit *fit, const struct group_record *group, struct known *known,
			    uint32_t known_count, struct listener_record *fitted)
{
	uint32_t filled = 0;

	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct member_record *member = &group->members[i];
		uint16_t port = member_port(member, fitted);
		struct known *match = find_known(known, known_count, &member->address, port);
		struct backend_record *backend = &fitted->backends[filled];

		if (match) {
			match->matched = true;
			*backend = match->record;
			backend->removed = false;
		} else {
			*backend =
				(struct backend_record){ .port = port, .address = member->address };
			if (!new_backend(fit, fitted->protocol, backend))
				continue;
		}
		filled++;
	}
	return filled;
}

struct listener_record *backends_fit(struct fit *fit, const struct group_record *group,
				     struct listener_record *listener)
{
	struct known *known = known_backends(listener);
	uint32_t known_count = listener->backend_count, filled;
	struct listener_record *fitted = listener_new(listener, group->member_count + known_count);

	filled = fit_members(fit, group, known, known_count, fitted);
	for (uint32_t i = 0; i < known_count; i++) {
		if (known[i].matched)
			continue;
		fitted->backends[filled] = known[i].record;
		fitted->backends[filled++].removed = true;
	}
	fitted->backend_count = filled;
	free(known);
	if (!fit->result && unchanged(listener, fitted)) {
		listener_drop(fitted);
		return listener;
	}
	return fitted;
}
