// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is derived from the staged objects. Going from one version of a load balancer to the next
 * costs what differs: listeners that both share are skipped, and so are equal heads of member and
 * backend lists.
 */
#include "core/staging.h"

#include "base/choice.h"
#include "base/config.h"
#include "base/memory.h"

/* Small, for there is one for each place that a backend has. */
struct backend_key {
	uint8_t kind; /* family and protocol */
	uint8_t address[16];
	uint8_t port[2];
};

static struct backend_key backend_key(const struct backend_record *backend, unsigned int protocol)
{
	struct backend_key key = { .kind = (uint8_t)(backend->address.family | protocol << 4) };

	memcpy(key.address, backend->address.bytes, sizeof(key.address));
	memcpy(key.port, &backend->port, sizeof(key.port));
	return key;
}

uint32_t index_backend_users(const struct index *index, const struct backend_record *backend,
			     unsigned int protocol, struct tally *fresh)
{
	struct backend_key key = backend_key(backend, protocol);
	uint32_t users = tally_get(&index->backends, &key, sizeof(key));

	if (!fresh)
		return users;
	tally_add(fresh, &key, sizeof(key));
	return users + tally_get(fresh, &key, sizeof(key)) - 1;
}

struct address_key {
	struct address address;
	uint8_t kind;
};

uint32_t index_address_owners(const struct index *index, const struct address *address,
			      unsigned int kind)
{
	struct address_key key = { .address = *address, .kind = (uint8_t)kind };

	return tally_get(&index->addresses, &key, sizeof(key));
}

void index_instance(struct index *index, const struct instance_record *old_instance,
		    const struct instance_record *new_instance)
{
	for (uint32_t i = 0; new_instance && i < new_instance->address_count; i++) {
		struct address_key key = { .address = new_instance->addresses[i],
					   .kind = new_instance->kind };

		tally_add(&index->addresses, &key, sizeof(key));
	}
	for (uint32_t i = 0; old_instance && i < old_instance->address_count; i++) {
		struct address_key key = { .address = old_instance->addresses[i],
					   .kind = old_instance->kind };

		tally_remove(&index->addresses, &key, sizeof(key));
	}
	index->instance_count += !!new_instance;
	index->instance_count -= !!old_instance;
}

static void index_backends(struct index *index, const struct listener_record *old_listener,
			   const struct listener_record *new_listener)
{
	uint32_t old_count = old_listener ? old_listener->backend_count : 0;
	uint32_t new_count = new_listener ? new_listener->backend_count : 0;
	uint32_t same = 0;

	while (same < old_count && same < new_count &&
	       old_listener->backends[same].id == new_listener->backends[same].id)
		same++;
	for (uint32_t i = same; i < new_count; i++) {
		struct backend_key key =
			backend_key(&new_listener->backends[i], new_listener->protocol);

		tally_add(&index->backends, &key, sizeof(key));
	}
	for (uint32_t i = same; i < old_count; i++) {
		struct backend_key key =
			backend_key(&old_listener->backends[i], old_listener->protocol);

		tally_remove(&index->backends, &key, sizeof(key));
	}
	index->backend_count += new_count;
	index->backend_count -= old_count;
	index->listener_count += !!new_listener;
	index->listener_count -= !!old_listener;
}

static const struct listener_record *other_listener(const struct load_balancer *lb,
						    const struct listener_record *listener)
{
	return lb ? lb_listener(lb, listener->protocol, listener->port) : NULL;
}

