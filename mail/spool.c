/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Empty the spool of a user into the maildir.
 *
 * The worker does it, as the mail user, with a descriptor of that one file,
 * opened before the worker is sandboxed and closed before the client gets an
 * answer.  Anyone may have sent what it reads there, and a malicious spool can
 * only cost mail of this user, like any message.  No other process gains
 * privileges: a dotlock is held by a process that reads no mail.
 *
 * The steps, with the maildir's lock held, and then the spool's:
 *
 * 1. Each message becomes a file in popspool/, a directory in the maildir,
 *    under its final name.  All are made durable.
 * 2. popspool/journal is renamed into place.  It says how much of the spool was
 *    moved, how that part is recognized, and which files are its messages.
 * 3. These are renamed to new/, which is made durable.
 * 4. The spool is emptied if it holds only what was moved; that is made
 *    durable; the journal and the directory are removed.
 *
 * If the worker is killed, the next session continues.  Before step 2 the files
 * are leftovers that were never visible.  After it the messages are those in
 * popspool/: one missing there has gone to new/, and whatever happened to it
 * since, moved, read or removed, must stay; the part of the spool in the
 * journal is never read again.  So each message exists once, with one name, and
 * so with one unique-id.
 *
 * A spool that takes too long is moved in several sessions: the journal stays,
 * and the last session empties the spool.  It also stays if the spool was
 * written to without its lock.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"
#include "limits.h"
#include "log.h"
#include "maildir.h"
#include "mboxlock.h"
#include "spool.h"
#include "stage.h"

#define OPEN_DIR	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Return NULL, or what is wrong with a spool. */
static const char *
spool_judge(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return ("not a regular file");
	if (st->st_uid != maildir_uid())
		return ("wrong owner");
	if (st->st_nlink == 0)
		return ("was removed or replaced meanwhile");
	if (st->st_nlink > 1)
		return ("has several links");
	return (NULL);
}

/*
 * Open a spool that is not empty; -1: nothing to move, as it is empty or
 * invalid.  A missing one is not empty: its file system may not be mounted.
 */
static int
spool_file(const char *path, int *empty)
{
	struct stat	 st;
	const char	*why;
	int		 fd;

	fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	if (fd == -1) {
		if (errno == ELOOP || errno == EMLINK)
			log_warnx("spool %s: is a symbolic link", path);
		else if (errno != ENOENT)
			log_warn("spool %s", path);
		return (-1);
	}
	if (fstat(fd, &st) == -1)
		log_warn("spool %s", path);
	else if ((why = spool_judge(&st)) != NULL)
		log_warnx("spool %s: %s", path, why);
	else if (st.st_size > 0)
		return (fd);
	else
		*empty = 1;
	close(fd);
	return (-1);
}

void
spool_open(struct spool *sl, const char *path, uint32_t locks)
{
	memset(sl, 0, sizeof(*sl));
	sl->sl_locks = locks;
	sl->sl_dotlock.dk_fd = -1;
	sl->sl_fd = spool_file(path, &sl->sl_empty);
	if (sl->sl_fd != -1 && (locks & MBOXLOCK_DOTLOCK) != 0 &&
	    dotlock_start(&sl->sl_dotlock, path) == -1) {
		log_warn("spool %s: dotlock", path);
		close(sl->sl_fd);
		sl->sl_fd = -1;
	}
}

int
spool_full(const struct spool *sl)
{
	return (sl->sl_fd != -1);
}

/* Make a directory, durable in its parent.  Return 0, or -1 with errno set. */
static int
spool_mkdir(const char *path)
{
	char	 above[PATH_LEN_MAX];
	int	 error, fd;

	if (mkdir(path, 0700) == -1)
		return (errno == EEXIST ? 0 : -1);
	strlcpy(above, path, sizeof(above));
	*strrchr(above, '/') = '\0';
	fd = open(*above == '\0' ? "/" : above, OPEN_DIR & ~O_NOFOLLOW);
	if (fd == -1)
		return (-1);
	error = maildir_sync(fd) == -1 ? errno : 0;
	close(fd);
	errno = error;
	return (error == 0 ? 0 : -1);
}

