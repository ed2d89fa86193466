// SPDX-License-Identifier: BSD-2-Clause
/* The table of rights, and its groups looked up by name. */
#include "api/who.h"

#include <grp.h>
#include <string.h>

#define GROUP_BUFFER 16384

const struct who_row who_table[WHO_ROWS] = {
	{ .group = NULL, .right = RIGHT_WRITE },
	{ .group = "sluice", .right = RIGHT_WRITE },
	{ .group = "sluice-view", .right = RIGHT_READ },
};

void who_find_groups(struct who *who)
{
	char buffer[GROUP_BUFFER];
	struct group group, *found;

	memset(who, 0, sizeof(*who));
	for (size_t i = 0; i < WHO_ROWS; i++) {
		found = NULL;
		if (!who_table[i].group ||
		    getgrnam_r(who_table[i].group, &group, buffer, sizeof(buffer), &found) ||
		    !found)
			continue;
		who->groups[i].exists = true;
		who->groups[i].gid = group.gr_gid;
	}
}

static bool is_in(const struct who_peer *peer, gid_t gid)
{
	for (size_t i = 0; i < peer->group_count; i++) {
		if (peer->groups[i] == gid)
			return true;
	}
	return peer->gid == gid;
}

enum right who_may(const struct who *who, const struct who_peer *peer)
{
	enum right best = RIGHT_NONE;

	for (size_t i = 0; i < WHO_ROWS; i++) {
		bool fits = who_table[i].group
				    ? who->groups[i].exists && is_in(peer, who->groups[i].gid)
				    : peer->uid == 0;

		if (fits && who_table[i].right > best)
			best = who_table[i].right;
	}
	return best;
}

gid_t who_owns(const struct who *who)
{
	for (size_t i = 0; i < WHO_ROWS; i++) {
		if (who->groups[i].exists)
			return who->groups[i].gid;
	}
	return (gid_t)-1;
}

bool who_is_mixed(const struct who *who)
{
	size_t count = 0;

	for (size_t i = 0; i < WHO_ROWS; i++)
		count += who->groups[i].exists;
	return count > 1;
}
