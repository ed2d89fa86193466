// SPDX-License-Identifier: BSD-2-Clause
/* The inventory (API, 4.9). */
#include "core/staging.h"

#include "base/choice.h"
#include "base/config.h"

#include <stdio.h>
#include <string.h>

static bool wants_address(const struct wanted_instance *wanted, const struct address *address)
{
	for (uint32_t i = 0; i < wanted->address_count; i++) {
		if (address_equal(&wanted->addresses[i], address))
			return true;
	}
	return false;
}

static bool in_use(const struct model *model, const char *id)
{
	return tally_get(&model->index.users, id, strlen(id)) > 0;
}

static int check_addresses(const struct model *model, const struct instance_record *known,
			   const struct wanted_instance *wanted, struct error *error)
{
	char text[ADDRESS_TEXT];

	for (uint32_t i = 0; i < wanted->address_count; i++) {
		const struct address *address = &wanted->addresses[i];

		if (!(known && instance_has_address(known, address)) &&
		    index_address_owners(&model->index, address, wanted->kind))
			return error_set(error, ERR_INSTANCE_ADDRESS, "IpAddress.%u %s", i + 1,
					 address_format(address, text));
	}
	return 0;
}

struct address_walk {
	const struct instance_record *known;
	const struct wanted_instance *wanted;
	struct address missing; /* in use, and not wanted any more */
};

static void look_through(const struct group_record *group, struct address_walk *walk)
{
	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct member_record *member = &group->members[i];

		if (!strcmp(member->server_id, walk->known->id) &&
		    !wants_address(walk->wanted, &member->address))
			walk->missing = member->address;
	}
}

static void look_for_missing(const struct load_balancer *lb, void *arg)
{
	for (size_t i = 0; i < lb->group_count; i++)
		look_through(lb->groups[i], arg);
}

/* Refuses to take from under a backend what it stands on. */
static int check_in_use(struct model *model, const struct instance_record *known,
			const struct wanted_instance *wanted, struct error *error)
{
	struct address_walk walk = { .known = known, .wanted = wanted };
	char text[ADDRESS_TEXT];

	if (!in_use(model, known->id))
		return 0;
	if (known->network_type != wanted->network_type ||
	    strcmp(known->vpc_id, wanted->vpc_id) != 0)
		return error_set(error, ERR_INSTANCE_IN_USE,
				 "InstanceId %s: NetworkType and VpcId cannot change", known->id);
	each_staged_lb(model, look_for_missing, &walk);
	if (walk.missing.family)
		return error_set(error, ERR_INSTANCE_IN_USE, "InstanceId %s: address %s is in use",
				 known->id, address_format(&walk.missing, text));
	return 0;
}

/* What the request leaves out stays as it is. */
static void keep_known(const struct register_instance *request, const struct instance_record *known,
		       struct wanted_instance *wanted)
{
	if (!request->name_given)
		snprintf(wanted->name, sizeof(wanted->name), "%s", known->name);
	if (!request->vpc_given)
		snprintf(wanted->vpc_id, sizeof(wanted->vpc_id), "%s", known->vpc_id);
	if (!request->zone_given)
		snprintf(wanted->zone_id, sizeof(wanted->zone_id), "%s", known->zone_id);
	if (!request->status_given)
		wanted->status = known->status;
	if (!request->network_type_given && !request->vpc_given)
		wanted->network_type = known->network_type;
	wanted->auto_registered = known->auto_registered;
	wanted->created_ms = known->created_ms;
}

static int check_network(const struct wanted_instance *wanted, struct error *error)
{
	if (wanted->network_type == NETWORK_VPC && !wanted->vpc_id[0])
		return error_set(error, ERR_INVALID_PARAMETER, "NetworkType vpc needs a VpcId");
	if (wanted->network_type == NETWORK_CLASSIC && wanted->vpc_id[0])
		return error_set(error, ERR_INVALID_PARAMETER,
				 "NetworkType classic has no VpcId (%s)", wanted->vpc_id);
	return 0;
}

int model_register_instance(struct model *model, const struct register_instance *request,
			    const struct instance_record **out, struct error *error)
{
	struct wanted_instance wanted = request->wanted;
	const struct instance_record *known = NULL, *elsewhere;
	struct instance_record *staged;
	int result;

	if (!wanted.id[0])
		identity_make("i-", wanted.id);
	wanted.kind = strncmp(wanted.id, "eni-", 4) ? SERVER_ECS : SERVER_ENI;
	if (!request->network_type_given)
		wanted.network_type = wanted.vpc_id[0] ? NETWORK_VPC : NETWORK_CLASSIC;
	wanted.created_ms = identity_now_ms();
	known = find_instance(model, wanted.region, wanted.id);
	elsewhere = find_instance_anywhere(model, wanted.id);
	if (elsewhere && !known)
		return error_set(error, ERR_INVALID_PARAMETER,
				 "InstanceId %s is registered in region %s", wanted.id,
				 elsewhere->region);
	if (known)
		keep_known(request, known, &wanted);
	result = check_network(&wanted, error);
	if (!result)
		result = check_addresses(model, known, &wanted, error);
	if (!result && known)
		result = check_in_use(model, known, &wanted, error);
	if (!result && !known && model->index.instance_count >= model->config->quotas.instances)
		result = error_set(error, ERR_OVER_QUOTA, "quotas.instances is %u",
				   model->config->quotas.instances);
	if (result)
		return result;
	staged = instance_new(&wanted);
	if (known && known->status != wanted.status && in_use(model, wanted.id))
		stage_users(model, wanted.id);
	stage_instance(model, wanted.id, staged);
	*out = staged;
	return 0;
}

int model_set_instance_status(struct model *model, const char *region, const char *id,
			      unsigned int status, struct error *error)
{
	const struct instance_record *known = find_instance(model, region, id);
	struct instance_record *altered;

	if (!known)
		return error_set(error, ERR_INSTANCE_NOT_FOUND, "InstanceId %s", id);
	if (known->status == status)
		return 0;
	altered = instance_copy(known);
	altered->status = (uint8_t)status;
	if (in_use(model, id))
		stage_users(model, id);
	stage_instance(model, id, altered);
	return 0;
}

int model_deregister_instance(struct model *model, const char *region, const char *id,
			      struct error *error)
{
	if (!find_instance(model, region, id))
		return error_set(error, ERR_INSTANCE_NOT_FOUND, "InstanceId %s", id);
	if (in_use(model, id))
		return error_set(error, ERR_INSTANCE_IN_USE, "InstanceId %s", id);
	stage_instance(model, id, NULL);
	return 0;
}
