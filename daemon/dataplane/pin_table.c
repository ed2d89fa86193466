// SPDX-License-Identifier: BSD-2-Clause
/* A pinned table in memory. */
#include "dataplane/pin_table.h"

#include "dataplane/internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int pin_table_open(struct pin_table *table, const char *pins, const char *name, size_t value,
		   char *why, size_t why_size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	char directory[256], path[320];
	int fd, error = 0;

	libbpf_set_print(NULL);
	pins_directory(pins, directory);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot open the pin %s: %m", path);
	if (bpf_obj_get_info_by_fd(fd, &info, &length) || info.max_entries != 1 ||
	    info.value_size % value) {
		error = dp_fail(why, why_size, ERR_UNAVAILABLE,
				"the pin %s is not what this version makes", path);
		goto out;
	}
	table->size = info.value_size / (uint32_t)value;
	table->length = (info.value_size + page - 1) / page * page;
	table->memory = mmap(NULL, table->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (table->memory == MAP_FAILED) {
		table->memory = NULL;
		error = dp_fail(why, why_size, ERR_UNAVAILABLE, "cannot map the pin %s: %m", path);
	}
out:
	close(fd);
	return error;
}

void pin_table_close(struct pin_table *table)
{
	if (table->memory)
		munmap(table->memory, table->length);
	table->memory = NULL;
}
