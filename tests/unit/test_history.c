// SPDX-License-Identifier: BSD-2-Clause
/*
 * Over any history of changes: a rollback is as if nothing had been, a restart finds the same, and
 * the backends of every listener are the servers of its group.
 */
#include "model_fixture.h"

#include <stdlib.h>
#include <time.h>

static const char *any_lb(struct model *model)
{
	size_t count;
	const struct load_balancer *const *lbs = model_lbs(model, &count);

	return count ? lbs[(size_t)rand() % count]->record.id : "lb-none";
}

/* One of its VServer groups, or the default one. */
static const char *any_group(struct model *model, const char *lb_id)
{
	const struct load_balancer *lb = find_lb(model, REGION, lb_id);

	return lb ? lb->groups[(size_t)rand() % lb->group_count]->id : "rsp-none";
}

static const char *any_entries(void)
{
	static char text[2][64];
	static int last;
	char *out = text[last ^= 1];

	snprintf(out, sizeof(text[0]), "i-r%d/%d=%d i-r%d/%d", rand() % 12, 80 + rand() % 2,
		 rand() % 101, rand() % 12, 80 + rand() % 2);
	return out;
}

static void random_set(struct model *model, const char *lb_id, const char *group)
{
	struct set_listener request = { .region = REGION, .group_given = rand() % 2 };
	struct error error = { 0 };

	snprintf(request.wanted.lb_id, sizeof(request.wanted.lb_id), "%s", lb_id);
	snprintf(request.wanted.group_id, sizeof(request.wanted.group_id), "%s", group);
	request.wanted.protocol = (uint8_t)(rand() % 2);
	request.wanted.port = (uint16_t)(80 + rand() % 3);
	request.wanted.established_s = (uint16_t)(10 + rand() % 890);
	request.fields[0].offset = offsetof(struct listener_record, established_s);
	request.fields[0].size = sizeof(request.wanted.established_s);
	request.field_count = 1;
	model_set_listener(model, &request, &error);
}

static void random_group_change(struct model *model, const char *lb_id)
{
	struct server_change change;
	struct server_list list;
	struct error error = { 0 };
	char group[RECORD_ID], name[RECORD_NAME];

	snprintf(group, sizeof(group), "%s", any_group(model, lb_id));
	switch (rand() % 8) {
	case 0:
		group_make(model, lb_id, any_entries(), &error);
		break;
	case 1:
		model_delete_group(model, REGION, group, &error);
		break;
	case 2:
		group_do(model, model_remove_servers, group, any_entries(), &error);
		break;
	case 3:
		group_modify(model, group, any_entries(), any_entries(), &error);
		break;
	case 4:
		change = change_of("", group, any_entries());
		if (!model_set_group(model, &change, "renamed", name, &list, &error))
			server_list_free(&list);
		break;
	case 5:
	case 6:
		random_set(model, lb_id, group);
		break;
	default:
		group_do(model, model_add_servers, group, any_entries(), &error);
	}
}

/* Tags for one of the resources of a load balancer, or away with them. */
static void random_tags(struct model *model, const char *lb_id)
{
	struct tag_record tags[2] = { 0 };
	struct tag_change change = { .region = REGION, .id_count = 1, .tags = tags };
	struct error error = { 0 };

	change.type = (uint8_t)(rand() % 3);
	change.tag_count = (uint32_t)(rand() % 3);
	change.all = rand() % 2;
	for (int i = 0; i < 2; i++) {
		snprintf(tags[i].key, sizeof(tags[i].key), "k%d", 2 * (rand() % 12) + i);
		snprintf(tags[i].value, sizeof(tags[i].value), "%d", rand() % 3);
	}
	if (change.type == RESOURCE_LB)
		snprintf(change.ids[0], RECORD_ID, "%s", lb_id);
	else if (change.type == RESOURCE_LISTENER)
		snprintf(change.ids[0], RECORD_ID, "%.40s_%s_%d", lb_id, rand() % 2 ? "tcp" : "udp",
			 80 + rand() % 3);
	else
		snprintf(change.ids[0], RECORD_ID, "%s", any_group(model, lb_id));
	if (rand() % 4)
		model_tag(model, &change, &error);
	else
		model_untag(model, &change, &error);
}

/* One field or two of a load balancer, or a token. */
static void random_lb_set(struct model *model, const char *lb_id)
{
	struct set_lb request = { .wanted = { .status = (uint8_t)(rand() % 2) } };
	struct token_record token = { .created_ms = 0 };
	struct error error = { 0 };

	request.given[LB_FIELD_STATUS] = rand() % 2;
	request.given[LB_FIELD_NAME] = rand() % 2;
	snprintf(request.wanted.id, sizeof(request.wanted.id), "%s", lb_id);
	snprintf(request.wanted.region, sizeof(request.wanted.region), REGION);
	snprintf(request.wanted.name, sizeof(request.wanted.name), "name-%d", rand() % 9);
	model_set_lb(model, &request, &error);
	if (rand() % 4)
		return;
	snprintf(token.token, sizeof(token.token), "token-%d", rand() % 30);
	snprintf(token.lb_id, sizeof(token.lb_id), "%s", lb_id);
	model_keep_token(model, &token);
}

