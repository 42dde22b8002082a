/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The work of QUIT on the maildir (RFC 1939 section 6), in the order that loses
 * least if it is interrupted: unlink the deleted, move the retrieved, sync both
 * directories, then update the index.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drop.h"
#include "index.h"
#include "log.h"
#include "look.h"
#include "maildrop_private.h"
#include "update.h"

struct update {
	struct maildrop		*up_drop;
	struct look		 up_look;	/* what was misplaced */
	int			 up_looking;
	int			*up_fd;		/* files with remaining names */
	uint32_t		 up_watched;
	uint32_t		*up_pass;	/* that saw it last, + 1, after
						   its unlinking */
	int			 up_changed[MAILDIR_DIRS];
	uint32_t		 up_deleted;
	uint32_t		 up_failed;
	uint32_t		 up_spared;	/* old, not removed: no
						   failure */
	int			 up_errno;	/* of the first failure */
};

/* Note that a name could not be removed: its message stays. */
static void
update_fail(struct update *up, uint32_t i, int error)
{
	struct maildrop	*md = up->up_drop;

	if (i >= md->md_last)
		i = md->md_extra[i - md->md_last].dx_item;
	md->md_mark[i] &= (unsigned char)~DROP_REMOVED;
	if (md->md_mark[i] & DROP_EXPIRED) {
		up->up_spared++;
		return;
	}
	if (up->up_failed++ == 0)
		up->up_errno = error;
}

/*
 * Return whether a file is the one listed, by its number.  A removed file's
 * number is reused, so under another name the size must match, too.
 */
static int
update_listed(const struct update *up, const struct popcache_entry *pe,
    const struct stat *st)
{
	return (S_ISREG(st->st_mode) && drop_ino(st) == popcache_ino(pe) &&
	    (!up->up_looking ||
	    (uint64_t)st->st_size == le64toh(pe->pe_size)));
}

/*
 * Return whether an unlinked file has no other name: an open descriptor tells.
 * One that could not be opened had before->st_nlink names.
 */
static int
update_no_link(int fd, const struct stat *before)
{
	struct stat	 st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return (before->st_nlink <= 1);
	return (st.st_nlink == 0);
}

/* Keep the file open: another program may unlink its remaining names. */
static void
update_watch(struct update *up, uint32_t i, int fd)
{
	struct maildrop	*md = up->up_drop;
	uint32_t	 n, all = md->md_last + md->md_extras;

	if (fd != -1 && up->up_fd == NULL &&
	    (up->up_fd = calloc(all, sizeof(*up->up_fd))) != NULL)
		for (n = 0; n < all; n++)
			up->up_fd[n] = -1;
	if (fd == -1 || up->up_fd == NULL ||
	    (up->up_fd[i] == -1 && up->up_watched >= UPDATE_WATCH_MAX)) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (up->up_fd[i] != -1)
		close(up->up_fd[i]);
	else
		up->up_watched++;
	up->up_fd[i] = fd;
}

/*
 * The lk_over callback.  What was unlinked under a listed name is gone if many
 * passes have not seen it under another one: its other links are elsewhere.
 */
static int
update_over(void *arg, uint32_t i)
{
	struct update	*up = arg;
	struct stat	 st;

	if (up->up_pass[i] != 0 && up->up_look.lk_want[i] == 1 &&
	    up->up_look.lk_find.fi_pass + 1 - up->up_pass[i] >= FIND_CALM)
		return (1);
	return (up->up_fd != NULL && up->up_fd[i] != -1 &&
	    fstat(up->up_fd[i], &st) == 0 && st.st_nlink == 0);
}

/*
 * Unlink a name that exists.  LOOK_ON if it no longer does, or if the file has
 * other names.
 */
