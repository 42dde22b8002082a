/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Flags, and limits derived from the machine.  See settings.h.
 */

#include <sys/types.h>
#include <sys/resource.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "config.h"
#include "limits.h"
#include "log.h"
#include "settings.h"
#include "subdir.h"
#include "system_room.h"

/* Descriptors of every process: 0 to 2, a channel, the event loop, a few. */
#define FILES_BASE	24

/*
 * Open files of the system per session: the client's socket, both ends of its
 * stream and of its worker's channel, a maildir and its index.
 */
#define SYSTEM_FILES	9

struct settings	 settings = { .conf = "/etc/popd.conf", .socket = "" };

static void	 usage(void) __attribute__((__noreturn__));

static void
usage(void)
{
	fprintf(stderr, "usage: popd [-dnSv] [-a authtab] [-c cert] "
	    "[-e subdir] [-f file] [-k key]\n            [-l address] "
	    "[-p port] [-u usertab]\n       popd -V\n");
	exit(1);
}

/* -e: a directory below that in usertab, never outside. */
static const char *
flag_subdir(const char *dir)
{
	const char	*why;

	if ((why = subdir_check(dir)) != NULL)
		errx(1, "-e %s: %s", dir, why);
	return (dir);
}

/* Make a path absolute: a reload opens it from another directory. */
static const char *
flag_path(const char *path)
{
	char	*whole, dir[PATH_LEN_MAX];

	if (*path == '/')
		return (path);
	if (getcwd(dir, sizeof(dir)) == NULL ||
	    asprintf(&whole, "%s/%s", dir, path) == -1)
		err(1, "%s", path);
	return (whole);
}

static const char *
flag_port(const char *port)
{
	const char	*errstr;

	strtonum(port, 1, 65535, &errstr);
	if (errstr != NULL)
		errx(1, "-p %s: %s", port, errstr);
	return (port);
}

static void
flag_add(const char **list, unsigned int *count, unsigned int max, int flag,
    const char *value)
{
	if (*count == max)
		errx(1, "-%c %s: more than %u", flag, value, max);
	list[(*count)++] = value;
}

static void
settings_flag(struct settings *st, int ch, const char *arg)
{
	switch (ch) {
	case 'a':
		st->flag_authtab = flag_path(arg);
		break;
	case 'c':
		flag_add(st->certs, &st->ncerts, KEYPAIRS_MAX, ch,
		    flag_path(arg));
		break;
	case 'd':
		st->foreground = 1;
		break;
	case 'e':
		st->flag_subdir = flag_subdir(arg);
		break;
	case 'f':
		st->conf = flag_path(arg);
		st->conf_given = 1;
		break;
	case 'k':
		flag_add(st->keys, &st->nkeys, KEYPAIRS_MAX, ch,
		    flag_path(arg));
		break;
	case 'l':
		if (!address_is_numeric(arg))
			errx(1, "-l %s: not an IPv4 or IPv6 address",
			    arg);
		flag_add(st->addresses, &st->naddresses,
		    ADDRESSES_MAX, ch, arg);
		break;
	case 'n':
		st->check_only = 1;
		break;
	case 'p':
		st->port = flag_port(arg);
		break;
	case 'S':
		st->sandbox_required = 1;
		break;
	case 'u':
		st->flag_usertab = flag_path(arg);
		break;
	case 'v':
		st->flag_verbose++;
		break;
	default:
		usage();
	}
}

void
settings_flags(int argc, char *argv[])
{
	struct settings	*st = &settings;
	int		 ch;

	st->started = time(NULL);
	/* pledge(2) does not allow it to a reload. */
	st->room = system_room(SYSTEM_FILES);
	setting_defaults(&st->values);
	while ((ch = getopt(argc, argv, "a:c:de:f:k:l:np:Su:v")) != -1)
		settings_flag(st, ch, optarg);
	if (optind != argc)
		usage();
	if (st->ncerts != st->nkeys)
		errx(1, "%u certificates (-c) but %u keys (-k): they go in "
		    "pairs", st->ncerts, st->nkeys);
}

static void
settings_processes(void)
{
	long	 ncpu;

	ncpu = sysconf(_SC_NPROCESSORS_ONLN);
	if (ncpu < 1)
		ncpu = 1;
	if (ncpu > PROCESSES_MAX)
		ncpu = PROCESSES_MAX;
	settings.nlisteners = settings.ncheckers = ncpu;
}

/* Return the descriptors that the parent needs besides sessions. */
static uint32_t
settings_parent(const struct config *cg)
{
	uint32_t	 children, files, sent;
	uint32_t	 sockets = cg->cfg_naddresses;
	uint32_t	 tables = 2 + (cg->cfg_expiretab != NULL);

	children = 2 + settings.nlisteners + settings.ncheckers;
	/* Two sets during a reload, and duplicates being sent. */
	files = 2 * (2 * cg->cfg_npairs + tables + sockets);
	sent = settings.nlisteners * (sockets + cg->cfg_npairs) +
	    2 * cg->cfg_npairs + (tables - 1) * settings.ncheckers;
	/* A channel per dlvrpop, and streams being sent. */
	if (config_lmtp(cg))
		files += LMTP_PROCESSES + 4;
	/* A channel per child, sockets between them being sent, judges. */
	return (FILES_BASE + files + sent + 5 * children + ROLE_WORKER);
}

