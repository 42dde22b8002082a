/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A set of configuration files, opened together.  popd itself reads only
 * usertab and the tables of expire and route, in slices, since sessions start
 * meanwhile; other descriptors are passed to the processes that may use them.
 * They are read with pread(2) from 0, so one open file serves several readers,
 * and the set in use stays open: a restarted process gets the same files.
 *
 * After an error the rest is still checked, and the errors are logged; the
 * first is left to the caller unless with -n.
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
#include "config.h"
#include "configtest.h"
#include "file.h"
#include "fileset.h"
#include "limits.h"
#include "log.h"
#include "maildrops.h"
#include "route.h"
#include "settings.h"
#include "sockets.h"
#include "spools.h"
#include "table.h"
#include "tables.h"

/* Certificates, keys; tables of checkers. */
#define FILES_MAX	(2 * KEYPAIRS_MAX + 2 * TABLES_ASKED_MAX)

/* Tables read by popd: those of userbase by index, of expire, of route. */
#define OWN_EXPIRE	TABLES_ASKED_MAX
#define OWN_ROUTE	(TABLES_ASKED_MAX + 1)
#define OWN_TABLES	(TABLES_ASKED_MAX + 2)

struct fileset {
	struct config		*fs_config;
	struct listens		*fs_listens;
	struct open_file {
		enum file_kind	 of_kind;
		unsigned int	 of_index;
		const char	*of_name;
		int		 of_fd;
		int		 of_whole;	/* see TABLE_WHOLE */
		struct stat	 of_stat;	/* at open */
	}			 fs_files[FILES_MAX];
	unsigned int		 fs_count;
	struct table		*fs_tables[OWN_TABLES];	/* NULL: no file */
	unsigned int		 fs_wrong;	/* bad files */

	/* While opening. */
	const struct fileset	*fs_old;
	unsigned int		 fs_reads;	/* index of the table */
	int			 fs_fd;		/* -1: closed */
	struct table_reader	*fs_reader;
	fileset_done		*fs_done;
	struct event		 fs_turn;
	log_sink		 fs_line;
	char			 fs_first[MSG_TEXT_MAX];	/* an error */
	char			 fs_bad[MSG_TEXT_MAX];	/* the last one */
};

static struct {
	const struct fileset	*reading;	/* for usertab_check() */
} fileset;

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
	for (i = 0; i < OWN_TABLES; i++)
		table_free(fs->fs_tables[i]);
	sockets_free(fs->fs_listens);
	config_free(fs->fs_config);
	free(fs);
}

/* An error, in fs_bad. */
static void
fileset_wrong(struct fileset *fs)
{
	if (settings.check_only || fs->fs_wrong > 0)
		log_warnx("%s", fs->fs_bad);
	else
		strlcpy(fs->fs_first, fs->fs_bad, sizeof(fs->fs_first));
	fs->fs_wrong++;
}

/* Return whether two are of one file, not written to in between. */
static int
file_same(const struct stat *a, const struct stat *b)
{
	return (a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec);
}

/* Return whether a file takes the place of another in a set. */
static int
file_replaces(const struct fileset *fs, const struct open_file *of)
{
	const struct open_file	*old;
	unsigned int		 i;

	for (i = 0; i < fs->fs_count; i++) {
		old = &fs->fs_files[i];
		if (old->of_kind == of->of_kind &&
		    old->of_index == of->of_index)
			return (!file_same(&old->of_stat, &of->of_stat));
	}
	return (0);
}

/* Open a file.  Return 0, or -1 with the reason in fs_bad. */
static int
fileset_add(struct fileset *fs, enum file_kind kind, unsigned int index,
    const char *name)
{
	struct open_file	*of = &fs->fs_files[fs->fs_count];
	int			 flags = 0;

	if (kind == FILE_KEY)
		flags = FILE_DECIDES | FILE_PRIVATE;
	else if (kind == FILE_AUTHTAB)
		flags = FILE_DECIDES | FILE_SECRET;
	else if (kind == FILE_CERT)
		flags = FILE_DECIDES;
	of->of_fd = file_open(name, flags, &of->of_stat, fs->fs_bad,
	    sizeof(fs->fs_bad));
	if (of->of_fd == -1)
		return (-1);
	of->of_kind = kind;
	of->of_index = index;
	of->of_name = name;
	of->of_whole = fs->fs_old != NULL &&
	    file_replaces(fs->fs_old, of);
	fs->fs_count++;
	return (0);
}

