/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * unveil(2) by Landlock.  Calls collect paths; unveil(NULL, NULL), or the first
 * pledge(2) without "unveil", takes away everything else.
 *
 * Differences from OpenBSD: a hidden path gives EACCES, not ENOENT, and stat(2)
 * still sees it; the path must exist; permissions of a path and of one above it
 * add up, so unveil("/home", "r") and unveil("/home/a", "") does not hide a;
 * symbolic links, devices, sockets and FIFOs cannot be created at all; and
 * unveil(NULL, NULL) also takes away, whatever pledge(2) promises later, TCP
 * connect and bind, signals to other processes and abstract sockets, so that
 * one set of rules suffices.  As on OpenBSD, descriptors opened before keep
 * working.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "confine_private.h"

#define UNVEIL_MAX	16		/* paths; more is E2BIG */

static struct {
	int			 called;
	int			 locked;
	int			 ignored;
	int			 n;
	struct landlock_path	 paths[UNVEIL_MAX];
} unveil_state;

static int
unveil_access(const char *perms, uint64_t *access)
{
	*access = 0;
	for (; *perms != '\0'; perms++)
		switch (*perms) {
		case 'r':
			*access |= LANDLOCK_FS_READ_FILE |
			    LANDLOCK_FS_READ_DIR;
			break;
		case 'w':
			*access |= LANDLOCK_FS_WRITE_FILE |
			    LANDLOCK_FS_TRUNCATE;
			break;
		case 'x':
			*access |= LANDLOCK_FS_EXECUTE;
			break;
		case 'c':
			*access |= LANDLOCK_FS_MAKE_REG |
			    LANDLOCK_FS_MAKE_DIR | LANDLOCK_FS_REMOVE_FILE |
			    LANDLOCK_FS_REMOVE_DIR | LANDLOCK_FS_REFER;
			break;
		default:
			errno = EINVAL;
			return (-1);
		}
	return (0);
}

static int
unveil_same(int a, int b)
{
	struct stat	 sta, stb;

	return (fstat(a, &sta) == 0 && fstat(b, &stb) == 0 &&
	    sta.st_dev == stb.st_dev && sta.st_ino == stb.st_ino);
}

/* Add a path; the last call for it counts, and may only remove rights. */
static int
unveil_add(int fd, uint64_t access)
{
	int		 i;

	for (i = 0; i < unveil_state.n; i++) {
		if (!unveil_same(unveil_state.paths[i].lp_fd, fd))
			continue;
		if (access & ~unveil_state.paths[i].lp_access) {
			errno = EPERM;
			return (-1);
		}
		unveil_state.paths[i].lp_access = access;
		close(fd);
		return (0);
	}
	if (i == UNVEIL_MAX) {
		errno = E2BIG;
		return (-1);
	}
	unveil_state.paths[i].lp_fd = fd;
	unveil_state.paths[i].lp_access = access;
	unveil_state.n++;
	return (0);
}

int
unveil_lock(uint64_t scoped)
{
	int	 i;

	if (unveil_state.locked)
		return (unveil_state.called);
	if (unveil_state.called && landlock_confine(LANDLOCK_FS_ALL,
	    LANDLOCK_NET_ALL, scoped, unveil_state.paths,
	    unveil_state.n) == -1)
		return (-1);
	for (i = 0; i < unveil_state.n; i++)
		close(unveil_state.paths[i].lp_fd);
	unveil_state.n = 0;
	unveil_state.locked = 1;
	return (unveil_state.called);
}

void
unveil_ignore(void)
{
	unveil_state.ignored = 1;
}

int
unveil(const char *path, const char *perms)
{
	uint64_t	 access;
	int		 fd, saved;

	if (unveil_state.ignored)
		return (0);
	if (path == NULL && perms == NULL)
		return (unveil_lock(LANDLOCK_SCOPE_ALL) == -1 ? -1 : 0);
	if (path == NULL || perms == NULL) {
		errno = EINVAL;
		return (-1);
	}
	if (unveil_state.locked) {
		errno = EPERM;
		return (-1);
	}
	if (unveil_access(perms, &access) == -1)
		return (-1);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOTDIR) {
		access &= LANDLOCK_FS_FILE;
		fd = open(path, O_PATH | O_CLOEXEC);
	}
	if (fd == -1)
		return (-1);
	if (unveil_add(fd, access) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	unveil_state.called = 1;
	return (0);
}