/* Return the descriptors that a listener needs besides connections. */
static uint32_t
settings_listener(const struct config *cg)
{
	/* Two sets of sockets during a reload, two sockets to peers. */
	return (FILES_BASE + 2 * cg->cfg_naddresses + cg->cfg_npairs + 4);
}

/* Raise the limit of descriptors to its maximum.  Return it, or 0. */
static rlim_t
settings_files(struct config *cg)
{
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1) {
		config_error(cg, NULL, "getrlimit: %s", strerror(errno));
		return (0);
	}
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1) {
		config_error(cg, NULL, "setrlimit: %s", strerror(errno));
		return (0);
	}
	if (rl.rlim_cur == RLIM_INFINITY || rl.rlim_cur > 1000000)
		return (1000000);
	return (rl.rlim_cur);
}

/*
 * Divide the descriptors of a listener: one for each connection without a
 * login, two for each session.  A listener has room for all sessions, as none
 * chooses which connections it accepts.
 */
static void
settings_divide(struct config *cg, uint32_t files)
{
	uint32_t	 most = files - 2 * SESSIONS_MIN;
	uint32_t	 unauth = cg->cfg_values.stv_value[SETTING_CONNECTIONS];

	if (unauth > most) {
		config_error(cg, &cg->cfg_unauth, "limit unauthenticated %u: "
		    "only %u connections of a listener fit", unauth, most);
		unauth = 0;
	}
	if (unauth == 0)
		unauth = files / UNAUTH_PART;
	cg->cfg_unauth_most = unauth;
	cg->cfg_sessions_all = (files - unauth) / 2;
}

/* Apply the configured limit of sessions if so many fit. */
static void
settings_sessions(struct config *cg)
{
	uint32_t	 sessions = cg->cfg_values.stv_value[SETTING_SESSIONS];

	if (sessions > cg->cfg_sessions_all)
		config_error(cg, &cg->cfg_sessions, "limit sessions %u: only "
		    "%u fit", sessions, cg->cfg_sessions_all);
	else if (sessions > 0)
		cg->cfg_sessions_all = sessions;
}

void
settings_size(struct config *cg)
{
	rlim_t		 files;
	uint32_t	 parent, listener;
	const uint32_t	 least = UNAUTH_PART * SESSIONS_MIN;

	if ((files = settings_files(cg)) == 0)
		return;
	settings_processes();
	parent = settings_parent(cg);
	listener = settings_listener(cg);
	if (files < parent + SESSIONS_MIN || files < listener + least) {
		config_error(cg, NULL, "%llu open files are too few: need %u",
		    (unsigned long long)files,
		    parent + SESSIONS_MIN > listener + least ?
		    parent + SESSIONS_MIN : listener + least);
		return;
	}
	settings_divide(cg, files - listener);
	if (cg->cfg_sessions_all > files - parent)
		cg->cfg_sessions_all = files - parent;
	if (cg->cfg_sessions_all > settings.room)
		cg->cfg_sessions_all = settings.room;
	settings_sessions(cg);
}

void
settings_use(const struct config *cg)
{
	settings.subdir = cg->cfg_subdir;
	settings.mbox = cg->cfg_mbox;
	settings.mbox_locks = cg->cfg_mbox_locks;
	settings.values = cg->cfg_values;
	settings.sessions_all = cg->cfg_sessions_all;
	setting_use(&settings.values);
}

/* Copy a string owned by a configuration. */
static const char *
settings_text(const char *text)
{
	char	*copy;

	if ((copy = strdup(text)) == NULL)
		err(1, "cannot start");
	return (copy);
}

void
settings_keep(const struct config *cg)
{
	int	 i;

	for (i = 0; i < CONFIG_USERS; i++)
		settings.users[i] = settings_text(cg->cfg_users[i]);
	settings.socket = settings_text(cg->cfg_socket);
}

void
settings_kept(struct config *cg)
{
	int	 i;

	for (i = 0; i < CONFIG_USERS; i++)
		if (strcmp(settings.users[i], cg->cfg_users[i]) != 0)
			log_warnx("user %s: stays %s until popd is restarted",
			    cg->cfg_users[i], settings.users[i]);
	if (strcmp(settings.socket, cg->cfg_socket) != 0)
		log_warnx("socket %s: stays %s until popd is restarted",
		    cg->cfg_socket, settings.socket);
	/* For table processes see tables.c. */
	if (config_lmtp(cg) && settings.uid == 0 &&
	    settings.uids[USER_LMTP] == 0)
		config_error(cg, NULL, "user %s did not exist when popd was "
		    "started", settings.users[USER_LMTP]);
}
