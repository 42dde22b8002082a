/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A set of configuration files, opened together.  popd reads only usertab, a
 * slice in each turn of the event loop, since sessions begin meanwhile; the
 * other descriptors go to the processes whose power they are.  They are
 * read with pread(2) from 0, so one open file serves several readers, and
 * the set in use stays open: a process that has to be started again gets
 * just what the others have.
 */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "fileset.h"
#include "limits.h"
#include "listen.h"
#include "log.h"
#include "settings.h"
#include "table.h"

#define FILES_MAX	(2 * KEYPAIRS_MAX + 1)

/* What a file is, for file_judge(). */
#define FILE_DECIDES	0x1	/* who may log in, or as whom */
#define FILE_SECRET	0x2

struct fileset {
	struct open_file {
		enum file_kind	 of_kind;
		unsigned int	 of_index;
		const char	*of_name;
		int		 of_fd;
		struct stat	 of_stat;	/* when it was opened */
	}			 fs_files[FILES_MAX];
	unsigned int		 fs_count;
	struct table		*fs_usertab;

	/* While it is being opened. */
	struct table_reader	*fs_reader;
	int			 fs_fd;		/* usertab, -1: closed */
	int			 fs_first;	/* it replaces no other */
	fileset_done		*fs_done;
	struct event		 fs_turn;
	char			 fs_bad[MSG_TEXT_MAX];
};

void
fileset_free(struct fileset *fs)
{
	unsigned int	 i;

	if (fs == NULL)
		return;
	for (i = 0; i < fs->fs_count; i++)
		close(fs->fs_files[i].of_fd);
	if (fs->fs_fd != -1)
		close(fs->fs_fd);
	table_cancel(fs->fs_reader);
	table_free(fs->fs_usertab);
	free(fs);
}

/* NULL, or why this file must not decide who may log in as whom. */
static const char *
file_distrust(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != settings.uid)
		return (settings.uid == 0 ? "not owned by root" :
		    "owned neither by root nor by the user of popd");
	if ((st->st_mode & S_IWOTH) != 0)
		return ("world-writable");
	if ((st->st_mode & S_IWGRP) != 0)
		return ("group-writable");
	return (NULL);
}

/* Judged by what is open: a symbolic link counts as what it leads to. */
static const char *
file_judge(int fd, int is, const char *name, struct stat *st)
{
	const char	*why;

	if (fstat(fd, st) == -1 || !S_ISREG(st->st_mode))
		return ("not a regular file");
	if ((is & FILE_DECIDES) != 0 && (why = file_distrust(st)) != NULL)
		return (why);
	if ((is & FILE_SECRET) != 0 && (st->st_mode & S_IRWXO) != 0)
		log_warnx("%s: mode %04o: world accessible", name,
		    (unsigned int)(st->st_mode & 07777));
	return (NULL);
}