void
spool_home(const char *path, size_t home)
{
	char	 part[PATH_LEN_MAX];
	size_t	 at;

	if (home == 0 || strlcpy(part, path, sizeof(part)) >= sizeof(part))
		return;
	for (at = home; part[at] == '/';) {
		at += 1 + strcspn(part + at + 1, "/");
		part[at] = '\0';
		if (spool_mkdir(part) == -1) {
			log_warn("spool: %s", part);
			return;
		}
		part[at] = path[at];
	}
}

/* Set fcntl(2)'s lock of the whole file: F_WRLCK or F_UNLCK. */
static int
spool_fcntl(int fd, short type)
{
	struct flock	 fl;

	memset(&fl, 0, sizeof(fl));
	fl.l_type = type;
	fl.l_whence = SEEK_SET;
	if (fcntl(fd, F_SETLK, &fl) == 0)
		return (0);
	if (errno == EACCES)
		errno = EAGAIN;
	return (-1);
}

/* Take all locks now, or none.  -1 with errno set; EAGAIN: locked. */
static int
spool_try(const struct spool *sl)
{
	int	 error;

	if ((sl->sl_locks & MBOXLOCK_FCNTL) != 0 &&
	    spool_fcntl(sl->sl_fd, F_WRLCK) == -1)
		return (-1);
	if ((sl->sl_locks & MBOXLOCK_FLOCK) != 0 &&
	    flock(sl->sl_fd, LOCK_EX | LOCK_NB) == -1) {
		error = errno == EWOULDBLOCK ? EAGAIN : errno;
		if ((sl->sl_locks & MBOXLOCK_FCNTL) != 0)
			(void)spool_fcntl(sl->sl_fd, F_UNLCK);
		errno = error;
		return (-1);
	}
	if (sl->sl_dotlock.dk_fd == -1 ||
	    dotlock_take(&sl->sl_dotlock) == 0)
		return (0);
	error = errno == EEXIST ? EAGAIN : errno;
	if ((sl->sl_locks & MBOXLOCK_FLOCK) != 0)
		(void)flock(sl->sl_fd, LOCK_UN);
	if ((sl->sl_locks & MBOXLOCK_FCNTL) != 0)
		(void)spool_fcntl(sl->sl_fd, F_UNLCK);
	errno = error;
	return (-1);
}

/* Wait for the locks of the spool.  Return 0, or -1, logged. */
static int
spool_lock(const struct spool *sl)
{
	struct timespec	 step = { 0, SPOOL_LOCK_STEP_MS * 1000000L };
	int64_t		 until = clock_ms() +
			    SPOOL_LOCK_MILLISECONDS;

	while (spool_try(sl) == -1) {
		if (errno != EAGAIN) {
			log_warn("spool: cannot be locked, left as it is");
			return (-1);
		}
		if (clock_ms() >= until) {
			log_warnx("spool: locked by another program for %d "
			    "seconds, left as it is",
			    SPOOL_LOCK_MILLISECONDS / 1000);
			return (-1);
		}
		(void)nanosleep(&step, NULL);
	}
	return (0);
}

/* Open a directory of the maildir, made if missing; -1, logged. */
static int
spool_dir(int dir, const char *name)
{
	int	 fd;

	if ((fd = openat(dir, name, OPEN_DIR)) != -1)
		return (fd);
	if (errno == ENOENT && mkdirat(dir, name, 0700) == 0 &&
	    maildir_sync(dir) == 0)
		fd = openat(dir, name, OPEN_DIR);
	if (fd == -1)
		log_warn("spool: %s", name);
	return (fd);
}

/* Open new/, and make the other directories of a maildir; -1, logged. */
static int
spool_new(int dir)
{
	static const char *const	 part[] = { "tmp", "cur" };
	size_t				 i;
	int				 fd;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if ((fd = spool_dir(dir, part[i])) == -1)
			return (-1);
		close(fd);
	}
	return (spool_dir(dir, maildir_dirname[MAILDIR_NEW]));
}

/*
 * Move the journal's messages to new/.  Return 0, or -1: they stay in
 * popspool/.
 */
static int
spool_deliver(struct spool *sl, int dir, int pop, const struct journal *jo)
{
	int64_t	 moved;
	int	 new;

	if ((new = spool_new(dir)) == -1)
		return (-1);
	moved = stage_move(pop, new, jo);
	close(new);
	if (moved == -1)
		return (-1);
	sl->sl_moved += moved;
	return (0);
}

