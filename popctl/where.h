/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The users and their maildirs: the only part of popctl that reads usertab(5).
 */

#ifndef WHERE_H
#define WHERE_H

#include <sys/types.h>
#include <stddef.h>

#include "limits.h"

struct popctl;
struct where;

struct where_home {
	char		 wh_user[USER_MAX];	/* truncated to fit */
	uid_t		 wh_uid;
	gid_t		 wh_gid;
	char		 wh_maildir[PATH_LEN_MAX];
	size_t		 wh_home;	/* length of the part that must exist,
					   see maildrop_enter() */
};

/*
 * Read the tables that the flags or popd.conf(5) name, to be freed with
 * where_close(); or NULL, logged.  The first table with a user decides.  Table
 * processes are not asked, nor are files after one, as it might know the user.
 */
struct where	*where_open(const struct popctl *);
void		 where_close(struct where *);

/* Return the number of users; log the tables that are ignored. */
size_t		 where_count(const struct where *);
void		 where_unknown(const struct where *);

/*
 * Look up a user by index, from 0, or by name, case-insensitively.  NULL and
 * *wh; or the error, a constant text: then only wh_user is set.
 */
const char	*where_nth(const struct where *, size_t, struct where_home *);
const char	*where_user(const struct where *, const char *,
		    struct where_home *);

#endif
