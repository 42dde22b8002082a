/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Locked users.  In: orders of popctl, and those kept.  See lock.h.
 */

#include <sys/types.h>
#include <sys/tree.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "limits.h"
#include "lock.h"
#include "log.h"

struct locked {
	RB_ENTRY(locked)	 lkd_node;
	char			 lkd_user[USER_MAX];
};

static int
locked_cmp(const struct locked *a, const struct locked *b)
{
	return (strcmp(a->lkd_user, b->lkd_user));
}

RB_HEAD(locked_tree, locked);
RB_PROTOTYPE(locked_tree, locked, lkd_node, locked_cmp)
RB_GENERATE(locked_tree, locked, lkd_node, locked_cmp)

static struct {
	struct locked_tree	 tree;
	unsigned int		 count;
	char			 path[PATH_LEN_MAX];	/* "": none */
} lock = { .tree = RB_INITIALIZER(&lock.tree) };

static struct locked *
lock_find(const char *user)
{
	struct locked	 key;

	strlcpy(key.lkd_user, user, sizeof(key.lkd_user));
	return (RB_FIND(locked_tree, &lock.tree, &key));
}

static void
lock_drop(struct locked *lkd)
{
	RB_REMOVE(locked_tree, &lock.tree, lkd);
	lock.count--;
	free(lkd);
}

int
lock_add(const char *user)
{
	struct locked	*lkd;

	if (lock_has(user))
		return (0);
	if ((lkd = calloc(1, sizeof(*lkd))) == NULL)
		return (-1);
	strlcpy(lkd->lkd_user, user, sizeof(lkd->lkd_user));
	RB_INSERT(locked_tree, &lock.tree, lkd);
	if (++lock.count > LOCKED_MAX) {
		lock_drop(lkd);
		errno = ENOSPC;
		return (-1);
	}
	return (1);
}

int
lock_remove(const char *user)
{
	struct locked	*lkd;

	if ((lkd = lock_find(user)) == NULL)
		return (0);
	lock_drop(lkd);
	return (1);
}

int
lock_has(const char *user)
{
	return (lock_find(user) != NULL);
}

unsigned int
lock_count(void)
{
	return (lock.count);
}

void
lock_each(void (*one)(const char *))
{
	struct locked	*lkd;

	RB_FOREACH(lkd, locked_tree, &lock.tree)
		one(lkd->lkd_user);
}

/* Follow a kept order.  Return -1 if it is none. */
static int
lock_line(char *line, size_t len)
{
	char	*user = line + strcspn(line, " ") + 1;

	if (line[len - 1] != '\n' || strlen(line) != len || user > line + len ||
	    line + len - user < 2 || line + len - user > USER_MAX)
		return (-1);
	line[len - 1] = user[-1] = '\0';
	if (strcmp(line, "lock") == 0)
		return (lock_add(user));
	lock_remove(user);
	return (strcmp(line, "unlock") == 0 ? 0 : -1);
}

/* Return the file of the popd with this control socket, or NULL for none. */
static FILE *
lock_file(const char *socket)
{
	struct stat	 st;
	FILE		*f;
	char		 why[2 * PATH_LEN_MAX];
	int		 fd;

	if (strcmp(socket, POPD_SOCKET) == 0)
		strlcpy(lock.path, POPD_LOCKED, sizeof(lock.path));
	else if (socket[0] != '\0')
		snprintf(lock.path, sizeof(lock.path), "%s.locked", socket);
	if (access(lock.path, F_OK) == -1 && errno == ENOENT)
		return (NULL);
	fd = file_open(lock.path, FILE_DECIDES, &st, why, sizeof(why));
	if (fd == -1)
		errx(1, "%s", why);
	if ((f = fdopen(fd, "r")) == NULL)
		err(1, "%s", lock.path);
	return (f);
}

void
lock_start(const char *socket)
{
	char		*line = NULL;
	unsigned int	 n = 0;
	size_t		 size = 0;
	ssize_t		 len;
	FILE		*f;

	if ((f = lock_file(socket)) == NULL)
		return;
	while (n++, (len = getline(&line, &size, f)) != -1)
		if (lock_line(line, (size_t)len) == -1)
			errx(1, "%s:%u: expected \"lock user\" or "
			    "\"unlock user\"", lock.path, n);
	if (ferror(f))
		err(1, "%s", lock.path);
	free(line);
	fclose(f);
}

int
lock_unveil(void)
{
	return (lock.path[0] == '\0' ? 0 : file_unveil(lock.path, "rwc"));
}

/* Add a whole line, or none. */
static int
lock_append(int fd, const char *line, size_t len)
{
	off_t	 end = lseek(fd, 0, SEEK_END);
	ssize_t	 n;

	if (end == -1 || (n = write(fd, line, len)) == -1)
		return (-1);
	if ((size_t)n == len)
		return (0);
	if (ftruncate(fd, end) != -1)
		errno = ENOSPC;
	return (-1);
}

/*
 * Return 0 if the next start will not refuse the file, else -1 with errno; an
 * empty one is removed, and nobody is locked by it.
 */
static int
lock_judge(int kept, int locked)
{
	const int	 empty = lseek(kept, 0, SEEK_END) == 0;
	struct stat	 st;
	char		 why[2 * PATH_LEN_MAX];
	int		 fd;

	fd = file_open(lock.path, FILE_DECIDES, &st, why, sizeof(why));
	if (fd != -1)
		return (close(fd));
	log_warnx("%s", why);
	if (empty)
		unlink(lock.path);
	errno = EPERM;
	return (empty && !locked ? 0 : -1);
}

int
lock_keep(const char *user, int locked)
{
	char	 line[USER_MAX + 16];
	int	 fd, result, saved;

	if ((fd = open(lock.path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600)) == -1)
		return (-1);
	snprintf(line, sizeof(line), "%s %s\n", locked ? "lock" : "unlock",
	    user);
	if (lock_judge(fd, locked) == -1)
		result = -1;
	else if (!locked && lock.count == 1)
		result = ftruncate(fd, 0);
	else
		result = lock_append(fd, line, strlen(line));
	if (result == 0)
		result = fsync(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return (result);
}
