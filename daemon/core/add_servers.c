// SPDX-License-Identifier: BSD-2-Clause
/*
 * AddBackendServers, rules 9 to 18 (API, section 1). The rules stand in a table in their order,
 * each looks at all entries, and the first one broken is the answer. Nothing is staged before the
 * last of them holds.
 */
#include "core/servers.h"

#include "base/choice.h"
#include "base/config.h"
#include "base/memory.h"

#include <stdio.h>

/* An entry on its way to a member. */
struct candidate {
	const struct server_entry *entry;
	const struct instance_record *instance; /* known, or one of add.fresh */
	struct address address;
	bool dropped; /* same identity as an earlier one */
};

struct add {
	struct model *model;
	const struct server_change *request;
	const struct load_balancer *lb;
	struct candidate candidates[SERVER_ENTRIES_MAX];
	struct instance_record
		*fresh[SERVER_ENTRIES_MAX]; /* auto-registered, or given an address */
	size_t fresh_count;
};

static int rule_lb_exists(struct add *add, struct error *error)
{
	add->lb = find_lb(add->model, add->request->region, add->request->lb_id);
	if (!add->lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", add->request->lb_id);
	return 0;
}

static int rule_eni_needs_performance(struct add *add, struct error *error)
{
	const struct lb_record *lb = &add->lb->record;

	for (size_t i = 0; i < add->request->count; i++) {
		const struct server_entry *entry = &add->request->entries[i];

		if (entry->type == SERVER_ENI && lb->spec == SPEC_NONE &&
		    lb->instance_charge != CHARGE_BY_CLCU)
			return error_set(error, ERR_ACTION_NOT_SUPPORT,
					 "ServerId %s is an ENI: that needs a LoadBalancerSpec or "
					 "PayByCLCU",
					 entry->server_id);
	}
	return 0;
}

static bool owns_address(const struct instance_record *instance, const struct address *address)
{
	for (uint32_t i = 0; i < instance->address_count; i++) {
		if (address_equal(&instance->addresses[i], address))
			return true;
	}
	return false;
}

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
	bool taken = index_address_owners(&add->model->index, &entry->address, entry->type) > 0;

	for (size_t i = 0; i < add->fresh_count && !taken; i++)
		taken = add->fresh[i]->kind == entry->type &&
			owns_address(add->fresh[i], &entry->address);
	if (!taken)
		return 0;
	return error_set(error, ERR_OBTAIN_IP, "ServerIp %s of ServerId %s is another instance's",
			 address_format(&entry->address, text), entry->server_id);
}

static struct instance_record *register_fresh(struct add *add, const struct server_entry *entry)
{
	const struct lb_record *lb = &add->lb->record;
	struct instance_record *fresh = memory_new(1, sizeof(*fresh));

	memcpy(fresh->id, entry->server_id, sizeof(fresh->id));
	memcpy(fresh->vpc_id, lb->vpc_id, sizeof(fresh->vpc_id));
	memcpy(fresh->region, lb->region, sizeof(fresh->region));
	fresh->kind = entry->type;
	fresh->status = INSTANCE_RUNNING;
	fresh->network_type = lb->vpc_id[0] ? NETWORK_VPC : NETWORK_CLASSIC;
	fresh->auto_registered = true;
	fresh->created_ms = identity_now_ms();
	return fresh;
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
		fresh = *instance ? memory_copy(*instance, 1, sizeof(**instance))
				  : register_fresh(add, entry);
		add->fresh[add->fresh_count++] = fresh;
	}
	fresh->addresses[fresh->address_count++] = entry->address;
	*instance = fresh;
	return 0;
}

