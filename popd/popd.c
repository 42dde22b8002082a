/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd: the parent.  It reads flags and usertab, opens what the others
 * need, starts and watches them, and parses nothing that came from a client.
 *
 * What runs as root, all of it in this directory:
 *	popd.c		flags, signals, the start
 *	listen.c	listening sockets
 *	maildrops.c	for -n, whether every user's directory is there
 *	fileset.c	opens certificates, keys, tables; hands them on
 *	conf.c		asks the children to use them
 *	child.c		the lasting children and what each may say
 *	peers.c		sockets between them
 *	login.c		WANT + AUTH_OK = a session
 *	worker.c	a session's worker
 *	exec.c		fork, give up root, exec
 *	reap.c		the end of every process started so
 *	session.c	the table of sessions
 */

#include <sys/types.h>
#include <sys/resource.h>

#include <confine.h>
#include <err.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <paths.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"
#include "popd.h"
#include "session.h"

/* Seconds for workers to finish an UPDATE when popd stops. */
#define STOP_SECONDS	10

/* More processes than this help nobody. */
#define PROCESSES_MAX	32

/* Where the listeners, keypop and authpop live, if root starts popd. */
static const char *const	 accounts[] = {
	"_popd", "_popkey", "_popauth"
};

static const char *const	 helpers[] = {
	"lsnrpop", "keypop", "authpop", "wrkrpop"
};

struct settings	 settings = {
	.authtab = "/etc/mail/authtab",
	.usertab = "/etc/mail/usertab",
	.port = "995"
};

static struct {
	int		 status;	/* to the process that was started */
	int		 stopping;
	struct event	 stop_timer;
} self = { .status = -1 };

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
flags_parse(int argc, char *argv[])
{
	struct settings	*st = &settings;
	int		 ch;

	while ((ch = getopt(argc, argv, "a:c:de:k:l:np:Su:v")) != -1) {
		switch (ch) {
		case 'a':
			st->authtab = optarg;
			break;
		case 'c':
			flag_add(st->certs, &st->ncerts, PAIRS_MAX, ch, optarg);
			break;
		case 'd':
			st->foreground = 1;
			break;
		case 'e':
			st->subdir = flag_subdir(optarg);
			break;
		case 'k':
			flag_add(st->keys, &st->nkeys, PAIRS_MAX, ch, optarg);
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
			st->usertab = optarg;
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
	if (st->ncerts != st->nkeys)
		errx(1, "%u certificates (-c) but %u keys (-k): they go in "
		    "pairs", st->ncerts, st->nkeys);
	if (st->ncerts == 0) {
		st->certs[st->ncerts++] = "/etc/ssl/popd.crt";
		st->keys[st->nkeys++] = "/etc/ssl/private/popd.key";
	}
}

/* How many processes, and how many sessions the descriptors allow. */
static void
settings_size(void)
{
	struct rlimit	 rl;
	long		 ncpu;
	rlim_t		 files;

	ncpu = sysconf(_SC_NPROCESSORS_ONLN);
	if (ncpu < 1)
		ncpu = 1;
	if (ncpu > PROCESSES_MAX)
		ncpu = PROCESSES_MAX;
	settings.nlisteners = settings.ncheckers =
	    settings.check_only ? 1 : ncpu;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "getrlimit");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "setrlimit");
	files = rl.rlim_cur;
	if (files == RLIM_INFINITY || files > 1000000)
		files = 1000000;
	if (files < 4 * DESCRIPTORS_RESERVED)
		errx(1, "%llu open files are too few",
		    (unsigned long long)files);
	files -= DESCRIPTORS_RESERVED;
	/* The parent has one descriptor per session, a listener two. */
	settings.sessions_all = files;
	settings.sessions_listener = files / 2;
}

/* What is not where it was built for would only be seen at a login. */
static void
helpers_check(void)
{
	char	 path[1024];
	size_t	 i;

	for (i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", LIBEXECDIR, helpers[i]);
		if (access(path, X_OK) == -1)
			err(1, "%s", path);
	}
}

static void
accounts_check(void)
{
	size_t	 i;

	if (settings.uid != 0)
		return;
	for (i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++)
		if (getpwnam(accounts[i]) == NULL)
			errx(1, "user %s does not exist", accounts[i]);
}

static void
sandbox_check(void)
{
	const char	*lacks;

	if ((lacks = confine_lacks()) == NULL)
		return;
	if (settings.sandbox_required)
		errx(1, "-S: this system lacks %s", lacks);
	log_warnx("sandbox: this system lacks %s", lacks);
}

