// SPDX-License-Identifier: BSD-2-Clause
/* Listeners: created stopped, started, stopped, deleted (API, 4.2). */
#include "core/staging.h"

#include "base/choice.h"
#include "base/config.h"

#include <string.h>

/* A backend's address, port and protocol may serve so many services: a reply must find its own. */
int check_backend_users(const struct model *model, const struct listener_record *listener,
			const struct listener_record *before, struct tally *fresh,
			struct error *error)
{
	uint32_t same = 0;

	while (before && same < before->backend_count && same < listener->backend_count &&
	       before->backends[same].id == listener->backends[same].id)
		same++;
	for (uint32_t i = same; i < listener->backend_count; i++) {
		const struct backend_record *backend = &listener->backends[i];
		char text[ADDRESS_TEXT];

		if (index_backend_users(&model->index, backend, listener->protocol, fresh) <
		    model->config->quotas.services_per_backend)
			continue;
		return error_set(error, ERR_OVER_QUOTA,
				 "%s port %u already serves %u listeners of this protocol",
				 address_format(&backend->address, text), backend->port,
				 model->config->quotas.services_per_backend);
	}
	return 0;
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
	if (model->index.backend_count + lb->group.member_count > config->quotas.backends)
		return error_set(error, ERR_OVER_QUOTA, "quotas.backends is %u",
				 config->quotas.backends);
	return 0;
}

/* Gives back the ids of a listener that does not come to be. */
static void discard_listener(struct model *model, struct listener_record *listener)
{
	for (uint32_t i = 0; i < listener->backend_count; i++)
		ids_release(&model->index.backend_ids, listener->backends[i].id);
	ids_release(&model->index.service_ids, listener->service);
	listener_drop(listener);
}

int model_create_listener(struct model *model, const char *region,
			  const struct listener_record *wanted, struct error *error)
{
	const struct load_balancer *lb = find_lb(model, region, wanted->lb_id);
	struct listener_record *bare, *listener;
	struct load_balancer *copy;
	uint32_t shortage = 0;
	int result;

	if (!lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", wanted->lb_id);
	result = check_new_listener(model, lb, wanted, error);
	if (result)
		return result;
	bare = listener_new(wanted, 0);
	bare->service = (uint16_t)ids_take(&model->index.service_ids);
	if (!bare->service) {
		listener_drop(bare);
		return error_set(error, ERR_OVER_QUOTA, "tables.services is %u",
				 model->config->tables.services);
	}
	bare->status = LISTENER_STOPPED;
	bare->created_ms = identity_now_ms();
	listener = backends_fit(&model->index, lb, bare, &shortage);
	if (listener != bare)
		listener_drop(bare);
	if (shortage)
		result = error_set(error, ERR_OVER_QUOTA, "tables.backends is %u",
				   model->config->tables.backends);
	else
		result = check_backend_users(model, listener, NULL, NULL, error);
	if (result) {
		discard_listener(model, listener);
		return result;
	}
	copy = lb_copy(lb);
	lb_put_listener(copy, listener);
	stage_lb(model, lb->record.id, copy);
	return 0;
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

	for (uint32_t i = 0; listener && i < listener->backend_count; i++) {
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