static void index_listeners(struct index *index, const struct load_balancer *old_lb,
			    const struct load_balancer *new_lb)
{
	for (size_t i = 0; new_lb && i < new_lb->listener_count; i++) {
		const struct listener_record *before = other_listener(old_lb, new_lb->listeners[i]);

		if (before != new_lb->listeners[i])
			index_backends(index, before, new_lb->listeners[i]);
	}
	for (size_t i = 0; old_lb && i < old_lb->listener_count; i++) {
		if (!other_listener(new_lb, old_lb->listeners[i]))
			index_backends(index, old_lb->listeners[i], NULL);
	}
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The distinct server ids of all groups, sorted. */
static const char **server_ids(const struct load_balancer *lb, size_t *count)
{
	uint32_t members = lb ? lb_member_count(lb) : 0, filled = 0;
	const char **ids = memory_new(members, sizeof(const char *));
	size_t distinct = 0;

	for (size_t i = 0; lb && i < lb->group_count; i++) {
		for (uint32_t j = 0; j < lb->groups[i]->member_count; j++)
			ids[filled++] = lb->groups[i]->members[j].server_id;
	}
	qsort(ids, members, sizeof(const char *), compare_ids);
	for (uint32_t i = 0; i < members; i++) {
		if (!distinct || strcmp(ids[distinct - 1], ids[i]) != 0)
			ids[distinct++] = ids[i];
	}
	*count = distinct;
	return ids;
}

static void index_users(struct index *index, const struct load_balancer *old_lb,
			const struct load_balancer *new_lb)
{
	size_t old_count, new_count;
	const char **old_ids, **new_ids;

	if (old_lb && new_lb && lb_same_groups(old_lb, new_lb))
		return;
	old_ids = server_ids(old_lb, &old_count);
	new_ids = server_ids(new_lb, &new_count);
	for (size_t i = 0; i < new_count; i++)
		tally_add(&index->users, new_ids[i], strlen(new_ids[i]));
	for (size_t i = 0; i < old_count; i++)
		tally_remove(&index->users, old_ids[i], strlen(old_ids[i]));
	free(old_ids);
	free(new_ids);
}

static void remove_vip(struct index *index, const struct address *vip)
{
	tally_remove(&index->vips, vip, sizeof(*vip));
	for (size_t i = 0; i < index->config->pool_count; i++) {
		if (address_range_holds(&index->config->pools[i].range, vip) &&
		    address_compare(vip, &index->lowest_vips[i]) < 0)
			index->lowest_vips[i] = *vip;
	}
}

void index_lb(struct index *index, const struct load_balancer *old_lb,
	      const struct load_balancer *new_lb)
{
	if (new_lb)
		tally_add(&index->vips, &new_lb->record.vip, sizeof(struct address));
	if (old_lb)
		remove_vip(index, &old_lb->record.vip);
	index->lb_count += !!new_lb;
	index->lb_count -= !!old_lb;
	index_listeners(index, old_lb, new_lb);
	index_users(index, old_lb, new_lb);
}

static bool shares(const struct load_balancer *lb, const struct listener_record *listener)
{
	return other_listener(lb, listener) == listener;
}

/* Whether a load balancer names this service, and under it this backend (0: any). */
static bool names(const struct load_balancer *lb, const struct listener_record *listener,
		  uint32_t position, uint32_t backend)
{
	const struct listener_record *other = other_listener(lb, listener);

	if (!other || other->service != listener->service)
		return false;
	if (!backend ||
	    (position < other->backend_count && other->backends[position].id == backend))
		return true;
	for (uint32_t i = 0; i < other->backend_count; i++) {
		if (other->backends[i].id == backend)
			return true;
	}
	return false;
}

void index_release_ids(struct index *index, const struct load_balancer *lb,
		       const struct load_balancer *kept, const struct load_balancer *also_kept)
{
	for (size_t i = 0; lb && i < lb->listener_count; i++) {
		const struct listener_record *listener = lb->listeners[i];

		if (shares(kept, listener) || shares(also_kept, listener))
			continue;
		if (!names(kept, listener, 0, 0) && !names(also_kept, listener, 0, 0))
			ids_release(&index->service_ids, listener->service);
		for (uint32_t j = 0; j < listener->backend_count; j++) {
			uint32_t id = listener->backends[j].id;

			if (names(kept, listener, j, id) || names(also_kept, listener, j, id))
				continue;
			ids_release(&index->backend_ids, id);
			index->generations[id]--; /* for no flow has ever had it */
		}
	}
}
