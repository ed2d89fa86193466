// SPDX-License-Identifier: BSD-2-Clause
/* Two arrays: the service of every backend that is watched, and which services have nobody left. */
#include "core/watch.h"

#include "base/choice.h"
#include "base/config.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/staging.h"

#include <stdio.h>

#define DOMAIN "health"
#define DOMAIN_IS_ADDRESS "$_ip"

struct watch {
	struct model *model;
	struct health *health;
	struct places *places;
	uint16_t *services; /* by backend: whose it is, 0: not watched */
	bool *deserted; /* by service: all of its servers are unhealthy */
};

struct watch *watch_new(struct model *model, struct health *health, struct places *places)
{
	struct watch *watch = memory_new(1, sizeof(*watch));
	const struct config *config = model->config;

	*watch = (struct watch){
		.model = model,
		.health = health,
		.places = places,
		.services = memory_new(config->tables.backends, sizeof(uint16_t)),
		.deserted = memory_new(config->tables.services, sizeof(bool)),
	};
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	free(watch->services);
	free(watch->deserted);
	free(watch);
}

/* --- following --- */

static uint8_t at_least_one(uint8_t value)
{
	return value ? value : 1;
}

static struct health_check check_of(const struct listener_record *listener,
				    const struct backend_record *backend)
{
	const bool by_address = !strcmp(listener->health.domain, DOMAIN_IS_ADDRESS);

	return (struct health_check){
		.type = listener->protocol == PROTOCOL_UDP ? HEALTH_UDP : listener->health.type,
		.address = backend->address,
		.port = listener->health.port ? listener->health.port : backend->port,
		.interval_s = listener->health.interval_s ? listener->health.interval_s : 1,
		.timeout_s = listener->health.timeout_s ? listener->health.timeout_s : 1,
		.rise = at_least_one(listener->health.rise),
		.fall = at_least_one(listener->health.fall),
		.method = listener->health.method,
		.uri = listener->health.uri,
		.host = by_address ? "" : listener->health.domain,
		.codes = listener->health.codes,
		.request = listener->health.request,
		.expect = listener->health.expect,
	};
}

/* What is known of a removed one stays as it was: what is down does not come up by that. */
static void forget(struct watch *watch, uint32_t backend, bool removed)
{
	/* Also of one that was removed while it was down, and is back where nobody looks. */
	if (!removed)
		vitals_set_health(&watch->model->vitals, backend, HEALTH_UNKNOWN);
	if (!watch->services[backend])
		return;
	watch->services[backend] = 0;
	health_forget(watch->health, backend);
}

static void follow_backend(struct watch *watch, const struct load_balancer *lb,
			   const struct listener_record *listener,
			   const struct backend_record *backend, bool same)
{
	struct health_check check;

	if (!model_is_watched(watch->model, MODEL_STAGED, lb, listener, backend)) {
		forget(watch, backend->id, backend->removed);
		return;
	}
	if (watch->services[backend->id] == listener->service && same)
		return;
	watch->services[backend->id] = listener->service;
	check = check_of(listener, backend);
	health_watch(watch->health, backend->id, &check,
		     vitals_health(&watch->model->vitals, backend->id));
}

static bool has_backend(const struct listener_record *listener, uint32_t position, uint32_t id)
{
	if (listener && position < listener->backend_count && listener->backends[position].id == id)
		return true;
	for (uint32_t i = 0; listener && i < listener->backend_count; i++) {
		if (listener->backends[i].id == id)
			return true;
	}
	return false;
}

/* Backends that are not there any more. */
static void forget_gone(struct watch *watch, const struct listener_record *before,
			const struct listener_record *after)
{
	for (uint32_t i = 0; i < before->backend_count; i++) {
		if (!has_backend(after, i, before->backends[i].id))
			forget(watch, before->backends[i].id, true);
	}
}

void watch_forget(struct watch *watch, const struct listener_record *before)
{
	forget_gone(watch, before, NULL);
	watch->deserted[before->service] = false;
}

