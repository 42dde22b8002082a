/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Upgrade from one popd to the next.  See upgrade.h.
 *
 * Old popd: upgrade_begin() starts the new one, upgrade_heard() learns that it
 * serves.  New popd: upgrade_serves() says so, upgrade_heard() learns that the
 * old one has stopped accepting.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "conf.h"
#include "control.h"
#include "drain.h"
#include "exec.h"
#include "handover.h"
#include "inherit.h"
#include "limits.h"
#include "lock.h"
#include "log.h"
#include "notify.h"
#include "reap.h"
#include "settings.h"
#include "sockets.h"
#include "stop.h"
#include "upgrade.h"
#include "uplog.h"
#include "verbose.h"
#include "version.h"
#include "worker.h"

/* Generations left to the old popd, for processes that it still starts. */
#define GENERATIONS_SPARE	1000

static struct {
	struct exec_self	 self;		/* how popd was started */
	char			 path[PATH_LEN_MAX];
	char			 dir[PATH_LEN_MAX];
	int			 serving;	/* this popd accepts */
	enum upgrade_state	 state;
	uint64_t		 tries;
	pid_t			 pid;		/* of the new popd */
	pid_t			 witness;	/* see exec.h */
	struct reap		 reap;		/* of the witness */
	char			 name[32];
	struct event		 timer;
	unsigned int		 delay;		/* before the next rescue */
	int			 reload;	/* requested meanwhile */
	char			 why[UPLOG_LINE_MAX];
} upgrade;

static void	 upgrade_run(void);
static void	 upgrade_heard(uint32_t, const char *);

/* Find the program in $PATH, as the shell did. */
static int
upgrade_search(const char *name)
{
	const char	*path = getenv("PATH");
	char		*dirs, *rest, *dir;
	int		 found = 0;

	if ((dirs = rest = strdup(path != NULL ? path : _PATH_STDPATH)) == NULL)
		return (0);
	while (!found && (dir = strsep(&rest, ":")) != NULL) {
		snprintf(upgrade.path, sizeof(upgrade.path), "%s/%s", dir,
		    name);
		found = *dir == '/' && access(upgrade.path, X_OK) == 0;
	}
	free(dirs);
	return (found);
}

void
upgrade_init(int argc, char *argv[])
{
	int	 n;

	if (getcwd(upgrade.dir, sizeof(upgrade.dir)) == NULL)
		strlcpy(upgrade.dir, "/", sizeof(upgrade.dir));
	if (strchr(argv[0], '/') != NULL) {
		n = snprintf(upgrade.path, sizeof(upgrade.path), "%s%s%s",
		    argv[0][0] == '/' ? "" : upgrade.dir,
		    argv[0][0] == '/' ? "" : "/", argv[0]);
		if (n < 0 || (size_t)n >= sizeof(upgrade.path))
			upgrade.path[0] = '\0';
		if (access(upgrade.path, X_OK) == -1)
			upgrade.path[0] = '\0';
	} else if (!upgrade_search(argv[0]))
		upgrade.path[0] = '\0';
	upgrade.self.es_path = upgrade.path;
	upgrade.self.es_dir = upgrade.dir;
	upgrade.self.es_argv = argv;
}

const char *
upgrade_path(void)
{
	return (upgrade.path);
}

void
upgrade_attach(void)
{
	if (!inherit_follows()) {
		upgrade.serving = 1;
		return;
	}
	handover_open(inherit_channel(), upgrade_heard);
	child_first_gen(inherit_generation());
}

/*
 * The old popd.
 */

/* Nobody serves. */
static void
upgrade_serve_again(int fd, short what, void *arg)
{
	if (!stop_begun())
		upgrade_run();
}

/* The popd that took over has crashed, or could not be replaced. */
static void
upgrade_lost(void)
{
	struct timeval	 tv = { 0, 0 };

	upgrade.delay = upgrade.delay == 0 ? 1 : 2 * upgrade.delay;
	if (upgrade.delay > RESTART_SECONDS_MAX)
		upgrade.delay = RESTART_SECONDS_MAX;
	tv.tv_sec = upgrade.delay;
	drain_stay(upgrade.delay + UPGRADE_SECONDS + LAST_SECONDS);
	evtimer_set(&upgrade.timer, upgrade_serve_again, NULL);
	evtimer_add(&upgrade.timer, &tv);
}

