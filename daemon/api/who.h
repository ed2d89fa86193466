/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may do what over the Unix socket: one table, looked at with what the kernel says of the other
 * end (SO_PEERCRED, SO_PEERGROUPS). The best row that fits counts; nobody's is nothing.
 */
#ifndef SLUICE_API_WHO_H
#define SLUICE_API_WHO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum right { RIGHT_NONE, RIGHT_READ, RIGHT_WRITE };

struct who_row {
	const char *group; /* NULL: the user root */
	enum right right;
};
#define WHO_ROWS 3
extern const struct who_row who_table[WHO_ROWS];

/* The table's groups as numbers, as they were at the start. */
struct who {
	struct {
		bool exists;
		gid_t gid;
	} groups[WHO_ROWS];
};

struct who_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	const gid_t *groups; /* further ones */
	size_t group_count;
};

void who_find_groups(struct who *who);
enum right who_may(const struct who *who, const struct who_peer *peer);
/* Whom the socket file is for: the group to give it to (-1: none), and whether there are more. */
gid_t who_owns(const struct who *who);
bool who_is_mixed(const struct who *who);

#endif
