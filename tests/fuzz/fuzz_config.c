// SPDX-License-Identifier: BSD-2-Clause
/* The configuration file: whatever it holds, it is taken or refused with one line. */
#include "base/config.h"
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	struct config config;
	char why[512] = "";

	if (fd < 0) {
		fd = memfd_create("config", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	HOLDS(config_defaults(&config) == 0);
	if (config_load(&config, path, why, sizeof(why)) || config_check(&config, why, sizeof(why)))
		HOLDS(why[0] && !strchr(why, '\n'));
	config_free(&config);
	return 0;
}
