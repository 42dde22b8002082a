/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lookup of users.  In: usertab(5).  Out: users with their maildirs.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../popd/file.h"
#include "log.h"
#include "popctl.h"
#include "popdconf.h"
#include "subdir.h"
#include "table.h"
#include "where.h"

struct where {
	struct table	*wr_tables[TABLES_ASKED_MAX];
	unsigned int	 wr_files;	/* files before the first process */
	const struct table_row **wr_rows;	/* of each known user */
	size_t		 wr_count;
	struct conf	 wr_conf;
};

static const char *
where_row_check(const struct table_row *tr)
{
	struct userinfo	 ui;

	return (table_userinfo(tr->tr_value, &ui));
}

static struct table *
where_read(const char *name)
{
	struct table	*tb;
	struct stat	 st;
	char		 why[512];
	int		 fd;

	if ((fd = file_open(name, FILE_DECIDES, &st, why, sizeof(why))) == -1) {
		log_warnx("%s", why);
		return (NULL);
	}
	if ((tb = table_read(fd, name, where_row_check, why,
	    sizeof(why))) == NULL)
		log_warnx("%s", why);
	close(fd);
	return (tb);
}

/* Return the row of a user in the first tables tables, or NULL. */
static const struct table_row *
where_find(const struct where *wr, const char *user, unsigned int tables)
{
	const struct table_row	*tr = NULL;
	unsigned int		 i;

	for (i = 0; i < tables && tr == NULL; i++)
		tr = table_find(wr->wr_tables[i], user);
	return (tr);
}

/* List each user once.  Return 0, or -1 and errno. */
static int
where_list(struct where *wr)
{
	const struct table_row	*tr;
	unsigned int		 place;
	size_t			 i, all = 1;

	for (place = 0; place < wr->wr_files; place++)
		all += table_count(wr->wr_tables[place]);
	if ((wr->wr_rows = calloc(all, sizeof(*wr->wr_rows))) == NULL)
		return (-1);
	for (place = 0; place < wr->wr_files; place++)
		for (i = 0; i < table_count(wr->wr_tables[place]); i++) {
			tr = table_row(wr->wr_tables[place], i);
			if (where_find(wr, tr->tr_key, place) == NULL)
				wr->wr_rows[wr->wr_count++] = tr;
		}
	return (0);
}

/* Read the tables of the configuration.  Return 0, or -1, logged. */
static int
where_tables(struct where *wr)
{
	const struct config_asked	*as = &wr->wr_conf.cn_usertabs;
	const char			*subdir = wr->wr_conf.cn_subdir, *why;
	struct table			*tb;

	if (subdir != NULL && (why = subdir_check(subdir)) != NULL) {
		log_warnx("-e %s: %s", subdir, why);
		return (-1);
	}
	while (wr->wr_files < as->as_count &&
	    !as->as_tables[wr->wr_files]->tab_process) {
		tb = where_read(as->as_tables[wr->wr_files]->tab_path);
		if (tb == NULL)
			return (-1);
		wr->wr_tables[wr->wr_files++] = tb;
	}
	if (where_list(wr) == -1) {
		log_warn("usertab");
		return (-1);
	}
	return (0);
}

void
where_close(struct where *wr)
{
	unsigned int	 i;

	for (i = 0; i < wr->wr_files; i++)
		table_free(wr->wr_tables[i]);
	free(wr->wr_rows);
	popdconf_free(&wr->wr_conf);
	free(wr);
}

struct where *
where_open(const struct popctl *ct)
{
	struct where	*wr;

	if ((wr = calloc(1, sizeof(*wr))) == NULL) {
		log_warn("calloc");
		return (NULL);
	}
	if (popdconf_read(&wr->wr_conf, ct) == -1) {
		free(wr);
		return (NULL);
	}
	if (where_tables(wr) == -1) {
		where_close(wr);
		return (NULL);
	}
	return (wr);
}

size_t
where_count(const struct where *wr)
{
	return (wr->wr_count);
}

void
where_unknown(const struct where *wr)
{
	const struct config_asked	*as = &wr->wr_conf.cn_usertabs;
	unsigned int			 i;

	for (i = wr->wr_files; i < as->as_count; i++)
		log_warnx("table %s: ignored: %s", as->as_tables[i]->tab_name,
		    as->as_tables[i]->tab_process ? "is a process" :
		    "follows a process");
}

static const char *
where_row(const struct where *wr, const struct table_row *tr,
    struct where_home *wh)
{
	const char	*subdir = wr->wr_conf.cn_subdir;
	struct userinfo	 ui;
	const char	*why;
	int		 n;

	/* A copy, as the table is not inherited by the user's process. */
	if (strlcpy(wh->wh_user, tr->tr_key, sizeof(wh->wh_user)) >=
	    sizeof(wh->wh_user))
		return ("user name too long");
	if ((why = table_userinfo(tr->tr_value, &ui)) != NULL)
		return (why);
	if (ui.ui_uid == 0 || ui.ui_gid == 0)
		return ("uid or gid 0");
	wh->wh_uid = ui.ui_uid;
	wh->wh_gid = ui.ui_gid;
	wh->wh_home = subdir != NULL ? strlen(ui.ui_dir) : 0;
	n = snprintf(wh->wh_maildir, sizeof(wh->wh_maildir), "%s%s%s",
	    ui.ui_dir, subdir != NULL ? "/" : "", subdir != NULL ? subdir : "");
	if (n < 0 || (size_t)n >= sizeof(wh->wh_maildir))
		return ("directory: path too long");
	return (NULL);
}

const char *
where_nth(const struct where *wr, size_t i, struct where_home *wh)
{
	return (where_row(wr, wr->wr_rows[i], wh));
}

const char *
where_user(const struct where *wr, const char *user, struct where_home *wh)
{
	const struct table_row	*tr;

	if ((tr = where_find(wr, user, wr->wr_files)) != NULL)
		return (where_row(wr, tr, wh));
	return (wr->wr_files == wr->wr_conf.cn_usertabs.as_count ?
	    "no such user" :
	    "no such user in the files before the first table process");
}