static void random_change(struct model *model)
{
	struct listener_key key = { .region = REGION, .protocol = rand() % 2 };
	char entries[64], lb_id[RECORD_ID];
	struct error error = { 0 };

	snprintf(lb_id, sizeof(lb_id), "%s", any_lb(model));
	snprintf(entries, sizeof(entries), "i-r%d i-r%d", rand() % 12, rand() % 12);
	key.lb_id = lb_id;
	key.port = (uint16_t)(80 + rand() % 3);
	switch (rand() % 20) {
	case 0:
		lb_make(model, "", SPEC_NONE);
		break;
	case 1:
		if (rand() % 4 == 0)
			model_delete_lb(model, REGION, lb_id, &error);
		break;
	case 2:
	case 3:
		listener_make(model, lb_id, (unsigned int)key.protocol, key.port);
		break;
	case 4:
		model_delete_listener(model, &key, &error);
		break;
	case 5:
		model_set_listener_status(model, &key, (unsigned int)rand() % 2, &error);
		break;
	case 6:
		servers_remove(model, lb_id, entries);
		break;
	case 7:
		model_set_instance_status(model, REGION, strrchr(entries, ' ') + 1,
					  (unsigned int)rand() % 2, &error);
		break;
	case 8:
	case 9:
		servers_add(model, lb_id, entries, &error);
		break;
	case 10:
	case 11:
		random_tags(model, lb_id);
		break;
	case 12:
		random_lb_set(model, lb_id);
		break;
	default:
		random_group_change(model, lb_id);
	}
}

/* No tag without its resource. */
static void check_tags(const struct load_balancer *lb)
{
	int64_t created_ms;

	for (size_t i = 0; i < lb->tags_count; i++) {
		assert_true(lb->tags[i]->tag_count > 0 && lb->tags[i]->tag_count <= RECORD_TAGS);
		assert_true(lb_has_resource(lb, lb->tags[i]->type, lb->tags[i]->id, &created_ms));
	}
}

/* The living backends of a listener are the members of its group, each once, in their order. */
static void check_listener(const struct load_balancer *lb, const struct listener_record *listener)
{
	const struct group_record *group = lb_group(lb, listener->group_id);
	uint32_t living = 0;

	for (uint32_t i = 0; i < listener->backend_count; i++) {
		const struct backend_record *backend = &listener->backends[i];

		if (backend->removed) {
			assert_null(lb_backend_member(lb, listener, backend));
			continue;
		}
		assert_true(living < group->member_count);
		assert_ptr_equal(lb_backend_member(lb, listener, backend),
				 &group->members[living++]);
	}
	assert_int_equal(living, group->member_count);
}

static void check_listeners(struct model *model)
{
	size_t count;
	const struct load_balancer *const *lbs = model_lbs(model, &count);

	for (size_t i = 0; i < count; i++) {
		check_tags(lbs[i]);
		for (size_t j = 0; j < lbs[i]->listener_count; j++)
			check_listener(lbs[i], lbs[i]->listeners[j]);
	}
}

/* What commit does with ids that nothing names any more. */
static void free_forgotten(struct model *model)
{
	size_t count;
	const struct model_delta *deltas = model_staged(model, &count);

	for (size_t i = 0; i < count; i++) {
		if (deltas[i].lb_old && deltas[i].lb_old != deltas[i].lb_new)
			index_release_ids(&model->index, deltas[i].lb_old, deltas[i].lb_new, NULL);
	}
}

static void test_any_history(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);
	struct model *model = model_make();

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 12; i++) {
		char id[16], address[16];

		snprintf(id, sizeof(id), "i-r%d", i);
		snprintf(address, sizeof(address), "10.3.0.%d", i + 1);
		assert_int_equal(instance_make(model, id, address, ""), 0);
	}
	model_commit(model);
	for (int batch = 0; batch < 2000; batch++) {
		uint64_t before = model_fingerprint(model);

		for (int i = rand() % 6; i >= 0; i--) {
			random_change(model);
			if (rand() % 3 == 0)
				model_sweep(model);
		}
		if (rand() % 2) {
			free_forgotten(model);
			model_commit(model);
			check_listeners(model);
		} else {
			model_rollback(model);
			assert_int_equal(model_fingerprint(model), before);
		}
		if (batch % 50 == 0) {
			struct model *again = model_reloaded(model);

			assert_int_equal(model_fingerprint(again), model_fingerprint(model));
			model_free(again);
		}
	}
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_history),
	};

	return cmocka_run_group_tests(tests, config_setup, config_teardown);
}
