/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd: the parent.  It reads flags and usertab, opens what the others
 * need, starts and watches them, and parses nothing that came from a client.
 *
 * What runs as root, all of it in this directory:
 *	popd.c		signals, the order of the start
 *	settings.c	flags, and how much fits
 *	load.c		popd.conf(5) and the flags, as one configuration
 *	parse.y, lex.c	its language
 *	config.c	what they make
 *	address.c	addresses to listen on
 *	file.c		which files are to be trusted
 *	configtest.c	-n
 *	start.c		the background, the first configuration
 *	maillog.c	the log of the background
 *	inherit.c	what was handed down: sockets, a channel
 *	sockets.c	listening sockets
 *	maildrops.c	for -n, whether every user's directory is there
 *	fileset.c	opens certificates, keys, tables; hands them on
 *	conf.c		asks the children to use them
 *	hooks.c		what one part of popd has to know of another
 *	roles.c		what each role may say
 *	child.c		the lasting children
 *	childlog.c	their lines for the log
 *	restart.c	their successors
 *	ping.c		those that hang
 *	peers.c		sockets between them
 *	tables.c	table processes
 *	login.c		WANT + AUTH_OK = a session
 *	authcount.c	what authpop hears of it
 *	userbase.c	whose uid and directory it has
 *	worker.c	a session's worker
 *	lmtpsock.c	sockets for LMTP
 *	delivery.c	who delivers what came there
 *	exec.c		fork, give up root, exec
 *	reap.c		the end of every process started so
 *	session.c	the table of sessions
 *	stats.c		what is counted
 *	upgrade.c	a new popd that follows this one
 *	neighbour.c	those before and after this one
 *	handover.c	what two of them say to each other
 *	elders.c	what the new one knows of the old ones' sessions
 *	uplog.c		what the new one complains of
 *	drain.c		the rest of the old one
 *	notify.c	what systemd is told
 *	stop.c		the end
 *	control.c	popctl's socket
 *	order.c		what it may ask for
 *	report.c	what the parent knows itself
 *	query.c		what it has to ask others
 *	rollcall.c	what all sessions are doing
 *	lock.c		users who may not log in
 *	verbose.c	how much is logged
 */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <confine.h>
#include <err.h>
#include <event.h>
#include <fcntl.h>
#include <paths.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf.h"
#include "config.h"
#include "control.h"
#include "exec.h"
#include "hooks.h"
#include "inherit.h"
#include "limits.h"
#include "lmtpsock.h"
#include "load.h"
#include "log.h"
#include "msg.h"
#include "notify.h"
#include "restart.h"
#include "rollcall.h"
#include "settings.h"
#include "start.h"
#include "stop.h"
#include "tables.h"
#include "upgrade.h"
#include "version.h"

static const char *const	 helpers[] = {
	"lsnrpop", "keypop", "authpop", "tabpop", "wrkrpop", "lmtppop",
	"dlvrpop", "syspop"
};

/* Otherwise a missing helper would go unnoticed until the first login. */
static void
helpers_check(void)
{
	char	 path[PATH_LEN_MAX];
	size_t	 i;

	for (i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", LIBEXECDIR, helpers[i]);
		if (access(path, X_OK) == -1)
			err(1, "%s", path);
	}
}

/* The accounts of the roles, if root starts popd: no two share a uid. */
static void
accounts_check(struct config *cg)
{
	const struct passwd	*pw;
	int			 i, j;

	for (i = 0; i < CONFIG_USERS; i++) {
		settings.uids[i] = settings.uid;
		if (i == USER_LMTP && !config_lmtp(cg))
			continue;
		if (settings.uid != 0)
			continue;
		pw = getpwnam(cg->cfg_users[i]);
		if (i == USER_TABLE && pw != NULL)
			settings.table_gid = pw->pw_gid;
		/* These two are for those who have table processes. */
		if (pw == NULL && ((i == USER_LOOKUP &&
		    tables_count(cg) == 0) || (i == USER_TABLE &&
		    !tables_foreign(cg))))
			continue;
		if (pw == NULL)
			config_error(cg, NULL, "user %s does not exist",
			    cg->cfg_users[i]);
		else if (pw->pw_uid == 0 || pw->pw_gid == 0)
			config_error(cg, NULL, "user %s must be neither uid 0 "
			    "nor gid 0", cg->cfg_users[i]);
		else
			settings.uids[i] = pw->pw_uid;
		for (j = 0; j < i; j++)
			if (settings.uids[j] != 0 &&
			    settings.uids[j] == settings.uids[i])
				config_error(cg, NULL, "users %s and %s must "
				    "have different uids", cg->cfg_users[j],
				    cg->cfg_users[i]);
	}
}

