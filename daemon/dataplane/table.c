// SPDX-License-Identifier: BSD-2-Clause
/* Hash maps as a whole: all entries of the small ones, the flow table slice by slice. */
#include "dataplane/internal.h"

#include "base/memory.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#define SLICE 16384

/* Calls `each` with the keys of every slice. Entries or -errno. */
static int64_t walk(int fd, void (*each)(int fd, const uint64_t *keys, uint32_t count))
{
	uint64_t *keys = memory_new(SLICE, sizeof(*keys));
	uint64_t *values = memory_new(SLICE, sizeof(*values));
	uint32_t position;
	int64_t entries = 0;
	bool started = false, more = true;

	while (more) {
		__u32 count = SLICE;

		if (bpf_map_lookup_batch(fd, started ? &position : NULL, &position, keys, values,
					 &count, NULL)) {
			more = false;
			if (errno != ENOENT) {
				entries = -errno;
				break;
			}
		}
		started = true;
		entries += count;
		if (each)
			each(fd, keys, count);
	}
	free(keys);
	free(values);
	return entries;
}

static void delete_keys(int fd, const uint64_t *keys, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		(void)bpf_map_delete_elem(fd, &keys[i]);
}

int flows_empty(int fd)
{
	int64_t entries = walk(fd, delete_keys);

	return entries < 0 ? (int)entries : 0;
}

int64_t flows_count(int fd)
{
	return walk(fd, NULL);
}

void *map_entries(int fd, void **values, size_t *count)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), entries = 0, position;
	char *all_keys = NULL, *all_values = NULL;

	if (!bpf_obj_get_info_by_fd(fd, &info, &length)) {
		entries = info.max_entries;
		all_keys = memory_new(entries, info.key_size);
		all_values = memory_new(entries, info.value_size);
		/* ENOENT: that was all of them. */
		if (bpf_map_lookup_batch(fd, NULL, &position, all_keys, all_values, &entries,
					 NULL) &&
		    errno != ENOENT)
			entries = 0;
	}
	*count = entries;
	if (values)
		*values = all_values;
	else
		free(all_values);
	return all_keys;
}
