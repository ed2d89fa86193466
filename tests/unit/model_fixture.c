// SPDX-License-Identifier: BSD-2-Clause
#include "model_fixture.h"

#include "base/memory.h"

#include <search.h>

struct config config;

void config_make(void)
{
	static struct config_pool pools[2];

	memset(&config, 0, sizeof(config));
	assert_int_equal(config_defaults(&config), 0);
	assert_int_equal(address_range_parse("192.0.2.0/24", &pools[0].range), 0);
	assert_int_equal(address_range_parse("10.9.0.0/29", &pools[1].range), 0);
	snprintf(pools[1].vswitch_id, sizeof(pools[1].vswitch_id), "vsw-1");
	snprintf(pools[1].vpc_id, sizeof(pools[1].vpc_id), "vpc-1");
	pools[1].address_type = ADDRESS_TYPE_INTRANET;
	free(config.pools);
	config.pools = memory_copy(pools, 2, sizeof(pools[0]));
	config.pool_count = 2;
	config.tables.backends = 4096;
	config.tables.services = 512;
}

int config_setup(void **state)
{
	(void)state;
	config_make();
	return 0;
}

int config_teardown(void **state)
{
	(void)state;
	config_free(&config);
	return 0;
}

static uint8_t no_generation(void *arg, uint32_t backend)
{
	(void)arg;
	(void)backend;
	return 0;
}

struct model *model_make(void)
{
	struct model *model = model_new(&config);

	model_loaded(model, no_generation, NULL);
	return model;
}

struct address address_of(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, &address), 0);
	return address;
}

const char *lb_make(struct model *model, const char *vswitch, unsigned int spec)
{
	struct create_lb request = { 0 };
	const struct load_balancer *lb = NULL;
	struct error error = { 0 };

	snprintf(request.wanted.region, sizeof(request.wanted.region), REGION);
	snprintf(request.wanted.vswitch_id, sizeof(request.wanted.vswitch_id), "%s", vswitch);
	request.wanted.spec = (uint8_t)spec;
	request.wanted.bandwidth = -1;
	if (model_create_lb(model, &request, &lb, &error))
		return NULL;
	return lb->record.id;
}

int listener_make(struct model *model, const char *lb_id, unsigned int protocol, unsigned int port)
{
	struct listener_record wanted = { .protocol = (uint8_t)protocol,
					  .port = (uint16_t)port,
					  .backend_port = 8080,
					  .established_s = 900 };
	struct error error = { 0 };

	snprintf(wanted.lb_id, sizeof(wanted.lb_id), "%s", lb_id);
	return model_create_listener(model, REGION, &wanted, &error);
}

int instance_make(struct model *model, const char *id, const char *addresses, const char *vpc)
{
	struct register_instance request = { .vpc_given = vpc[0] };
	const struct instance_record *out;
	struct error error = { 0 };
	char list[256], *rest = list, *text;

	snprintf(list, sizeof(list), "%s", addresses);
	snprintf(request.wanted.id, sizeof(request.wanted.id), "%s", id);
	snprintf(request.wanted.vpc_id, sizeof(request.wanted.vpc_id), "%s", vpc);
	snprintf(request.wanted.region, sizeof(request.wanted.region), REGION);
	while ((text = strsep(&rest, ",")))
		request.wanted.addresses[request.wanted.address_count++] = address_of(text);
	return model_register_instance(model, &request, &out, &error);
}

/* Cuts the text at the mark; what stands behind it, or NULL. */
static char *behind(char *text, char mark)
{
	char *at = strchr(text, mark);

	if (at)
		*at++ = '\0';
	return at;
}

struct server_entry entry_of(const char *given)
{
	struct server_entry entry = { .weight = 100 };
	char text[RECORD_NAME], *weight, *port, *address;

	snprintf(text, sizeof(text), "%s", given);
	weight = behind(text, '=');
	port = behind(text, '/');
	address = behind(text, '@');
	memccpy(entry.server_id, text, 0, sizeof(entry.server_id) - 1);
	entry.type = strncmp(text, "eni-", 4) ? SERVER_ECS : SERVER_ENI;
	entry.weight_given = weight;
	entry.port_given = port;
	if (weight)
		entry.weight = (uint8_t)atoi(weight);
	if (port)
		entry.port = (uint16_t)atoi(port);
	if (address)
		entry.address = address_of(address);
	return entry;
}

struct server_change change_of(const char *lb_id, const char *group, const char *entries)
{
	struct server_change change = { .region = REGION, .lb_id = lb_id, .group_id = group };
	char list[1024], *rest = list, *text;

	snprintf(list, sizeof(list), "%s", entries);
	while ((text = strsep(&rest, " ")) && text[0])
		change.entries[change.count++] = entry_of(text);
	return change;
}

const char *group_make(struct model *model, const char *lb_id, const char *entries,
		       struct error *error)
{
	static char id[RECORD_ID];
	struct server_change change = change_of(lb_id, NULL, entries);
	struct server_list list;

	if (model_create_group(model, &change, "", id, &list, error))
		return NULL;
	server_list_free(&list);
	return id;
}

int group_do(struct model *model, group_change *change, const char *group, const char *entries,
	     struct error *error)
{
	struct server_change request = change_of("", group, entries);
	struct server_list list;
	int result = change(model, &request, &list, error);

	if (!result)
		server_list_free(&list);
	return result;
}

int group_modify(struct model *model, const char *group, const char *old, const char *wanted,
		 struct error *error)
{
	struct server_change from = change_of("", group, old), to = change_of("", group, wanted);
	struct server_list list;
	int result = model_modify_servers(model, &from, &to, &list, error);

