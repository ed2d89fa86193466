// SPDX-License-Identifier: BSD-2-Clause
/* What goes away: after a switch, and at the end of the reconciliation. */
#include "dataplane/internal.h"

#include "base/log.h"

#include <inttypes.h>
#include <string.h>

static void store_state(struct sluice_backend *backend, enum sluice_backend_state state)
{
	word_store(&backend->word, SLUICE_SET(backend->word, BACKEND_STATE, state));
}

void dp_drop_backend(struct dataplane *dataplane, uint16_t service, uint32_t backend)
{
	struct sluice_backend *stored;

	if (!backend || backend >= dataplane->tables[MAP_BACKENDS].size ||
	    dataplane->index.owner[backend] != service || !service)
		return;
	stored = &dataplane->backends[backend];
	word_store(&stored->word,
		   SLUICE_PUT(BACKEND_GENERATION, SLUICE_GET(stored->word, BACKEND_GENERATION)));
	backend_unlink(dataplane, backend);
	if (dataplane->index.staged_backend[backend])
		neighbours_release(dataplane, backend);
	dataplane->index.staged_backend[backend] = 0;
	reverse_remove(dataplane, backend);
}

void dp_delete_service(struct dataplane *dataplane, uint16_t service)
{
	const struct dp_index *index = &dataplane->index;
	uint64_t word;

	if (!service || service >= dataplane->tables[MAP_SERVICES].size)
		return;
	word = dataplane->services[service].word;
	if (SLUICE_GET(word, SERVICE_STATE) == SLUICE_SERVICE_ABSENT)
		return;
	service_store(dataplane, service, SLUICE_SET(word, SERVICE_STATE, SLUICE_SERVICE_DELETED));
	for (uint32_t id = index->first[service]; id; id = index->next[id])
		store_state(&dataplane->backends[id], SLUICE_BACKEND_DOWN);
}

static void release_room(struct dataplane *dataplane, uint64_t word)
{
	struct room_block ring = service_ring(word);
	struct room_block members = service_members(dataplane, word, NULL);

	if (ring.lines)
		ring_put(dataplane, &ring, true);
	if (members.lines)
		room_rest(&dataplane->member_room, &members, dp_now_ms());
}

void dp_drop_service(struct dataplane *dataplane, uint16_t service)
{
	struct sluice_service *stored;
	struct endpoint listener;
	uint64_t word;

	if (!service || service >= dataplane->tables[MAP_SERVICES].size)
		return;
	stored = &dataplane->services[service];
	word = stored->word;
	if (SLUICE_GET(word, SERVICE_STATE) == SLUICE_SERVICE_ABSENT)
		return;
	service_store(dataplane, service, 0);
	while (dataplane->index.first[service])
		dp_drop_backend(dataplane, service, dataplane->index.first[service]);
	dataplane->index.staged_service[service] = 0;
	listener = (struct endpoint){ .address = stored->vip,
				      .port = stored->port,
				      .protocol = stored->protocol };
	vip_line_delete(dataplane, &listener, service);
	release_room(dataplane, word);
}

void dataplane_reconciled(struct dataplane *dataplane)
{
	const struct dp_index *index = &dataplane->index;
	unsigned int services = 0, backends = 0;

	for (uint32_t id = 1; id < dataplane->tables[MAP_SERVICES].size; id++) {
		uint64_t word = dataplane->services[id].word;

		if (index->staged_service[id] ||
		    SLUICE_GET(word, SERVICE_STATE) == SLUICE_SERVICE_ABSENT)
			continue;
		dp_drop_service(dataplane, (uint16_t)id);
		services++;
	}
	for (uint32_t id = 1; id < dataplane->tables[MAP_BACKENDS].size; id++) {
		if (index->staged_backend[id] || !index->owner[id])
			continue;
		dp_drop_backend(dataplane, index->owner[id], id);
		backends++;
	}
	vips_reconcile(dataplane);
	reverse_reconcile(dataplane);
	hop_words_reconcile(dataplane);
	if (services || backends)
		log_info(DOMAIN, "dropped what the store does not know services=%u backends=%u",
			 services, backends);
}