static int
file_open(const char *name, int is, struct stat *st, char *why,
    size_t size)
{
	const char	*wrong;
	int		 fd;

	if ((fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		snprintf(why, size, "%s: %s", name, strerror(errno));
		return (-1);
	}
	if ((wrong = file_judge(fd, is, name, st)) != NULL) {
		snprintf(why, size, "%s: %s", name, wrong);
		close(fd);
		return (-1);
	}
	return (fd);
}

static int
fileset_add(struct fileset *fs, enum file_kind kind, unsigned int index,
    const char *name, char *why, size_t size)
{
	struct open_file	*of = &fs->fs_files[fs->fs_count];
	int			 is = 0;

	if (kind == FILE_AUTHTAB)
		is = FILE_DECIDES | FILE_SECRET;
	else if (kind == FILE_KEY)
		is = FILE_SECRET;
	of->of_fd = file_open(name, is, &of->of_stat, why, size);
	if (of->of_fd == -1)
		return (-1);
	of->of_kind = kind;
	of->of_index = index;
	of->of_name = name;
	fs->fs_count++;
	return (0);
}

static const char *
usertab_check(const struct table_row *tr)
{
	struct userinfo	 ui;
	const char	*why;

	if ((why = userinfo_parse(tr->tr_value, &ui)) != NULL)
		return (why);
	/* smtpd shares this file and may well have such a line. */
	if (ui.ui_uid == 0 || ui.ui_gid == 0)
		log_warnx("%s:%u: uid 0 and gid 0 cannot log in",
		    settings.usertab, tr->tr_line);
	return (NULL);
}

/* Open all of them; usertab is still to be read. */
static int
fileset_fill(struct fileset *fs, char *why, size_t size)
{
	struct stat	 st;
	unsigned int	 i;

	for (i = 0; i < settings.ncerts; i++)
		if (fileset_add(fs, FILE_CERT, i, settings.certs[i], why,
		    size) == -1 ||
		    fileset_add(fs, FILE_KEY, i, settings.keys[i], why,
		    size) == -1)
			return (-1);
	if (fileset_add(fs, FILE_AUTHTAB, 0, settings.authtab, why,
	    size) == -1)
		return (-1);
	fs->fs_fd = file_open(settings.usertab, FILE_DECIDES, &st, why, size);
	return (fs->fs_fd == -1 ? -1 : 0);
}

static void
fileset_give_up(struct fileset *fs)
{
	fs->fs_done(NULL, fs->fs_bad);
	fileset_free(fs);
}

/* usertab is read. */
static void
fileset_whole(struct fileset *fs)
{
	const char	*doubt;

	fs->fs_usertab = table_take(fs->fs_reader);
	fs->fs_reader = NULL;
	close(fs->fs_fd);
	fs->fs_fd = -1;
	if (fs->fs_first && (doubt = table_doubt(fs->fs_usertab)) != NULL)
		log_warnx("%s: %s", settings.usertab, doubt);
	fs->fs_done(fs, NULL);
}

static void
fileset_turn(int fd, short what, void *arg)
{
	const struct timeval	 now = { 0, 0 };
	struct fileset		*fs = arg;

	if (fs->fs_reader == NULL) {
		fileset_give_up(fs);
		return;
	}
	switch (table_step(fs->fs_reader, TABLE_SLICE, fs->fs_bad,
	    sizeof(fs->fs_bad))) {
	case TABLE_MORE:
		evtimer_add(&fs->fs_turn, &now);
		return;
	case TABLE_DONE:
		fileset_whole(fs);
		return;
	case TABLE_BAD:
		fileset_give_up(fs);
		return;
	}
}

void
fileset_open(const struct fileset *used, fileset_done *done)
{
	const struct timeval	 now = { 0, 0 };
	struct fileset		*fs;

	if ((fs = calloc(1, sizeof(*fs))) == NULL) {
		done(NULL, strerror(errno));
		return;
	}
	fs->fs_fd = -1;
	fs->fs_first = used == NULL;
	fs->fs_done = done;
	if (fileset_fill(fs, fs->fs_bad, sizeof(fs->fs_bad)) == 0) {
		fs->fs_reader = table_open(fs->fs_fd, settings.usertab,
		    used == NULL ? NULL : used->fs_usertab, usertab_check);
		if (fs->fs_reader == NULL)
			snprintf(fs->fs_bad, sizeof(fs->fs_bad), "%s: %s",
			    settings.usertab, strerror(errno));
	}
	evtimer_set(&fs->fs_turn, fileset_turn, fs);
	evtimer_add(&fs->fs_turn, &now);
}

void
fileset_tell(const struct fileset *fs)
{
	table_tell(fs->fs_usertab, settings.usertab);
}

const struct table *
fileset_usertab(const struct fileset *fs)
{
	return (fs->fs_usertab);
}

int
fileset_changed(const struct fileset *fs)
{
	const struct open_file	*of;
	struct stat		 st;
	unsigned int		 i;

	for (i = 0; i < fs->fs_count; i++) {
		of = &fs->fs_files[i];
		if (fstat(of->of_fd, &st) == -1 ||
		    st.st_size != of->of_stat.st_size ||
		    st.st_mtim.tv_sec != of->of_stat.st_mtim.tv_sec ||
		    st.st_mtim.tv_nsec != of->of_stat.st_mtim.tv_nsec)
			return (1);
	}
	return (0);
}

/* Which process may hold which kind of file: the heart of the design. */
static int
file_belongs(enum file_kind kind, enum role role)
{
	switch (kind) {
	case FILE_LISTEN:
		return (role == ROLE_LISTENER);
	case FILE_OCSP:
	case FILE_CA:
		return (role == ROLE_LISTENER);
	case FILE_CERT:
		return (role == ROLE_LISTENER || role == ROLE_KEY);
	case FILE_KEY:
		return (role == ROLE_KEY);
	case FILE_AUTHTAB:
		return (role == ROLE_CHECKER);
	case FILE_KINDS:
		break;
	}
	return (0);
}

unsigned int
fileset_count(const struct fileset *fs, enum role role)
{
	const char	*name;
	unsigned int	 i, n = 0;

	for (i = 0; i < fs->fs_count; i++)
		n += file_belongs(fs->fs_files[i].of_kind, role);
	if (file_belongs(FILE_LISTEN, role))
		for (i = 0; listen_fd(i, &name) != -1; i++)
			n++;
	return (n);
}

static int
file_send(struct chan *chan, enum file_kind kind, unsigned int index,
    const char *name, int fd)
{
	struct msg_file	 mf;
	int		 copy;

	memset(&mf, 0, sizeof(mf));
	mf.mf_kind = kind;
	mf.mf_index = index;
	mf.mf_flags = kind == FILE_LISTEN ? LISTEN_TLS : 0;
	strlcpy(mf.mf_name, name, sizeof(mf.mf_name));
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1)
		return (-1);
	return (chan_send(chan, MSG_CONF_FILE, &mf, copy));
}

int
fileset_send(const struct fileset *fs, enum role role, struct chan *chan)
{
	const struct open_file	*of;
	const char		*name;
	unsigned int		 i;
	int			 fd;

	for (i = 0; i < fs->fs_count; i++) {
		of = &fs->fs_files[i];
		if (file_belongs(of->of_kind, role) && file_send(chan,
		    of->of_kind, of->of_index, of->of_name, of->of_fd) == -1)
			return (-1);
	}
	if (!file_belongs(FILE_LISTEN, role))
		return (0);
	for (i = 0; (fd = listen_fd(i, &name)) != -1; i++)
		if (file_send(chan, FILE_LISTEN, i, name, fd) == -1)
			return (-1);
	return (0);
}
