/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop as a session sees it.  In: commands with message numbers.  Out:
 * descriptors of files.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "drop.h"
#include "expire.h"
#include "index.h"
#include "log.h"
#include "look.h"
#include "maildrop_private.h"
#include "popuidl.h"
#include "quick.h"
#include "snapshot.h"
#include "spool.h"
#include "update.h"

/* Return whether the first len octets of a path are a directory of ours. */
static int
maildrop_home(const char *path, size_t len)
{
	const char	*why;
	char		 home[PATH_LEN_MAX];
	int		 fd;

	if (len == 0 || len >= sizeof(home) || len >= strlen(path))
		return (0);
	memcpy(home, path, len);
	home[len] = '\0';
	if ((fd = maildir_open(home, &why)) == -1)
		return (0);
	close(fd);
	return (1);
}

/* Map an errno of the directory itself, which is not about a message. */
static enum maildrop_error
maildrop_no_entry(int error)
{
	return (drop_error(error) == MAILDROP_TEMP ? MAILDROP_TEMP :
	    MAILDROP_PERM);
}

int
maildrop_enter(const char *path, size_t home, enum maildrop_error *error)
{
	const char	*why;
	int		 fd;

	if ((fd = maildir_open(path, &why)) == -1) {
		if (errno == ENOENT && maildrop_home(path, home)) {
			*error = MAILDROP_NONE;
			return (-1);
		}
		*error = maildrop_no_entry(errno);
		log_warn("maildir %s: %s", path, why);
		return (-1);
	}
	if (fchdir(fd) == -1) {
		*error = maildrop_no_entry(errno);
		log_warn("maildir %s: fchdir", path);
		close(fd);
		return (-1);
	}
	return (fd);
}

/*
 * Take the session lock, which ends with the process.  Its holder may be about
 * to end, or to give way to us: wait before refusing.
 */
static enum maildrop_error
maildrop_lock(int fd, uint32_t *waited)
{
	int64_t		 since = clock_ms();
	struct timespec	 step = { 0, LOCK_STEP_MILLISECONDS * 1000000L };

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK) {
			log_warn("maildir: this file system has no locks");
			return (MAILDROP_PERM);
		}
		if (clock_ms() - since >= LOCK_MILLISECONDS)
			return (MAILDROP_IN_USE);
		(void)nanosleep(&step, NULL);
	}
	*waited = (uint32_t)(clock_ms() - since);
	return (MAILDROP_OK);
}

/* Return whether the header of popcache matches the directories. */
static int
maildrop_unchanged(const struct maildrop *md)
{
	const struct popcache_info	*pi = &md->md_pc.pc_info;
	int				 dir;

	if (md->md_given != NULL ||
	    md->md_pc.pc_state != POPCACHE_GOOD ||
	    (pi->pi_flags & POPCACHE_STAMPED) == 0 ||
	    !maildir_stamp_equal(&md->md_uidls, &pi->pi_uidls))
		return (0);
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (md->md_stamp[dir].ms_ino == 0 ||
		    !maildir_stamp_equal(&md->md_stamp[dir],
		    &pi->pi_stamp[dir]))
			return (0);
	return (1);
}

/* Make a maildrop of the directory fd; NULL, logged. */
static struct maildrop *
maildrop_new(int fd)
{
	struct maildrop	*md;

	if ((md = calloc(1, sizeof(*md))) == NULL) {
		log_warn("calloc");
		return (NULL);
	}
	md->md_fd = fd;
	md->md_dir[MAILDIR_NEW] = md->md_dir[MAILDIR_CUR] = -1;
	md->md_new_fd = -1;
	md->md_pc.pc_fd = -1;
	return (md);
}

struct maildrop *
maildrop_none(void)
{
	struct maildrop	*md;

	if ((md = maildrop_new(-1)) != NULL)
		md->md_loaded = 1;
	return (md);
}

