// SPDX-License-Identifier: BSD-2-Clause
/* One backend on its way into the maps: its line, its reverse line, its counters, its neighbour. */
#include "dataplane/stage.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

static int check_backend(struct stage *stage, const struct dp_backend *backend)
{
	const struct dataplane *dataplane = stage->dataplane;

	if (backend->address.family != 4)
		return stage_fail(stage, ERR_INTERNAL, "the data plane has IPv4 only");
	if (!backend->id || backend->id >= dataplane->tables[MAP_BACKENDS].size ||
	    backend->id >= SLUICE_BACKEND_MAX)
		return stage_fail(stage, ERR_OVER_QUOTA,
				  "the kernel's table has no place for backend %u "
				  "(tables.backends)",
				  backend->id);
	return 0;
}

static int clear_traffic(struct stage *stage, uint32_t id)
{
	const struct dp_table *table = &stage->dataplane->tables[MAP_TRAFFIC];
	struct sluice_traffic *zero;
	int cpus = libbpf_num_possible_cpus(), error;

	if (id >= table->size || cpus < 1)
		return 0;
	zero = memory_new((size_t)cpus, sizeof(*zero));
	error = bpf_map_update_elem(table->fd, &id, zero, BPF_ANY);
	free(zero);
	if (error)
		return stage_fail(stage, ERR_UNAVAILABLE,
				  "the kernel does not clear the counters of backend %u: %m", id);
	return 0;
}

static int stage_reverse(struct stage *stage, const struct dp_backend *backend)
{
	char text[ADDRESS_TEXT];
	int added = reverse_add(stage->dataplane, stage->service->id, backend->id);

	if (added > 0)
		step_add(stage->transaction,
			 &(struct step){ .kind = STEP_REVERSE, .reverse = backend->id });
	if (added >= 0)
		return 0;
	address_format(&backend->address, text);
	if (added == -EMLINK)
		return stage_fail(
			stage, ERR_OVER_QUOTA,
			"%s port %u serves %u listeners already, and no more are possible", text,
			backend->port, SLUICE_REVERSE_SERVICES);
	return stage_fail(stage, ERR_OVER_QUOTA,
			  "the table of reply lines has no place for %s port %u (tables.backends "
			  "= %u)",
			  text, backend->port, stage->dataplane->tables[MAP_BACKENDS].size);
}

static bool same_place(const struct sluice_backend *a, const struct sluice_backend *b)
{
	return a->address == b->address && a->port == b->port && a->protocol == b->protocol;
}

static bool same_backend(const struct sluice_backend *a, const struct sluice_backend *b)
{
	return same_place(a, b) &&
	       SLUICE_GET(a->word, BACKEND_GENERATION) == SLUICE_GET(b->word, BACKEND_GENERATION) &&
	       SLUICE_GET(a->word, BACKEND_SERVICE) == SLUICE_GET(b->word, BACKEND_SERVICE);
}

static bool is_gone(const struct sluice_backend *backend)
{
	return SLUICE_GET(backend->word, BACKEND_STATE) == SLUICE_BACKEND_GONE;
}

static int stage_fresh(struct stage *stage, const struct dp_backend *backend,
		       const struct sluice_backend *wanted)
{
	struct dataplane *dataplane = stage->dataplane;
	struct sluice_backend *stored = &dataplane->backends[backend->id];
	int error;

	/* The store and the maps disagree, as after taking over another store's. */
	if (!is_gone(stored))
		dp_drop_backend(dataplane, dataplane->index.owner[backend->id], backend->id);
	/* … or a daemon was killed between this and its switch. */
	if (!same_place(stored, wanted))
		reverse_remove(dataplane, backend->id);
	stored->address = wanted->address;
	stored->port = wanted->port;
	stored->protocol = wanted->protocol;
	error = stage_reverse(stage, backend);
	if (!error)
		error = clear_traffic(stage, backend->id);
	if (error)
		return error;
	/* `active` counts entries of the flow table, whoever had the id when they were made. */
	__atomic_store_n(&dataplane->loads.items[backend->id].flows, 0, __ATOMIC_RELAXED);
	backend_link(dataplane, stage->service->id, backend->id);
	return 0;
}

int stage_backend(struct stage *stage, const struct dp_backend *backend)
{
	struct dataplane *dataplane = stage->dataplane;
	const struct sluice_backend *stored = &dataplane->backends[backend->id];
	struct sluice_backend wanted = {
		.word = SLUICE_PUT(BACKEND_STATE, backend->state) |
			SLUICE_PUT(BACKEND_GENERATION, backend->generation) |
			SLUICE_PUT(BACKEND_SERVICE, stage->service->id) |
			SLUICE_PUT(BACKEND_HEALTH, backend->health) |
			SLUICE_PUT(BACKEND_KEEP, backend->keep),
		.address = address_be32(&backend->address),
		.port = htons(backend->port),
		.protocol = stage->service->protocol,
	};
	struct step step = { .kind = STEP_BACKEND,
			     .backend = { .id = backend->id, .wanted = wanted } };
	int error = check_backend(stage, backend);

	if (error)
		return error;
	step.backend.fresh = is_gone(stored) || !same_backend(stored, &wanted);
	if (step.backend.fresh)
		error = stage_fresh(stage, backend, &wanted);
	step.backend.asked = !dataplane->index.staged_backend[backend->id];
	if (!step.backend.fresh && step.backend.asked)
		/* After a start: a line that a crash kept from being written. */
		error = stage_reverse(stage, backend);
	if (error)
		return error;
	if (step.backend.asked)
		neighbours_want(dataplane, backend->id);
	dataplane->index.staged_backend[backend->id] = 1;
	if (step.backend.fresh || step.backend.asked || stored->word != wanted.word)
		step_add(stage->transaction, &step);
	return 0;
}
