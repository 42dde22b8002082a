/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Spools.  With -n they are checked from outside, like maildrops; nothing here
 * opens one.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "limits.h"
#include "log.h"
#include "mboxlock.h"
#include "settings.h"
#include "spools.h"
#include "table.h"

/* Refuse names with a slash, hidden ones, and those of dotlocks. */
static int
spool_name_ok(const char *user)
{
	static const char	 lock[] = ".lock";
	size_t			 len = strlen(user);

	if (len == 0 || *user == '.' || strchr(user, '/') != NULL)
		return (0);
	return (len < sizeof(lock) ||
	    strcmp(user + len - (sizeof(lock) - 1), lock) != 0);
}

/* Append len octets.  Return -1 if they do not fit. */
static int
spool_add(char *buf, size_t size, size_t *used, const char *text, size_t len)
{
	if (len >= size - *used)
		return (-1);
	memcpy(buf + *used, text, len);
	*used += len;
	buf[*used] = '\0';
	return (0);
}

/* Replace each %u in the path by the user. */
static int
spool_expand(const char *user, char *buf, size_t size)
{
	const char	*p = settings.mbox;
	size_t		 n, used = 0;

	for (;;) {
		n = strcspn(p, "%");
		if (spool_add(buf, size, &used, p, n) == -1)
			return (-1);
		if (p[n] == '\0')
			return (0);
		p += n + 2;		/* %u, the only one */
		if (spool_add(buf, size, &used, user, strlen(user)) == -1)
			return (-1);
	}
}

int
spools_path(const char *user, char *buf, size_t size)
{
	buf[0] = '\0';
	if (!spool_name_ok(user)) {
		errno = EINVAL;
		return (-1);
	}
	if (spool_expand(user, buf, size) == -1) {
		buf[0] = '\0';
		errno = ENAMETOOLONG;
		return (-1);
	}
	return (0);
}

/* Return whether the mode lets a user create files in a directory. */
static int
spool_writable(const struct stat *st, const struct userinfo *ui)
{
	if (st->st_uid == ui->ui_uid)
		return ((st->st_mode & S_IWUSR) != 0);
	if (st->st_gid == ui->ui_gid)
		return ((st->st_mode & S_IWGRP) != 0);
	return ((st->st_mode & S_IWOTH) != 0);
}

/* Cut path to its directory, and check that.  Return NULL, or what is wrong. */
static const char *
spool_check_dir(const struct userinfo *ui, char *path)
{
	struct stat	 st;
	char		*slash = strrchr(path, '/');

	slash[slash == path ? 1 : 0] = '\0';
	if (stat(path, &st) == -1)
		return (strerror(errno));
	if ((settings.mbox_locks & MBOXLOCK_DOTLOCK) != 0 &&
	    !spool_writable(&st, ui))
		return ("the user cannot create a dotlock");
	return (NULL);
}

/* Check a user's spool.  Return NULL, or what is wrong. */
static const char *
spool_check(const char *user, const struct userinfo *ui, char *path,
    size_t size)
{
	struct stat	 st;

	if (spools_path(user, path, size) == -1) {
		strlcpy(path, settings.mbox, size);
		return (errno == EINVAL ? "not a file name" :
		    strerror(errno));
	}
	if (lstat(path, &st) == -1) {
		/* The first delivery makes it. */
		if (errno != ENOENT)
			return (strerror(errno));
	} else if (!S_ISREG(st.st_mode))
		return ("not a regular file");
	else if (st.st_uid != ui->ui_uid)
		return ("wrong owner");
	return (spool_check_dir(ui, path));
}

unsigned int
spools_check(const struct table *usertab, const char *name)
{
	const struct table_row	*tr;
	struct userinfo		 ui;
	const char		*why;
	char			 path[PATH_LEN_MAX], user[LOG_QUOTE_MAX];
	unsigned int		 bad = 0;
	size_t			 i;

	if (settings.mbox == NULL)
		return (0);
	for (i = 0; (tr = table_row(usertab, i)) != NULL; i++) {
		if (table_userinfo(tr->tr_value, &ui) != NULL ||
		    ui.ui_uid == 0 || ui.ui_gid == 0)
			continue;
		why = spool_check(tr->tr_key, &ui, path, sizeof(path));
		if (why == NULL)
			continue;
		log_warnx("%s:%u: %s: spool %s: %s", name, tr->tr_line,
		    log_quote(tr->tr_key, user, sizeof(user)),
		    path, why);
		bad++;
	}
	return (bad);
}