/* The first configuration; its errors end popd, but with -n. */
static struct config *
first_config(void)
{
	struct config	*cg;

	if ((cg = load_config()) == NULL)
		err(1, "cannot start");
	accounts_check(cg);
	if (cg->cfg_errors > 0 && !settings.check_only)
		exit(1);
	settings_keep(cg);
	settings_use(cg);
	return (cg);
}

static void
sandbox_check(void)
{
	const char	*lacks;

	if ((lacks = confine_lacks()) != NULL)
		log_warnx("sandbox: this system lacks %s", lacks);
}

/*
 * What was inherited: nothing above standard error but what inherit.h says,
 * and nothing of ours in its place; no directory that is in the way; no core,
 * of anybody.
 */
static void
inherited(void)
{
	const struct rlimit	 no_core = { 0, 0 };
	int			 fd;

	while ((fd = open(_PATH_DEVNULL, O_RDWR)) != -1 && fd <= STDERR_FILENO)
		;
	inherit_init();
	umask(077);
	if (fd == -1 || chdir("/") == -1 || setrlimit(RLIMIT_CORE,
	    &no_core) == -1 || exec_init() == -1)
		err(1, "cannot start");
}

static void
signal_reload(int sig, short what, void *arg)
{
	if (!stop_begun() && upgrade_reload() == 0)
		conf_reload();
}

static void
signal_sessions(int sig, short what, void *arg)
{
	rollcall_log();
}

static void
signal_stop(int sig, short what, void *arg)
{
	char	 why[32];

	snprintf(why, sizeof(why), "signal %d", sig);
	stop_begin(why);
}

static void
signal_upgrade(int sig, short what, void *arg)
{
	upgrade_begin();
}

static void
signals(void)
{
	static struct event	 hup, term, intr, usr1, usr2;

	/*
	 * Not ignored, even if we were started so: the dead must wait until
	 * we ask for them.
	 */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal_set(&hup, SIGHUP, signal_reload, NULL);
	signal_set(&term, SIGTERM, signal_stop, NULL);
	signal_set(&intr, SIGINT, signal_stop, NULL);
	signal_set(&usr1, SIGUSR1, signal_sessions, NULL);
	signal_set(&usr2, SIGUSR2, signal_upgrade, NULL);
	if (signal_add(&hup, NULL) == -1 || signal_add(&usr1, NULL) == -1 ||
	    signal_add(&term, NULL) == -1 || signal_add(&intr, NULL) == -1 ||
	    signal_add(&usr2, NULL) == -1)
		fatalx("cannot wait for signals");
}

int
main(int argc, char *argv[])
{
	struct config	*cg;
	int		 processes;

	log_init("popd");
	version_flag(argc, argv, "popd");
	signal(SIGUSR2, SIG_IGN);
	upgrade_init(argc, argv);
	settings_flags(argc, argv);
	inherited();
	notify_init();
	settings.uid = geteuid();
	settings.gid = getegid();
	helpers_check();
	cg = first_config();
	sandbox_check();
	processes = tables_count(cg) > 0;
	if (!settings.foreground && !settings.check_only && !inherit_follows())
		start_background();

	if (event_init() == NULL)
		fatalx("cannot make the event loop");
	signals();
	hooks_init();
	upgrade_attach();
	restart_first(ROLE_KEY, 1);
	restart_first(ROLE_AUTH, 1);
	restart_first(ROLE_CHECKER, settings.check_only ? 1 :
	    settings.ncheckers);
	if (processes)
		restart_first(ROLE_TABLE, 1);
	restart_first(ROLE_LISTENER, settings.check_only ? 1 :
	    settings.nlisteners);
	if (config_lmtp(cg))
		restart_first(ROLE_LMTP, 1);
	/*
	 * rpath: popd.conf, tables, certificates and keys, again at SIGHUP.
	 * inet: to listen; route: on interfaces.  unix, cpath: the control
	 * socket, and its end.  proc, exec, id: a worker for each session,
	 * and popd itself at an upgrade, which is bound by none of this.
	 * sendfd: what is opened here is used elsewhere.  fattr, chown: who
	 * may connect to a socket for LMTP.
	 */
	if (pledge("stdio rpath wpath cpath inet unix route proc exec id "
	    "fattr chown sendfd unveil", NULL) == -1)
		fatal("pledge");
	if (unveil("/", "r") == -1 || unveil(LIBEXECDIR, "x") == -1 ||
	    (upgrade_path()[0] != '\0' &&
	    unveil(upgrade_path(), "x") == -1) ||
	    unveil(_PATH_DEVNULL, "rw") == -1 || control_unveil() == -1 ||
	    lmtpsock_unveil(cg) == -1 || tables_unveil(cg) == -1 ||
	    unveil(NULL, NULL) == -1)
		fatal("unveil");
	conf_start(cg);
	event_dispatch();
	fatalx("event loop ended");
}
