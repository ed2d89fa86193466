// SPDX-License-Identifier: BSD-2-Clause
/*
 * A disk that stalls: preloaded, it lets every sync wait while a file is there, and fail then if
 * there is anything in the file. SLOW_SYNC=PATH:MILLISECONDS says which file, and for how long.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* -1 with errno: the sync fails. */
static int stall(void)
{
	const char *setting = getenv("SLOW_SYNC");
	const char *colon = setting ? strrchr(setting, ':') : NULL;
	struct stat file;
	char path[256];

	if (!colon || (size_t)(colon - setting) >= sizeof(path))
		return 0;
	snprintf(path, sizeof(path), "%.*s", (int)(colon - setting), setting);
	if (stat(path, &file))
		return 0;
	usleep((useconds_t)strtoul(colon + 1, NULL, 10) * 1000);
	errno = EIO;
	return file.st_size ? -1 : 0;
}

int fdatasync(int fd)
{
	int (*next)(int);

	*(void **)&next = dlsym(RTLD_NEXT, "fdatasync");
	return stall() ? -1 : next(fd);
}

int fsync(int fd)
{
	int (*next)(int);

	*(void **)&next = dlsym(RTLD_NEXT, "fsync");
	return stall() ? -1 : next(fd);
}

int msync(void *address, size_t length, int flags)
{
	int (*next)(void *, size_t, int);

	*(void **)&next = dlsym(RTLD_NEXT, "msync");
	return stall() ? -1 : next(address, length, flags);
}
