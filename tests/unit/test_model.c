// SPDX-License-Identifier: BSD-2-Clause
/* The model's rules: the rows of AddBackendServers, and what must hold over any history. */
#include "model_fixture.h"

#include <stdlib.h>

static char shared[RECORD_ID], performance[RECORD_ID], inside[RECORD_ID];

/* Three load balancers (internet; internet with a spec; in vpc-1), some instances. */
static struct model *world(void)
{
	struct model *model = model_make();

	snprintf(shared, sizeof(shared), "%s", lb_make(model, "", SPEC_NONE));
	snprintf(performance, sizeof(performance), "%s", lb_make(model, "", 1));
	snprintf(inside, sizeof(inside), "%s", lb_make(model, "vsw-1", SPEC_NONE));
	assert_int_equal(listener_make(model, shared, PROTOCOL_TCP, 80), 0);
	assert_int_equal(listener_make(model, shared, PROTOCOL_UDP, 80), 0);
	assert_int_equal(instance_make(model, "i-1", "10.0.0.1", ""), 0);
	assert_int_equal(instance_make(model, "i-2", "10.0.0.2,fd00::2", ""), 0);
	assert_int_equal(instance_make(model, "i-3", "10.0.0.3", ""), 0);
	assert_int_equal(instance_make(model, "i-6", "fd00::6", ""), 0);
	assert_int_equal(instance_make(model, "i-v1", "10.1.0.1", "vpc-1"), 0);
	assert_int_equal(instance_make(model, "i-v2", "10.2.0.1", "vpc-2"), 0);
	assert_int_equal(instance_make(model, "i-down", "10.0.0.9", ""), 0);
	assert_int_equal(instance_make(model, "eni-1", "10.0.0.1", ""), 0);
	assert_int_equal(model_set_instance_status(model, REGION, "i-down", INSTANCE_STOPPED, NULL),
			 0);
	assert_int_equal(servers_add(model, shared, "i-3", NULL), 0);
	model_commit(model);
	return model;
}

static const struct {
	const char *sentence;
	const char *lb; /* NULL: one that does not exist */
	const char *entries;
	enum error_code code; /* ERR_NONE: is accepted */
} add_rows[] = {
	{ "rule 9: unknown load balancer", NULL, "i-1", ERR_LB_NOT_FOUND },
	{ "rule 10: an ENI behind a shared one", shared, "eni-1@10.0.0.1", ERR_ACTION_NOT_SUPPORT },
	{ "rule 10: an ENI behind one with a spec", performance, "eni-1@10.0.0.1", ERR_NONE },
	{ "rule 10 comes before 11", shared, "i-none eni-1@10.0.0.1", ERR_ACTION_NOT_SUPPORT },
	{ "rule 11: not in the inventory", shared, "i-1 i-none", ERR_OBTAIN_IP },
	{ "rule 11: not running", shared, "i-down", ERR_OBTAIN_IP },
	{ "rule 11: not its address", shared, "i-1@10.0.0.2", ERR_OBTAIN_IP },
	{ "rule 12: twice the same collapses", shared, "i-1 i-1@10.0.0.1", ERR_NONE },
	{ "rule 13: there already", shared, "i-1 i-3", ERR_SERVER_EXISTS },
	{ "rule 14: classic server in a VPC", inside, "i-1", ERR_NETWORK_TYPE },
	{ "rule 13 comes before 15", shared, "i-v1 i-3", ERR_SERVER_EXISTS },
	{ "rule 15: another VPC", inside, "i-v2", ERR_INCONSISTENT },
	{ "rule 15: VPC beside classic", shared, "i-v1", ERR_INCONSISTENT },
	{ "rule 15: two VPCs at once", performance, "i-v1 i-v2", ERR_INCONSISTENT },
	{ "its own VPC", inside, "i-v1", ERR_NONE },
	{ "rule 16: an IPv6 address", shared, "i-2@fd00::2", ERR_FAMILY },
	{ "rule 16: IPv6 alone", shared, "i-6", ERR_FAMILY },
	{ "primary of the right family", shared, "i-2", ERR_NONE },
	{ "rule 17: two servers, one address", performance, "i-1 eni-1@10.0.0.1",
	  ERR_SERVER_IP_CONFLICT },
	{ "several at once", shared, "i-1 i-2", ERR_NONE },
};

