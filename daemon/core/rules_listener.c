// SPDX-License-Identifier: BSD-2-Clause
/* Listeners: created stopped, started, stopped, deleted (API, 4.2). */
#include "core/servers.h"

#include "base/choice.h"
#include "base/config.h"

#include <string.h>

static int check_group(const struct model *model, const struct load_balancer *lb, const char *id,
		       struct error *error)
{
	const struct load_balancer *owner;

	if (lb_group(lb, id))
		return 0;
	if (find_group(model, lb->record.region, id, &owner))
		return error_set(error, ERR_GROUP_ID, "VServerGroupId %s is of load balancer %s",
				 id, owner->record.id);
	return error_set(error, ERR_GROUP_NOT_FOUND, "VServerGroupId %s", id);
}

static int check_new_listener(const struct model *model, const struct load_balancer *lb,
			      const struct listener_record *wanted, struct error *error)
{
	const struct config *config = model->config;

	if (lb_listener(lb, wanted->protocol, wanted->port))
		return error_set(error, ERR_LISTENER_EXISTS, "%s port %u",
				 choice_name(&choices_protocol, wanted->protocol), wanted->port);
	if (lb->listener_count >= config->quotas.listeners_per_lb)
		return error_set(error, ERR_LISTENER_LIMIT, "quotas.listeners_per_lb is %u",
				 config->quotas.listeners_per_lb);
	if (model->index.listener_count >= config->quotas.listeners)
		return error_set(error, ERR_LISTENER_LIMIT, "quotas.listeners is %u",
				 config->quotas.listeners);
	return check_group(model, lb, wanted->group_id, error);
}

static int check_drain(const struct listener_record *listener, struct error *error)
{
	if (listener->connection_drain != SWITCH_ON || listener->drain_timeout_s)
		return 0;
	return error_set_argument(error, ERR_MISSING, "ConnectionDrainTimeout",
				  "ConnectionDrain is on, and ConnectionDrainTimeout is absent");
}

