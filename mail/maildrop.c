/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop as a session sees it.  Commands come in with message numbers,
 * descriptors of files go out.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maildrop_private.h"
#include "log.h"

/* Whether the first len octets of a path are a directory that is ours. */
static int
maildrop_home(const char *path, size_t len)
{
	const char	*why;
	char		 home[1024];
	int		 fd;

	if (len == 0 || len >= sizeof(home) || len >= strlen(path))
		return 0;
	memcpy(home, path, len);
	home[len] = '\0';
	if ((fd = maildir_open(home, &why)) == -1)
		return 0;
	close(fd);
	return 1;
}

int
maildrop_enter(const char *path, size_t home, enum maildrop_error *error)
{
	const char	*why;
	int		 fd;

	if ((fd = maildir_open(path, &why)) == -1) {
		if (errno == ENOENT && maildrop_home(path, home)) {
			*error = MAILDROP_NONE;
			return -1;
		}
		*error = drop_temporary(errno) ? MAILDROP_TEMP :
		    MAILDROP_PERM;
		log_warn("maildir %s: %s", path, why);
		return -1;
	}
	if (fchdir(fd) == -1) {
		*error = drop_temporary(errno) ? MAILDROP_TEMP :
		    MAILDROP_PERM;
		log_warn("maildir %s: fchdir", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* The session lock, which dies with us. */
static enum maildrop_error
maildrop_lock(int fd)
{
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK)
			return MAILDROP_IN_USE;
		log_warn("maildir: this file system has no locks");
		return MAILDROP_PERM;
	}
	return MAILDROP_OK;
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
		*error = drop_temporary(errno) ? MAILDROP_TEMP :
		    MAILDROP_PERM;
		log_warn("maildir: %s", maildir_dirname[dir]);
		return -1;
	}
	return 0;
}

int
drop_dir(struct maildrop *md, enum maildir_dir dir)
{
	if (md->md_dir[dir] == -1)
		md->md_dir[dir] = openat(md->md_fd, maildir_dirname[dir],
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return md->md_dir[dir];
}

/* Whether the header of popcache speaks of the directories as they are. */
static int
maildrop_unchanged(const struct maildrop *md)
{
	const struct popcache_info	*pi = &md->md_pc.pc_info;
	int				 dir;

	if (md->md_pc.pc_state != POPCACHE_GOOD || !pi->pi_stamped)
		return 0;
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (md->md_stamp[dir].ms_ino == 0 ||
		    !maildir_stamp_equal(&md->md_stamp[dir],
		    &pi->pi_stamp[dir]))
			return 0;
	return 1;
}

/* One of the directory fd; NULL, logged. */
static struct maildrop *
maildrop_new(int fd)
{
	struct maildrop	*md;

	if ((md = calloc(1, sizeof(*md))) == NULL) {
		log_warn("calloc");
		return NULL;
	}
	md->md_fd = fd;
	md->md_dir[MAILDIR_NEW] = md->md_dir[MAILDIR_CUR] = -1;
	md->md_new_fd = -1;
	md->md_pc.pc_fd = -1;
	return md;
}

struct maildrop *
maildrop_none(void)
{
	struct maildrop	*md;

	if ((md = maildrop_new(-1)) != NULL)
		md->md_loaded = 1;
	return md;
}

struct maildrop *
maildrop_open(int fd, enum maildrop_error *error)
{
	struct maildrop	*md;

	if ((*error = maildrop_lock(fd)) != MAILDROP_OK) {
		close(fd);
		return NULL;
	}
	if ((md = maildrop_new(fd)) == NULL) {
		close(fd);
		*error = MAILDROP_TEMP;
		return NULL;
	}
	if (drop_stamps(md, md->md_stamp, error) == -1) {
		maildrop_close(md);
		return NULL;
	}
	popcache_open(&md->md_pc, fd);
	if (maildrop_unchanged(md)) {
		md->md_last = md->md_pc.pc_info.pi_count;
		md->md_octets = md->md_pc.pc_info.pi_octets;
		return md;
	}
	md->md_scanned = 1;
	if ((*error = drop_snapshot(md)) != MAILDROP_OK) {
		maildrop_close(md);
		return NULL;
	}
	return md;
}

void
drop_discard(struct maildrop *md)
{
	if (md->md_new_fd == -1)
		return;
	close(md->md_new_fd);
	md->md_new_fd = -1;
	(void)unlinkat(md->md_fd, POPCACHE_NEW_FILE, 0);
}

int
drop_steady(const struct maildrop *md)
{
	return md->md_steady[MAILDIR_NEW] && md->md_steady[MAILDIR_CUR];
}

static void
maildrop_info(const struct maildrop *md, struct popcache_info *pi)
{
	int		 dir;

	*pi = md->md_pc.pc_info;
	pi->pi_count = md->md_last;
	pi->pi_octets = md->md_octets;
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		pi->pi_stamp[dir] = md->md_stamp[dir];
		if (md->md_steady[dir])
			continue;
		/* Whose index it is, but not when. */
		memset(&pi->pi_stamp[dir], 0, sizeof(pi->pi_stamp[dir]));
		pi->pi_stamp[dir].ms_dev = md->md_stamp[dir].ms_dev;
		pi->pi_stamp[dir].ms_ino = md->md_stamp[dir].ms_ino;
	}
	pi->pi_stamped = drop_steady(md);
}

