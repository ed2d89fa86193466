// SPDX-License-Identifier: BSD-2-Clause
/* ClientTokens in the model: found again, in conflict, gone after a day; tags all or none. */
#include "model_fixture.h"

#include <stdlib.h>

static struct token_record token_of(const char *token, const char *request)
{
	struct token_record record = { 0 };

	snprintf(record.token, sizeof(record.token), "%s", token);
	snprintf(record.request, sizeof(record.request), "%s", request);
	snprintf(record.lb_id, sizeof(record.lb_id), "lb-of-%s", token);
	return record;
}

static void keep(struct model *model, const char *token, const char *request)
{
	struct token_record record = token_of(token, request);

	model_keep_token(model, &record);
}

static int find(const struct model *model, const char *token, const char *request,
		const struct token_record **known)
{
	struct error error = { 0 };

	return model_find_token(model, token, request, known, &error);
}

static void test_found_again(void **state)
{
	struct model *model = model_make(), *again;
	const struct token_record *known;

	(void)state;
	assert_int_equal(find(model, "t", "r", &known), 0);
	assert_null(known);
	keep(model, "t", "r");
	/* within the batch that made it too */
	assert_int_equal(find(model, "t", "r", &known), 0);
	assert_string_equal(known->lb_id, "lb-of-t");
	model_rollback(model);
	assert_int_equal(find(model, "t", "r", &known), 0);
	assert_null(known);
	keep(model, "t", "r");
	model_commit(model);
	again = model_reloaded(model);
	assert_int_equal(find(again, "t", "r", &known), 0);
	assert_string_equal(known->lb_id, "lb-of-t");
	assert_int_equal(find(again, "t", "another", &known), -ERR_TOKEN_CONFLICT);
	assert_int_equal(find(again, "u", "another", &known), 0);
	assert_null(known);
	model_free(again);
	model_free(model);
}

/* What a list of changes was answered stays with its token, and is bounded in all. */
static void test_results(void **state)
{
	static const char results[] = "{\"Step\":1}";
	struct model *model = model_make(), *again;
	struct token_record record = token_of("t", "r");
	const struct token_record *known;

	(void)state;
	record.results = (char *)(uintptr_t)results;
	record.results_length = sizeof(results);
	model_keep_token(model, &record);
	model_rollback(model);
	model_keep_token(model, &record);
	model_commit(model);
	again = model_reloaded(model);
	assert_int_equal(find(again, "t", "r", &known), 0);
	assert_int_equal(known->results_length, sizeof(results));
	assert_memory_equal(known->results, results, sizeof(results));
	record = token_of("large", "r");
	record.results_length = TOKENS_BYTES_MAX - sizeof(results);
	record.results = calloc(1, record.results_length);
	model_keep_token(again, &record);
	free(record.results);
	assert_int_equal(find(again, "t", "r", &known), 0);
	assert_int_equal(find(again, "u", "r", &known), -ERR_OVER_QUOTA);
	model_rollback(again);
	assert_int_equal(find(again, "u", "r", &known), 0);
	model_free(again);
	model_free(model);
}

/* As if it had been made so long ago. */
static void keep_aged(struct model *model, const char *token, int64_t age_ms)
{
	struct token_record *record = malloc(sizeof(*record));

	assert_non_null(record);
	*record = token_of(token, "r");
	record->created_ms = identity_now_ms() - age_ms;
	tokens_stage(&model->tokens, record->token, record);
}

static void test_expired(void **state)
{
	struct model *model = model_make();
	const struct token_record *known;
	const struct model_delta *deltas;
	size_t count;

	(void)state;
	keep_aged(model, "old", TOKEN_LIFE_MS);
	keep_aged(model, "young", TOKEN_LIFE_MS - 60000);
	keep_aged(model, "future", -2 * TOKEN_LIFE_MS);
	model_commit(model);
	/* it counts no more, before it is swept too */
	assert_int_equal(find(model, "old", "another", &known), 0);
	assert_null(known);
	assert_int_equal(find(model, "young", "another", &known), -ERR_TOKEN_CONFLICT);
	assert_int_equal(model_expire_tokens(model), 2);
	deltas = model_staged(model, &count);
	assert_int_equal(count, 2);
	assert_non_null(deltas[0].token_old);
	assert_null(deltas[0].token_new);
	assert_int_equal(model->tokens.count, 1);
	model_rollback(model);
	assert_int_equal(model->tokens.count, 3);
	assert_int_equal(model_expire_tokens(model), 2);
	/* made anew in the batch that sweeps it */
	keep(model, "old", "new");
	model_commit(model);
	assert_int_equal(model->tokens.count, 2);
	assert_int_equal(find(model, "old", "new", &known), 0);
	assert_non_null(known);
	assert_int_equal(model_expire_tokens(model), 0);
	model_free(model);
}