/*
 * Go to the background, but let the process that was started wait for the
 * outcome, so that its exit status and standard error tell the truth.
 */
static void
background(void)
{
	char	 ok;
	int	 fds[2];

	if (pipe(fds) == -1)
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		break;
	default:
		close(fds[1]);
		_exit(read(fds[0], &ok, 1) == 1 ? 0 : 1);
	}
	close(fds[0]);
	if (fcntl(fds[1], F_SETFD, FD_CLOEXEC) == -1 || setsid() == -1)
		err(1, "setsid");
	self.status = fds[1];
}

/* Also when popd runs in the foreground: its files are none of its own. */
static void
background_done(void)
{
	int	 null;

	if (settings.foreground)
		return;
	if ((null = open(_PATH_DEVNULL, O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1)
		fatal("%s", _PATH_DEVNULL);
	if (null > STDERR_FILENO)
		close(null);
	log_to(log_syslog);
	(void)!write(self.status, "", 1);
	close(self.status);
}

void
popd_started(void)
{
	unsigned int	 i;
	const char	*name;

	if (settings.check_only) {
		if (maildrops_check(conf_usertab()) > 0)
			exit(1);
		fprintf(stderr, "configuration OK\n");
		exit(0);
	}
	background_done();
	for (i = 0; listen_fd(i, &name) != -1; i++)
		log_info("listening on %s", name);
	log_info("started: %u listeners, %u checkers, up to %u sessions",
	    settings.nlisteners, settings.ncheckers, settings.sessions_all);
}

void
popd_failed(const char *why)
{
	fatalx("%s", why);
}

static int
all_gone(void)
{
	return (TAILQ_EMPTY(child_all()) && session_count() == 0);
}

static void
stop_now(int fd, short event, void *arg)
{
	if (session_count() > 0)
		log_warnx("%u workers finish on their own", session_count());
	log_info("stopped");
	exit(0);
}

static void
stop(int sig, short event, void *arg)
{
	struct timeval	 tv = { STOP_SECONDS, 0 };

	if (self.stopping)
		return;
	self.stopping = 1;
	log_info("stopping: signal %d", sig);
	child_stop_all();
	worker_stop_all();
	evtimer_set(&self.stop_timer, stop_now, NULL);
	evtimer_add(&self.stop_timer, &tv);
	if (all_gone())
		stop_now(-1, 0, NULL);
}

void
popd_reaped(void)
{
	if (self.stopping && all_gone())
		stop_now(-1, 0, NULL);
}

static void
reload(int sig, short event, void *arg)
{
	if (!self.stopping)
		conf_reload();
}

static void
signals(void)
{
	static struct event	 hup, term, intr;

	/*
	 * Not ignored, even if we were started so: the dead must wait until
	 * we ask for them.
	 */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal_set(&hup, SIGHUP, reload, NULL);
	signal_set(&term, SIGTERM, stop, NULL);
	signal_set(&intr, SIGINT, stop, NULL);
	signal_add(&hup, NULL);
	signal_add(&term, NULL);
	signal_add(&intr, NULL);
}

static void
children_start(void)
{
	unsigned int	 i;

	child_start(ROLE_KEY);
	child_start(ROLE_AUTH);
	for (i = 0; i < settings.ncheckers; i++)
		child_start(ROLE_CHECKER);
	for (i = 0; i < settings.nlisteners; i++)
		child_start(ROLE_LISTENER);
}

int
main(int argc, char *argv[])
{
	char	 why[MSG_TEXT_MAX];

	log_init("popd");
	flags_parse(argc, argv);
	log_verbose(settings.verbose);
	closefrom(STDERR_FILENO + 1);
	settings.uid = geteuid();
	settings.gid = getegid();
	settings_size();
	helpers_check();
	accounts_check();
	sandbox_check();
	if (!settings.check_only && listen_open(why, sizeof(why)) == -1)
		errx(1, "%s", why);
	if (!settings.foreground && !settings.check_only)
		background();
	openlog("popd", LOG_PID | LOG_NDELAY, LOG_MAIL);

	event_init();
	signals();
	children_start();
	/*
	 * rpath: tables, certificates and keys, again at SIGHUP.  wpath: the
	 * null device of a child.  proc, exec, id: a worker for each session.
	 * sendfd: what is opened here is used elsewhere.
	 */
	if (pledge("stdio rpath wpath proc exec id sendfd unveil", NULL) == -1)
		fatal("pledge");
	if (unveil("/", "r") == -1 || unveil(LIBEXECDIR, "x") == -1 ||
	    unveil(_PATH_DEVNULL, "rw") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	conf_reload();
	event_dispatch();
	fatalx("event loop ended");
}