	if (!result)
		server_list_free(&list);
	return result;
}

int servers_add(struct model *model, const char *lb_id, const char *entries, struct error *error)
{
	struct server_change change = change_of(lb_id, NULL, entries);
	struct server_list list;
	int result = model_add_servers(model, &change, &list, error);

	if (!result)
		server_list_free(&list);
	return result;
}

int servers_remove(struct model *model, const char *lb_id, const char *entries)
{
	struct server_change change = change_of(lb_id, NULL, entries);
	struct error error = { 0 };
	struct server_list list;
	int result = model_remove_servers(model, &change, &list, &error);

	if (!result)
		server_list_free(&list);
	return result;
}

/* --- fingerprints --- */

/* FNV-1a (Fowler, Noll, Vo; RFC 9923). */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
	return hash;
}

struct visit {
	void (*each)(struct record *record, void *arg);
	void *arg;
};

static void visit_token(const struct token_record *token, void *arg)
{
	const struct visit *visit = arg;

	visit->each(&(struct record){ .kind = RECORD_TOKEN, .token = token }, visit->arg);
}

static void visit_records(struct model *model, const struct visit *visit)
{
	size_t count;
	const struct load_balancer *const *lbs = model_lbs(model, &count);

	for (size_t i = 0; i < count; i++)
		visit->each(&(struct record){ .kind = RECORD_LB, .lb = &lbs[i]->record },
			    visit->arg);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < lbs[i]->group_count; j++)
			visit->each(&(struct record){ .kind = RECORD_GROUP,
						      .group = lbs[i]->groups[j] },
				    visit->arg);
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < lbs[i]->listener_count; j++)
			visit->each(&(struct record){ .kind = RECORD_LISTENER,
						      .listener = lbs[i]->listeners[j] },
				    visit->arg);
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < lbs[i]->tags_count; j++)
			visit->each(&(struct record){ .kind = RECORD_TAG_SET,
						      .tags = lbs[i]->tags[j] },
				    visit->arg);
	}
	tokens_each(&model->tokens, visit_token, (void *)(uintptr_t)visit);
	const struct instance_record *const *instances = model_instances(model, &count);

	for (size_t i = 0; i < count; i++)
		visit->each(&(struct record){ .kind = RECORD_INSTANCE, .instance = instances[i] },
			    visit->arg);
}

static void hash_record(struct record *record, void *arg)
{
	uint64_t *hash = arg;
	uint8_t *bytes;
	size_t length;

	assert_int_equal(record_write(record, &bytes, &length), 0);
	*hash = hash_bytes(*hash, bytes, length);
	free(bytes);
}

/* Uses of every address of a backend that is committed, seen through the index. */
static void hash_users(struct record *record, void *arg)
{
	struct model *model = ((void **)arg)[0];
	uint64_t *hash = ((void **)arg)[1];

	for (uint32_t i = 0; record->kind == RECORD_LISTENER && i < record->listener->backend_count;
	     i++) {
		uint32_t users = index_backend_users(&model->index, &record->listener->backends[i],
						     record->listener->protocol, NULL);

		*hash = hash_bytes(*hash, &users, sizeof(users));
	}
	for (uint32_t i = 0; record->kind == RECORD_GROUP && i < record->group->member_count; i++) {
		const char *id = record->group->members[i].server_id;
		uint32_t users = tally_get(&model->index.users, id, strlen(id));

		*hash = hash_bytes(*hash, &users, sizeof(users));
	}
}

static void count_owner(const void *node, VISIT visit, void *arg)
{
	(void)node;
	*(size_t *)arg += visit == postorder || visit == leaf;
}

/* Every group is found by its id, and nothing else is. */
static void check_owners(struct model *model)
{
	size_t count, owners = 0, groups = 0;
	const struct load_balancer *const *lbs = model_lbs(model, &count), *owner;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 1; j < lbs[i]->group_count; j++, groups++) {
			assert_ptr_equal(model_group(model, lbs[i]->groups[j]->id, &owner),
					 lbs[i]->groups[j]);
			assert_ptr_equal(owner, lbs[i]);
		}
	}
	twalk_r(model->owners, count_owner, &owners);
	assert_int_equal(owners, groups);
}

uint64_t model_fingerprint(struct model *model)
{
	const struct index *index = &model->index;
	uint64_t hash = 0xcbf29ce484222325ULL;
	const uint64_t derived[] = { index->lb_count,          index->listener_count,
				     index->backend_count,     index->instance_count,
				     index->service_ids.count, index->backend_ids.count,
				     model->tokens.count };

	check_owners(model);
	visit_records(model, &(struct visit){ hash_record, &hash });
	visit_records(model, &(struct visit){ hash_users, (void *[]){ model, &hash } });
	hash = hash_bytes(hash, derived, sizeof(derived));
	return hash_bytes(hash, index->generations, index->config->tables.backends);
}

/* Through the bytes, as a restart would. */
static void reload_record(struct record *record, void *arg)
{
	uint8_t key[RECORD_KEY_MAX], *bytes;
	size_t length, key_length = record_key(record, key);
	struct record read;
	char why[256];

	assert_int_equal(record_write(record, &bytes, &length), 0);
	assert_int_equal(record_read(key, key_length, bytes, length, &read, why, sizeof(why)), 0);
	assert_int_equal(model_load(arg, &read, why, sizeof(why)), 0);
	free(bytes);
}

struct model *model_reloaded(struct model *model)
{
	struct model *copy = model_new(&config);

	visit_records(model, &(struct visit){ reload_record, copy });
	model_loaded(copy, no_generation, NULL);
	return copy;
}