/* Fail the upgrade; the reason is in upgrade.why. */
static void
upgrade_fail(void)
{
	upgrade.state = UPGRADE_FAILED;
	upgrade.reload = 0;
	control_return();
	if (!drain_begun()) {
		log_warnx("upgrade failed: %s: nothing has changed",
		    upgrade.why);
		return;
	}
	log_warnx("upgrade failed: %s: tried again", upgrade.why);
	upgrade_lost();
}

/* The new popd has ended, and its witness, before it took over. */
static void
upgrade_gone(void *arg, int status)
{
	char	 how[64];

	evtimer_del(&upgrade.timer);
	handover_close();
	uplog_close();
	child_status(status, how, sizeof(how));
	if (upgrade.reap.re_killed)
		kill(upgrade.pid, SIGKILL);
	if (upgrade.why[0] == '\0')
		snprintf(upgrade.why, sizeof(upgrade.why), "%s",
		    uplog_last()[0] != '\0' ? uplog_last() : how);
	upgrade_fail();
}

static void
upgrade_kill(const char *why)
{
	strlcpy(upgrade.why, why, sizeof(upgrade.why));
	kill(upgrade.pid, SIGKILL);
	reap_soon(&upgrade.reap);
}

static void
upgrade_late(int fd, short what, void *arg)
{
	upgrade_kill("the new popd did not start in time");
}

/* Pass a lock of popctl on to the new popd. */
static void
upgrade_lock(const char *user)
{
	handover_say(HANDOVER_LOCK, user);
}

/*
 * The new popd serves: hand over all but the sessions.  A service manager
 * accepts it as the main process only as a child of its own.
 */
static void
upgrade_hand_over(void)
{
	evtimer_del(&upgrade.timer);
	upgrade.state = UPGRADE_DONE;
	kill(upgrade.witness, SIGKILL);
	(void)waitpid(upgrade.witness, NULL, 0);
	notify_main(upgrade.pid);
	/* A log level set by popctl is not in popd.conf. */
	if (settings.verbose != conf_verbose())
		handover_say(HANDOVER_LOG, verbose_name(settings.verbose));
	handover_say(HANDOVER_TAKEN, "");
	if (upgrade.reload)
		handover_say(HANDOVER_RELOAD, "");
	log_info("upgraded: %s serves, this popd exits after its last session",
	    upgrade.name);
	uplog_flush();
	drain_begin();
	drain_stay(LAST_SECONDS);
}

/* Start the new popd; output is its standard error, -1: inherited. */
static pid_t
upgrade_start(int channel, int output)
{
	struct exec_self	*es = &upgrade.self;
	int			 fds[ADDRESSES_MAX];

	es->es_sockets = fds;
	es->es_count = sockets_hand_down(fds, ADDRESSES_MAX);
	es->es_channel = channel;
	es->es_output = output;
	es->es_generation = child_last_gen() +
	    GENERATIONS_SPARE * ++upgrade.tries;
	es->es_prepare = notify_pass;
	return (exec_self(es, &upgrade.pid));
}

static int
upgrade_try(void)
{
	int	 fds[2], output = -1, saved;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, fds) == -1)
		return (-1);
	/* In the foreground standard error is the log already. */
	if (!settings.foreground && (output = uplog_open()) == -1)
		upgrade.witness = -1;
	else
		upgrade.witness = upgrade_start(fds[1], output);
	saved = errno;
	close(fds[1]);
	if (output != -1)
		close(output);
	if (upgrade.witness == -1) {
		close(fds[0]);
		uplog_close();
		errno = saved;
		return (-1);
	}
	handover_open(fds[0], upgrade_heard);
	lock_each(upgrade_lock);
	return (0);
}

static const char *
upgrade_refuse(void)
{
	const struct elder	*el = handover_elder();

	if (stop_begun())
		return ("popd stops");
	if (upgrade.state == UPGRADE_DONE)
		return ("another popd has taken over");
	if (upgrade.state == UPGRADE_STARTING)
		return ("an upgrade is under way");
	if (!conf_begun() || !upgrade.serving)
		return ("popd does not serve yet");
	if (el != NULL) {
		snprintf(upgrade.why, sizeof(upgrade.why), "popd[%d] of the "
		    "last upgrade still has %u sessions: wait, or end it with "
		    "SIGTERM", (int)el->el_pid, el->el_sessions);
		return (upgrade.why);
	}
	if (upgrade.path[0] == '\0')
		return ("popd's program was not found at startup");
	return (NULL);
}

