// SPDX-License-Identifier: BSD-2-Clause
/* VServer groups and the listeners bound to them: the rules, a row each, and what becomes of ids. */
#include "model_fixture.h"

#include "sluice_maps.h"

#include <stdlib.h>

static char shared[RECORD_ID], other[RECORD_ID], inside[RECORD_ID], performance[RECORD_ID];
static char group[RECORD_ID], elsewhere[RECORD_ID], empty[RECORD_ID], in_vpc[RECORD_ID];
static char at_performance[RECORD_ID];

static void make_group(struct model *model, const char *lb, const char *entries, char *id)
{
	struct error error = { 0 };
	const char *made = group_make(model, lb, entries, &error);

	if (!made)
		fail_msg("group of %s: %d (%s)", entries, error.code, error.detail);
	snprintf(id, RECORD_ID, "%s", made);
}

/* `shared` has port 80 on its default group (i-3) and, by the tests, on `group` (i-1/8080, i-2/80). */
static struct model *world(void)
{
	struct model *model = model_make();

	snprintf(shared, sizeof(shared), "%s", lb_make(model, "", SPEC_NONE));
	snprintf(other, sizeof(other), "%s", lb_make(model, "", SPEC_NONE));
	snprintf(inside, sizeof(inside), "%s", lb_make(model, "vsw-1", SPEC_NONE));
	snprintf(performance, sizeof(performance), "%s", lb_make(model, "", 1));
	assert_int_equal(listener_make(model, shared, PROTOCOL_TCP, 80), 0);
	assert_int_equal(instance_make(model, "i-1", "10.0.0.1", ""), 0);
	assert_int_equal(instance_make(model, "i-2", "10.0.0.2,10.0.0.22,fd00::2", ""), 0);
	assert_int_equal(instance_make(model, "i-3", "10.0.0.3", ""), 0);
	assert_int_equal(instance_make(model, "i-v1", "10.1.0.1", "vpc-1"), 0);
	assert_int_equal(instance_make(model, "i-v2", "10.2.0.1", "vpc-2"), 0);
	assert_int_equal(instance_make(model, "i-down", "10.0.0.9", ""), 0);
	assert_int_equal(instance_make(model, "eni-1", "10.0.0.1", ""), 0);
	assert_int_equal(model_set_instance_status(model, REGION, "i-down", INSTANCE_STOPPED, NULL),
			 0);
	assert_int_equal(servers_add(model, shared, "i-3", NULL), 0);
	make_group(model, shared, "i-1/8080 i-2/80", group);
	make_group(model, shared, "", empty);
	make_group(model, other, "", elsewhere);
	make_group(model, inside, "", in_vpc);
	make_group(model, performance, "i-1/8080", at_performance);
	model_commit(model);
	return model;
}