static void test_add_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(add_rows) / sizeof(add_rows[0]); i++) {
		struct model *model = world();
		uint64_t before = model_fingerprint(model);
		struct error error = { 0 };
		size_t staged;
		int result = servers_add(model, add_rows[i].lb ? add_rows[i].lb : "lb-none",
					 add_rows[i].entries, &error);

		if (result != -(int)add_rows[i].code)
			fail_msg("%s: %d instead of %d (%s)", add_rows[i].sentence, -result,
				 add_rows[i].code, error.detail);
		model_staged(model, &staged);
		assert_int_equal(staged > 0, add_rows[i].code == ERR_NONE);
		if (add_rows[i].code)
			assert_true(error.detail[0]);
		model_rollback(model);
		assert_int_equal(model_fingerprint(model), before);
		model_free(model);
	}
}

static void test_duplicates_keep_the_first(void **state)
{
	struct model *model = world();
	struct server_change change = { .region = REGION, .lb_id = shared, .count = 2 };
	struct server_list list;
	struct error error = { 0 };

	(void)state;
	change.entries[0] = entry_of("i-1");
	change.entries[1] = entry_of("i-1@10.0.0.1");
	change.entries[0].weight = 7;
	assert_int_equal(model_add_servers(model, &change, &list, &error), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.members[0].weight, 7);
	server_list_free(&list);
	model_free(model);
}

static const struct {
	const char *sentence;
	uint32_t *quota, value;
	const char *entries;
} quota_rows[] = {
	{ "servers per load balancer", &config.quotas.servers_per_lb, 2, "i-1 i-2" },
	{ "backends in all", &config.quotas.backends, 5, "i-1 i-2" },
	{ "load balancers per server", &config.quotas.lbs_per_server, 0, "i-1" },
	{ "services of one backend address", &config.quotas.services_per_backend, 0, "i-1" },
	{ "backend ids", &config.tables.backends, 5, "i-1 i-2" },
};

static void test_rule_18_quotas(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(quota_rows) / sizeof(quota_rows[0]); i++) {
		struct model *model;
		struct error error = { 0 };
		uint32_t usual = *quota_rows[i].quota;
		uint64_t before;

		if (quota_rows[i].quota == &config.tables.backends)
			*quota_rows[i].quota = quota_rows[i].value;
		model = world();
		before = model_fingerprint(model);
		*quota_rows[i].quota = quota_rows[i].value;
		if (servers_add(model, shared, quota_rows[i].entries, &error) != -ERR_OVER_QUOTA)
			fail_msg("%s: %d (%s)", quota_rows[i].sentence, error.code, error.detail);
		assert_int_equal(model_fingerprint(model), before);
		*quota_rows[i].quota = usual;
		model_free(model);
	}
}

/* Two listeners of one load balancer, one port: both use the same place of the same server. */
static void test_quota_within_one_change(void **state)
{
	struct model *model = model_make();
	char lb[RECORD_ID];
	struct error error = { 0 };
	uint32_t usual = config.quotas.services_per_backend;

	(void)state;
	config.quotas.services_per_backend = 2;
	snprintf(lb, sizeof(lb), "%s", lb_make(model, "", SPEC_NONE));
	for (unsigned int port = 80; port < 83; port++)
		assert_int_equal(listener_make(model, lb, PROTOCOL_TCP, port), 0);
	assert_int_equal(instance_make(model, "i-1", "10.0.0.1", ""), 0);
	assert_int_equal(servers_add(model, lb, "i-1", &error), -ERR_OVER_QUOTA);
	config.quotas.services_per_backend = 3;
	assert_int_equal(servers_add(model, lb, "i-1", &error), 0);
	config.quotas.services_per_backend = usual;
	model_free(model);
}

