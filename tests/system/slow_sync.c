// SPDX-License-Identifier: BSD-2-Clause
/*
 * A disk that stalls: preloaded, it lets every sync wait while a file is there.
 * SLOW_SYNC=PATH:MILLISECONDS says which file, and for how long.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void stall(void)
{
	const char *setting = getenv("SLOW_SYNC");
	const char *colon = setting ? strrchr(setting, ':') : NULL;
	char path[256];

	if (!colon || (size_t)(colon - setting) >= sizeof(path))
		return;
	snprintf(path, sizeof(path), "%.*s", (int)(colon - setting), setting);
	if (!access(path, F_OK))
		usleep((useconds_t)strtoul(colon + 1, NULL, 10) * 1000);
}

int fdatasync(int fd)
{
	int (*next)(int);

	*(void **)&next = dlsym(RTLD_NEXT, "fdatasync");
	stall();
	return next(fd);
}

int fsync(int fd)
{
	int (*next)(int);

	*(void **)&next = dlsym(RTLD_NEXT, "fsync");
	stall();
	return next(fd);
}

int msync(void *address, size_t length, int flags)
{
	int (*next)(void *, size_t, int);

	*(void **)&next = dlsym(RTLD_NEXT, "msync");
	stall();
	return next(address, length, flags);
}