static struct tag_change change_for(const struct tag_record *tags, uint32_t count, const char *a,
				    const char *b)
{
	struct tag_change change = { .region = REGION, .tags = tags, .tag_count = count };

	snprintf(change.ids[change.id_count++], RECORD_ID, "%s", a);
	if (b)
		snprintf(change.ids[change.id_count++], RECORD_ID, "%s", b);
	return change;
}

static void test_tags_all_or_none(void **state)
{
	static struct tag_record tags[RECORD_TAGS], more[2];
	struct model *model = model_make();
	struct error error = { 0 };
	struct tag_change change;
	const struct tags_record *has;
	char one[RECORD_ID], two[RECORD_ID];
	size_t count;

	(void)state;
	for (size_t i = 0; i < RECORD_TAGS; i++)
		snprintf(tags[i].key, sizeof(tags[i].key), "k%02zu", RECORD_TAGS - i);
	snprintf(more[0].key, sizeof(more[0].key), "k01");
	snprintf(more[0].value, sizeof(more[0].value), "new");
	snprintf(more[1].key, sizeof(more[1].key), "more");
	snprintf(one, sizeof(one), "%s", lb_make(model, "", SPEC_NONE));
	snprintf(two, sizeof(two), "%s", lb_make(model, "", SPEC_NONE));
	change = change_for(tags, RECORD_TAGS, one, NULL);
	assert_int_equal(model_tag(model, &change, &error), 0);
	model_commit(model);
	has = lb_tags(model_lb(model, one), RESOURCE_LB, one);
	assert_int_equal(has->tag_count, RECORD_TAGS);
	assert_string_equal(has->tags[0].key, "k01");
	/* one of two would have too many; one of two does not exist */
	change = change_for(more, 2, two, one);
	assert_int_equal(model_tag(model, &change, &error), -ERR_TAG_COUNT);
	change = change_for(more, 1, two, "lb-none");
	assert_int_equal(model_tag(model, &change, &error), -ERR_RESOURCE_NOT_EXIST);
	model_staged(model, &count);
	assert_int_equal(count, 0);
	/* a new value needs no room, and the same again is no change */
	change = change_for(more, 1, two, one);
	assert_int_equal(model_tag(model, &change, &error), 0);
	model_commit(model);
	assert_string_equal(lb_tags(model_lb(model, one), RESOURCE_LB, one)->tags[0].value, "new");
	assert_int_equal(model_tag(model, &change, &error), 0);
	model_staged(model, &count);
	assert_int_equal(count, 0);
	/* without keys, All decides */
	change = change_for(NULL, 0, one, two);
	assert_int_equal(model_untag(model, &change, &error), 0);
	model_staged(model, &count);
	assert_int_equal(count, 0);
	change.all = true;
	assert_int_equal(model_untag(model, &change, &error), 0);
	model_commit(model);
	assert_null(lb_tags(model_lb(model, one), RESOURCE_LB, one));
	model_free(model);
}

static const struct {
	const char *sentence, *suffix;
	bool exists;
} ids[] = {
	{ "a listener", "_tcp_80", true },
	{ "another protocol", "_udp_80", false },
	{ "another port", "_tcp_81", false },
	{ "a number with zeros before it", "_tcp_080", false },
	{ "a number beyond all ports", "_tcp_65616", false },
	{ "no number", "_tcp_", false },
	{ "more behind it", "_tcp_80x", false },
	{ "the protocol in capitals", "_TCP_80", false },
	{ "no protocol", "_80", false },
	{ "nothing", "", false },
};

static void test_listener_ids(void **state)
{
	struct model *model = model_make();
	char lb_id[RECORD_ID], id[2 * RECORD_ID];
	int64_t created_ms;

	(void)state;
	snprintf(lb_id, sizeof(lb_id), "%s", lb_make(model, "", SPEC_NONE));
	assert_int_equal(listener_make(model, lb_id, PROTOCOL_TCP, 80), 0);
	model_commit(model);
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		snprintf(id, sizeof(id), "%s%s", lb_id, ids[i].suffix);
		if (!model_resource(model, REGION, RESOURCE_LISTENER, id, &created_ms) ==
		    ids[i].exists)
			fail_msg("%s: %s", ids[i].sentence, id);
	}
	assert_non_null(model_resource(model, REGION, RESOURCE_LB, lb_id, &created_ms));
	assert_null(model_resource(model, "elsewhere", RESOURCE_LB, lb_id, &created_ms));
	assert_null(model_resource(model, REGION, RESOURCE_ACL, lb_id, &created_ms));
	assert_null(model_resource(model, REGION, RESOURCE_VSERVER_GROUP, "", &created_ms));
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_again),  cmocka_unit_test(test_results),
		cmocka_unit_test(test_expired),      cmocka_unit_test(test_tags_all_or_none),
		cmocka_unit_test(test_listener_ids),
	};

	return cmocka_run_group_tests(tests, config_setup, config_teardown);
}