static void test_auto_register(void **state)
{
	struct model *model = world();
	struct error error = { 0 };

	(void)state;
	config.auto_register = true;
	assert_int_equal(servers_add(model, shared, "i-new", &error), -ERR_OBTAIN_IP);
	assert_int_equal(servers_add(model, shared, "i-new@10.0.0.1", &error), -ERR_OBTAIN_IP);
	assert_int_equal(servers_add(model, shared, "i-a@10.7.0.1 i-b@10.7.0.1", &error),
			 -ERR_OBTAIN_IP);
	assert_int_equal(servers_add(model, shared, "i-new@10.7.0.1 i-new@10.7.0.2", &error), 0);
	model_commit(model);
	assert_true(model_instance(model, "i-new")->auto_registered);
	assert_int_equal(model_instance(model, "i-new")->address_count, 2);
	/* a server that the operator registered gets no further address this way */
	assert_int_equal(servers_add(model, shared, "i-1@10.7.0.9", &error), -ERR_OBTAIN_IP);
	config.auto_register = false;
	model_free(model);
}

static const struct listener_record *listener_of(struct model *model)
{
	return lb_listener(model_lb(model, shared), PROTOCOL_TCP, 80);
}

static void test_ids_survive_a_drain(void **state)
{
	struct model *model = world();
	struct error error = { 0 };
	uint32_t id = listener_of(model)->backends[0].id;
	uint8_t generation = listener_of(model)->backends[0].generation;

	(void)state;
	assert_int_equal(servers_remove(model, shared, "i-3"), 0);
	model_commit(model);
	assert_true(listener_of(model)->backends[0].removed);
	assert_int_equal(servers_add(model, shared, "i-1 i-3", &error), 0);
	model_commit(model);
	assert_int_equal(listener_of(model)->backend_count, 2);
	assert_int_equal(listener_of(model)->backends[1].id, id);
	assert_int_equal(listener_of(model)->backends[1].generation, generation);
	assert_false(listener_of(model)->backends[1].removed);

	/* released, then added: the id comes back with the next generation */
	assert_int_equal(servers_remove(model, shared, "i-3"), 0);
	/* not on top of a removal that the kernel has not seen: it may have flows */
	assert_int_equal(model_release_backend(model, shared, PROTOCOL_TCP, 80, id), 0);
	model_commit(model);
	assert_int_equal(listener_of(model)->backend_count, 2);
	assert_int_equal(model_release_backend(model, shared, PROTOCOL_TCP, 80, id), 0);
	model_commit(model);
	assert_int_equal(listener_of(model)->backend_count, 1);
	model_free_backend(model, id);
	assert_int_equal(servers_add(model, shared, "i-3", &error), 0);
	model_commit(model);
	assert_int_equal(listener_of(model)->backends[1].id, id);
	assert_int_equal(listener_of(model)->backends[1].generation, generation + 1);
	model_free(model);
}

/* A deletion on its way may come to nothing: until then nobody may take the address away. Nor does
 * it belong to what is only on its way. */
static void test_vip_of_a_batch(void **state)
{
	struct model *model = world();
	struct address vip = model_lb(model, shared)->record.vip;
	struct create_lb again = { .vip_given = true };
	const struct load_balancer *made;

	(void)state;
	assert_true(model_has_vip(model, &vip));
	assert_true(model_vip_is_committed(model, &vip));
	assert_int_equal(model_delete_lb(model, REGION, shared, NULL), 0);
	assert_false(model_has_vip(model, &vip));
	assert_true(model_vip_is_committed(model, &vip));
	model_rollback(model);
	assert_true(model_has_vip(model, &vip));
	assert_true(model_vip_is_committed(model, &vip));
	assert_int_equal(model_delete_lb(model, REGION, shared, NULL), 0);
	model_commit(model);
	assert_false(model_has_vip(model, &vip));
	assert_false(model_vip_is_committed(model, &vip));
	again.wanted.vip = vip;
	snprintf(again.wanted.region, sizeof(again.wanted.region), REGION);
	assert_int_equal(model_create_lb(model, &again, &made, &(struct error){ 0 }), 0);
	assert_true(model_has_vip(model, &vip));
	assert_false(model_vip_is_committed(model, &vip));
	model_rollback(model);
	assert_false(model_has_vip(model, &vip));
	model_free(model);
}

