/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The directories of a maildrop, for all that work on it. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "find.h"
#include "log.h"
#include "maildrop_private.h"

int
drop_dir(struct maildrop *md, enum maildir_dir dir)
{
	if (md->md_dir[dir] == -1)
		md->md_dir[dir] = openat(md->md_fd, maildir_dirname[dir],
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return (md->md_dir[dir]);
}

int
drop_stamps(struct maildrop *md, struct maildir_stamp stamp[MAILDIR_DIRS],
    enum maildrop_error *error)
{
	int		 dir;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		if (maildir_stamp(md->md_fd, maildir_dirname[dir],
		    &stamp[dir]) != -1)
			continue;
		*error = drop_error(errno);
		log_warn("maildir: %s", maildir_dirname[dir]);
		return (-1);
	}
	return (0);
}

int
drop_same_dirs(struct maildrop *md)
{
	struct maildir_stamp	 now[MAILDIR_DIRS];
	enum maildrop_error	 error;
	int			 dir;

	if (drop_stamps(md, now, &error) == -1)
		return (0);
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		if (md->md_stamp[dir].ms_ino == 0 ||
		    (now[dir].ms_dev == md->md_stamp[dir].ms_dev &&
		    now[dir].ms_ino == md->md_stamp[dir].ms_ino))
			continue;
		log_warnx("maildir: %s was %s during the session",
		    maildir_dirname[dir],
		    now[dir].ms_ino == 0 ? "removed" : "replaced");
		return (0);
	}
	return (1);
}

int
drop_steady(const struct maildrop *md)
{
	return (md->md_steady[MAILDIR_NEW] && md->md_steady[MAILDIR_CUR] &&
	    md->md_uidls_steady);
}

int
drop_clock(struct maildrop *md)
{
	if (md->md_pc.pc_state == POPCACHE_BARRED ||
	    md->md_stamp[MAILDIR_NEW].ms_ino == 0 ||
	    md->md_stamp[MAILDIR_CUR].ms_ino == 0)
		return (0);
	if (md->md_new_fd != -1)
		return (1);
	if (md->md_no_new)
		return (0);
	md->md_new_fd = popcache_begin(md->md_fd, &md->md_now);
	if (md->md_new_fd == -1) {
		log_warn("%s: working without an index", POPCACHE_NEW_FILE);
		md->md_no_new = 1;
		return (0);
	}
	md->md_now_ms = find_clock(CLOCK_MONOTONIC);
	return (1);
}

void
drop_discard(struct maildrop *md)
{
	if (md->md_new_fd == -1)
		return;
	close(md->md_new_fd);
	md->md_new_fd = -1;
	unlinkat(md->md_fd, POPCACHE_NEW_FILE, 0);
}

int
drop_seen(const struct popcache_entry *pe, char *name, size_t size)
{
	const char	*old = popcache_name(pe);

	memcpy(name, old, pe->pe_base_len);
	return (maildir_seen(old + pe->pe_base_len, name + pe->pe_base_len,
	    size - pe->pe_base_len));
}

enum maildrop_error
drop_error(int error)
{
	switch (fault_of(error)) {
	case FAULT_GONE:
	case FAULT_NO_MAIL:
		return (MAILDROP_GONE);
	case FAULT_MEANS:
	case FAULT_TEMP:
		return (MAILDROP_TEMP);
	default:
		return (MAILDROP_PERM);
	}
}

uint64_t
drop_ino(const struct stat *st)
{
	return (maildir_ino((uint64_t)st->st_ino));
}
