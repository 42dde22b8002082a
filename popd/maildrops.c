/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Directories of mail.  With -n they are checked from outside only; their
 * contents are up to the worker, with the user's privileges.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"
#include "log.h"
#include "maildrops.h"
#include "settings.h"
#include "table.h"

int
maildrops_path(const struct userinfo *ui, char *buf, size_t size)
{
	const char	*subdir = settings.subdir;
	int		 n;

	n = snprintf(buf, size, "%s%s%s", ui->ui_dir,
	    subdir != NULL ? "/" : "", subdir != NULL ? subdir : "");
	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	return (0);
}

/*
 * Find the first directory on the way to a path which its user may not search,
 * as far as modes tell, and cut the path there.
 */
static int
maildrop_barred(const struct userinfo *ui, char *path)
{
	struct stat	 st;
	char		*slash = path;
	mode_t		 may;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (stat(path, &st) == -1)
			return (0);
		may = ui->ui_uid == st.st_uid ? S_IXUSR :
		    ui->ui_gid == st.st_gid ? S_IXGRP : S_IXOTH;
		if ((st.st_mode & may) == 0)
			return (1);
		*slash = '/';
	}
	return (0);
}

/* Check a user's directory.  Return NULL, or what is wrong. */
static const char *
maildrop_check(const struct userinfo *ui, char *path, size_t size)
{
	struct stat	 st;

	if (maildrops_path(ui, path, size) == -1)
		return (strerror(errno));
	if (lstat(path, &st) == -1) {
		/* The directory of -e is made by the first delivery. */
		if (errno != ENOENT || settings.subdir == NULL ||
		    lstat(ui->ui_dir, &st) == -1)
			return (strerror(errno));
		strlcpy(path, ui->ui_dir, size);
	}
	if (!S_ISDIR(st.st_mode))
		return ("not a directory");
	if (st.st_uid != ui->ui_uid)
		return ("wrong owner");
	if ((st.st_mode & (S_IRUSR | S_IXUSR)) != (S_IRUSR | S_IXUSR))
		return ("its owner may not read it");
	return (maildrop_barred(ui, path) ? "the user may not search it" :
	    NULL);
}

unsigned int
maildrops_check(const struct table *usertab, const char *name)
{
	const struct table_row	*tr;
	struct userinfo		 ui;
	const char		*why;
	char			 path[PATH_LEN_MAX], user[LOG_QUOTE_MAX];
	unsigned int		 bad = 0;
	size_t			 i;

	for (i = 0; (tr = table_row(usertab, i)) != NULL; i++) {
		/* Lines for root were logged when the table was read. */
		if (table_userinfo(tr->tr_value, &ui) != NULL ||
		    ui.ui_uid == 0 || ui.ui_gid == 0)
			continue;
		if ((why = maildrop_check(&ui, path, sizeof(path))) == NULL)
			continue;
		log_warnx("%s:%u: %s: %s: %s", name, tr->tr_line,
		    log_quote(tr->tr_key, user, sizeof(user)), path, why);
		bad++;
	}
	return (bad);
}
