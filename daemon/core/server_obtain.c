// SPDX-License-Identifier: BSD-2-Clause
/*
 * AddBackendServers, rule 11: each server is in the inventory, runs, and owns its address; with
 * auto_register it may come into the inventory here (API, 4.9).
 */
#include "core/servers.h"

#include "base/choice.h"
#include "base/config.h"
#include "base/memory.h"

/* The primary address of the load balancer's family; failing that the first, for rule 16 to name. */
static struct address primary_address(const struct instance_record *instance, uint8_t family)
{
	for (uint32_t i = 0; i < instance->address_count; i++) {
		if (instance->addresses[i].family == family)
			return instance->addresses[i];
	}
	return instance->addresses[0];
}

static struct instance_record *find_fresh(const struct add *add, const char *id)
{
	for (size_t i = 0; i < add->fresh_count; i++) {
		if (!strcmp(add->fresh[i]->id, id))
			return add->fresh[i];
	}
	return NULL;
}

static int check_free(const struct add *add, const struct server_entry *entry, struct error *error)
{
	char text[ADDRESS_TEXT];
	bool taken = index_address_owners(&add->work->model->index, &entry->address, entry->type) >
		     0;

	for (size_t i = 0; i < add->fresh_count && !taken; i++)
		taken = add->fresh[i]->kind == entry->type &&
			instance_has_address(add->fresh[i], &entry->address);
	if (!taken)
		return 0;
	return error_set(error, ERR_OBTAIN_IP, "ServerIp %s of ServerId %s is another instance's",
			 address_format(&entry->address, text), entry->server_id);
}

static struct instance_record *register_fresh(struct add *add, const struct server_entry *entry)
{
	const struct lb_record *lb = &add->work->lb->record;
	struct wanted_instance wanted = {
		.kind = entry->type,
		.status = INSTANCE_RUNNING,
		.network_type = lb->vpc_id[0] ? NETWORK_VPC : NETWORK_CLASSIC,
		.auto_registered = true,
		.created_ms = identity_now_ms(),
	};

	memcpy(wanted.id, entry->server_id, sizeof(wanted.id));
	memcpy(wanted.vpc_id, lb->vpc_id, sizeof(wanted.vpc_id));
	memcpy(wanted.region, lb->region, sizeof(wanted.region));
	return instance_new(&wanted);
}

/* With auto_register: an unknown server, or a further address of one registered so. */
static int auto_register(struct add *add, const struct server_entry *entry,
			 const struct instance_record **instance, struct error *error)
{
	struct instance_record *fresh = find_fresh(add, entry->server_id);
	int result = check_free(add, entry, error);

	if (result)
		return result;
	if (fresh ? fresh->address_count == RECORD_INSTANCE_ADDRESSES
		  : *instance && (*instance)->address_count == RECORD_INSTANCE_ADDRESSES)
		return error_set(error, ERR_OBTAIN_IP, "ServerId %s has %d addresses already",
				 entry->server_id, RECORD_INSTANCE_ADDRESSES);
	if (!fresh) {
		fresh = *instance ? instance_copy(*instance) : register_fresh(add, entry);
		add->fresh[add->fresh_count++] = fresh;
	}
	instance_add_address(fresh, &entry->address);
	*instance = fresh;
	return 0;
}

static int obtain(struct add *add, struct candidate *candidate, struct error *error)
{
	const struct server_entry *entry = candidate->entry;
	const struct instance_record *instance = find_fresh(add, entry->server_id);
	char text[ADDRESS_TEXT];

	if (!instance)
		instance = find_instance(add->work->model, add->work->lb->record.region,
					 entry->server_id);
	if (add->work->model->config->auto_register && entry->address.family &&
	    (!instance ||
	     (instance->auto_registered && !instance_has_address(instance, &entry->address)))) {
		int result = auto_register(add, entry, &instance, error);

		if (result)
			return result;
	}
	if (!instance)
		return error_set(error, ERR_OBTAIN_IP, "ServerId %s is not in the inventory",
				 entry->server_id);
	if (instance->status != INSTANCE_RUNNING)
		return error_set(error, ERR_OBTAIN_IP, "ServerId %s is %s", entry->server_id,
				 choice_name(&choices_instance_status, instance->status));
	candidate->instance = instance;
	candidate->address = entry->address;
	if (!entry->address.family)
		candidate->address = primary_address(instance, add->work->lb->record.vip.family);
	if (!instance_has_address(instance, &candidate->address))
		return error_set(error, ERR_OBTAIN_IP, "ServerId %s has no address %s",
				 entry->server_id, address_format(&entry->address, text));
	return 0;
}

int rule_obtain_address(struct add *add, struct error *error)
{
	for (size_t i = 0; i < add->request->count; i++) {
		int result;

		add->candidates[i].entry = &add->request->entries[i];
		result = obtain(add, &add->candidates[i], error);
		if (result)
			return result;
	}
	/* A later entry may have registered a further address: point at what will be staged. */
	for (size_t i = 0; i < add->request->count; i++) {
		struct candidate *candidate = &add->candidates[i];
		struct instance_record *fresh = find_fresh(add, candidate->entry->server_id);

		if (fresh)
			candidate->instance = fresh;
	}
	return 0;
}
