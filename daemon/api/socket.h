/* SPDX-License-Identifier: BSD-2-Clause */
/* The Unix socket as a file, and who is at the other end of a connection. */
#ifndef SLUICE_API_SOCKET_H
#define SLUICE_API_SOCKET_H

#include "api/who.h"

#include <stddef.h>
#include <sys/types.h>

struct socket_file {
	int fd; /* listening, non-blocking */
	const char *path;
	dev_t device;
	ino_t inode;
};

/* Binds and listens. The file is for root and the groups of `who` (0660, and an access control list
 * for more than one; for all, 0666, where there are none of those: each request is judged anyway). A
 * stale socket is replaced once a connect has shown
 * that nobody answers. Negative with one line in `why`. `path` must live as long as the file. */
int socket_file_open(struct socket_file *file, const char *path, const struct who *who, char *why,
		     size_t why_size);
/* Removes the file unless another process has put its own there. Does not close the descriptor. */
void socket_file_remove(const struct socket_file *file);

/* Who is at the other end of a connection, by the kernel's word at its connect: uid and gid are -1 if
 * it gives none. The groups are allocated: free them. */
struct who_peer socket_peer(int fd);

#endif
