/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd: the parent.  It reads the flags and popd.conf, opens the files that
 * the other processes need, starts and watches them, and parses nothing that
 * came from a client.
 *
 * What runs as root, all of it in this directory:
 *	popd.c		signals, the order of startup
 *	settings.c	flags and limits derived from them
 *	load.c		one configuration from popd.conf(5) and the flags
 *	parse.y, lex.c	the grammar of popd.conf(5)
 *	gone.c		words that it knew once
 *	rule.c		its `listen on' rules
 *	config.c	the configuration they build
 *	address.c	addresses to listen on
 *	file.c		owner and mode of files
 *	configtest.c	-n
 *	start.c		daemonizing, the first configuration
 *	maillog.c	syslog, once in the background
 *	inherit.c	inherited sockets and channels
 *	sockets.c	listening sockets
 *	maildrops.c	directories of users, and their check with -n
 *	spools.c	mboxes of users, the same
 *	fileset.c	opens certificates, keys, tables; passes them on
 *	conf.c		has the children check and use them
 *	hooks.c		events in one part that concern others
 *	roles.c		what each role may send
 *	child.c		long-lived children
 *	childlog.c	their log lines
 *	restart.c	restarts them
 *	ping.c		kills those that hang
 *	peers.c		sockets between them
 *	tables.c	table processes
 *	login.c		WANT + AUTH_OK = a session
 *	authcount.c	corrects authpop's count of logins
 *	userbase.c	uid and directory of its user
 *	routes.c	or the server of its user, for a proxy
 *	worker.c	its worker
 *	lmtpsock.c	listening sockets with a path
 *	recipient.c	the user of an address
 *	delivery.c	delivers what arrives on them
 *	exec.c		fork, drop root, exec
 *	reap.c		reaps every process started so
 *	session.c	the table of sessions
 *	stats.c		counters
 *	upgrade.c	replaces this popd by a new one
 *	handover.c	the channel between the two
 *	uplog.c		errors of the new one, logged by the old one
 *	drain.c		what is left of the old one
 *	notify.c	readiness for systemd
 *	stop.c		shutdown
 *	control.c	popctl's socket
 *	order.c		its requests
 *	report.c	answers from the parent's own state
 *	query.c		answers that need other processes
 *	lock.c		locked users
 *	forget.c	clears cached passwords of checkers
 *	verbose.c	log verbosity
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
#include "lock.h"
#include "log.h"
#include "msg.h"
#include "notify.h"
#include "report.h"
#include "restart.h"
#include "settings.h"
#include "start.h"
#include "stop.h"
#include "tables.h"
#include "upgrade.h"
#include "version.h"

static struct {
	struct event	 hup, term, intr, usr2;
} popd;

static const char *const	 helpers[] = {
	"lsnrpop", "keypop", "authpop", "hashpop", "tabpop", "wrkrpop",
	"lmtppop", "dlvrpop", "syspop"
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

/* Look up the users of all roles if run as root; no two share a uid. */
static void
accounts_check(struct config *cg)
{
	const struct passwd	*pw;
	int			 i, j;

	for (i = 0; i < CONFIG_USERS; i++) {
		settings.uids[i] = settings.uid;
		if (settings.uid != 0)
			continue;
		pw = getpwnam(cg->cfg_users[i]);
		/* Only LMTP and table processes need these. */
		if (pw == NULL && ((i == USER_LMTP && !config_lmtp(cg)) ||
		    (i == USER_LOOKUP && tables_count(cg) == 0) ||
		    (i == USER_TABLE && !tables_foreign(cg))))
			continue;
		if (pw == NULL)
			config_error(cg, NULL, "user %s does not exist",
			    cg->cfg_users[i]);
		else if (pw->pw_uid == 0 || pw->pw_gid == 0)
			config_error(cg, NULL, "user %s must be neither uid 0 "
			    "nor gid 0", cg->cfg_users[i]);
		else {
			settings.uids[i] = pw->pw_uid;
			settings.gids[i] = pw->pw_gid;
		}
		for (j = 0; j < i; j++)
			if (settings.uids[j] != 0 &&
			    settings.uids[j] == settings.uids[i])
				config_error(cg, NULL, "users %s and %s must "
				    "have different uids", cg->cfg_users[j],
				    cg->cfg_users[i]);
	}
}

/* Load the first configuration; errors are fatal unless -n is given. */
static struct config *
first_config(void)
{
	struct config	*cg;

	if ((cg = load_config(0)) == NULL)
		err(1, "cannot start");
	accounts_check(cg);
	if (cg->cfg_errors > 0 && !settings.check_only)
		exit(1);
	settings_keep(cg);
	settings_use(cg);
	settings.verbose = cg->cfg_verbose;
	log_verbose(settings.verbose);
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
 * Clean up what was inherited: close all descriptors above standard error but
 * those of inherit.h, leave the current directory, allow no core files in this
 * process and its children.
 */
static void
clean_inherited(void)
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
	/* If inherited as ignored, children could not be reaped. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal_set(&popd.hup, SIGHUP, signal_reload, NULL);
	signal_set(&popd.term, SIGTERM, signal_stop, NULL);
	signal_set(&popd.intr, SIGINT, signal_stop, NULL);
	signal_set(&popd.usr2, SIGUSR2, signal_upgrade, NULL);
	if (signal_add(&popd.hup, NULL) == -1 ||
	    signal_add(&popd.term, NULL) == -1 ||
	    signal_add(&popd.intr, NULL) == -1 ||
	    signal_add(&popd.usr2, NULL) == -1)
		fatalx("cannot wait for signals");
}

/* The first children of each role; to check files, one of each will do. */
static void
start_children(const struct config *cg, int processes)
{
	/* Inherited from a popd that is to be replaced. */
	if (!inherit_follows() && confine_parent() == -1)
		fatal("confine_parent");
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
}

static void
popd_confine(const struct config *cg)
{
	/*
	 * rpath: popd.conf, tables, certificates and keys, again on SIGHUP.
	 * inet: to listen; route: on interfaces, which a reload may be the
	 * first to name.  unix, cpath: to make and remove popctl's sockets;
	 * wpath: lock.h.  proc, exec, id: a worker per session, and a new popd,
	 * which inherits none of this.  sendfd: to pass open files.  getpw:
	 * the owner of an LMTP socket is looked up by each reload.  fattr,
	 * chown: it is set only in directories unveiled below.
	 */
	if (pledge(config_lmtp(cg) ? "stdio rpath wpath cpath inet unix route "
	    "proc exec id fattr chown getpw sendfd unveil" :
	    "stdio rpath wpath cpath inet unix route "
	    "proc exec id getpw sendfd unveil", NULL) == -1)
		fatal("pledge");
	/* The last of two for a path counts. */
	if (lmtpsock_unveil(cg) == -1 || unveil("/", "r") == -1 ||
	    unveil(LIBEXECDIR, "rx") == -1 || (upgrade_path()[0] != '\0' &&
	    unveil(upgrade_path(), "rx") == -1) ||
	    unveil(_PATH_DEVNULL, "rw") == -1 || control_unveil() == -1 ||
	    lock_unveil() == -1 || tables_unveil(cg) == -1 ||
	    unveil(NULL, NULL) == -1)
		fatal("unveil");
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
	clean_inherited();
	notify_init();
	settings.uid = geteuid();
	settings.gid = getegid();
	helpers_check();
	cg = first_config();
	lock_start(settings.socket);
	sandbox_check();
	processes = tables_count(cg) > 0;
	/* A service manager waits for the process that it started. */
	if (!settings.foreground && !settings.check_only &&
	    !inherit_follows() && !notify_wanted())
		start_background();

	if (event_init() == NULL)
		fatalx("cannot make the event loop");
	signals();
	hooks_init();
	upgrade_attach();
	start_children(cg, processes);
	popd_confine(cg);
	conf_start(cg);
	event_dispatch();
	fatalx("event loop ended");
}
