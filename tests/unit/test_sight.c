// SPDX-License-Identifier: BSD-2-Clause
/* How health and events are told: the actions, over a model and a prober whose reports are given. */
#include "health_fixture.h"

#include "api/action.h"
#include "api/request.h"
#include "base/journal.h"

#include <stdlib.h>

static struct health_report reports[PROBED];

bool health_report(const struct health *health, uint32_t backend, struct health_report *out)
{
	(void)health;
	assert_in_range(backend, 1, PROBED - 1);
	*out = reports[backend];
	return probed[backend].watched;
}

void health_status(const struct health *health, struct health_status *out)
{
	(void)health;
	*out = (struct health_status){ .watched = 3, .checks = 2, .down = 1, .late = 4 };
}

static int setup(void **state)
{
	memset(reports, 0, sizeof(reports));
	journal_clear();
	return checked_setup(state);
}

/* The answer as JSON, or the error's code. The caller frees it. */
static char *ask(const char *action, const char *query)
{
	struct api_context context = { .model = model, .config = &config, .started_ms = 1500 };
	struct call call = { .context = &context, .action = action_find(action) };
	struct cJSON *answer = answer_new("R");
	struct request request;
	struct error error = { 0 };
	char *text;
	int result;

	snprintf(call.region, sizeof(call.region), "%s", REGION);
	call.params = calloc(1, call.action->params_size);
	assert_int_equal(request_decode(&request, query, NULL, 0, &error), 0);
	result = call_decode(&call, &request, &error);
	request_release(&request);
	if (!result)
		result = call.action->read(&call, answer, &error);
	text = result ? strdup(error_row((int)error.code)->code) : answer_json(answer);
	answer_free(answer);
	free(call.params);
	return text;
}

/* Asks, and looks for a text in the answer ("!" before it: it must not be there). */
static void expect(const char *action, const char *query, const char *text)
{
	char *answer = ask(action, query);
	bool found = strstr(answer, text[0] == '!' ? text + 1 : text);

	if (found == (text[0] == '!'))
		fail_msg("%s?%s: %s in %s", action, query, text, answer);
	free(answer);
}

/* Of server i-1, as DescribeHealthStatus has it. */
static void expect_status(const char *status)
{
	char query[128], text[256];

	snprintf(query, sizeof(query), "LoadBalancerId=%s", lb_id);
	snprintf(text, sizeof(text),
		 "{\"ListenerPort\":80,\"Protocol\":\"tcp\",\"ServerId\":\"i-1\","
		 "\"ServerIp\":\"10.0.0.1\",\"Port\":8080,\"ServerHealthStatus\":\"%s\"}",
		 status);
	expect("DescribeHealthStatus", query, text);
}

static void know(unsigned int last, enum health_state health)
{
	vitals_set_health(&model->vitals, backend_of(last)->id, health);
}

static void switch_off(struct listener_record *listener)
{
	listener->health.enabled = SWITCH_OFF;
}

static void test_status(void **state)
{
	(void)state;
	expect_status("unavailable");
	know(1, HEALTH_UP);
	expect_status("normal");
	know(1, HEALTH_DOWN);
	expect_status("abnormal");
	listener_status(LISTENER_STOPPED);
	model_commit(model);
	expect_status("unavailable");
	listener_status(LISTENER_RUNNING);
	model_commit(model);
	expect_status("abnormal");
	listener_alter(switch_off);
	model_commit(model);
	expect_status("unavailable");
	instance_status("i-1", INSTANCE_STOPPED);
	model_commit(model);
	expect_status("abnormal");
}

/* Who may yet fail has changed nothing. */
static void test_status_while_a_list_is_judged(void **state)
{
	(void)state;
	know(1, HEALTH_UP);
	instance_status("i-1", INSTANCE_STOPPED);
	expect_status("normal");
	expect("DescribeHealthChecks", "",
	       "\"ServerHealthStatus\":\"normal\",\"State\":\"active\"");
	model_rollback(model);
	expect_status("normal");
	instance_status("i-1", INSTANCE_STOPPED);
	model_commit(model);
	expect_status("abnormal");
	/* And the other way round. */
	instance_status("i-1", INSTANCE_RUNNING);
	expect_status("abnormal");
	expect("DescribeHealthChecks", "",
	       "\"ServerHealthStatus\":\"abnormal\",\"State\":\"down\"");
}

static void test_status_of_whom(void **state)
{
	char query[128];

	(void)state;
	snprintf(query, sizeof(query), "LoadBalancerId=%s&ListenerPort=81", lb_id);
	expect("DescribeHealthStatus", query, "ListenerNotFound");
	expect("DescribeHealthChecks", query, "ListenerNotFound");
	snprintf(query, sizeof(query), "LoadBalancerId=%s&ListenerProtocol=udp", lb_id);
	expect("DescribeHealthStatus", query, "!ServerId");
	expect("DescribeHealthStatus", "LoadBalancerId=lb-x", "InvalidLoadBalancerId.NotFound");
	expect("DescribeHealthChecks", "LoadBalancerId=lb-x", "InvalidLoadBalancerId.NotFound");
}