static const struct {
	const char *sentence;
	const char *group;
	const char *entries;
	enum error_code code;
} add_rows[] = {
	{ "rule 9: no such group", "rsp-none", "i-3/80", ERR_GROUP_NOT_FOUND },
	{ "the default group has no id", "", "i-3/80", ERR_GROUP_NOT_FOUND },
	{ "rule 10: an ENI behind a shared load balancer", group, "eni-1@10.0.0.1/80",
	  ERR_ACTION_NOT_SUPPORT },
	{ "rule 10: an ENI behind one with a spec", at_performance, "eni-1@10.0.0.1/80", ERR_NONE },
	{ "rule 11: not in the inventory", group, "i-none/80", ERR_OBTAIN_IP },
	{ "rule 11: not running", group, "i-down/80", ERR_OBTAIN_IP },
	{ "rule 11: not its address", group, "i-1@10.0.0.2/80", ERR_OBTAIN_IP },
	{ "rule 12: twice the same collapses", group, "i-3/80 i-3@10.0.0.3/80", ERR_NONE },
	{ "rule 13: there already", group, "i-3/80 i-1/8080", ERR_GROUP_SERVER_EXISTS },
	{ "rule 13: another port is another server", group, "i-1/8081", ERR_NONE },
	{ "rule 13: another address is another server", group, "i-2@10.0.0.22/80", ERR_NONE },
	{ "rule 13: the default group is another group", group, "i-3/8080", ERR_NONE },
	{ "rule 14: a classic server in a VPC", in_vpc, "i-1/80", ERR_NETWORK_TYPE },
	{ "its own VPC", in_vpc, "i-v1/80", ERR_NONE },
	{ "rule 15: another VPC", in_vpc, "i-v2/80", ERR_INCONSISTENT },
	{ "rule 15: what is in other groups counts", empty, "i-v1/80", ERR_INCONSISTENT },
	{ "rule 15: also without a server in the default group", at_performance, "i-v1/80",
	  ERR_INCONSISTENT },
	{ "rule 15: nothing is there yet", elsewhere, "i-v1/80", ERR_NONE },
	{ "rule 16: an IPv6 address", group, "i-2@fd00::2/80", ERR_FAMILY },
	{ "rule 17: two servers, one address and port", at_performance, "eni-1@10.0.0.1/8080",
	  ERR_SERVER_IP_CONFLICT },
	{ "rule 17: in one request", at_performance, "i-1/90 eni-1@10.0.0.1/90",
	  ERR_SERVER_IP_CONFLICT },
	{ "rule 17: on two ports", at_performance, "i-1/90 eni-1@10.0.0.1/91", ERR_NONE },
	{ "one server on several ports", empty, "i-1/80 i-1/81 i-2/80", ERR_NONE },
};

static void test_add_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(add_rows) / sizeof(add_rows[0]); i++) {
		struct model *model = world();
		uint64_t before = model_fingerprint(model);
		struct error error = { 0 };
		size_t staged;
		int result = group_do(model, model_add_servers, add_rows[i].group,
				      add_rows[i].entries, &error);

		if (result != -(int)add_rows[i].code)
			fail_msg("%s: %d instead of %d (%s)", add_rows[i].sentence, -result,
				 add_rows[i].code, error.detail);
		model_staged(model, &staged);
		assert_int_equal(staged > 0, add_rows[i].code == ERR_NONE);
		model_rollback(model);
		assert_int_equal(model_fingerprint(model), before);
		model_free(model);
	}
}

static const struct {
	const char *sentence;
	const char *old, *wanted;
	enum error_code code;
	const char *left; /* of `group` */
} modify_rows[] = {
	{ "one for another", "i-1/8080", "i-3/9090", ERR_NONE, "i-2/80 i-3/9090" },
	{ "the same server, another port", "i-1/8080", "i-1/8081", ERR_NONE, "i-2/80 i-1/8081" },
	{ "the same again, with another weight", "i-1/8080", "i-1/8080=7", ERR_NONE,
	  "i-2/80 i-1/8080=7" },
	{ "Old alone", "i-1/8080 i-2/80", "", ERR_NONE, "" },
	{ "New alone", "", "i-3/80", ERR_NONE, "i-1/8080 i-2/80 i-3/80" },
	{ "Old twice the same is there", "i-1/8080 i-1/8080", "", ERR_NONE, "i-2/80" },
	{ "Old is not there", "i-3/80", "i-1/8081", ERR_GROUP_SERVER_NOT_EXIST, "i-1/8080 i-2/80" },
	{ "Old has another port", "i-1/8081", "", ERR_GROUP_SERVER_NOT_EXIST, "i-1/8080 i-2/80" },
	{ "New is there", "", "i-2/80", ERR_GROUP_SERVER_EXISTS, "i-1/8080 i-2/80" },
	{ "New twice the same is an error", "i-1/8080", "i-3/80 i-3/80", ERR_GROUP_SERVER_EXISTS,
	  "i-1/8080 i-2/80" },
	{ "New is not known: all or nothing", "i-1/8080", "i-3/80 i-none/80", ERR_OBTAIN_IP,
	  "i-1/8080 i-2/80" },
};

