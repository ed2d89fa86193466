// SPDX-License-Identifier: BSD-2-Clause
/* Reverse lines: which services use a backend's address and port. Filled from the front. */
#include "dataplane/internal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_line(const struct dataplane *dataplane, const struct sluice_reverse_key *key,
		     struct sluice_reverse *line)
{
	memset(line, 0, sizeof(*line));
	if (!bpf_map_lookup_elem(dataplane->tables[MAP_REVERSE].fd, key, line) || errno == ENOENT)
		return 0;
	return -errno;
}

static int write_line(const struct dataplane *dataplane, const struct sluice_reverse_key *key,
		      const struct sluice_reverse *line)
{
	int fd = dataplane->tables[MAP_REVERSE].fd;

	if (line->service[0])
		return bpf_map_update_elem(fd, key, line, BPF_ANY) ? -errno : 0;
	return bpf_map_delete_elem(fd, key) && errno != ENOENT ? -errno : 0;
}

/* A deleted listener needs its place no more: its flows are reset from the client's side. */
static int take_over_deleted(struct dataplane *dataplane, const struct sluice_reverse_key *key,
			     struct sluice_reverse *line, uint16_t service)
{
	for (size_t i = 0; i < SLUICE_REVERSE_SERVICES; i++) {
		uint64_t word = dataplane->services[line->service[i]].word;
		int error;

		if (SLUICE_GET(word, SERVICE_STATE) != SLUICE_SERVICE_DELETED)
			continue;
		line->service[i] = service;
		error = write_line(dataplane, key, line);
		return error ? error : 1;
	}
	return -ENOSPC;
}

int reverse_add(struct dataplane *dataplane, const struct sluice_reverse_key *key, uint16_t service)
{
	struct sluice_reverse line;
	int error = read_line(dataplane, key, &line);

	if (error)
		return error;
	for (size_t i = 0; i < SLUICE_REVERSE_SERVICES; i++) {
		if (line.service[i] == service)
			return 0;
		if (line.service[i])
			continue;
		line.service[i] = service;
		error = write_line(dataplane, key, &line);
		return error ? error : 1;
	}
	return take_over_deleted(dataplane, key, &line, service);
}

int reverse_remove(struct dataplane *dataplane, const struct sluice_reverse_key *key,
		   uint16_t service)
{
	struct sluice_reverse line, kept = { 0 };
	size_t count = 0;
	int error = read_line(dataplane, key, &line);

	if (error)
		return error;
	for (size_t i = 0; i < SLUICE_REVERSE_SERVICES; i++) {
		if (line.service[i] && line.service[i] != service)
			kept.service[count++] = line.service[i];
	}
	if (!memcmp(&kept, &line, sizeof(kept)) && count)
		return 0;
	return write_line(dataplane, key, &kept);
}

void reverse_reconcile(struct dataplane *dataplane)
{
	size_t count;
	void *values;
	struct sluice_reverse_key *keys =
		map_entries(dataplane->tables[MAP_REVERSE].fd, &values, &count);
	const struct sluice_reverse *lines = values;

	for (size_t i = 0; i < count; i++) {
		for (size_t place = 0; place < SLUICE_REVERSE_SERVICES; place++) {
			uint16_t service = lines[i].service[place];

			if (service && !backends_use(dataplane, service, 0, &keys[i]))
				retry_do(dataplane, &(struct retry){ .kind = RETRY_REVERSE,
								     .service = service,
								     .reverse = keys[i] });
		}
	}
	free(keys);
	free(values);
}