/* Note when popuidl changed: popcache may be based on an older one. */
static enum maildrop_error
maildrop_uidls(struct maildrop *md)
{
	int		 error;

	if (maildir_stamp_file(md->md_fd, POPUIDL_FILE, &md->md_uidls) != -1)
		return (MAILDROP_OK);
	error = errno;
	if (error == EINVAL)
		log_warnx("%s: not a regular file", POPUIDL_FILE);
	else
		log_warn("%s", POPUIDL_FILE);
	return (maildrop_no_entry(error));
}

/* Use the header of popcache alone, if possible. */
enum maildrop_error
maildrop_look(struct maildrop *md)
{
	enum maildrop_error	 error;

	if (drop_stamps(md, md->md_stamp, &error) == -1)
		return (error == MAILDROP_GONE ? MAILDROP_PERM : error);
	md->md_stamp_ms = clock_ms();
	if ((error = maildrop_uidls(md)) != MAILDROP_OK)
		return (error);
	popcache_open(&md->md_pc, md->md_fd);
	md->md_hit = 1;
	if (maildrop_unchanged(md)) {
		md->md_last = popcache_info_count(&md->md_pc.pc_info);
		md->md_octets = md->md_pc.pc_info.pi_octets;
		md->md_index = INDEX_SAME;
		return (MAILDROP_OK);
	}
	md->md_scanned = 1;
	md->md_hit = quick_look(md);
	return (md->md_hit ? MAILDROP_OK : snapshot_take(md));
}

struct maildrop *
maildrop_begin(int fd, enum maildrop_error *error)
{
	struct maildrop	*md;
	uint32_t	 waited;

	if ((*error = maildrop_lock(fd, &waited)) != MAILDROP_OK) {
		close(fd);
		return (NULL);
	}
	if ((md = maildrop_new(fd)) == NULL) {
		close(fd);
		*error = MAILDROP_TEMP;
		return (NULL);
	}
	md->md_waited = waited;
	return (md);
}

struct maildrop *
maildrop_open(int fd, struct spool *sl, enum maildrop_error *error)
{
	struct maildrop	*md;

	if ((md = maildrop_begin(fd, error)) == NULL)
		return (NULL);
	if (sl != NULL) {
		spool_move(sl, fd);
		spool_close(sl);
	}
	if ((*error = maildrop_look(md)) != MAILDROP_OK) {
		maildrop_close(md);
		return (NULL);
	}
	return (md);
}

void
maildrop_store(struct maildrop *md)
{
	index_write(md);
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
	free(md->md_place);
	free(md->md_extra);
	nametab_free(&md->md_names);
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (md->md_dir[dir] != -1)
			close(md->md_dir[dir]);
	if (md->md_fd != -1)
		close(md->md_fd);
	free(md);
}

/*
 * The entries were damaged though the header was valid.  Rebuild them; the
 * session may use them only if they match what STAT said.
 */
static enum maildrop_error
maildrop_repair(struct maildrop *md)
{
	enum maildrop_error	 error;
	uint64_t		 octets = md->md_octets;
	uint32_t		 last = md->md_last;

	log_warnx("%s: damaged, rebuilt", POPCACHE_FILE);
	if ((error = snapshot_take(md)) == MAILDROP_OK) {
		maildrop_store(md);
		if (md->md_last != last || md->md_octets != octets) {
			log_warnx("%s: %u messages announced, %u found",
			    POPCACHE_FILE, last, md->md_last);
			error = MAILDROP_DAMAGED;
		}
	}
	/* Keep the numbers already announced; nothing else is served. */
	md->md_last = last;
	md->md_octets = octets;
	md->md_damaged = error != MAILDROP_OK;
	return (error);
}

/* Make a list of the entries that the header covers. */
static enum maildrop_error
maildrop_entries(struct maildrop *md)
{
	struct popcache	*pc = &md->md_pc;

	if (popcache_load(pc, POPCACHE_COVERED) == -1) {
		log_warn("%s", POPCACHE_FILE);
		return (MAILDROP_TEMP);
	}
	if (!pc->pc_whole || pc->pc_count != md->md_last)
		return (maildrop_repair(md));
	md->md_list = pc->pc_entry;
	pc->pc_entry = NULL;
	pc->pc_count = pc->pc_room = 0;
	md->md_loaded = 1;
	return (MAILDROP_OK);
}