static void test_checks(void **state)
{
	uint32_t id = backend_of(2)->id;

	(void)state;
	probed[id].watched = true;
	reports[id] = (struct health_report){ .changed_ms = 1000,
					      .checked_ms = 2000,
					      .reason = "HTTP 503",
					      .checks = 12,
					      .failures = 3 };
	know(2, HEALTH_DOWN);
	expect("DescribeHealthChecks", "",
	       "\"ServerId\":\"i-2\",\"ServerIp\":\"10.0.0.2\",\"Port\":8080,\"Weight\":100,"
	       "\"ServerHealthStatus\":\"abnormal\",\"State\":\"down\",\"HealthCheck\":\"on\","
	       "\"CheckType\":\"tcp\",\"CheckPort\":8080,"
	       "\"LastChange\":\"1970-01-01T00:00:01Z\",\"SecondsSinceChange\":");
	expect("DescribeHealthChecks", "",
	       "\"LastGood\":false,\"LastReason\":\"HTTP 503\",\"Checks\":12,\"Failures\":3}");
	/* Nothing is said of what is not watched. */
	expect("DescribeHealthChecks", "",
	       "\"ServerId\":\"i-3\",\"ServerIp\":\"10.0.0.3\",\"Port\":8080,\"Weight\":100,"
	       "\"ServerHealthStatus\":\"unavailable\",\"State\":\"active\",\"HealthCheck\":\"on\","
	       "\"CheckType\":\"tcp\",\"CheckPort\":8080}");
	expect("DescribeHealthChecks", "",
	       "\"NextToken\":\"\",\"Totals\":{\"Watched\":3,\"Checks\":2,\"Down\":1,"
	       "\"InFlight\":0,\"Probes\":0,\"Late\":4,\"LatestMs\":0,\"Unsent\":0}");
}

static size_t count_of(const char *text, const char *word)
{
	size_t count = 0;

	for (; (text = strstr(text, word)); text++)
		count++;
	return count;
}

/* Pages have whole listeners, and put together all of them once. */
static void test_checks_come_in_pages(void **state)
{
	char query[1200] = "MaxResults=4", token[1024];
	size_t servers = 0, pages = 0;

	(void)state;
	for (unsigned int port = 81; port < 85; port++)
		assert_int_equal(listener_make(model, lb_id, PROTOCOL_TCP, port), 0);
	model_commit(model);
	do {
		char *answer = ask("DescribeHealthChecks", query);
		const char *next = strstr(answer, "\"NextToken\":\"");

		assert_non_null(next);
		assert_int_equal(count_of(answer, "ServerId"), 3);
		servers += count_of(answer, "ServerId");
		assert_int_equal(sscanf(next, "\"NextToken\":\"%1023[^\"]", token), ++pages < 5);
		snprintf(query, sizeof(query), "MaxResults=4&NextToken=%s", token);
		free(answer);
	} while (pages < 5);
	assert_int_equal(servers, 15);
	expect("DescribeHealthChecks", "NextToken=00", "InvalidParam.NextToken");
	expect("DescribeHealthChecks", "MaxResults=1000", "\"NextToken\":\"\"");
}

static void test_events(void **state)
{
	(void)state;
	expect("DescribeEvents", "",
	       "{\"RequestId\":\"R\",\"Events\":{\"Event\":[]},\"LastNumber\":0,"
	       "\"DaemonStarted\":\"1970-01-01T00:00:01.500Z\"}");
	journal_note(JOURNAL_HEALTH, "a", "down: refused");
	journal_note(JOURNAL_NEIGHBOUR, "10.0.0.1 dev eth0", "failed");
	expect("DescribeEvents", "",
	       "\"Kind\":\"health\",\"Subject\":\"a\",\"Text\":\"down: refused\"}");
	expect("DescribeEvents", "After=1", "!\"Number\":1,");
	expect("DescribeEvents", "After=1", "\"Kind\":\"neighbour\"");
	expect("DescribeEvents", "MaxResults=1", "!\"Number\":2,");
	expect("DescribeEvents", "MaxResults=1", "\"LastNumber\":2");
	expect("DescribeEvents", "After=9223372036854775807", "\"Event\":[]");
	expect("DescribeEvents", "After=-1", "InvalidParameter");
	expect("DescribeEvents", "MaxResults=1001", "InvalidParameter");
}

int main(void)
{
#define SEEN(test) cmocka_unit_test_setup_teardown(test, setup, checked_teardown)
	const struct CMUnitTest tests[] = {
		SEEN(test_status),         SEEN(test_status_while_a_list_is_judged),
		SEEN(test_status_of_whom), SEEN(test_checks),
		SEEN(test_events),         SEEN(test_checks_come_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
