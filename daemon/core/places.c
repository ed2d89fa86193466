// SPDX-License-Identifier: BSD-2-Clause
/* An entry outlives its listener: that the listener there still has the service is the proof. */
#include "core/places.h"

#include "base/memory.h"

struct place {
	char lb_id[RECORD_ID];
	uint8_t protocol;
	uint16_t port;
};

struct places {
	struct model *model;
	struct place *items; /* by service */
	uint32_t count;
};

struct places *places_new(struct model *model, uint32_t services)
{
	struct places *places = memory_new(1, sizeof(*places));

	*places = (struct places){ .model = model,
				   .items = memory_new(services, sizeof(struct place)),
				   .count = services };
	return places;
}

void places_free(struct places *places)
{
	if (!places)
		return;
	free(places->items);
	free(places);
}

void places_follow(struct places *places, const struct load_balancer *lb)
{
	for (size_t i = 0; lb && i < lb->listener_count; i++) {
		const struct listener_record *listener = lb->listeners[i];
		struct place *place = &places->items[listener->service];

		memcpy(place->lb_id, lb->record.id, sizeof(place->lb_id));
		place->protocol = listener->protocol;
		place->port = listener->port;
	}
}

const struct listener_record *places_find(const struct places *places, uint16_t service,
					  const struct load_balancer **lb)
{
	const struct place *place;
	const struct listener_record *listener;

	if (!service || service >= places->count)
		return NULL;
	place = &places->items[service];
	*lb = model_lb(places->model, place->lb_id);
	listener = *lb ? lb_listener(*lb, place->protocol, place->port) : NULL;
	return listener && listener->service == service ? listener : NULL;
}
