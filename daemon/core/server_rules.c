// SPDX-License-Identifier: BSD-2-Clause
/*
 * AddBackendServers, rules 10 to 18 (API, section 1). The rules stand in a table in their order,
 * each looks at all entries, and the first one broken is the answer. They are judged against the
 * work's copy, which is the group as it would be without the new servers.
 */
#include "core/servers.h"

#include "base/choice.h"
#include "base/config.h"

#include <string.h>

static int rule_eni_needs_performance(struct add *add, struct error *error)
{
	const struct lb_record *lb = &add->work->lb->record;

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

static bool same_identity(const struct add *add, const struct candidate *a,
			  const struct candidate *b)
{
	return a->entry->type == b->entry->type &&
	       !strcmp(a->entry->server_id, b->entry->server_id) &&
	       address_equal(&a->address, &b->address) &&
	       (!add->work->by_port || a->entry->port == b->entry->port);
}

static bool is_repeated(const struct add *add, const struct candidate *candidate)
{
	for (const struct candidate *earlier = add->candidates; earlier < candidate; earlier++) {
		if (same_identity(add, earlier, candidate))
			return true;
	}
	return false;
}

static int rule_collapse(struct add *add, struct error *error)
{
	(void)error;
	for (size_t i = 0; i < add->request->count && !add->all_differ; i++)
		add->candidates[i].dropped = is_repeated(add, &add->candidates[i]);
	return 0;
}

/* --- rules about one candidate: 13 to 17 --- */

static bool is_there(const struct add *add, const struct candidate *candidate)
{
	const struct group_record *group = add->work->group;

	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct member_record *member = &group->members[i];

		if (member->type == candidate->entry->type &&
		    address_equal(&member->address, &candidate->address) &&
		    (!add->work->by_port || member->port == candidate->entry->port) &&
		    !strcmp(member->server_id, candidate->entry->server_id))
			return true;
	}
	return false;
}

static int check_not_there(const struct add *add, const struct candidate *candidate,
			   struct error *error)
{
	bool there = is_there(add, candidate);
	char text[ADDRESS_TEXT];

	if (!there && !is_repeated(add, candidate))
		return 0;
	address_format(&candidate->address, text);
	if (add->work->by_port)
		return error_set(error, ERR_GROUP_SERVER_EXISTS,
				 "ServerId %s with ServerIp %s and Port %u is %s",
				 candidate->entry->server_id, text, candidate->entry->port,
				 there ? "in the group" : "there twice");
	return error_set(error, ERR_SERVER_EXISTS, "ServerId %s with ServerIp %s is in the group",
			 candidate->entry->server_id, text);
}

static int check_network_type(const struct add *add, const struct candidate *candidate,
			      struct error *error)
{
	const struct lb_record *lb = &add->work->lb->record;

	if (lb->address_type == ADDRESS_TYPE_INTERNET ||
	    lb->network_type == candidate->instance->network_type)
		return 0;
	return error_set(error, ERR_NETWORK_TYPE, "ServerId %s is %s, the load balancer is %s",
			 candidate->entry->server_id,
			 choice_name(&choices_network_type, candidate->instance->network_type),
			 choice_name(&choices_network_type, lb->network_type));
}

/* The VPC of the load balancer's servers, by the first one of any group. */
static const char *known_vpc(const struct work *work)
{
	for (size_t i = 0; i < work->copy->group_count; i++) {
		const struct group_record *group = work->copy->groups[i];
		const struct instance_record *first =
			group->member_count ? find_instance(work->model, work->lb->record.region,
							    group->members[0].server_id)
					    : NULL;

		if (first)
			return first->vpc_id;
	}
	return NULL;
}

/* The VPC that all servers of the load balancer must be in; "": all classic. */
static const char *common_vpc(const struct add *add)
{
	const struct lb_record *lb = &add->work->lb->record;
	const char *known;

	if (lb->address_type == ADDRESS_TYPE_INTRANET && lb->network_type == NETWORK_VPC)
		return lb->vpc_id;
	known = known_vpc(add->work);
	return known ? known : add->candidates[0].instance->vpc_id;
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

	if (candidate->address.family == add->work->lb->record.vip.family)
		return 0;
	return error_set(error, ERR_FAMILY, "ServerId %s has address %s",
			 candidate->entry->server_id, address_format(&candidate->address, text));
}

/* The id of another server on the candidate's address, and port where that counts. */
static const char *address_owner(const struct add *add, const struct candidate *candidate)
{
	const struct group_record *group = add->work->group;
	const struct server_entry *entry = candidate->entry;
	bool by_port = add->work->by_port;

	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct member_record *member = &group->members[i];

		if (address_equal(&member->address, &candidate->address) &&
		    (!by_port || member->port == entry->port) &&
		    strcmp(member->server_id, entry->server_id) != 0)
			return member->server_id;
	}
	for (const struct candidate *earlier = add->candidates; earlier < candidate; earlier++) {
		if (!earlier->dropped && address_equal(&earlier->address, &candidate->address) &&
		    (!by_port || earlier->entry->port == entry->port) &&
		    strcmp(earlier->entry->server_id, entry->server_id) != 0)
			return earlier->entry->server_id;
	}
	return NULL;
}

static int check_address_unshared(const struct add *add, const struct candidate *candidate,
				  struct error *error)
{
	const char *other = address_owner(add, candidate);
	char text[ADDRESS_TEXT];

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

static int check_users(const struct add *add, const char *id, struct error *error)
{
	const struct work *work = add->work;
	uint32_t quota = work->model->config->quotas.lbs_per_server;

	if (lb_uses_instance(work->lb, id) ||
	    tally_get(&work->model->index.users, id, strlen(id)) < quota)
		return 0;
	return error_set(error, ERR_OVER_QUOTA, "ServerId %s: quotas.lbs_per_server is %u", id,
			 quota);
}

static int check_instances(const struct add *add, struct error *error)
{
	const struct model *model = add->work->model;
	size_t count = 0;

	for (size_t i = 0; i < add->fresh_count; i++)
		count += !find_instance(model, add->fresh[i]->region, add->fresh[i]->id);
	if (model->index.instance_count + count <= model->config->quotas.instances)
		return 0;
	return error_set(error, ERR_OVER_QUOTA, "quotas.instances is %u",
			 model->config->quotas.instances);
}

static int rule_quotas(struct add *add, struct error *error)
{
	uint32_t quota = add->work->model->config->quotas.servers_per_lb;
	size_t members = lb_member_count(add->work->copy);

	for (size_t i = 0; i < add->request->count; i++) {
		const struct candidate *candidate = &add->candidates[i];
		int result = candidate->dropped
				     ? 0
				     : check_users(add, candidate->entry->server_id, error);

		if (result)
			return result;
		members += !candidate->dropped;
	}
	if (members > quota)
		return error_set(error, ERR_OVER_QUOTA, "quotas.servers_per_lb is %u", quota);
	return check_instances(add, error);
}

int add_judge(struct add *add, struct error *error)
{
	static int (*const rules[])(struct add * add, struct error * error) = {
		rule_eni_needs_performance,
		rule_obtain_address,
		rule_collapse,
		rule_candidates,
		rule_quotas,
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && !result; i++)
		result = rules[i](add, error);
	return result;
}
