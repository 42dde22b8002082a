/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Listening sockets with a path.  See lmtpsock.h.
 *
 * The directory is owned by root or the user of popd and not writable by
 * others, so no other user can replace or block the socket.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "file.h"
#include "lmtpsock.h"
#include "log.h"
#include "settings.h"

#define MODE_DEFAULT	0660

/* Get the directory of a path. */
static void
lmtpsock_directory(const char *path, char *dir, size_t size)
{
	char	*slash;

	strlcpy(dir, path, size);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
}

/* Return NULL, or what is wrong with an existing directory. */
static const char *
lmtpsock_check(const char *dir)
{
	struct stat	 st;

	if (stat(dir, &st) == -1)
		return (errno == ENOENT ? NULL : strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return ("not in a directory");
	if (st.st_uid != 0 && st.st_uid != settings.uid)
		return ("its directory is not owned by root");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return ("its directory is writable by others");
	return (NULL);
}

/* Return whether another rule has the path. */
static int
lmtpsock_taken(const struct config *cg, const char *path)
{
	unsigned int	 i;

	for (i = 0; i < cg->cfg_naddresses; i++)
		if (strcmp(cg->cfg_addresses[i].ad_name, path) == 0)
			return (1);
	return (0);
}

/* Set owner and mode.  Return NULL or the error. */
static const char *
lmtpsock_owner(const struct config_listen *li, struct config_address *ad)
{
	const struct passwd	*pw;
	const struct group	*gr;
	unsigned long		 mode = MODE_DEFAULT;
	char			*end = NULL;

	ad->ad_uid = settings.uid;
	ad->ad_gid = settings.gid;
	if (li->li_owner != NULL) {
		if ((pw = getpwnam(li->li_owner)) == NULL)
			return ("owner: no such user");
		ad->ad_uid = pw->pw_uid;
	}
	if (li->li_group != NULL) {
		if ((gr = getgrnam(li->li_group)) == NULL)
			return ("group: no such group");
		ad->ad_gid = gr->gr_gid;
	}
	if (li->li_mode != NULL)
		mode = strtoul(li->li_mode, &end, 8);
	if ((end != NULL && *end != '\0') || mode > 0777)
		return ("mode: want an octal number up to 777");
	ad->ad_mode = (mode_t)mode;
	return (NULL);
}

void
lmtpsock_resolve(struct config *cg, unsigned int rule)
{
	const struct config_listen	*li = &cg->cfg_listens[rule];
	struct config_address		 ad;
	struct sockaddr_un		*sun;
	const char			*why = NULL;
	char				 dir[PATH_LEN_MAX];

	memset(&ad, 0, sizeof(ad));
	sun = (struct sockaddr_un *)&ad.ad_addr;
	sun->sun_family = AF_UNIX;
	ad.ad_len = sizeof(*sun);
	ad.ad_listen = rule;
	strlcpy(ad.ad_name, li->li_address, sizeof(ad.ad_name));
	if (strlcpy(sun->sun_path, li->li_address, sizeof(sun->sun_path)) >=
	    sizeof(sun->sun_path))
		why = "path too long";
	else if (lmtpsock_taken(cg, ad.ad_name))
		why = "listened on twice";
	else if (cg->cfg_naddresses == ADDRESSES_MAX)
		why = "too many addresses";
	else if ((why = lmtpsock_owner(li, &ad)) == NULL) {
		lmtpsock_directory(ad.ad_name, dir, sizeof(dir));
		why = lmtpsock_check(dir);
	}
	if (why != NULL)
		config_error(cg, &li->li_at, "%s: %s", li->li_address, why);
	else
		cg->cfg_addresses[cg->cfg_naddresses++] = ad;
}

/* Make a missing directory.  Return 0, or -1 with errno. */
static int
lmtpsock_mkdir(const char *dir)
{
	return (mkdir(dir, 0700) == 0 ? chmod(dir, 0755) : 0);
}

/* Make and check the directory.  Return 0, or -1 with errno. */
static int
lmtpsock_safe(const char *path)
{
	const char	*why;
	char		 dir[PATH_LEN_MAX];

	lmtpsock_directory(path, dir, sizeof(dir));
	if (lmtpsock_mkdir(dir) == -1)
		return (-1);
	if ((why = lmtpsock_check(dir)) != NULL) {
		log_warnx("%s: %s", path, why);
		errno = EPERM;
		return (-1);
	}
	return (0);
}

static int
lmtpsock_answers(const struct config_address *ad)
{
	int	 answers, fd;

	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0)) == -1)
		return (0);
	answers = connect(fd, (const struct sockaddr *)&ad->ad_addr,
	    ad->ad_len) == 0 || errno == EAGAIN;
	close(fd);
	return (answers);
}

/* Remove a stale socket.  Return 0, or -1 with errno. */
static int
lmtpsock_clear(const struct config_address *ad)
{
	struct stat	 st;

	if (lstat(ad->ad_name, &st) == -1)
		return (errno == ENOENT ? 0 : -1);
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return (-1);
	}
	if (lmtpsock_answers(ad)) {
		errno = EADDRINUSE;
		return (-1);
	}
	return (unlink(ad->ad_name));
}

static int
lmtpsock_bind(int fd, const struct config_address *ad)
{
	mode_t	 mask;
	int	 r;

	mask = umask(0777 & ~ad->ad_mode);
	r = bind(fd, (const struct sockaddr *)&ad->ad_addr, ad->ad_len);
	umask(mask);
	if (r == -1 || (ad->ad_uid == settings.uid &&
	    ad->ad_gid == settings.gid))
		return (r);
	return (lchown(ad->ad_name, ad->ad_uid, ad->ad_gid));
}

int
lmtpsock_open(const struct config_address *ad, int backlog)
{
	int	 fd, saved;

	if (lmtpsock_safe(ad->ad_name) == -1 || lmtpsock_clear(ad) == -1)
		return (-1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0)) == -1)
		return (-1);
	if (lmtpsock_bind(fd, ad) == -1 || listen(fd, backlog) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	return (fd);
}

void
lmtpsock_id(const char *path, dev_t *dev, ino_t *ino)
{
	struct stat	 st;

	*ino = 0;
	if (lstat(path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return;
	*dev = st.st_dev;
	*ino = st.st_ino;
}

void
lmtpsock_remove(const char *path, dev_t dev, ino_t ino)
{
	dev_t	 is_dev = 0;
	ino_t	 is_ino;

	lmtpsock_id(path, &is_dev, &is_ino);
	if (is_ino != 0 && is_ino == ino && is_dev == dev)
		unlink(path);
}

/* Do it for the directory of each socket, until it returns -1. */
static int
lmtpsock_each(const struct config *cg, int (*what)(const char *))
{
	char		 dir[PATH_LEN_MAX];
	unsigned int	 i;

	for (i = 0; i < cg->cfg_naddresses; i++) {
		if (cg->cfg_addresses[i].ad_addr.ss_family != AF_UNIX)
			continue;
		lmtpsock_directory(cg->cfg_addresses[i].ad_name, dir,
		    sizeof(dir));
		if (what(dir) == -1)
			return (-1);
	}
	return (0);
}

static int
lmtpsock_see(const char *dir)
{
	return (file_unveil(dir, "rwc"));
}

int
lmtpsock_unveil(const struct config *cg)
{
	/* Of one that is missing only its name would be unveiled. */
	if (!settings.check_only)
		lmtpsock_each(cg, lmtpsock_mkdir);
	return (lmtpsock_each(cg, lmtpsock_see));
}