/* As fileset_add(), for a file that must be there. */
static void
fileset_need(struct fileset *fs, enum file_kind kind, unsigned int index,
    const char *name)
{
	if (fileset_add(fs, kind, index, name) == -1)
		fileset_wrong(fs);
}

/* Open both files of a pair or none. */
static void
fileset_pair(struct fileset *fs, unsigned int index)
{
	const struct config_pair	*pk = &fs->fs_config->cfg_pairs[index];
	unsigned int			 count = fs->fs_count;

	/* Already logged as an error. */
	if (pk->pk_cert == NULL || pk->pk_key == NULL)
		return;
	fileset_need(fs, FILE_CERT, index, pk->pk_cert);
	fileset_need(fs, FILE_KEY, index, pk->pk_key);
	if (fs->fs_count == count + 1)
		close(fs->fs_files[--fs->fs_count].of_fd);
}

/*
 * -n: open the tables of userbase, for their names, if all tables of both
 * kinds are files that can be opened; errors are logged elsewhere, and after
 * one in popd.conf a table may be missing.
 */
static void
fileset_users(struct fileset *fs)
{
	const struct config_asked	*as = &fs->fs_config->cfg_usertabs;
	unsigned int			 i, count = fs->fs_count, authtabs = 0;

	for (i = 0; i < count; i++)
		authtabs += fs->fs_files[i].of_kind == FILE_AUTHTAB;
	if (authtabs != fs->fs_config->cfg_authtabs.as_count ||
	    config_processes(as) != 0 || fs->fs_config->cfg_errors > 0)
		return;
	for (i = 0; i < as->as_count; i++)
		if (fileset_add(fs, FILE_USERTAB, i,
		    as->as_tables[i]->tab_path) == -1)
			break;
	while (i < as->as_count && fs->fs_count > count)
		close(fs->fs_files[--fs->fs_count].of_fd);
}

/* Open all files but those that popd reads itself. */
static void
fileset_fill(struct fileset *fs)
{
	const struct config	*cg = fs->fs_config;
	unsigned int		 i;

	for (i = 0; i < cg->cfg_npairs; i++)
		fileset_pair(fs, i);
	for (i = 0; i < cg->cfg_authtabs.as_count; i++)
		if (!cg->cfg_authtabs.as_tables[i]->tab_process)
			fileset_need(fs, FILE_AUTHTAB, i,
			    cg->cfg_authtabs.as_tables[i]->tab_path);
	if (settings.check_only)
		fileset_users(fs);
	if (tables_judge(cg, fs->fs_bad, sizeof(fs->fs_bad)) == -1)
		fileset_wrong(fs);
}

/* Open the sockets, except with -n. */
static void
fileset_listen(struct fileset *fs)
{
	if (settings.check_only)
		return;
	fs->fs_listens = sockets_open(fs->fs_config, fs->fs_old == NULL,
	    fs->fs_bad, sizeof(fs->fs_bad));
	if (fs->fs_listens == NULL)
		fileset_wrong(fs);
	if (sockets_nets(fs->fs_listens, fs->fs_config, ROLE_LISTENER) <=
	    NETS_MAX)
		return;
	snprintf(fs->fs_bad, sizeof(fs->fs_bad), "more than %d networks for "
	    "all addresses", NETS_MAX);
	fileset_wrong(fs);
}