static enum look_act
update_unlink_file(struct update *up, uint32_t i, int dir, int fd,
    const struct stat *st)
{
	const struct popcache_entry	*pe = look_entry(up->up_drop, i);

	if (!update_listed(up, pe, st)) {
		/* Twins may have swapped their names. */
		if (pe->pe_flags & POPCACHE_TWIN && !up->up_looking)
			return (LOOK_ON);
		/* It was changed, or replaced by another file. */
		update_fail(up, i, EEXIST);
		return (LOOK_DONE);
	}
	if (unlinkat(dir, popcache_name(pe), 0) == -1) {
		if (errno == ENOENT)
			return (LOOK_ON);
		update_fail(up, i, errno);
		return (LOOK_DONE);
	}
	up->up_changed[popcache_dir(pe)] = 1;
	up->up_pass[i] = up->up_look.lk_find.fi_pass + 1;
	return (update_no_link(fd, st) ? LOOK_DONE : LOOK_ON);
}

/* The lk_act callback: unlink a name if it is of the file listed. */
static enum look_act
update_unlink(void *arg, uint32_t i, int dir)
{
	struct update			*up = arg;
	const struct popcache_entry	*pe = look_entry(up->up_drop, i);
	enum look_act			 act;
	struct stat			 st;
	int				 fd, error;

	if (up->up_pass[i] != 0)
		up->up_pass[i] = up->up_look.lk_find.fi_pass + 1;
	fd = openat(dir, popcache_name(pe), DROP_OPEN);
	if (fd == -1 ? fstatat(dir, popcache_name(pe), &st,
	    AT_SYMLINK_NOFOLLOW) == -1 : fstat(fd, &st) == -1) {
		error = errno;
		if (fd != -1)
			close(fd);
		if (error == ENOENT)
			return (LOOK_ON);
		update_fail(up, i, error);
		return (LOOK_DONE);
	}
	act = update_unlink_file(up, i, dir, fd, &st);
	if (act == LOOK_ON)
		update_watch(up, i, fd);
	else if (fd != -1)
		close(fd);
	return (act);
}

/* Unlink a name where it was listed, or search for it. */
static void
update_name(struct update *up, uint32_t i)
{
	int		 dir;

	dir = drop_dir(up->up_drop, popcache_dir(look_entry(up->up_drop, i)));
	if (dir == -1 && errno != ENOENT)
		update_fail(up, i, errno);
	else if (dir == -1 || update_unlink(up, i, dir) == LOOK_ON)
		look_want(&up->up_look, i);
}

/*
 * Search for what was misplaced.  A file removed by others may be gone only in
 * memory, so both directories count as changed.
 */
static void
update_look(struct update *up)
{
	struct maildrop		*md = up->up_drop;
	enum find_result	 result;
	uint32_t		 i;

	if (up->up_look.lk_left == 0)
		return;
	up->up_changed[MAILDIR_NEW] = up->up_changed[MAILDIR_CUR] = 1;
	up->up_looking = 1;
	result = look_run(&up->up_look);
	for (i = 0; i < md->md_last + md->md_extras; i++) {
		if (up->up_look.lk_want[i] == 0)
			continue;
		if (result == FIND_UNSURE || result == FIND_FAILED)
			update_fail(up, i, EAGAIN);
		else if (up->up_look.lk_want[i] == 2)
			update_fail(up, i, EEXIST);
	}
}

/* Unlink all names of all marked messages. */
static void
update_delete(struct update *up)
{
	struct maildrop	*md = up->up_drop;
	uint32_t	 i;

	if (look_begin(&up->up_look, md) == -1 || (up->up_pass =
	    calloc((size_t)md->md_last + md->md_extras + 1,
	    sizeof(*up->up_pass))) == NULL) {
		look_end(&up->up_look);
		up->up_failed = md->md_marked;
		up->up_errno = errno;
		return;
	}
	up->up_look.lk_arg = up;
	up->up_look.lk_act = update_unlink;
	up->up_look.lk_over = update_over;
	up->up_look.lk_patient = 1;
	for (i = 0; i < md->md_last; i++)
		if (md->md_mark[i] & DROP_DELETED) {
			md->md_mark[i] |= DROP_REMOVED;
			if (index_twin(md, i) == -1)
				update_fail(up, i, errno);
			else
				update_name(up, i);
		}
	for (i = 0; i < md->md_extras; i++)
		if (md->md_mark[md->md_extra[i].dx_item] & DROP_REMOVED)
			update_name(up, md->md_last + i);
	update_look(up);
	look_end(&up->up_look);
	for (i = 0; up->up_fd != NULL && i < md->md_last + md->md_extras; i++)
		if (up->up_fd[i] != -1)
			close(up->up_fd[i]);
	free(up->up_fd);
	free(up->up_pass);
	for (i = 0; i < md->md_last; i++)
		if (md->md_mark[i] & DROP_REMOVED) {
			if (md->md_mark[i] & DROP_EXPIRED)
				md->md_expired++;
			else
				up->up_deleted++;
		}
}

