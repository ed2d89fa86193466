/* SPDX-License-Identifier: BSD-2-Clause */
/* The Unix socket as a file: who may have it, and whose it is. */
#ifndef SLUICE_API_SOCKET_H
#define SLUICE_API_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

#define SOCKET_GROUP "sluice"

struct socket_file {
	int fd; /* listening, non-blocking */
	const char *path;
	dev_t device;
	ino_t inode;
};

/* Binds and listens with mode 0660 and group SOCKET_GROUP if it exists. A stale socket is replaced
 * once a connect has shown that nobody answers. Negative with one line in `why`. `path` must live
 * as long as the file. */
int socket_file_open(struct socket_file *file, const char *path, char *why, size_t why_size);
/* Removes the file unless another process has put its own there. Does not close the descriptor. */
void socket_file_remove(const struct socket_file *file);

struct socket_peer {
	uid_t uid;
	pid_t pid;
};
/* Who is at the other end of a connection; (uid_t)-1 if the kernel does not say. */
struct socket_peer socket_peer(int fd);

#endif
