/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Which users there are, and where the maildrop of each is: the only place
 * of popctl that knows.
 */

#ifndef WHERE_H
#define WHERE_H

#include <sys/types.h>
#include <stddef.h>

#include "limits.h"

struct popctl;
struct where;

struct where_home {
	char		 wh_user[USER_MAX];	/* what fits of it */
	uid_t		 wh_uid;
	gid_t		 wh_gid;
	char		 wh_maildir[PATH_LEN_MAX];
	size_t		 wh_home;	/* so much of it must be there: see
					   maildrop_enter() */
};

/*
 * Read what the flags name.  NULL, said why.
 *
 * Several tables are one in their order: the first that knows a user decides.
 * Processes among them are not asked, and nobody is known whom one of them
 * may know first.
 */
struct where	*where_open(const struct popctl *);
void		 where_close(struct where *);

/* All users who are known; and those who may not be, said as a warning. */
size_t		 where_count(const struct where *);
void		 where_unknown(const struct where *);

/*
 * User number i, from 0, or the one of this name, in any case.  NULL and *wh;
 * or what is wrong, a constant text: then no more than wh_user is set.
 */
const char	*where_nth(const struct where *, size_t, struct where_home *);
const char	*where_user(const struct where *, const char *,
		    struct where_home *);

#endif
