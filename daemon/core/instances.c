// SPDX-License-Identifier: BSD-2-Clause
/* Instances as the model keeps them: of very many, few have a name or more than one address. */
#include "core/objects.h"

#include "base/memory.h"
#include "base/shared_text.h"

struct instance_record *instance_new(const struct wanted_instance *wanted)
{
	struct instance_record *instance = memory_new(1, sizeof(*instance));

	memcpy(instance->id, wanted->id, sizeof(instance->id));
	instance->name = shared_text(wanted->name);
	instance->vpc_id = shared_text(wanted->vpc_id);
	instance->zone_id = shared_text(wanted->zone_id);
	instance->region = shared_text(wanted->region);
	instance->kind = wanted->kind;
	instance->status = wanted->status;
	instance->network_type = wanted->network_type;
	instance->auto_registered = wanted->auto_registered;
	instance->created_ms = wanted->created_ms;
	instance->addresses =
		memory_copy(wanted->addresses, wanted->address_count, sizeof(struct address));
	instance->address_count = wanted->address_count;
	return instance;
}

struct instance_record *instance_copy(const struct instance_record *instance)
{
	struct instance_record *copy = memory_copy(instance, 1, sizeof(*instance));

	shared_text_hold(copy->name);
	shared_text_hold(copy->vpc_id);
	shared_text_hold(copy->zone_id);
	shared_text_hold(copy->region);
	copy->addresses =
		memory_copy(instance->addresses, instance->address_count, sizeof(struct address));
	return copy;
}

void instance_add_address(struct instance_record *instance, const struct address *address)
{
	instance->addresses = memory_resize(instance->addresses, instance->address_count + 1,
					    sizeof(struct address));
	instance->addresses[instance->address_count++] = *address;
}

bool instance_has_address(const struct instance_record *instance, const struct address *address)
{
	for (uint32_t i = 0; i < instance->address_count; i++) {
		if (address_equal(&instance->addresses[i], address))
			return true;
	}
	return false;
}

void instance_free(struct instance_record *instance)
{
	if (!instance)
		return;
	shared_text_drop(instance->name);
	shared_text_drop(instance->vpc_id);
	shared_text_drop(instance->zone_id);
	shared_text_drop(instance->region);
	free(instance->addresses);
	free(instance);
}
