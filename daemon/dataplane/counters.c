// SPDX-License-Identifier: BSD-2-Clause
/* Counters: kept by each CPU for itself, summed up here. */
#include "dataplane/internal.h"

#include "base/memory.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

void dataplane_traffic(const struct dataplane *dataplane, uint32_t backend,
		       struct sluice_traffic *out)
{
	const struct dp_table *table = &dataplane->tables[MAP_TRAFFIC];
	int cpus = libbpf_num_possible_cpus();
	struct sluice_traffic *values;

	memset(out, 0, sizeof(*out));
	if (backend >= table->size || cpus < 1)
		return;
	values = memory_new((size_t)cpus, sizeof(*values));
	if (bpf_map_lookup_elem(table->fd, &backend, values))
		cpus = 0;
	for (int cpu = 0; cpu < cpus; cpu++) {
		out->packets_in += values[cpu].packets_in;
		out->bytes_in += values[cpu].bytes_in;
		out->packets_out += values[cpu].packets_out;
		out->bytes_out += values[cpu].bytes_out;
	}
	free(values);
}

void dataplane_load(const struct dataplane *dataplane, uint32_t backend, struct sluice_load *out)
{
	const struct sluice_load *load = &dataplane->loads.items[backend];

	*out = (struct sluice_load){ 0 };
	if (backend >= dataplane->loads.size)
		return;
	out->active = __atomic_load_n(&load->active, __ATOMIC_RELAXED);
	out->flows = __atomic_load_n(&load->flows, __ATOMIC_RELAXED);
}

void dataplane_counters(const struct dataplane *dataplane, uint64_t out[SLUICE_COUNT_MAX])
{
	const struct dp_table *table = &dataplane->tables[MAP_COUNTERS];
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values;

	memset(out, 0, SLUICE_COUNT_MAX * sizeof(*out));
	if (cpus < 1)
		return;
	values = memory_new((size_t)cpus, sizeof(*values));
	for (uint32_t row = 0; row < SLUICE_COUNT_MAX && row < table->size; row++) {
		if (bpf_map_lookup_elem(table->fd, &row, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			out[row] += values[cpu];
	}
	free(values);
}