enum maildrop_error
maildrop_load(struct maildrop *md)
{
	enum maildrop_error	 error;

	if (md->md_mark != NULL)
		return (MAILDROP_OK);
	if (md->md_damaged)
		return (MAILDROP_DAMAGED);
	if (!md->md_loaded && (error = maildrop_entries(md)) != MAILDROP_OK)
		return (error);
	if ((md->md_mark = calloc((size_t)md->md_last + 1, 1)) == NULL) {
		log_warn("calloc");
		return (MAILDROP_TEMP);
	}
	return (MAILDROP_OK);
}

uint32_t
maildrop_waited(const struct maildrop *md)
{
	return (md->md_waited);
}

uint32_t
maildrop_count(const struct maildrop *md)
{
	return (md->md_last - md->md_marked);
}

uint64_t
maildrop_octets(const struct maildrop *md)
{
	return (md->md_octets - md->md_marked_octets);
}

int
maildrop_indexed(const struct maildrop *md)
{
	return (md->md_hit);
}

uint32_t
maildrop_last(const struct maildrop *md)
{
	return (md->md_last);
}

int
maildrop_exists(const struct maildrop *md, uint32_t n)
{
	return (n >= 1 && n <= md->md_last);
}

int
maildrop_deleted(const struct maildrop *md, uint32_t n)
{
	return ((md->md_mark[n - 1] & DROP_DELETED) != 0);
}

uint64_t
maildrop_size(const struct maildrop *md, uint32_t n)
{
	return (popcache_octets(md->md_list[n - 1]));
}

size_t
maildrop_uidl(const struct maildrop *md, uint32_t n, char buf[UIDL_MAX])
{
	return (popcache_uidl(md->md_list[n - 1], buf));
}

void
maildrop_delete(struct maildrop *md, uint32_t n)
{
	if (md->md_mark[n - 1] & (DROP_DELETED | DROP_CUT))
		return;
	md->md_mark[n - 1] |= DROP_DELETED;
	md->md_marked++;
	md->md_marked_octets += maildrop_size(md, n);
}

void
maildrop_cut(struct maildrop *md, uint32_t n)
{
	if (maildrop_deleted(md, n)) {
		md->md_mark[n - 1] &= (unsigned char)~DROP_DELETED;
		md->md_marked--;
		md->md_marked_octets -= maildrop_size(md, n);
	}
	md->md_mark[n - 1] |= DROP_CUT;
}

void
maildrop_whole(struct maildrop *md, uint32_t n)
{
	md->md_mark[n - 1] &= (unsigned char)~DROP_CUT;
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

int
maildrop_read(struct maildrop *md, uint32_t n, enum maildrop_error *error)
{
	return (look_open(md, n, error));
}

void
maildrop_retrieved(struct maildrop *md, uint32_t n, uint64_t octets)
{
	uint64_t	 listed = maildrop_size(md, n);

	md->md_mark[n - 1] |= DROP_RETRIEVED;
	if (octets == listed)
		return;
	log_warnx("message %u: listed with %llu octets, sent %llu", n,
	    (unsigned long long)listed, (unsigned long long)octets);
	index_correct(md, n, octets);
}

void
maildrop_expire(struct maildrop *md, uint32_t days, time_t now)
{
	if (days > 0 && md->md_last > 0 && maildrop_load(md) == MAILDROP_OK)
		expire_mark(md, days, now);
}

int
maildrop_update(struct maildrop *md, uint32_t *deleted)
{
	int		 r;

	r = update_run(md, deleted);
	drop_discard(md);
	/* This releases the lock: the answer may bring the next session. */
	if (md->md_fd != -1)
		close(md->md_fd);
	md->md_fd = -1;
	return (r);
}

uint32_t
maildrop_expired(const struct maildrop *md)
{
	return (md->md_expired);
}