static void assert_members(struct model *model, const char *id, const char *entries)
{
	const struct load_balancer *owner;
	const struct group_record *found = model_group(model, id, &owner);
	struct server_change wanted = change_of("", id, entries);

	assert_non_null(found);
	assert_int_equal(found->member_count, wanted.count);
	for (size_t i = 0; i < wanted.count; i++) {
		assert_string_equal(found->members[i].server_id, wanted.entries[i].server_id);
		assert_int_equal(found->members[i].port, wanted.entries[i].port);
		assert_int_equal(found->members[i].weight, wanted.entries[i].weight);
	}
}

static void test_modify(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(modify_rows) / sizeof(modify_rows[0]); i++) {
		struct model *model = world();
		struct error error = { 0 };
		int result = group_modify(model, group, modify_rows[i].old, modify_rows[i].wanted,
					  &error);

		if (result != -(int)modify_rows[i].code)
			fail_msg("%s: %d instead of %d (%s)", modify_rows[i].sentence, -result,
				 modify_rows[i].code, error.detail);
		model_commit(model);
		assert_members(model, group, modify_rows[i].left);
		model_free(model);
	}
}

/* A quota that the group has reached does not hinder an exchange. */
static void test_modify_within_quotas(void **state)
{
	struct model *model = world();
	struct error error = { 0 };
	uint32_t servers = config.quotas.servers_per_lb, lbs = config.quotas.lbs_per_server;

	(void)state;
	config.quotas.servers_per_lb = 3;
	config.quotas.lbs_per_server = 2;
	assert_int_equal(group_do(model, model_add_servers, group, "i-3/81", &error),
			 -ERR_OVER_QUOTA);
	assert_int_equal(group_modify(model, group, "i-1/8080", "i-1/8081", &error), 0);
	assert_int_equal(group_do(model, model_add_servers, elsewhere, "i-1/80", &error),
			 -ERR_OVER_QUOTA);
	config.quotas.servers_per_lb = servers;
	config.quotas.lbs_per_server = lbs;
	model_free(model);
}

static void test_remove_and_set(void **state)
{
	struct model *model = world();
	struct error error = { 0 };
	struct server_change change = change_of("", group, "i-1/8080=5 i-2/80");
	struct server_list list;
	char name[RECORD_NAME];

	(void)state;
	change.entries[0].description_given = true;
	snprintf(change.entries[0].description, sizeof(change.entries[0].description), "first");
	assert_int_equal(model_set_group(model, &change, "web", name, &list, &error), 0);
	assert_string_equal(name, "web");
	assert_int_equal(list.count, 2);
	assert_string_equal(list.members[0].description, "first");
	server_list_free(&list);
	model_commit(model);
	assert_members(model, group, "i-1/8080=5 i-2/80");
	change = change_of("", group, "i-1/8081");
	assert_int_equal(model_set_group(model, &change, "", name, &list, &error),
			 -ERR_GROUP_SERVER_NOT_EXIST);
	/* no port: all of them; what is not there is passed over */
	assert_int_equal(group_do(model, model_add_servers, group, "i-1/81 i-1/82", &error), 0);
	assert_int_equal(group_do(model, model_remove_servers, group, "i-2/81 i-none i-1", &error),
			 0);
	model_commit(model);
	assert_members(model, group, "i-2/80");
	model_free(model);
}

