/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A set of configuration files, opened together.  popd reads only usertab;
 * the other descriptors go to the processes whose power they are.  They are
 * read with pread(2) from 0, so one open file serves several readers, and
 * the set in use stays open: a process that has to be started again gets
 * just what the others have.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "fileset.h"
#include "listen.h"
#include "log.h"
#include "settings.h"
#include "table.h"

#define FILES_MAX	(2 * KEYPAIRS_MAX + 1)

struct fileset {
	struct open_file {
		enum file_kind	 of_kind;
		unsigned int	 of_index;
		const char	*of_name;
		int		 of_fd;
		struct stat	 of_stat;	/* when it was opened */
	}		 fs_files[FILES_MAX];
	unsigned int	 fs_count;
	struct table	*fs_usertab;
};

void
fileset_free(struct fileset *fs)
{
	unsigned int	 i;

	if (fs == NULL)
		return;
	for (i = 0; i < fs->fs_count; i++)
		close(fs->fs_files[i].of_fd);
	table_free(fs->fs_usertab);
	free(fs);
}

/* secret: warn if everybody may read it. */
static int
file_open(const char *name, int secret, struct stat *st, char *why,
    size_t size)
{
	int		 fd;

	if ((fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		snprintf(why, size, "%s: %s", name, strerror(errno));
		return (-1);
	}
	if (fstat(fd, st) == -1 || !S_ISREG(st->st_mode)) {
		snprintf(why, size, "%s: not a regular file", name);
		close(fd);
		return (-1);
	}
	if (secret && (st->st_mode & S_IRWXO) != 0)
		log_warnx("%s: mode %04o: world accessible", name,
		    (unsigned int)(st->st_mode & 07777));
	return (fd);
}

static int
fileset_add(struct fileset *fs, enum file_kind kind, unsigned int index,
    const char *name, char *why, size_t size)
{
	struct open_file	*of = &fs->fs_files[fs->fs_count];

	of->of_fd = file_open(name, kind != FILE_CERT, &of->of_stat, why,
	    size);
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

static int
fileset_read_usertab(struct fileset *fs, char *why, size_t size)
{
	struct stat	 st;
	int		 fd;

	if ((fd = file_open(settings.usertab, 0, &st, why, size)) == -1)
		return (-1);
	fs->fs_usertab = table_read(fd, settings.usertab, usertab_check, why,
	    size);
	close(fd);
	return (fs->fs_usertab == NULL ? -1 : 0);
}

static int
fileset_fill(struct fileset *fs, char *why, size_t size)
{
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
	return (fileset_read_usertab(fs, why, size));
}

struct fileset *
fileset_open(char *why, size_t size)
{
	struct fileset	*fs;

	if ((fs = calloc(1, sizeof(*fs))) == NULL) {
		snprintf(why, size, "%s", strerror(errno));
		return (NULL);
	}
	if (fileset_fill(fs, why, size) == -1) {
		fileset_free(fs);
		return (NULL);
	}
	return (fs);
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
	case FILE_CERT:
		return (role == ROLE_LISTENER || role == ROLE_KEY);
	case FILE_KEY:
		return (role == ROLE_KEY);
	case FILE_AUTHTAB:
		return (role == ROLE_CHECKER);
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