int model_create_listener(struct model *model, const char *region,
			  const struct listener_record *wanted, struct error *error)
{
	const struct load_balancer *lb = find_lb(model, region, wanted->lb_id);
	struct listener_record *listener;
	struct load_balancer *copy;
	int result;

	if (!lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", wanted->lb_id);
	result = check_new_listener(model, lb, wanted, error);
	if (!result)
		result = check_drain(wanted, error);
	if (result)
		return result;
	listener = listener_new(wanted, 0);
	listener->service = (uint16_t)ids_take(&model->index.service_ids);
	if (!listener->service) {
		listener_drop(listener);
		return error_set(error, ERR_OVER_QUOTA, "tables.services is %u",
				 model->config->tables.services);
	}
	listener->status = LISTENER_STOPPED;
	listener->created_ms = identity_now_ms();
	copy = lb_copy(lb);
	lb_put_listener(copy, listener);
	return servers_settle(model, lb, copy, error);
}

/* The one listener that the key means; `absent` is answered when there is none. */
static int find_listener(const struct model *model, const struct listener_key *key,
			 enum error_code absent, const struct load_balancer **lb,
			 const struct listener_record **listener, struct error *error)
{
	const struct listener_record *tcp, *udp;

	*listener = NULL;
	*lb = find_lb(model, key->region, key->lb_id);
	if (!*lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", key->lb_id);
	tcp = key->protocol == PROTOCOL_UDP ? NULL : lb_listener(*lb, PROTOCOL_TCP, key->port);
	udp = key->protocol == PROTOCOL_TCP ? NULL : lb_listener(*lb, PROTOCOL_UDP, key->port);
	if (tcp && udp)
		return error_set(
			error, ERR_TOO_MANY_LISTENERS,
			"ListenerPort %u is used by tcp and udp: name the ListenerProtocol",
			key->port);
	*listener = tcp ? tcp : udp;
	if (!*listener)
		return error_set(error, absent, "ListenerPort %u", key->port);
	return 0;
}

/* Which group the listener shall have; back to the default one only with a port for its servers. */
static int check_new_group(const struct model *model, const struct load_balancer *lb,
			   const struct listener_record *listener, const char *id,
			   struct error *error)
{
	if (!id[0] && !listener->backend_port)
		return error_set(error, ERR_GROUP_NEEDED,
				 "ListenerPort %u was created without a BackendServerPort",
				 listener->port);
	return check_group(model, lb, id, error);
}

int model_set_listener(struct model *model, const struct set_listener *request, struct error *error)
{
	const struct listener_record *wanted = &request->wanted, *listener;
	struct listener_key key = { .region = request->region,
				    .lb_id = wanted->lb_id,
				    .protocol = wanted->protocol,
				    .port = wanted->port };
	const struct load_balancer *lb;
	struct listener_record *altered;
	struct load_balancer *copy;
	int result = find_listener(model, &key, ERR_LISTENER_NOT_FOUND, &lb, &listener, error);

	if (!listener)
		return result;
	if (request->group_given)
		result = check_new_group(model, lb, listener, wanted->group_id, error);
	if (result)
		return result;
	altered = listener_new(listener, listener->backend_count);
	for (size_t i = 0; i < request->field_count; i++)
		memcpy((char *)altered + request->fields[i].offset,
		       (const char *)wanted + request->fields[i].offset, request->fields[i].size);
	result = check_drain(altered, error);
	if (result) {
		listener_drop(altered);
		return result;
	}
	if (request->group_given)
		memcpy(altered->group_id, wanted->group_id, sizeof(altered->group_id));
	copy = lb_copy(lb);
	lb_put_listener(copy, altered);
	return servers_settle(model, lb, copy, error);
}

int model_set_listener_status(struct model *model, const struct listener_key *key,
			      unsigned int status, struct error *error)
{
	const struct load_balancer *lb;
	const struct listener_record *listener;
	struct listener_record *altered;
	struct load_balancer *copy;
	int result = find_listener(model, key, ERR_LISTENER_NOT_FOUND, &lb, &listener, error);

	if (!listener || listener->status == status)
		return result;
	altered = listener_new(listener, listener->backend_count);
	altered->status = (uint8_t)status;
	copy = lb_copy(lb);
	lb_put_listener(copy, altered);
	stage_lb(model, key->lb_id, copy);
	return 0;
}

int model_delete_listener(struct model *model, const struct listener_key *key, struct error *error)
{
	const struct load_balancer *lb;
	const struct listener_record *listener;
	struct load_balancer *copy;
	int result =
		find_listener(model, key, ERR_LISTENER_RESOURCE_NOT_FOUND, &lb, &listener, error);

	if (!listener)
		return result;
	copy = lb_copy(lb);
	lb_take_listener(copy, listener);
	stage_lb(model, key->lb_id, copy);
	return 0;
}

int model_release_backend(struct model *model, const char *lb_id, unsigned int protocol,
			  unsigned int port, uint32_t backend)
{
	const struct load_balancer *committed = model_lb(model, lb_id);
	const struct load_balancer *lb = committed ? find_lb(model, committed->record.region, lb_id)
						   : NULL;
	const struct listener_record *listener = lb ? lb_listener(lb, protocol, port) : NULL;
	struct listener_record *altered;
	struct load_balancer *copy;
	const struct listener_record *before = committed ? lb_listener(committed, protocol, port)
							 : NULL;
	bool was_removed = false;

	for (uint32_t i = 0; before && i < before->backend_count; i++)
		was_removed |= before->backends[i].id == backend && before->backends[i].removed;
	for (uint32_t i = 0; was_removed && listener && i < listener->backend_count; i++) {
		if (listener->backends[i].id != backend || !listener->backends[i].removed)
			continue;
		altered = listener_new(listener, listener->backend_count);
		altered->backend_count--;
		memmove(&altered->backends[i], &altered->backends[i + 1],
			(altered->backend_count - i) * sizeof(struct backend_record));
		copy = lb_copy(lb);
		lb_put_listener(copy, altered);
		stage_lb(model, lb_id, copy);
		return 0;
	}
	return 0;
}
