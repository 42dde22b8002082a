/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Flags, and sizes that follow from the machine.  See settings.h.
 */

#include <sys/types.h>
#include <sys/resource.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"
#include "system_room.h"

/* More processes than this help nobody. */
#define PROCESSES_MAX	32

/* Sessions without which a server is of no use. */
#define SESSIONS_MIN	8

/* Descriptors of every process: 0 to 2, a channel, the event loop, a few. */
#define FILES_BASE	24

/*
 * Open files that a session is to the system: the client's socket, both ends
 * of its stream and of its worker's channel, a maildir and its index.
 */
#define SYSTEM_FILES	9

struct settings	 settings = {
	.authtab = "/etc/mail/authtab",
	.usertab = "/etc/mail/usertab",
	.port = "995"
};

static void	 usage(void) __attribute__((__noreturn__));

static void
usage(void)
{
	fprintf(stderr, "usage: popd [-dnSv] [-a authtab] [-c cert] "
	    "[-e subdir] [-k key]\n            [-l address] [-p port] "
	    "[-u usertab]\n");
	exit(1);
}

/* -e: a directory below the one in usertab, and never outside it. */
static const char *
flag_subdir(const char *dir)
{
	const char	*part = dir;
	size_t		 len;

	if (*dir == '\0' || *dir == '/')
		errx(1, "-e %s: want a relative path", dir);
	while (*part != '\0') {
		len = strcspn(part, "/");
		if (len == 2 && strncmp(part, "..", 2) == 0)
			errx(1, "-e %s: must not contain ..", dir);
		part += len;
		part += strspn(part, "/");
	}
	return (dir);
}

/* Files are opened again at a reload, when we are elsewhere. */
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

void
settings_flags(int argc, char *argv[])
{
	struct settings	*st = &settings;
	int		 ch;

	setting_defaults(&st->values);
	while ((ch = getopt(argc, argv, "a:c:de:k:l:np:Su:v")) != -1) {
		switch (ch) {
		case 'a':
			st->authtab = flag_path(optarg);
			break;
		case 'c':
			flag_add(st->certs, &st->ncerts, KEYPAIRS_MAX, ch,
			    flag_path(optarg));
			break;
		case 'd':
			st->foreground = 1;
			break;
		case 'e':
			st->subdir = flag_subdir(optarg);
			break;
		case 'k':
			flag_add(st->keys, &st->nkeys, KEYPAIRS_MAX, ch,
			    flag_path(optarg));
			break;
		case 'l':
			flag_add(st->addresses, &st->naddresses,
			    ADDRESSES_MAX, ch, optarg);
			break;
		case 'n':
			st->check_only = 1;
			break;
		case 'p':
			st->port = flag_port(optarg);
			break;
		case 'S':
			st->sandbox_required = 1;
			break;
		case 'u':
			st->usertab = flag_path(optarg);
			break;
		case 'v':
			st->verbose++;
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	setting_use(&st->values);
	if (st->ncerts != st->nkeys)
		errx(1, "%u certificates (-c) but %u keys (-k): they go in "
		    "pairs", st->ncerts, st->nkeys);
	if (st->ncerts == 0) {
		st->certs[st->ncerts++] = "/etc/ssl/popd.crt";
		st->keys[st->nkeys++] = "/etc/ssl/private/popd.key";
	}
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
	settings.nlisteners = settings.ncheckers =
	    settings.check_only ? 1 : ncpu;
}

/* Descriptors that the parent needs for all but its sessions. */
static uint32_t
settings_parent(unsigned int addresses)
{
	uint32_t	 children, files, sent;

	children = 2 + settings.nlisteners + settings.ncheckers;
	/* Two sets, while one is tried; and their copies on the way. */
	files = 2 * (settings.ncerts + settings.nkeys + 2);
	sent = settings.nlisteners * (addresses + settings.ncerts) +
	    settings.ncerts + settings.nkeys + settings.ncheckers;
	/* A channel each, and sockets to each other on the way. */
	return (FILES_BASE + addresses + files + sent + 5 * children);
}

/* Descriptors that a listener needs for all but its connections. */
static uint32_t
settings_listener(unsigned int addresses)
{
	/* Two sets of sockets, while one is tried, and two of its peers. */
	return (FILES_BASE + 2 * addresses + settings.ncerts + 4 + METRICS_MAX);
}

static rlim_t
settings_files(void)
{
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "getrlimit");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "setrlimit");
	if (rl.rlim_cur == RLIM_INFINITY || rl.rlim_cur > 1000000)
		return (1000000);
	return (rl.rlim_cur);
}

void
settings_size(unsigned int addresses)
{
	rlim_t		 files = settings_files();
	uint32_t	 part, all, parent, listener;

	settings_processes();
	parent = settings_parent(addresses);
	listener = settings_listener(addresses);
	if (files < parent + SESSIONS_MIN ||
	    files < listener + 7 * SESSIONS_MIN)
		errx(1, "%llu open files are too few: at least %u",
		    (unsigned long long)files,
		    parent > listener + 6 * SESSIONS_MIN ?
		    parent + SESSIONS_MIN : listener + 7 * SESSIONS_MIN);
	/*
	 * Of seven descriptors of a listener one is for a connection without
	 * a login, and two are for each of three sessions.
	 */
	part = (files - listener) / 7;
	settings.sessions_listener = 4 * part;
	settings.sessions_all = 3 * part * settings.nlisteners;
	if (settings.sessions_all > files - parent)
		settings.sessions_all = files - parent;
	all = system_room(SYSTEM_FILES);
	if (settings.sessions_all > all)
		settings.sessions_all = all;
}