static const char *
own_name(const struct fileset *fs)
{
	const struct config_asked	*as = &fs->fs_config->cfg_usertabs;

	if (fs->fs_reads == OWN_EXPIRE)
		return (fs->fs_config->cfg_expiretab);
	if (fs->fs_reads == OWN_ROUTE)
		return (fs->fs_config->cfg_routetab);
	return (fs->fs_reads >= as->as_count ||
	    as->as_tables[fs->fs_reads]->tab_process ? NULL :
	    as->as_tables[fs->fs_reads]->tab_path);
}

static const char *
usertab_check(const struct table_row *tr)
{
	const struct fileset	*fs = fileset.reading;
	struct userinfo		 ui;
	const char		*why;

	if ((why = table_userinfo(tr->tr_value, &ui)) != NULL)
		return (why);
	/* smtpd shares this file and may have such lines. */
	if (ui.ui_uid == 0 || ui.ui_gid == 0)
		log_warnx("%s:%u: uid 0 and gid 0 cannot log in",
		    own_name(fs), tr->tr_line);
	else if ((why = config_outside(&fs->fs_config->cfg_usertabs.as_bounds[
	    fs->fs_reads], &ui)) != NULL)
		log_warnx("%s:%u: %s out of bounds cannot log in",
		    own_name(fs), tr->tr_line, why);
	else
		return (NULL);
	configtest_doubt();
	return (NULL);
}

/* Return the check for each row of the table, or NULL. */
static table_check *
own_check(const struct fileset *fs)
{
	if (fs->fs_reads < OWN_EXPIRE)
		return (usertab_check);
	return (fs->fs_reads == OWN_ROUTE ? route_check : NULL);
}

/* Open the current table, if configured. */
static void
own_open(struct fileset *fs)
{
	const char	*name = own_name(fs);
	struct stat	 st;

	if (name == NULL)
		return;
	fs->fs_fd = file_open(name, FILE_DECIDES, &st, fs->fs_bad,
	    sizeof(fs->fs_bad));
	if (fs->fs_fd == -1) {
		fileset_wrong(fs);
		return;
	}
	fs->fs_reader = table_open(fs->fs_fd, name,
	    fs->fs_old == NULL ? NULL : fs->fs_old->fs_tables[fs->fs_reads],
	    own_check(fs));
	if (fs->fs_reader == NULL) {
		snprintf(fs->fs_bad, sizeof(fs->fs_bad), "%s: %s", name,
		    strerror(errno));
		fileset_wrong(fs);
		return;
	}
	if (fs->fs_old != NULL && fs->fs_old->fs_tables[fs->fs_reads] != NULL)
		table_whole(fs->fs_reader);
	table_all(fs->fs_reader);
	table_warn(fs->fs_reader);
	if (fs->fs_reads == OWN_EXPIRE)
		table_names(fs->fs_reader);
}

/* Take the table after its last slice. */
static void
own_take(struct fileset *fs)
{
	struct table	*tb = table_take(fs->fs_reader);
	const char	*doubt;

	fs->fs_reader = NULL;
	fs->fs_tables[fs->fs_reads] = tb;
	if (fs->fs_old == NULL && (doubt = table_doubt(tb)) != NULL) {
		log_warnx("%s: %s", own_name(fs), doubt);
		configtest_doubt();
	}
	if (table_repeats(tb) > 0)
		configtest_doubt();
}

/* Go on to the next table. */
static void
own_next(struct fileset *fs)
{
	if (fs->fs_fd != -1)
		close(fs->fs_fd);
	fs->fs_fd = -1;
	if (++fs->fs_reads < OWN_TABLES)
		own_open(fs);
}

/* Read a slice. */
static void
own_step(struct fileset *fs)
{
	if (fs->fs_reader == NULL) {
		own_next(fs);
		return;
	}
	fileset.reading = fs;
	switch (table_step(fs->fs_reader, TABLE_SLICE, fs->fs_bad,
	    sizeof(fs->fs_bad))) {
	case TABLE_MORE:
		return;
	case TABLE_DONE:
		own_take(fs);
		break;
	case TABLE_BAD:
		table_cancel(fs->fs_reader);
		fs->fs_reader = NULL;
		fileset_wrong(fs);
		break;
	}
	own_next(fs);
}