static void test_group_quota_and_use(void **state)
{
	struct model *model = world();
	struct error error = { 0 };
	uint32_t usual = config.quotas.groups_per_lb;
	char id[RECORD_ID];

	(void)state;
	config.quotas.groups_per_lb = 2;
	assert_null(group_make(model, shared, "", &error));
	assert_int_equal(error.code, ERR_OVER_QUOTA);
	assert_null(group_make(model, "lb-none", "", &error));
	assert_int_equal(error.code, ERR_LB_NOT_FOUND);
	config.quotas.groups_per_lb = usual;
	assert_int_equal(model_deregister_instance(model, REGION, "i-1", &error),
			 -ERR_INSTANCE_IN_USE);
	assert_int_equal(instance_make(model, "i-1", "10.0.0.77", ""), -ERR_INSTANCE_IN_USE);
	assert_int_equal(model_delete_group(model, "elsewhere", group, &error),
			 -ERR_GROUP_NOT_FOUND);
	snprintf(id, sizeof(id), "%s", group);
	assert_int_equal(model_delete_group(model, REGION, id, &error), 0);
	assert_int_equal(model_delete_group(model, REGION, id, &error), -ERR_GROUP_NOT_FOUND);
	assert_int_equal(model_delete_group(model, REGION, at_performance, &error), 0);
	assert_int_equal(model_deregister_instance(model, REGION, "i-1", &error), 0);
	model_free(model);
}

/* --- listeners --- */

static struct set_listener bind(const char *id)
{
	struct set_listener request = { .region = REGION, .group_given = true };

	request.wanted.port = 80;
	snprintf(request.wanted.lb_id, RECORD_ID, "%s", shared);
	snprintf(request.wanted.group_id, RECORD_ID, "%s", id);
	return request;
}

static const struct listener_record *listener_of(struct model *model)
{
	return lb_listener(model_lb(model, shared), PROTOCOL_TCP, 80);
}

static const struct backend_record *backend_at(struct model *model, const char *address,
					       unsigned int port)
{
	const struct listener_record *listener = listener_of(model);
	struct address wanted = address_of(address);

	for (uint32_t i = 0; i < listener->backend_count; i++) {
		if (address_equal(&listener->backends[i].address, &wanted) &&
		    listener->backends[i].port == port)
			return &listener->backends[i];
	}
	fail_msg("no backend %s port %u", address, port);
	return NULL;
}

static void test_listener_changes_its_group(void **state)
{
	struct model *model = world();
	struct error error = { 0 };
	struct set_listener request = bind(group);
	uint32_t id = backend_at(model, "10.0.0.3", 8080)->id;

	(void)state;
	assert_int_equal(model_set_listener(model, &request, &error), 0);
	model_commit(model);
	assert_int_equal(listener_of(model)->backend_count, 3);
	assert_true(backend_at(model, "10.0.0.3", 8080)->removed);
	assert_false(backend_at(model, "10.0.0.1", 8080)->removed);
	assert_int_equal(listener_of(model)->backend_port, 8080);
	assert_int_equal(model_delete_group(model, REGION, group, &error), -ERR_GROUP_IN_USE);
	/* a change of a group that the listener does not have leaves it alone */
	const struct listener_record *before = listener_of(model);

	assert_int_equal(group_do(model, model_add_servers, empty, "i-1/80", &error), 0);
	assert_int_equal(servers_add(model, shared, "i-1", &error), 0);
	model_commit(model);
	assert_ptr_equal(listener_of(model), before);
	/* back before it has drained: the same id */
	request = bind("");
	assert_int_equal(model_set_listener(model, &request, &error), 0);
	model_commit(model);
	assert_int_equal(backend_at(model, "10.0.0.3", 8080)->id, id);
	assert_false(backend_at(model, "10.0.0.3", 8080)->removed);
	assert_true(backend_at(model, "10.0.0.2", 80)->removed);
	/* i-1 is in both, with the same address and port: the very same backend */
	assert_false(backend_at(model, "10.0.0.1", 8080)->removed);
	model_free(model);
}