static void
upgrade_run(void)
{
	const struct timeval	 tv = { UPGRADE_SECONDS, 0 };

	/* The administrator may be faster than upgrade_serve_again(). */
	if (drain_begun())
		evtimer_del(&upgrade.timer);
	upgrade.why[0] = '\0';
	upgrade.reload = 0;
	if (upgrade_try() == -1) {
		snprintf(upgrade.why, sizeof(upgrade.why),
		    "popd cannot be started: %s", strerror(errno));
		upgrade_fail();
		return;
	}
	upgrade.state = UPGRADE_STARTING;
	snprintf(upgrade.name, sizeof(upgrade.name), "popd[%d]",
	    (int)upgrade.pid);
	log_info("upgrade: started %s as %s", upgrade.path, upgrade.name);
	reap_init(&upgrade.reap, upgrade.witness, upgrade.name, upgrade_gone,
	    NULL);
	evtimer_set(&upgrade.timer, upgrade_late, NULL);
	evtimer_add(&upgrade.timer, &tv);
}

const char *
upgrade_begin(void)
{
	const char	*why;

	if ((why = upgrade_refuse()) != NULL)
		log_warnx("no upgrade: %s", why);
	else {
		upgrade.delay = 0;
		upgrade_run();
	}
	return (why);
}

enum upgrade_state
upgrade_state(char *why, size_t size)
{
	strlcpy(why, upgrade.state == UPGRADE_FAILED ? upgrade.why : "", size);
	return (upgrade.state);
}

int
upgrade_reload(void)
{
	if (upgrade.state == UPGRADE_DONE) {
		log_info("no reload: %s serves now", upgrade.name);
		return (-1);
	}
	/* It may already have read the old files. */
	upgrade.reload = upgrade.state == UPGRADE_STARTING;
	return (0);
}

/*
 * The new popd.
 */

/* The old popd has stopped accepting, or is gone. */
static void
upgrade_take(void)
{
	upgrade.serving = 1;
	log_info("upgraded: popd[%d], version %s, serves", (int)getpid(),
	    POPD_VERSION);
	notify_ready();
}

void
upgrade_started(void)
{
	if (!inherit_follows())
		notify_ready();
}

void
upgrade_serves(void)
{
	handover_say(HANDOVER_READY, "");
}

/*
 * Both.
 */

/* The other popd is gone. */
static void
upgrade_closed(void)
{
	switch (upgrade.state) {
	case UPGRADE_STARTING:
		reap_overdue(&upgrade.reap, LAST_SECONDS);
		break;
	case UPGRADE_DONE:
		log_warnx("%s, which took over from this popd, has ended",
		    upgrade.name);
		upgrade_lost();
		break;
	default:
		if (!upgrade.serving)
			upgrade_take();
		stop_check();
		break;
	}
}

/* The other popd tells what it does, or what popctl has requested there. */
static void
upgrade_heard(uint32_t type, const char *user)
{
	switch (type) {
	case HANDOVER_CLOSED:
		upgrade_closed();
		break;
	case HANDOVER_READY:
		if (upgrade.state == UPGRADE_STARTING && !stop_begun() &&
		    upgrade.why[0] == '\0')
			upgrade_hand_over();
		break;
	case HANDOVER_TAKEN:
		if (!upgrade.serving)
			upgrade_take();
		break;
	case HANDOVER_RELOAD:
		conf_reload();
		break;
	case HANDOVER_YIELD:
		worker_yield(user, NULL);
		break;
	case HANDOVER_KICK:
		if (upgrade.state == UPGRADE_DONE)
			worker_kick_user(user);
		break;
	case HANDOVER_LOCK:
		if (lock_add(user) == -1)
			log_warn("cannot lock a user");
		break;
	case HANDOVER_UNLOCK:
		lock_remove(user);
		break;
	case HANDOVER_LOG:
		verbose_set(verbose_level(user));
		break;
	case HANDOVER_STOP:
		if (upgrade.state == UPGRADE_DONE)
			stop_begin("the next popd stops");
		break;
	}
}

void
upgrade_stop(void)
{
	if (upgrade.state == UPGRADE_STARTING)
		upgrade_kill("popd stops");
	handover_say(HANDOVER_STOP, "");
}