static void
fileset_turn(int fd, short what, void *arg)
{
	const struct timeval	 now = { 0, 0 };
	struct fileset		*fs = arg;

	log_tap(fs->fs_line);
	own_step(fs);
	log_tap(NULL);
	if (fs->fs_reads < OWN_TABLES)
		evtimer_add(&fs->fs_turn, &now);
	else if (fs->fs_wrong > 0 && !settings.check_only) {
		fs->fs_done(NULL, fs->fs_first);
		fileset_free(fs);
	} else {
		fs->fs_old = NULL;
		fs->fs_done(fs, NULL);
	}
}

void
fileset_open(struct config *cg, const struct fileset *used, log_sink line,
    fileset_done *done)
{
	const struct timeval	 now = { 0, 0 };
	struct fileset		*fs;

	if ((fs = calloc(1, sizeof(*fs))) == NULL) {
		config_free(cg);
		done(NULL, strerror(errno));
		return;
	}
	fs->fs_config = cg;
	fs->fs_fd = -1;
	fs->fs_old = used;
	fs->fs_done = done;
	fs->fs_line = line;
	log_tap(line);
	fileset_fill(fs);
	fileset_listen(fs);
	own_open(fs);
	log_tap(NULL);
	evtimer_set(&fs->fs_turn, fileset_turn, fs);
	evtimer_add(&fs->fs_turn, &now);
}

void
fileset_tell(const struct fileset *fs)
{
	unsigned int	 i;

	for (i = 0; i < OWN_EXPIRE; i++)
		if (fs->fs_tables[i] != NULL)
			table_tell(fs->fs_tables[i],
			    fs->fs_config->cfg_usertabs.as_tables[i]->tab_path);
}

const struct table *
fileset_usertab(const struct fileset *fs, unsigned int place)
{
	return (place < OWN_EXPIRE ? fs->fs_tables[place] : NULL);
}

void
fileset_maildrops(const struct fileset *fs)
{
	const struct config_asked	*as = &fs->fs_config->cfg_usertabs;
	const struct table		*tb;
	unsigned int			 i, bad = 0;

	for (i = 0; i < OWN_EXPIRE; i++)
		if ((tb = fs->fs_tables[i]) != NULL) {
			bad += maildrops_check(tb, as->as_tables[i]->tab_path);
			bad += spools_check(tb, as->as_tables[i]->tab_path);
		}
	while (bad-- > 0)
		configtest_doubt();
}

const struct table *
fileset_route(const struct fileset *fs)
{
	return (fs->fs_tables[OWN_ROUTE]);
}

int
fileset_expires(const struct fileset *fs, const char *user)
{
	return (fs->fs_config->cfg_expiretab == NULL ||
	    table_find(fs->fs_tables[OWN_EXPIRE], user) != NULL);
}

const struct config *
fileset_config(const struct fileset *fs)
{
	return (fs->fs_config);
}

const struct listens *
fileset_listens(const struct fileset *fs)
{
	return (fs->fs_listens);
}

unsigned int
fileset_wrongs(const struct fileset *fs)
{
	return (fs->fs_wrong);
}

int
fileset_has(const struct fileset *fs, enum file_kind kind)
{
	unsigned int	 i;

	for (i = 0; i < fs->fs_count; i++)
		if (fs->fs_files[i].of_kind == kind)
			return (1);
	return (0);
}

int
fileset_lacks(const struct fileset *fs, enum role role)
{
	if (role == ROLE_CHECKER)
		return (!fileset_has(fs, FILE_AUTHTAB) &&
		    config_processes(&fs->fs_config->cfg_authtabs) == 0);
	return ((role == ROLE_LISTENER || role == ROLE_KEY) &&
	    fs->fs_config->cfg_npairs > 0 && !fileset_has(fs, FILE_CERT));
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
		    !file_same(&st, &of->of_stat))
			return (1);
	}
	return (0);
}

