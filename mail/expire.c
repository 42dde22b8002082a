/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages old enough to be removed.  In: the list, at QUIT.  Out: marks, which
 * update.c carries out like those of DELE.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdint.h>
#include <time.h>

#include "expire.h"
#include "maildrop_private.h"

#define DAY	86400

/* Return whether the user has had it: sent whole now, or seen before. */
static int
expire_had(const struct maildrop *md, uint32_t i)
{
	const struct popcache_entry	*pe = md->md_list[i];

	if (md->md_mark[i] & DROP_CUT)
		return (0);
	return (md->md_mark[i] & DROP_RETRIEVED ||
	    (popcache_dir(pe) == MAILDIR_CUR &&
	    maildir_flag(popcache_name(pe) + pe->pe_base_len, 'S')));
}

/*
 * Return whether a message arrived before a time.  Its name says when it was
 * delivered, which a copy preserves; its file says when it was written, which
 * is when a maildir was copied.  The later one counts.  A number in the future
 * is from a program that counts something else.
 */
static int
expire_old(struct maildrop *md, uint32_t i, uint64_t before, uint64_t now)
{
	const struct popcache_entry	*pe = md->md_list[i];
	struct stat			 st;
	uint64_t			 came;
	int				 dir;

	if (maildir_order(popcache_name(pe), pe->pe_base_len, &came) &&
	    came > before && came <= now)
		return (0);
	/* A misplaced message waits for another session. */
	dir = drop_dir(md, popcache_dir(pe));
	if (dir == -1 || fstatat(dir, popcache_name(pe), &st,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return (0);
	return (st.st_mtime < 0 || (uint64_t)st.st_mtime <= before);
}

void
expire_mark(struct maildrop *md, uint32_t days, time_t now)
{
	uint32_t	 i;

	if (now < (time_t)days * DAY)
		return;
	for (i = 0; i < md->md_last; i++)
		if ((md->md_mark[i] & DROP_DELETED) == 0 &&
		    expire_had(md, i) && expire_old(md, i,
		    (uint64_t)now - (uint64_t)days * DAY, (uint64_t)now))
			md->md_mark[i] |= DROP_DELETED | DROP_EXPIRED;
}