static int obtain(struct add *add, struct candidate *candidate, struct error *error)
{
	const struct server_entry *entry = candidate->entry;
	const struct instance_record *instance = find_fresh(add, entry->server_id);
	char text[ADDRESS_TEXT];

	if (!instance)
		instance = find_instance(add->model, add->lb->record.region, entry->server_id);
	if (add->model->config->auto_register && entry->address.family &&
	    (!instance ||
	     (instance->auto_registered && !owns_address(instance, &entry->address)))) {
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
		candidate->address = primary_address(instance, add->lb->record.vip.family);
	if (!owns_address(instance, &candidate->address))
		return error_set(error, ERR_OBTAIN_IP, "ServerId %s has no address %s",
				 entry->server_id, address_format(&entry->address, text));
	return 0;
}

static int rule_obtain_address(struct add *add, struct error *error)
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

static bool same_identity(const struct add *add, size_t i, size_t j)
{
	const struct server_entry *a = &add->request->entries[i], *b = &add->request->entries[j];

	return a->type == b->type && !strcmp(a->server_id, b->server_id) &&
	       address_equal(&add->candidates[i].address, &add->candidates[j].address);
}

static int rule_collapse(struct add *add, struct error *error)
{
	(void)error;
	for (size_t i = 0; i < add->request->count; i++) {
		for (size_t j = 0; j < i && !add->candidates[i].dropped; j++)
			add->candidates[i].dropped = same_identity(add, i, j);
	}
	return 0;
}

/* --- rules about one candidate: 13 to 17 --- */

static int check_not_there(const struct add *add, const struct candidate *candidate,
			   struct error *error)
{
	char text[ADDRESS_TEXT];

	if (lb_find_member(add->lb, candidate->entry->server_id, candidate->entry->type,
			   &candidate->address) < 0)
		return 0;
	return error_set(error, ERR_SERVER_EXISTS, "ServerId %s with ServerIp %s is in the group",
			 candidate->entry->server_id, address_format(&candidate->address, text));
}

static int check_network_type(const struct add *add, const struct candidate *candidate,
			      struct error *error)
{
	const struct lb_record *lb = &add->lb->record;

	if (lb->address_type == ADDRESS_TYPE_INTERNET ||
	    lb->network_type == candidate->instance->network_type)
		return 0;
	return error_set(error, ERR_NETWORK_TYPE, "ServerId %s is %s, the load balancer is %s",
			 candidate->entry->server_id,
			 choice_name(&choices_network_type, candidate->instance->network_type),
			 choice_name(&choices_network_type, lb->network_type));
}

/* The VPC that all servers of the load balancer must be in; NULL: nothing fixes it yet. "": all
 * classic. */
static const char *common_vpc(const struct add *add)
{
	const struct lb_record *lb = &add->lb->record;
	const struct instance_record *first;

	if (lb->address_type == ADDRESS_TYPE_INTRANET && lb->network_type == NETWORK_VPC)
		return lb->vpc_id;
	if (!add->lb->group.member_count)
		return add->candidates[0].instance->vpc_id;
	first = find_instance(add->model, lb->region, add->lb->group.members[0].server_id);
	return first ? first->vpc_id : add->candidates[0].instance->vpc_id;
}

static int check_one_vpc(const struct add *add, const struct candidate *candidate,
			 struct error *error)
{
	const char *vpc = common_vpc(add);

	if (!strcmp(candidate->instance->vpc_id, vpc))
		return 0;
	return error_set(error, ERR_INCONSISTENT, "ServerId %s is in %s%s, the others in %s%s",
			 candidate->entry->server_id, candidate->instance->vpc_id[0] ? "VPC " : "",
			 candidate->instance->vpc_id[0] ? candidate->instance->vpc_id : "classic",
			 vpc[0] ? "VPC " : "", vpc[0] ? vpc : "classic");
}

static int check_family(const struct add *add, const struct candidate *candidate,
			struct error *error)
{
	char text[ADDRESS_TEXT];

	if (candidate->address.family == add->lb->record.vip.family)
		return 0;
	return error_set(error, ERR_FAMILY, "ServerId %s has address %s",
			 candidate->entry->server_id, address_format(&candidate->address, text));
}

static int check_address_unshared(const struct add *add, const struct candidate *candidate,
				  struct error *error)
{
	const char *other = NULL;
	char text[ADDRESS_TEXT];

	for (uint32_t i = 0; i < add->lb->group.member_count; i++) {
		const struct member_record *member = &add->lb->group.members[i];

		if (address_equal(&member->address, &candidate->address) &&
		    strcmp(member->server_id, candidate->entry->server_id) != 0)
			other = member->server_id;
	}
	for (size_t i = 0; &add->candidates[i] < candidate; i++) {
		const struct candidate *earlier = &add->candidates[i];

		if (!earlier->dropped && address_equal(&earlier->address, &candidate->address) &&
		    strcmp(earlier->entry->server_id, candidate->entry->server_id) != 0)
			other = earlier->entry->server_id;
	}
	if (!other)
		return 0;
	return error_set(error, ERR_SERVER_IP_CONFLICT, "ServerIp %s of ServerId %s is also %s's",
			 address_format(&candidate->address, text), candidate->entry->server_id,
			 other);
}

typedef int check_candidate(const struct add *add, const struct candidate *candidate,
			    struct error *error);

static int rule_candidates(struct add *add, struct error *error)
{
	static check_candidate *const checks[] = {
		check_not_there, check_network_type,     check_one_vpc,
		check_family,    check_address_unshared,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		for (size_t j = 0; j < add->request->count; j++) {
			int result = add->candidates[j].dropped
					     ? 0
					     : checks[i](add, &add->candidates[j], error);

			if (result)
				return result;
		}
	}
	return 0;
}

static int rule_quotas(struct add *add, struct error *error)
{
	const struct config *config = add->model->config;
	size_t members = add->lb->group.member_count, instances = 0;

	for (size_t i = 0; i < add->request->count; i++) {
		const struct candidate *candidate = &add->candidates[i];
		const char *id = candidate->entry->server_id;

		if (candidate->dropped)
			continue;
		members++;
		if (!lb_uses_instance(add->lb, id) &&
		    tally_get(&add->model->index.users, id, strlen(id)) >=
			    config->quotas.lbs_per_server)
			return error_set(error, ERR_OVER_QUOTA,
					 "ServerId %s: quotas.lbs_per_server is %u", id,
					 config->quotas.lbs_per_server);
	}
	if (members > config->quotas.servers_per_lb)
		return error_set(error, ERR_OVER_QUOTA, "quotas.servers_per_lb is %u",
				 config->quotas.servers_per_lb);
	for (size_t i = 0; i < add->fresh_count; i++)
		instances += !find_instance(add->model, add->fresh[i]->region, add->fresh[i]->id);
	if (add->model->index.instance_count + instances > config->quotas.instances)
		return error_set(error, ERR_OVER_QUOTA, "quotas.instances is %u",
				 config->quotas.instances);
	return 0;
}

/* --- the change --- */

static void append_member(struct load_balancer *copy, const struct candidate *candidate,
			  struct server_list *out)
{
	const struct server_entry *entry = candidate->entry;
	struct member_record *member = &copy->group.members[copy->group.member_count++];

	*member = (struct member_record){ .address = candidate->address,
					  .port = entry->port,
					  .weight = entry->weight,
					  .type = entry->type };
	memcpy(member->server_id, entry->server_id, sizeof(member->server_id));
	memcpy(member->description, entry->description, sizeof(member->description));
	server_list_add(out, member);
}

static int apply_add(struct add *add, struct server_list *out, struct error *error)
{
	struct load_balancer *copy = lb_copy(add->lb);
	int result;

	copy->group.members = memory_resize(copy->group.members,
					    copy->group.member_count + add->request->count,
					    sizeof(struct member_record));
	server_list_init(out, add->request->count);
	for (size_t i = 0; i < add->request->count; i++) {
		if (!add->candidates[i].dropped)
			append_member(copy, &add->candidates[i], out);
	}
	result = servers_settle(add->model, add->lb, copy, error);
	if (result) {
		server_list_free(out);
		return result;
	}
	for (size_t i = 0; i < add->fresh_count; i++) {
		stage_instance(add->model, add->fresh[i]->id, add->fresh[i]);
		add->fresh[i] = NULL;
	}
	return 0;
}

int model_add_servers(struct model *model, const struct server_change *request,
		      struct server_list *out, struct error *error)
{
	static int (*const rules[])(struct add * add, struct error * error) = {
		rule_lb_exists,      rule_eni_needs_performance,
		rule_obtain_address, rule_collapse,
		rule_candidates,     rule_quotas,
	};
	struct add add = { .model = model, .request = request };
	int result = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && !result; i++)
		result = rules[i](&add, error);
	if (!result)
		result = apply_add(&add, out, error);
	for (size_t i = 0; i < add.fresh_count; i++)
		free(add.fresh[i]);
	return result;
}