/* Remove the leftovers and the journal. */
static void
spool_forget(int dir, int pop)
{
	stage_clear(pop);
	(void)unlinkat(pop, JOURNAL_FILE, 0);
	(void)unlinkat(dir, SPOOL_DIR, AT_REMOVEDIR);
}

/* Return its length; 0 if we must not touch it. */
static uint64_t
spool_length(const struct spool *sl)
{
	struct stat	 st;
	const char	*why;

	if (fstat(sl->sl_fd, &st) == -1) {
		log_warn("spool");
		return (0);
	}
	/* It may have been replaced while we waited. */
	if ((why = spool_judge(&st)) != NULL) {
		log_warnx("spool: %s", why);
		return (0);
	}
	return ((uint64_t)st.st_size);
}

/*
 * Set known to how much of the spool the journal has.  Return 0, or -1, logged.
 */
static int
spool_known(const struct spool *sl, const struct journal *jo, uint64_t length,
    uint64_t *known)
{
	char	 digest[JOURNAL_DIGEST];

	*known = 0;
	if (jo->jo_length == 0 || jo->jo_length > length)
		return (0);
	if (journal_digest(sl->sl_fd, jo->jo_length, digest) == -1) {
		log_warn("spool");
		return (-1);
	}
	if (strcmp(digest, jo->jo_digest) == 0)
		*known = jo->jo_length;
	return (0);
}

/* Empty a spool that was moved completely, if nothing was added meanwhile. */
static void
spool_empty(const struct spool *sl, int dir, int pop, uint64_t length)
{
	struct stat	 st;

	if (fstat(sl->sl_fd, &st) == -1 || (uint64_t)st.st_size != length) {
		log_warnx("spool: was written to without its lock");
		return;
	}
	if (ftruncate(sl->sl_fd, 0) == -1 || fsync(sl->sl_fd) == -1) {
		log_warn("spool: cannot be emptied");
		return;
	}
	spool_forget(dir, pop);
}

/* Move the rest of a locked spool, from the known part on. */
static void
spool_take(struct spool *sl, int dir, int pop, uint64_t known,
    uint64_t length)
{
	struct journal	 jo;

	if (known < length) {
		memset(&jo, 0, sizeof(jo));
		if (stage_fill(pop, sl->sl_fd, known, length, &jo) <= 0 ||
		    journal_write(pop, &jo) == -1 ||
		    spool_deliver(sl, dir, pop, &jo) == -1)
			return;
		known = jo.jo_length;
	}
	if (known == length)
		spool_empty(sl, dir, pop, length);
	else
		log_info("spool: %llu of %llu octets moved, the rest at "
		    "the next login", (unsigned long long)known,
		    (unsigned long long)length);
}

/* Finish what an earlier session left, then move the spool. */
static void
spool_pass(struct spool *sl, int dir, int pop)
{
	struct journal	 jo;
	uint64_t	 length, known;
	int		 r;

	if ((r = journal_read(pop, &jo)) == -1)
		return;
	if (r == 1 && spool_deliver(sl, dir, pop, &jo) == -1)
		return;
	stage_clear(pop);
	if (sl->sl_empty)
		spool_forget(dir, pop);
	/* A spool that cannot be read now may be readable another time. */
	if (sl->sl_fd == -1 || spool_lock(sl) == -1)
		return;
	length = spool_length(sl);
	if (length == 0 || spool_known(sl, &jo, length, &known) == -1)
		return;
	spool_take(sl, dir, pop, known, length);
}

void
spool_move(struct spool *sl, int dir)
{
	int	 pop;

	pop = openat(dir, SPOOL_DIR, OPEN_DIR);
	if (pop == -1 && errno == ENOENT) {
		if (sl->sl_fd == -1)
			return;
		pop = spool_dir(dir, SPOOL_DIR);
	} else if (pop == -1)
		log_warn("spool: %s", SPOOL_DIR);
	if (pop == -1)
		return;
	spool_pass(sl, dir, pop);
	close(pop);
	/* Succeeds only if it is empty. */
	(void)unlinkat(dir, SPOOL_DIR, AT_REMOVEDIR);
}

void
spool_close(struct spool *sl)
{
	if (sl->sl_fd != -1)
		close(sl->sl_fd);
	sl->sl_fd = -1;
	dotlock_stop(&sl->sl_dotlock);
}
