/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What QUIT does to the maildir (RFC 1939 section 6), in the order in which
 * the least is lost whenever it is cut off: first the deleted go, then the
 * retrieved move, then both directories are made durable.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maildrop_private.h"
#include "log.h"
#include "nametab.h"

struct update {
	struct maildrop		*up_drop;
	int			 up_changed[MAILDIR_DIRS];
	uint32_t		 up_deleted;
	uint32_t		 up_failed;
	uint32_t		 up_missing;
	int			 up_twice;
	int			 up_errno;	/* of the first failure */

	/* Names of messages that had two files. */
	struct nametab		 up_names;
	enum maildir_dir	 up_dir;
};

static void
update_fail(struct update *up)
{
	if (up->up_failed++ == 0)
		up->up_errno = errno;
}

/*
 * Unlink one message.  With last, one that is not there is gone; else it is
 * marked as missing.
 */
static void
update_unlink(struct update *up, uint32_t i, int last)
{
	struct maildrop			*md = up->up_drop;
	const struct popcache_entry	*pe = md->md_list[i];
	enum maildir_dir		 where = popcache_dir(pe);
	int				 dir;

	dir = drop_dir(md, where);
	if (dir != -1 && unlinkat(dir, popcache_name(pe), 0) == 0) {
		up->up_changed[where] = 1;
		up->up_deleted++;
	} else if (errno != ENOENT) {
		update_fail(up);
		return;
	} else if (last)
		up->up_deleted++;
	else {
		md->md_mark[i] |= DROP_MISSING;
		up->up_missing++;
		return;
	}
	if (pe->pe_flags & POPCACHE_TWICE)
		up->up_twice = 1;
}

static int
update_same(void *arg, uint32_t item, const char *base, size_t len)
{
	struct update			*up = arg;
	const struct popcache_entry	*pe = up->up_drop->md_list[item];

	return pe->pe_base_len == len &&
	    memcmp(popcache_name(pe), base, len) == 0;
}

static int
update_found(void *arg, const struct maildir_found *mf)
{
	struct update	*up = arg;
	uint32_t	 at;

	if (!nametab_find(&up->up_names, mf->mf_name, mf->mf_base,
	    update_same, up, &at))
		return 0;
	if (unlinkat(drop_dir(up->up_drop, up->up_dir), mf->mf_name, 0) == 0)
		up->up_changed[up->up_dir] = 1;
	else if (errno != ENOENT)
		update_fail(up);
	return 0;
}

/* The second files of messages that had two: they would come back. */
static void
update_twice(struct update *up)
{
	struct maildrop	*md = up->up_drop;
	uint32_t	 i;
	int		 dir, fd;

	if (nametab_init(&up->up_names, 0) == -1) {
		update_fail(up);
		return;
	}
	for (i = 0; i < md->md_last; i++)
		if (md->md_mark[i] & DROP_DELETED &&
		    md->md_list[i]->pe_flags & POPCACHE_TWICE &&
		    nametab_put(&up->up_names, popcache_name(md->md_list[i]),
		    md->md_list[i]->pe_base_len, i) == -1)
			update_fail(up);
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		up->up_dir = (enum maildir_dir)dir;
		fd = drop_dir(md, up->up_dir);
		if (fd == -1 && errno == ENOENT)
			continue;
		if (fd == -1 || maildir_scan(fd, update_found, up) == -1)
			update_fail(up);
	}
	nametab_free(&up->up_names);
}

/* Unlink all that is marked; what is not there is looked for once. */
static void
update_delete(struct update *up)
{
	struct maildrop	*md = up->up_drop;
	uint32_t	 i;

	for (i = 0; i < md->md_last; i++)
		if (md->md_mark[i] & DROP_DELETED)
			update_unlink(up, i, 0);
	if (up->up_missing != 0) {
		if (drop_look(md) == -1) {
			up->up_failed += up->up_missing;
			up->up_errno = errno;
		} else
			for (i = 0; i < md->md_last; i++)
				if (md->md_mark[i] & DROP_MISSING)
					update_unlink(up, i, 1);
	}
	if (up->up_twice)
		update_twice(up);
}

/*
 * Move one retrieved message to cur/.  Whatever stands in the way, it stays
 * where it is and is as unread as before; nothing is overwritten.
 */
static int
update_move(struct update *up, uint32_t i)
{
	struct maildrop			*md = up->up_drop;
	const struct popcache_entry	*pe = md->md_list[i];
	struct stat			 st;
	char				 name[MAILNAME_MAX + 1];
	const char			*old = popcache_name(pe);
	int				 from, to;

	memcpy(name, old, pe->pe_base_len);
	if (maildir_seen(old + pe->pe_base_len, name + pe->pe_base_len,
	    sizeof(name) - pe->pe_base_len) == -1)
		return 0;
	from = drop_dir(md, MAILDIR_NEW);
	to = drop_dir(md, MAILDIR_CUR);
	if (from == -1 || to == -1)
		return -1;
	if (fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (renameat(from, old, to, name) == -1)
		return errno == ENOENT ? 0 : -1;
	up->up_changed[MAILDIR_NEW] = up->up_changed[MAILDIR_CUR] = 1;
	return 0;
}

static void
update_moves(struct update *up)
{
	struct maildrop	*md = up->up_drop;
	uint32_t	 i, failed = 0;
	int		 error = 0;

	for (i = 0; i < md->md_last; i++) {
		if ((md->md_mark[i] & DROP_RETRIEVED) == 0 ||
		    md->md_mark[i] & DROP_DELETED ||
		    popcache_dir(md->md_list[i]) != MAILDIR_NEW)
			continue;
		if (update_move(up, i) == -1 && failed++ == 0)
			error = errno;
	}
	if (failed != 0)
		log_warnx("%u message%s not moved to cur: %s", failed,
		    failed == 1 ? "" : "s", strerror(error));
}

/* cur/ first: what was moved is never in neither. */
static void
update_sync(struct update *up)
{
	int		 dir, fd;

	for (dir = MAILDIR_DIRS - 1; dir >= 0; dir--) {
		if (!up->up_changed[dir])
			continue;
		fd = drop_dir(up->up_drop, (enum maildir_dir)dir);
		/* Where directories cannot be synced, that is no news. */
		if (fd == -1 || (fsync(fd) == -1 && errno != EINVAL &&
		    errno != EOPNOTSUPP))
			update_fail(up);
	}
}

int
maildrop_update(struct maildrop *md, uint32_t *deleted)
{
	struct update	 up;

	memset(&up, 0, sizeof(up));
	up.up_drop = md;
	if (md->md_mark != NULL) {
		update_delete(&up);
		update_moves(&up);
		update_sync(&up);
	}
	/* Where nothing comes and goes there are no new remains either. */
	if (md->md_scanned || up.up_changed[MAILDIR_NEW] ||
	    up.up_changed[MAILDIR_CUR])
		(void)maildir_sweep(md->md_fd);
	if (up.up_failed != 0)
		log_warnx("update: %u failure%s: %s", up.up_failed,
		    up.up_failed == 1 ? "" : "s", strerror(up.up_errno));
	drop_discard(md);
	if (md->md_fd != -1)
		(void)flock(md->md_fd, LOCK_UN);
	*deleted = up.up_deleted;
	return up.up_failed == 0 ? 0 : -1;
}
