// SPDX-License-Identifier: BSD-2-Clause
/* What a batch leaves in the journal: one line for each thing that an operator calls a change. */
#include "health_fixture.h"

#include "base/journal.h"
#include "core/membership.h"

static struct journal_entry notes[64];

/* The batch as commit has it between switch and model_commit; returns how many notes. */
static size_t finish(void)
{
	size_t count;
	const struct model_delta *deltas = model_staged(model, &count);
	uint64_t before = journal_last();

	membership_note(deltas, count);
	model_commit(model);
	count = journal_read(before, notes, 64);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(notes[i].kind, JOURNAL_MEMBERSHIP);
	return count;
}

/* "$" stands for the load balancer. */
static void check_note(size_t i, const char *subject, const char *text)
{
	char wanted[JOURNAL_SUBJECT];

	snprintf(wanted, sizeof(wanted), "%s%s", subject[0] == '$' ? lb_id : subject,
		 subject[0] == '$' ? subject + 1 : "");
	assert_string_equal(notes[i].subject, wanted);
	assert_string_equal(notes[i].text, text);
}

static void test_servers(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(instance_make(model, "i-4", "10.0.0.4", ""), 0);
	assert_int_equal(servers_add(model, lb_id, "i-4=7", &error), 0);
	assert_int_equal(finish(), 2);
	check_note(0, "i-4", "registered, Running");
	check_note(1, "$ i-4 10.0.0.4", "added with weight 7");
	weight_set("i-2", 0);
	assert_int_equal(finish(), 1);
	check_note(0, "$ i-2 10.0.0.2", "weight 0, was 100");
	assert_int_equal(servers_remove(model, lb_id, "i-1 i-3"), 0);
	assert_int_equal(finish(), 2);
	check_note(0, "$ i-1 10.0.0.1", "removed");
	check_note(1, "$ i-3 10.0.0.3", "removed");
	assert_int_equal(finish(), 0);
}

static void test_groups(void **state)
{
	struct error error = { 0 };
	char group[RECORD_ID], subject[JOURNAL_SUBJECT];

	(void)state;
	snprintf(group, sizeof(group), "%s", group_make(model, lb_id, "i-1/81=5 i-1/82=6", &error));
	assert_int_equal(finish(), 3);
	assert_non_null(strstr(notes[0].text, "created"));
	snprintf(subject, sizeof(subject), "$ %.40s i-1 10.0.0.1:82", group);
	check_note(2, subject, "added with weight 6");
	assert_int_equal(group_modify(model, group, "i-1/81", "i-1/83", &error), 0);
	assert_int_equal(finish(), 2);
	snprintf(subject, sizeof(subject), "$ %.40s i-1 10.0.0.1:81", group);
	check_note(0, subject, "removed");
	snprintf(subject, sizeof(subject), "$ %.40s i-1 10.0.0.1:83", group);
	check_note(1, subject, "added with weight 100");
	assert_int_equal(model_delete_group(model, REGION, group, &error), 0);
	assert_int_equal(finish(), 1);
	assert_non_null(strstr(notes[0].text, "deleted"));
}

static void test_listeners(void **state)
{
	(void)state;
	listener_status(LISTENER_STOPPED);
	assert_int_equal(finish(), 1);
	check_note(0, "$ tcp/80", "stopped");
	listener_status(LISTENER_RUNNING);
	assert_int_equal(listener_make(model, lb_id, PROTOCOL_UDP, 53), 0);
	assert_int_equal(finish(), 2);
	check_note(0, "$ udp/53", "created");
	check_note(1, "$ tcp/80", "started");
}

static void test_instances(void **state)
{
	(void)state;
	instance_status("i-2", INSTANCE_STOPPED);
	assert_int_equal(finish(), 1);
	check_note(0, "i-2", "Stopped, was Running");
}

/* Its thousand servers are not a thousand lines. */
static void test_a_load_balancer_goes_in_one_line(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(model_delete_lb(model, REGION, lb_id, &error), 0);
	assert_int_equal(finish(), 1);
	check_note(0, "$", "deleted with its 1 listeners");
	snprintf(lb_id, sizeof(lb_id), "%s", lb_make(model, "", SPEC_NONE));
	assert_int_equal(finish(), 1);
	assert_int_equal(strncmp(notes[0].text, "created at 192.0.2.", 19), 0);
}

int main(void)
{
#define CHECKED(test) cmocka_unit_test_setup_teardown(test, checked_setup, checked_teardown)
	const struct CMUnitTest tests[] = {
		CHECKED(test_servers),
		CHECKED(test_groups),
		CHECKED(test_listeners),
		CHECKED(test_instances),
		CHECKED(test_a_load_balancer_goes_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