static void test_listener_refuses_groups(void **state)
{
	struct model *model = world();
	struct error error = { 0 };
	struct set_listener request = bind(elsewhere);
	struct listener_record wanted = { .port = 81 };
	uint64_t before = model_fingerprint(model);

	(void)state;
	assert_int_equal(model_set_listener(model, &request, &error), -ERR_GROUP_ID);
	request = bind("rsp-none");
	assert_int_equal(model_set_listener(model, &request, &error), -ERR_GROUP_NOT_FOUND);
	request.wanted.port = 82;
	assert_int_equal(model_set_listener(model, &request, &error), -ERR_LISTENER_NOT_FOUND);
	snprintf(wanted.lb_id, RECORD_ID, "%s", shared);
	snprintf(wanted.group_id, RECORD_ID, "%s", elsewhere);
	assert_int_equal(model_create_listener(model, REGION, &wanted, &error), -ERR_GROUP_ID);
	snprintf(wanted.group_id, RECORD_ID, "%s", "rsp-none");
	assert_int_equal(model_create_listener(model, REGION, &wanted, &error),
			 -ERR_GROUP_NOT_FOUND);
	assert_int_equal(model_fingerprint(model), before);
	/* made without a port of its own: it can not leave VServer groups */
	snprintf(wanted.group_id, RECORD_ID, "%s", group);
	assert_int_equal(model_create_listener(model, REGION, &wanted, &error), 0);
	request = bind("");
	request.wanted.port = 81;
	assert_int_equal(model_set_listener(model, &request, &error), -ERR_GROUP_NEEDED);
	request = bind(empty);
	request.wanted.port = 81;
	assert_int_equal(model_set_listener(model, &request, &error), 0);
	model_free(model);
}

static void test_set_keeps_the_rest(void **state)
{
	struct model *model = world();
	struct error error = { 0 };
	struct set_listener request = bind("");
	struct listener_record before = *listener_of(model);

	(void)state;
	request.group_given = false;
	request.wanted.established_s = 77;
	request.wanted.policy = POLICY_DROP;
	request.fields[0].offset = offsetof(struct listener_record, established_s);
	request.fields[0].size = sizeof(uint16_t);
	request.field_count = 1;
	assert_int_equal(model_set_listener(model, &request, &error), 0);
	model_commit(model);
	assert_int_equal(listener_of(model)->established_s, 77);
	assert_int_equal(listener_of(model)->policy, POLICY_REJECT);
	assert_int_equal(listener_of(model)->service, before.service);
	assert_int_equal(listener_of(model)->created_ms, before.created_ms);
	model_free(model);
}

/* Weight zero, and an instance that does not run, as the group of the listener has them. */
static void test_states_follow_the_group(void **state)
{
	struct model *model = world();
	struct error error = { 0 };
	struct set_listener request = bind(group);
	const struct load_balancer *lb;

	(void)state;
	assert_int_equal(group_modify(model, group, "i-1/8080", "i-1/8080=0", &error), 0);
	assert_int_equal(model_set_listener(model, &request, &error), 0);
	model_commit(model);
	lb = model_lb(model, shared);
	assert_int_equal(model_backend_state(model, lb, listener_of(model),
					     backend_at(model, "10.0.0.1", 8080)),
			 SLUICE_BACKEND_DRAINING);
	assert_int_equal(model_backend_state(model, lb, listener_of(model),
					     backend_at(model, "10.0.0.2", 80)),
			 SLUICE_BACKEND_ACTIVE);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_rules),
		cmocka_unit_test(test_modify),
		cmocka_unit_test(test_modify_within_quotas),
		cmocka_unit_test(test_remove_and_set),
		cmocka_unit_test(test_group_quota_and_use),
		cmocka_unit_test(test_listener_changes_its_group),
		cmocka_unit_test(test_listener_refuses_groups),
		cmocka_unit_test(test_set_keeps_the_rest),
		cmocka_unit_test(test_states_follow_the_group),
	};

	return cmocka_run_group_tests(tests, config_setup, config_teardown);
}
