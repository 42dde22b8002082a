/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * usertab(5) comes in, users with their maildirs go out.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "popctl.h"
#include "table.h"
#include "where.h"

#define WHERE_USERTAB	"/etc/mail/usertab"

struct where {
	struct table	*wr_usertab;
	const char	*wr_subdir;	/* below a user's directory, or NULL */
};

/* Below the directory of a user, and never outside it. */
static int
where_subdir_ok(const char *dir)
{
	const char	*part = dir;
	size_t		 len;

	if (*dir == '\0' || *dir == '/')
		return (0);
	while (*part != '\0') {
		len = strcspn(part, "/");
		if (len == 2 && strncmp(part, "..", 2) == 0)
			return (0);
		part += len;
		part += strspn(part, "/");
	}
	return (1);
}

/* NULL, or why this file must not say who is whom: as popd has it. */
static const char *
where_distrust(int fd)
{
	struct stat	 st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return ("not a regular file");
	if (st.st_uid != 0 && st.st_uid != getuid())
		return ("not owned by root");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return ("others may write to it");
	return (NULL);
}

static const char *
where_row_check(const struct table_row *tr)
{
	struct userinfo	 ui;

	return (userinfo_parse(tr->tr_value, &ui));
}

static struct table *
where_read(const char *name)
{
	struct table	*tb;
	const char	*why;
	char		 text[512];
	int		 fd;

	if ((fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		log_warn("%s", name);
		return (NULL);
	}
	tb = NULL;
	if ((why = where_distrust(fd)) != NULL)
		log_warnx("%s: %s", name, why);
	else if ((tb = table_read(fd, name, where_row_check, text,
	    sizeof(text))) == NULL)
		log_warnx("%s", text);
	close(fd);
	return (tb);
}

struct where *
where_open(const struct popctl *ct)
{
	struct where	*wr;

	if (ct->ct_subdir != NULL && !where_subdir_ok(ct->ct_subdir)) {
		log_warnx("-e %s: not a path below the user's directory",
		    ct->ct_subdir);
		return (NULL);
	}
	if ((wr = calloc(1, sizeof(*wr))) == NULL) {
		log_warn("calloc");
		return (NULL);
	}
	wr->wr_subdir = ct->ct_subdir;
	wr->wr_usertab = where_read(ct->ct_usertab != NULL ?
	    ct->ct_usertab : WHERE_USERTAB);
	if (wr->wr_usertab == NULL) {
		free(wr);
		return (NULL);
	}
	return (wr);
}

void
where_close(struct where *wr)
{
	table_free(wr->wr_usertab);
	free(wr);
}

size_t
where_count(const struct where *wr)
{
	return (table_count(wr->wr_usertab));
}

static const char *
where_row(const struct where *wr, const struct table_row *tr,
    struct where_home *wh)
{
	struct userinfo	 ui;
	const char	*why;
	int		 n;

	/* The table is not there in another process. */
	if (strlcpy(wh->wh_user, tr->tr_key, sizeof(wh->wh_user)) >=
	    sizeof(wh->wh_user))
		return ("user name too long");
	if ((why = userinfo_parse(tr->tr_value, &ui)) != NULL)
		return (why);
	if (ui.ui_uid == 0 || ui.ui_gid == 0)
		return ("uid or gid 0");
	wh->wh_uid = ui.ui_uid;
	wh->wh_gid = ui.ui_gid;
	wh->wh_home = wr->wr_subdir != NULL ? strlen(ui.ui_dir) : 0;
	n = snprintf(wh->wh_maildir, sizeof(wh->wh_maildir), "%s%s%s",
	    ui.ui_dir, wr->wr_subdir != NULL ? "/" : "",
	    wr->wr_subdir != NULL ? wr->wr_subdir : "");
	if (n < 0 || (size_t)n >= sizeof(wh->wh_maildir))
		return ("directory: path too long");
	return (NULL);
}

const char *
where_nth(const struct where *wr, size_t i, struct where_home *wh)
{
	return (where_row(wr, table_row(wr->wr_usertab, i), wh));
}

const char *
where_user(const struct where *wr, const char *user, struct where_home *wh)
{
	const struct table_row	*tr;

	if ((tr = table_find(wr->wr_usertab, user)) == NULL)
		return ("no such user");
	return (where_row(wr, tr, wh));
}
