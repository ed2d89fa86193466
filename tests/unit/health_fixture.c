// SPDX-License-Identifier: BSD-2-Clause
#include "health_fixture.h"

#include "core/objects.h"

struct probed probed[PROBED];
struct model *model;
char lb_id[RECORD_ID];

/* --- the prober --- */

void health_watch(struct health *health, uint32_t backend, const struct health_check *check,
		  enum health_state known)
{
	struct probed *it = &probed[backend];

	(void)health;
	assert_in_range(backend, 1, PROBED - 1);
	it->watched = true;
	it->times++;
	it->known = known;
	it->check = *check;
	snprintf(it->host, sizeof(it->host), "%s", check->host);
}

void health_forget(struct health *health, uint32_t backend)
{
	(void)health;
	assert_in_range(backend, 1, PROBED - 1);
	assert_true(probed[backend].watched);
	probed[backend].watched = false;
}

/* --- the model --- */

static void make_listener(void)
{
	struct listener_record wanted = { .protocol = PROTOCOL_TCP,
					  .port = 80,
					  .backend_port = 8080,
					  .established_s = 900,
					  .health = { .enabled = SWITCH_ON,
						      .timeout_s = 5,
						      .interval_s = 2,
						      .rise = 3,
						      .fall = 3,
						      .domain = "$_ip" } };
	struct error error = { 0 };

	snprintf(wanted.lb_id, sizeof(wanted.lb_id), "%s", lb_id);
	assert_int_equal(model_create_listener(model, REGION, &wanted, &error), 0);
}

int checked_setup(void **state)
{
	struct error error = { 0 };

	config_setup(state);
	memset(probed, 0, sizeof(probed));
	model = model_make();
	snprintf(lb_id, sizeof(lb_id), "%s", lb_make(model, "", 0));
	make_listener();
	assert_int_equal(instance_make(model, "i-1", "10.0.0.1", ""), 0);
	assert_int_equal(instance_make(model, "i-2", "10.0.0.2", ""), 0);
	assert_int_equal(instance_make(model, "i-3", "10.0.0.3", ""), 0);
	assert_int_equal(servers_add(model, lb_id, "i-1 i-2 i-3", &error), 0);
	listener_status(LISTENER_RUNNING);
	model_commit(model);
	return 0;
}

int checked_teardown(void **state)
{
	model_free(model);
	return config_teardown(state);
}

const struct load_balancer *the_lb(void)
{
	return model_lb(model, lb_id);
}

const struct listener_record *the_listener(void)
{
	return lb_listener(the_lb(), PROTOCOL_TCP, 80);
}

const struct backend_record *backend_of(unsigned int last)
{
	const struct listener_record *listener = the_listener();

	for (uint32_t i = 0; i < listener->backend_count; i++) {
		if (listener->backends[i].address.bytes[3] == last)
			return &listener->backends[i];
	}
	fail_msg("no backend at 10.0.0.%u", last);
	return NULL;
}

void listener_alter(void (*set)(struct listener_record *listener))
{
	const struct listener_record *now = the_listener();
	struct listener_record *altered = listener_new(now, now->backend_count);
	struct load_balancer *copy = lb_copy(the_lb());

	set(altered);
	lb_put_listener(copy, altered);
	stage_lb(model, lb_id, copy);
}

void instance_status(const char *id, unsigned int status)
{
	struct error error = { 0 };

	assert_int_equal(model_set_instance_status(model, REGION, id, status, &error), 0);
}

void listener_status(unsigned int status)
{
	struct listener_key key = {
		.region = REGION, .lb_id = lb_id, .protocol = PROTOCOL_TCP, .port = 80
	};
	struct error error = { 0 };

	assert_int_equal(model_set_listener_status(model, &key, status, &error), 0);
}

void weight_set(const char *server, unsigned int weight)
{
	struct server_list list;
	struct error error = { 0 };
	struct server_change change;
	char text[64];

	snprintf(text, sizeof(text), "%s=%u", server, weight);
	change = change_of(lb_id, NULL, text);
	assert_int_equal(model_set_servers(model, &change, &list, &error), 0);
	server_list_free(&list);
}