/*
 * Move a retrieved message to cur/.  On any failure it stays in place, as
 * unread as before; nothing is overwritten.
 */
static int
update_move(struct update *up, uint32_t i)
{
	struct maildrop			*md = up->up_drop;
	const struct popcache_entry	*pe = md->md_list[i];
	struct stat			 st;
	char				 name[MAILNAME_MAX + 1];
	int				 from, to;

	if (drop_seen(pe, name, sizeof(name)) == -1)
		return (0);
	from = drop_dir(md, MAILDIR_NEW);
	to = drop_dir(md, MAILDIR_CUR);
	if (from == -1 || to == -1)
		return (-1);
	if (fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return (-1);
	}
	if (renameat(from, popcache_name(pe), to, name) == -1)
		return (errno == ENOENT ? 0 : -1);
	md->md_mark[i] |= DROP_MOVED;
	up->up_changed[MAILDIR_NEW] = up->up_changed[MAILDIR_CUR] = 1;
	return (0);
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

/* cur/ first: a moved message is always in one of them. */
static void
update_sync(struct update *up)
{
	int		 dir, fd;

	for (dir = MAILDIR_DIRS - 1; dir >= 0; dir--) {
		if (!up->up_changed[dir])
			continue;
		fd = drop_dir(up->up_drop, (enum maildir_dir)dir);
		if (fd == -1 && errno == ENOENT)
			continue;
		/* Directories that cannot be synced are no failure. */
		if ((fd == -1 || fsync(fd) == -1) && errno != EINVAL &&
		    errno != EOPNOTSUPP && up->up_failed++ == 0)
			up->up_errno = errno;
	}
}

/* Check that new/ and cur/ are those of the session; otherwise all failed. */
static int
update_same_dirs(struct update *up)
{
	if (drop_same_dirs(up->up_drop))
		return (1);
	if (up->up_failed == 0)
		up->up_errno = ENOENT;
	up->up_failed += up->up_drop->md_marked;
	return (0);
}

/* Return whether there is work to do in new/ and cur/. */
static int
update_wanted(const struct maildrop *md)
{
	uint32_t	 i;

	for (i = 0; md->md_mark != NULL && i < md->md_last; i++)
		if (md->md_mark[i] & (DROP_DELETED | DROP_RETRIEVED))
			return (1);
	return (0);
}

int
update_run(struct maildrop *md, uint32_t *deleted)
{
	struct update	 up;

	memset(&up, 0, sizeof(up));
	up.up_drop = md;
	if (update_wanted(md) && update_same_dirs(&up)) {
		update_delete(&up);
		update_moves(&up);
		update_sync(&up);
		(void)update_same_dirs(&up);
		index_update(md);
	}
	/* If nothing changed there are no new leftovers either. */
	if (md->md_fd != -1 && (md->md_scanned || up.up_changed[MAILDIR_NEW] ||
	    up.up_changed[MAILDIR_CUR]))
		(void)maildir_sweep(md->md_fd);
	if (up.up_failed != 0)
		log_warnx("update: %u failure%s: %s", up.up_failed,
		    up.up_failed == 1 ? "" : "s", strerror(up.up_errno));
	if (up.up_spared != 0)
		log_warnx("update: %u old message%s not removed",
		    up.up_spared, up.up_spared == 1 ? "" : "s");
	*deleted = up.up_deleted;
	return (up.up_failed == 0 ? 0 : -1);
}
