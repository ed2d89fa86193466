// SPDX-License-Identifier: BSD-2-Clause
/* Binding a Unix socket without a moment in which it is open to all, or taken from a live daemon. */
#include "api/socket.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BACKLOG 128
#define MODE_ALL 0666

static int fail(char *why, size_t why_size, const char *path, const char *what)
{
	snprintf(why, why_size, "socket %s: %s", path, what);
	return -ERR_UNAVAILABLE;
}

/* With the reason in errno. */
static int fail_errno(char *why, size_t why_size, const char *path)
{
	if (errno == ENOENT)
		return fail(why, why_size, path, "its directory does not exist: create it");
	snprintf(why, why_size, "socket %s: %m", path);
	return -ERR_UNAVAILABLE;
}

static int open_unix(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(address->sun_path, path, sizeof(address->sun_path) - 1);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* True if a process listens there; a full backlog (EAGAIN) is a listener too. */
static bool somebody_answers(const char *path)
{
	struct sockaddr_un address;
	int fd = open_unix(path, &address);
	bool answers;

	if (fd < 0)
		return true;
	answers = !connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
		  (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return answers;
}

static int clear_path(const char *path, char *why, size_t why_size)
{
	struct stat found;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return fail(why, why_size, path, "the path is too long for a Unix socket");
	if (lstat(path, &found) < 0)
		return 0;
	if (!S_ISSOCK(found.st_mode))
		return fail(why, why_size, path, "a file that is no socket is in its place");
	if (somebody_answers(path))
		return fail(why, why_size, path,
			    "another process answers there: stop it, or name another socket");
	if (unlink(path) < 0)
		return fail_errno(why, why_size, path);
	return 0;
}

/* A file has one group, an access control list has any number. -1 where the file system has none. */
static int set_acl(const char *path, const struct who *who)
{
	struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entries[4 + WHO_ROWS];
	} acl = { .header = { POSIX_ACL_XATTR_VERSION } };
	const __u32 nobody = (__u32)ACL_UNDEFINED_ID;
	const __u16 both = ACL_READ | ACL_WRITE;
	struct posix_acl_xattr_entry *next = acl.entries;

	*next++ = (struct posix_acl_xattr_entry){ ACL_USER_OBJ, both, nobody };
	*next++ = (struct posix_acl_xattr_entry){ ACL_GROUP_OBJ, both, nobody };
	for (size_t i = 0; i < WHO_ROWS; i++) {
		if (who->groups[i].exists)
			*next++ = (struct posix_acl_xattr_entry){ ACL_GROUP, both,
								  who->groups[i].gid };
	}
	*next++ = (struct posix_acl_xattr_entry){ ACL_MASK, both, nobody };
	*next++ = (struct posix_acl_xattr_entry){ ACL_OTHER, 0, nobody };
	return setxattr(path, XATTR_NAME_POSIX_ACL_ACCESS, &acl,
			(size_t)((const char *)next - (const char *)&acl), 0);
}

static void give_to_groups(const char *path, const struct who *who)
{
	gid_t gid = who_owns(who);

	if (gid != (gid_t)-1 && chown(path, (uid_t)-1, gid) < 0)
		log_warning("api", "socket %s cannot be given to group %u: %s", path,
			    (unsigned int)gid, strerror(errno));
	if (!who_is_mixed(who) || !set_acl(path, who))
		return;
	if (chmod(path, MODE_ALL) < 0)
		log_warning("api", "socket %s cannot be opened to readers: %s", path,
			    strerror(errno));
}

static int bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0117);
	int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	int reason = errno;

	umask(before);
	errno = reason;
	return result;
}

int socket_file_open(struct socket_file *file, const char *path, const struct who *who, char *why,
		     size_t why_size)
{
	struct sockaddr_un address;
	struct stat made;
	int result = clear_path(path, why, why_size);

	if (result < 0)
		return result;
	file->path = path;
	file->fd = open_unix(path, &address);
	if (file->fd < 0)
		return fail_errno(why, why_size, path);
	if (bind_private(file->fd, &address) < 0) {
		result = fail_errno(why, why_size, path);
		close(file->fd);
		return result;
	}
	give_to_groups(path, who);
	if (listen(file->fd, BACKLOG) < 0 || lstat(path, &made) < 0) {
		result = fail_errno(why, why_size, path);
		close(file->fd);
		unlink(path);
		return result;
	}
	file->device = made.st_dev;
	file->inode = made.st_ino;
	return 0;
}

void socket_file_remove(const struct socket_file *file)
{
	struct stat found;

	if (!lstat(file->path, &found) && found.st_dev == file->device &&
	    found.st_ino == file->inode)
		unlink(file->path);
}

struct who_peer socket_peer(int fd)
{
	struct ucred ucred = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	socklen_t length = sizeof(ucred), groups_length = 0;
	struct who_peer peer;
	gid_t *groups;

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &length);
	peer = (struct who_peer){ .uid = ucred.uid, .gid = ucred.gid, .pid = ucred.pid };
	/* Refused for want of room, with the length that it takes. */
	getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &groups_length);
	groups = memory_new(groups_length, 1);
	peer.groups = groups;
	if (groups_length && !getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &groups_length))
		peer.group_count = groups_length / sizeof(gid_t);
	return peer;
}
