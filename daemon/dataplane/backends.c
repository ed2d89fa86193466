// SPDX-License-Identifier: BSD-2-Clause
/* Which backends each service has, drained ones that no member block names included. */
#include "dataplane/internal.h"

#include "base/memory.h"

void backends_open(struct dataplane *dataplane)
{
	size_t services = SLUICE_SERVICE_MAX + 1, backends = dataplane->tables[MAP_BACKENDS].size;
	struct dp_index *index = &dataplane->index;

	index->first = memory_new(services, sizeof(*index->first));
	index->staged_service = memory_new(services, sizeof(*index->staged_service));
	index->next = memory_new(backends, sizeof(*index->next));
	index->owner = memory_new(backends, sizeof(*index->owner));
	index->position = memory_new(backends, sizeof(*index->position));
	index->after = memory_new(backends, sizeof(*index->after));
	index->before = memory_new(backends, sizeof(*index->before));
	index->staged_backend = memory_new(backends, sizeof(*index->staged_backend));
	for (uint32_t id = 1; id < backends; id++) {
		uint64_t word = dataplane->backends[id].word;

		if (SLUICE_GET(word, BACKEND_STATE) != SLUICE_BACKEND_GONE)
			backend_link(dataplane, (uint16_t)SLUICE_GET(word, BACKEND_SERVICE), id);
	}
}

void backends_close(struct dataplane *dataplane)
{
	struct dp_index *index = &dataplane->index;

	free(index->first);
	free(index->next);
	free(index->owner);
	free(index->position);
	free(index->after);
	free(index->before);
	free(index->staged_service);
	free(index->staged_backend);
}

void backend_link(struct dataplane *dataplane, uint16_t service, uint32_t id)
{
	struct dp_index *index = &dataplane->index;

	if (index->owner[id] == service)
		return;
	backend_unlink(dataplane, id);
	index->owner[id] = service;
	index->next[id] = index->first[service];
	index->first[service] = id;
}

void backend_unlink(struct dataplane *dataplane, uint32_t id)
{
	struct dp_index *index = &dataplane->index;
	uint32_t *at = &index->first[index->owner[id]];

	if (!index->owner[id])
		return;
	while (*at && *at != id)
		at = &index->next[*at];
	*at = index->next[id];
	index->next[id] = 0;
	index->owner[id] = 0;
}

uint8_t dataplane_generation(const struct dataplane *dataplane, uint32_t backend)
{
	if (backend >= dataplane->tables[MAP_BACKENDS].size)
		return 0;
	return (uint8_t)SLUICE_GET(dataplane->backends[backend].word, BACKEND_GENERATION);
}

struct dataplane_known dataplane_known(const struct dataplane *dataplane, uint32_t backend)
{
	uint64_t word = backend < dataplane->tables[MAP_BACKENDS].size
				? dataplane->backends[backend].word
				: 0;

	return (struct dataplane_known){
		.generation = (uint8_t)SLUICE_GET(word, BACKEND_GENERATION),
		.state = (uint8_t)SLUICE_GET(word, BACKEND_STATE),
		.health = (uint8_t)SLUICE_GET(word, BACKEND_HEALTH),
	};
}

void dp_set_backend(struct dataplane *dataplane, uint16_t service, const struct dp_backend *backend)
{
	uint64_t word, state;

	if (!backend->id || backend->id >= dataplane->tables[MAP_BACKENDS].size ||
	    dataplane->index.owner[backend->id] != service)
		return;
	word = dataplane->backends[backend->id].word;
	state = SLUICE_GET(word, BACKEND_STATE);
	if (state == SLUICE_BACKEND_GONE ||
	    SLUICE_GET(word, BACKEND_GENERATION) != backend->generation)
		return;
	/* The states stand in this order. */
	if (backend->state > state)
		word = SLUICE_SET(word, BACKEND_STATE, backend->state);
	word = SLUICE_SET(word, BACKEND_HEALTH, backend->health);
	word = SLUICE_SET(word, BACKEND_KEEP, backend->keep);
	if (word != dataplane->backends[backend->id].word)
		word_store(&dataplane->backends[backend->id].word, word);
}