const char *
fileset_edited(const struct fileset *fs)
{
	const struct open_file	*of;
	struct stat		 st;
	unsigned int		 i;

	for (i = 0; i < fs->fs_count; i++) {
		of = &fs->fs_files[i];
		if (of->of_kind == FILE_AUTHTAB && (stat(of->of_name,
		    &st) == -1 || !file_same(&st, &of->of_stat)))
			return (of->of_name);
	}
	return (NULL);
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
	case FILE_USERTAB:
		return (role == ROLE_CHECKER);
	case FILE_TABLE:
		return (role == ROLE_TABLE);
	case FILE_LMTP:
		return (role == ROLE_LMTP);
	case FILE_KINDS:
		break;
	}
	return (0);
}

/* Return the kind of a listening socket, by its rule. */
static enum file_kind
listen_kind(const struct config_listen *li)
{
	return ((li->li_flags & LISTEN_LMTP) != 0 ? FILE_LMTP : FILE_LISTEN);
}

/* Count the listening sockets of a role. */
static unsigned int
listens_count(const struct fileset *fs, enum role role)
{
	const char	*name;
	unsigned int	 i, rule, n = 0;

	for (i = 0; sockets_fd(fs->fs_listens, i, &rule, &name) != -1; i++)
		n += file_belongs(listen_kind(
		    &fs->fs_config->cfg_listens[rule]), role);
	return (n);
}

unsigned int
fileset_count(const struct fileset *fs, enum role role)
{
	unsigned int	 i, n = 0;

	for (i = 0; i < fs->fs_count; i++)
		n += file_belongs(fs->fs_files[i].of_kind, role);
	n += listens_count(fs, role);
	if (role == ROLE_TABLE)
		n += tables_count(fs->fs_config);
	return (n);
}

/* Send a duplicate of a descriptor. */
static int
file_send(struct chan *chan, struct msg_file *mf, const char *name, int fd)
{
	int	 copy;

	strlcpy(mf->mf_name, name, sizeof(mf->mf_name));
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1)
		return (-1);
	return (chan_send(chan, MSG_CONF_FILE, mf, copy));
}

/* Send the listening sockets of a role, each with its rule. */
static int
listens_send(const struct fileset *fs, enum role role, struct chan *chan)
{
	const struct config_listen	*li;
	struct msg_file			 mf;
	const char			*name;
	unsigned int			 i, rule;
	int				 fd;

	for (i = 0; (fd = sockets_fd(fs->fs_listens, i, &rule, &name)) != -1;
	    i++) {
		li = &fs->fs_config->cfg_listens[rule];
		if (!file_belongs(listen_kind(li), role))
			continue;
		memset(&mf, 0, sizeof(mf));
		mf.mf_kind = listen_kind(li);
		mf.mf_index = i;
		mf.mf_flags = li->li_flags;
		mf.mf_pairs = li->li_pairs;
		if (li->li_domain != NULL)
			strlcpy(mf.mf_domain, li->li_domain,
			    sizeof(mf.mf_domain));
		if (file_send(chan, &mf, name, fd) == -1)
			return (-1);
	}
	return (0);
}

int
fileset_send(const struct fileset *fs, enum role role, struct chan *chan)
{
	const struct open_file	*of;
	struct msg_file		 mf;
	unsigned int		 i;

	for (i = 0; i < fs->fs_count; i++) {
		of = &fs->fs_files[i];
		if (!file_belongs(of->of_kind, role))
			continue;
		memset(&mf, 0, sizeof(mf));
		mf.mf_kind = of->of_kind;
		mf.mf_index = of->of_index;
		if (of->of_kind == FILE_KEY)
			mf.mf_flags = config_key_flags(fs->fs_config,
			    of->of_index);
		else if (of->of_whole)
			mf.mf_flags = TABLE_WHOLE;
		if (file_send(chan, &mf, of->of_name, of->of_fd) == -1)
			return (-1);
	}
	if (listens_send(fs, role, chan) == -1)
		return (-1);
	if (role == ROLE_TABLE && tables_send(fs->fs_config, chan) == -1)
		return (-1);
	return (sockets_send_nets(fs->fs_listens, fs->fs_config, role, chan));
}