/* Whether we know of a directory what the header does not say. */
static int
maildrop_learned(const struct maildrop *md, const struct popcache_info *pi)
{
	const struct popcache_info	*old = &md->md_pc.pc_info;
	int				 dir;

	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (md->md_steady[dir] && !maildir_stamp_equal(
		    &pi->pi_stamp[dir], &old->pi_stamp[dir]))
			return 1;
	return pi->pi_stamped && !old->pi_stamped;
}

void
maildrop_store(struct maildrop *md)
{
	struct popcache_info	 pi;
	int			 lock;

	if (!md->md_loaded || md->md_new_fd == -1)
		return;
	maildrop_info(md, &pi);
	if (md->md_in_file) {
		drop_discard(md);
		if (maildrop_learned(md, &pi) &&
		    popcache_restamp(&md->md_pc, &pi) == -1)
			log_warn("%s", POPCACHE_FILE);
		return;
	}

	/* Without tmp/ there is no mda that could append. */
	if ((lock = popcache_lock(md->md_fd)) == -1 && errno != ENOENT) {
		log_warn("%s: lock", POPCACHE_FILE);
		drop_discard(md);
		return;
	}
	if (md->md_more && popcache_extend(&md->md_pc, md->md_list,
	    md->md_last, &pi) == 0) {
		drop_discard(md);
		md->md_in_file = 1;
	} else {
		if (popcache_replace(&md->md_pc, md->md_fd, md->md_new_fd,
		    md->md_list, md->md_last, &pi) == -1)
			log_warn("%s", POPCACHE_FILE);
		else
			md->md_in_file = 1;
		md->md_new_fd = -1;
	}
	if (lock != -1)
		close(lock);
}

void
maildrop_close(struct maildrop *md)
{
	int		 dir;

	if (md == NULL)
		return;
	drop_discard(md);
	popcache_close(&md->md_pc);
	free(md->md_list);
	free(md->md_mark);
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (md->md_dir[dir] != -1)
			close(md->md_dir[dir]);
	if (md->md_fd != -1)
		close(md->md_fd);
	free(md);
}

/*
 * The entries were damaged behind a good header.  What is there now is found
 * out and written, and is good for this session only if it is what STAT said.
 */
static enum maildrop_error
maildrop_repair(struct maildrop *md)
{
	enum maildrop_error	 error;
	uint64_t		 octets = md->md_octets;
	uint32_t		 last = md->md_last;

	log_warnx("%s: damaged, rebuilt", POPCACHE_FILE);
	if ((error = drop_snapshot(md)) == MAILDROP_OK) {
		maildrop_store(md);
		if (md->md_last != last || md->md_octets != octets) {
			log_warnx("%s: %u messages were promised, %u are there",
			    POPCACHE_FILE, last, md->md_last);
			error = MAILDROP_DAMAGED;
		}
	}
	/* The numbers that were told stay, and nothing is done with them. */
	md->md_last = last;
	md->md_octets = octets;
	md->md_damaged = error != MAILDROP_OK;
	return error;
}

enum maildrop_error
maildrop_load(struct maildrop *md)
{
	enum maildrop_error	 error;

	if (md->md_mark != NULL)
		return MAILDROP_OK;
	if (md->md_damaged)
		return MAILDROP_DAMAGED;
	if (!md->md_loaded) {
		if (popcache_load(&md->md_pc, 0) == -1) {
			log_warn("%s", POPCACHE_FILE);
			return MAILDROP_TEMP;
		}
		if (md->md_pc.pc_whole) {
			md->md_list = md->md_pc.pc_entry;
			md->md_pc.pc_entry = NULL;
			md->md_loaded = md->md_in_file = 1;
		} else if ((error = maildrop_repair(md)) != MAILDROP_OK)
			return error;
	}
	if ((md->md_mark = calloc((size_t)md->md_last + 1, 1)) == NULL) {
		log_warn("calloc");
		return MAILDROP_TEMP;
	}
	return MAILDROP_OK;
}

uint32_t
maildrop_count(const struct maildrop *md)
{
	return md->md_last - md->md_marked;
}

uint64_t
maildrop_octets(const struct maildrop *md)
{
	return md->md_octets - md->md_marked_octets;
}

uint32_t
maildrop_last(const struct maildrop *md)
{
	return md->md_last;
}

int
maildrop_exists(const struct maildrop *md, uint32_t n)
{
	return n >= 1 && n <= md->md_last;
}

int
maildrop_deleted(const struct maildrop *md, uint32_t n)
{
	return (md->md_mark[n - 1] & DROP_DELETED) != 0;
}

uint64_t
maildrop_size(const struct maildrop *md, uint32_t n)
{
	return popcache_octets(md->md_list[n - 1]);
}

size_t
maildrop_uidl(const struct maildrop *md, uint32_t n, char buf[UIDL_MAX])
{
	return popcache_uidl(md->md_list[n - 1], buf);
}

void
maildrop_delete(struct maildrop *md, uint32_t n)
{
	if (maildrop_deleted(md, n))
		return;
	md->md_mark[n - 1] |= DROP_DELETED;
	md->md_marked++;
	md->md_marked_octets += maildrop_size(md, n);
}

void
maildrop_reset(struct maildrop *md)
{
	uint32_t	 n;

	if (md->md_marked == 0)
		return;
	for (n = 1; n <= md->md_last; n++)
		md->md_mark[n - 1] &= (unsigned char)~DROP_DELETED;
	md->md_marked = 0;
	md->md_marked_octets = 0;
}
