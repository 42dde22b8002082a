/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildir in the current directory with a simulated clock: time stamps of
 * its directories come from a clock that the test moves, as coarse as the test
 * wants, and change only if the test says so.  Replaces fstat(2), fstatat(2),
 * nanosleep(2) and clock_gettime(2) of libc.
 */

#ifndef CLOCKDIR_H
#define CLOCKDIR_H

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "maildir.h"
#include "popcache.h"
#include "popuidl.h"

#include "unit.h"

#define MS	INT64_C(1000000)
#define SEC	(1000 * MS)

static struct {
	int64_t	 now;			/* the file system's clock */
	int64_t	 grain;			/* nanoseconds it counts in */
	int64_t	 ahead;			/* seconds, for a session's now alone */
	int64_t	 slept;			/* nanoseconds */
	int64_t	 changed[MAILDIR_DIRS];	/* when each directory did */
	int64_t	 uidls_changed;		/* when popuidl did */
	int	 stats;			/* stamps that were read */
	int	 deliver_at;		/* before the stamp of this number */
	int	 touch_at;		/* the same: cur/ has changed */
	int	 storm;			/* names change all the time */
	int	 logged;		/* lines of the log */
} disk = { .grain = 1 };

/* Sleeping takes no time, but advances both clocks. */
int
nanosleep(const struct timespec *ts, struct timespec *rest)
{
	int64_t	 ns = (int64_t)ts->tv_sec * SEC + ts->tv_nsec;

	disk.slept += ns;
	disk.now += ns;
	return (0);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	static int	(*real)(clockid_t, struct timespec *);
	int64_t		 t;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	if (real(id, ts) == -1)
		return (-1);
	t = (int64_t)ts->tv_sec * SEC + ts->tv_nsec + disk.slept;
	ts->tv_sec = (time_t)(t / SEC);
	ts->tv_nsec = (long)(t % SEC);
	return (0);
}

static void
sink(int level, const char *text)
{
	disk.logged++;
}

static struct timespec
tick(int64_t t)
{
	struct timespec	 ts;

	t -= t % disk.grain;
	ts.tv_sec = (time_t)(t / SEC);
	ts.tv_nsec = (long)(t % SEC);
	return (ts);
}

/* A file, without a change of any other stamp. */
static void
put(const char *path, const char *text)
{
	const struct timespec	 when[2] = { tick(disk.now), tick(disk.now) };
	int			 fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(fd != -1 && write(fd, text, strlen(text)) ==
	    (ssize_t)strlen(text) && futimens(fd, when) == 0, "%s: %s", path,
	    strerror(errno));
	close(fd);
}

static void
deliver(const char *path, const char *text)
{
	put(path, text);
	disk.changed[path[0] == 'c'] = disk.now;
}

/* Return the change time of a name, or NULL: the system's. */
static const int64_t *
clock_of(const char *name)
{
	int	 dir;

	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (strcmp(name, maildir_dirname[dir]) == 0)
			return (&disk.changed[dir]);
	return (strcmp(name, POPUIDL_FILE) == 0 ? &disk.uidls_changed : NULL);
}

/* libc's, which ours hides. */
static int
real_fstatat(int fd, const char *name, struct stat *st, int flags)
{
	static int	(*real)(int, const char *, struct stat *, int);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fstatat");
	return (real(fd, name, st, flags));
}

/* What reads a stamp. */
int
fstatat(int fd, const char *name, struct stat *st, int flags)
{
	const int64_t	*when = clock_of(name);

	if (when == NULL)
		return (real_fstatat(fd, name, st, flags));
	if (++disk.stats == disk.deliver_at)
		deliver("new/900.late", "late\n");
	if (disk.storm)
		disk.changed[MAILDIR_NEW] = ++disk.now;
	if (disk.stats == disk.touch_at)
		disk.changed[MAILDIR_CUR] = disk.now;
	if (real_fstatat(fd, name, st, flags) == -1)
		return (-1);
	st->st_mtim = st->st_ctim = tick(*when);
	return (0);
}

/* What reads the file system's clock: from the index that a session begins. */
int
fstat(int fd, struct stat *st)
{
	static int	(*real)(int, struct stat *);
	struct stat	 begun;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fstat");
	if (real(fd, st) == -1)
		return (-1);
	if (st->st_size == 0 &&
	    real_fstatat(AT_FDCWD, POPCACHE_NEW_FILE, &begun, 0) == 0 &&
	    begun.st_dev == st->st_dev && begun.st_ino == st->st_ino) {
		st->st_mtim = tick(disk.now);
		st->st_mtim.tv_sec += (time_t)disk.ahead;
	}
	return (0);
}

/* Replace popuidl; NULL removes it. */
UNIT_FN void
import(const char *text)
{
	disk.uidls_changed = disk.now;
	if (text == NULL) {
		(void)unlink(POPUIDL_FILE);
		return;
	}
	put("popuidl.new", text);
	CHECK(rename("popuidl.new", POPUIDL_FILE) == 0, "rename");
}

/* As mda does: the entry of a message in new/, which is the file at path. */
UNIT_FN void
append_file(const char *name, const char *path, uint64_t octets)
{
	struct popcache		 pc;
	struct popcache_facts	 pf;
	struct stat		 st;
	int			 fd = open(".", O_RDONLY | O_DIRECTORY);

	/* What is not there was, for the time of one append. */
	if (stat(path, &st) == -1)
		st.st_ino = 12345;
	memset(&pc, 0, sizeof(pc));
	memset(&pf, 0, sizeof(pf));
	pf.pf_name = name;
	pf.pf_name_len = strlen(name);
	pf.pf_size = octets - 1;
	pf.pf_octets = octets;
	pf.pf_ino = maildir_ino((uint64_t)st.st_ino);
	CHECK(maildir_order(name, strlen(name), &pf.pf_order), "%s", name);
	(void)popcache_append(fd, popcache_make(&pc, &pf));
	popcache_forget(&pc);
	close(fd);
}

UNIT_FN void
append(const char *name, uint64_t octets)
{
	char	 path[300];

	snprintf(path, sizeof(path), "new/%s", name);
	append_file(name, path, octets);
}

/* Empty a directory, including empty sub-directories. */
static void
empty(const char *name)
{
	struct dirent	*de;
	DIR		*d;
	char		 path[512];

	if ((d = opendir(name)) == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", name, de->d_name);
		if (unlink(path) == -1)
			rmdir(path);
	}
	closedir(d);
}

/* A fresh maildir as the current directory, its clock at an odd time. */
static void
fresh(void)
{
	empty("new");
	empty("cur");
	empty("tmp");
	unlink(POPCACHE_FILE);
	unlink(POPCACHE_NEW_FILE);
	unlink(POPUIDL_FILE);
	mkdir("new", 0700);
	mkdir("cur", 0700);
	mkdir("tmp", 0700);
	disk.now = 1000000 * SEC;
	disk.changed[0] = disk.changed[1] = disk.now - 100 * SEC;
	disk.uidls_changed = disk.now - 100 * SEC;
	disk.deliver_at = disk.touch_at = disk.storm = 0;
	disk.logged = 0;
}

/* Go to a new directory, a name for mkdtemp(3), and set the clock. */
static int
clockdir(char *template)
{
	log_init("test");
	log_to(sink);
	return (mkdtemp(template) == NULL ? -1 : chdir(template));
}

#endif