static bool same_check(const struct listener_record *a, const struct listener_record *b)
{
	return a == b ||
	       (a->health.type == b->health.type && a->health.method == b->health.method &&
		a->health.port == b->health.port && a->health.timeout_s == b->health.timeout_s &&
		a->health.interval_s == b->health.interval_s && a->health.rise == b->health.rise &&
		a->health.fall == b->health.fall && !strcmp(a->health.uri, b->health.uri) &&
		!strcmp(a->health.domain, b->health.domain) &&
		!strcmp(a->health.codes, b->health.codes) &&
		!strcmp(a->health.request, b->health.request) &&
		!strcmp(a->health.expect, b->health.expect));
}

void watch_follow(struct watch *watch, const struct load_balancer *lb,
		  const struct listener_record *before, const struct listener_record *after)
{
	bool same = before && same_check(before, after);

	if (before && before != after)
		forget_gone(watch, before, after);
	for (uint32_t i = 0; i < after->backend_count; i++)
		follow_backend(watch, lb, after, &after->backends[i], same);
}

/* --- results --- */

static void listener_words(const struct listener_record *listener, char out[static JOURNAL_SUBJECT])
{
	snprintf(out, JOURNAL_SUBJECT, "%s %s/%u", listener->lb_id,
		 choice_name(&choices_protocol, listener->protocol), listener->port);
}

static void backend_words(const struct load_balancer *lb, const struct listener_record *listener,
			  const struct backend_record *backend, char out[static JOURNAL_SUBJECT])
{
	const struct member_record *member = lb_backend_member(lb, listener, backend);
	char text[ADDRESS_TEXT];

	snprintf(out, JOURNAL_SUBJECT, "%s %s/%u %s %s:%u", listener->lb_id,
		 choice_name(&choices_protocol, listener->protocol), listener->port,
		 member ? member->server_id : "-", address_format(&backend->address, text),
		 backend->port);
}

static void tell(const struct watch *watch, uint16_t service, uint32_t id, enum health_state state,
		 const char *reason)
{
	const struct load_balancer *lb;
	const struct listener_record *listener = places_find(watch->places, service, &lb);
	const char *word = state == HEALTH_DOWN ? "down" : "up";
	char subject[JOURNAL_SUBJECT];

	for (uint32_t i = 0; listener && i < listener->backend_count; i++) {
		if (listener->backends[i].id != id)
			continue;
		backend_words(lb, listener, &listener->backends[i], subject);
		journal_note(JOURNAL_HEALTH, subject, "%s: %s", word, reason);
		log_info(DOMAIN, "%s is %s: %s", subject, word, reason);
		return;
	}
}

uint16_t watch_result(struct watch *watch, uint32_t backend, enum health_state state,
		      const char *reason)
{
	uint16_t service =
		backend < watch->model->config->tables.backends ? watch->services[backend] : 0;

	if (!service)
		return 0;
	vitals_set_health(&watch->model->vitals, backend, state);
	tell(watch, service, backend, state, reason);
	return service;
}

void watch_listener(struct watch *watch, enum model_side side, const struct load_balancer *lb,
		    const struct listener_record *listener)
{
	bool deserted = model_all_unhealthy(watch->model, side, lb, listener);
	const char *serves = watch->model->config->all_unhealthy == ALL_UNHEALTHY_SERVE
				     ? "all are served"
				     : "new connections are treated as NoBackendPolicy says";
	char subject[JOURNAL_SUBJECT];

	if (deserted == watch->deserted[listener->service])
		return;
	watch->deserted[listener->service] = deserted;
	listener_words(listener, subject);
	if (deserted) {
		journal_note(JOURNAL_HEALTH, subject, "no server is healthy: %s", serves);
		log_warning(DOMAIN, "%s has no healthy server: %s", subject, serves);
	} else {
		journal_note(JOURNAL_HEALTH, subject, "not all servers are unhealthy any more");
		log_info(DOMAIN, "%s: not all servers are unhealthy any more", subject);
	}
}