/* No flow has had them, so they are not used up. */
static void test_generations_of_what_is_undone(void **state)
{
	struct model *model = world();
	struct error error = { 0 };

	(void)state;
	for (int i = 0; i < 300; i++) {
		assert_int_equal(servers_add(model, shared, "i-1", &error), 0);
		assert_int_equal(servers_add(model, shared, "i-2", &error), 0);
		model_rollback(model);
	}
	assert_int_equal(servers_add(model, shared, "i-1", &error), 0);
	model_commit(model);
	assert_int_equal(listener_of(model)->backends[1].generation, 1);
	model_free(model);
}

static void test_instance_in_use(void **state)
{
	struct model *model = world();
	struct error error = { 0 };

	(void)state;
	assert_int_equal(model_deregister_instance(model, REGION, "i-3", &error),
			 -ERR_INSTANCE_IN_USE);
	assert_int_equal(instance_make(model, "i-3", "10.0.0.33", ""), -ERR_INSTANCE_IN_USE);
	assert_int_equal(instance_make(model, "i-3", "10.0.0.3", "vpc-1"), -ERR_INSTANCE_IN_USE);
	assert_int_equal(instance_make(model, "i-3", "10.0.0.33,10.0.0.3", ""), 0);
	assert_int_equal(instance_make(model, "i-4", "10.0.0.1", ""), -ERR_INSTANCE_ADDRESS);
	assert_int_equal(instance_make(model, "eni-4", "10.0.0.2", ""), 0);
	assert_int_equal(model_deregister_instance(model, REGION, "i-1", &error), 0);
	assert_int_equal(model_deregister_instance(model, "elsewhere", "i-2", &error),
			 -ERR_INSTANCE_NOT_FOUND);
	model_free(model);
}

static void test_vip_pool(void **state)
{
	struct model *model = model_make();
	char text[ADDRESS_TEXT];
	const char *first = lb_make(model, "vsw-1", SPEC_NONE);
	char id[RECORD_ID];

	(void)state;
	snprintf(id, sizeof(id), "%s", first);
	for (int i = 1; i < 6; i++)
		assert_non_null(lb_make(model, "vsw-1", SPEC_NONE));
	assert_null(lb_make(model, "vsw-1", SPEC_NONE));
	assert_null(lb_make(model, "vsw-none", SPEC_NONE));
	model_commit(model);
	assert_string_equal(address_format(&model_lb(model, id)->record.vip, text), "10.9.0.1");
	assert_int_equal(model_delete_lb(model, REGION, id, NULL), 0);
	first = lb_make(model, "vsw-1", SPEC_NONE);
	assert_non_null(first);
	assert_string_equal(address_format(&find_lb(model, REGION, first)->record.vip, text),
			    "10.9.0.1");
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_rules),
		cmocka_unit_test(test_duplicates_keep_the_first),
		cmocka_unit_test(test_rule_18_quotas),
		cmocka_unit_test(test_quota_within_one_change),
		cmocka_unit_test(test_auto_register),
		cmocka_unit_test(test_ids_survive_a_drain),
		cmocka_unit_test(test_vip_of_a_batch),
		cmocka_unit_test(test_generations_of_what_is_undone),
		cmocka_unit_test(test_instance_in_use),
		cmocka_unit_test(test_vip_pool),
	};

	return cmocka_run_group_tests(tests, config_setup, config_teardown);
}
