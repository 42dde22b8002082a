/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Configuration: one exchange for startup, -n, SIGHUP and a restarted child.
 * TRY to every child concerned, each answers OK or BAD, then COMMIT or ABORT
 * to all: a bad configuration changes nothing.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "child.h"
#include "conf.h"
#include "config.h"
#include "configtest.h"
#include "fileset.h"
#include "limits.h"
#include "load.h"
#include "log.h"
#include "notify.h"
#include "peers.h"
#include "restart.h"
#include "settings.h"
#include "sockets.h"
#include "tables.h"

/* Longest reason of a refusal in the log. */
#define CONF_WHY_MAX	512

static struct {
	const struct conf_hooks *hooks;
	int		 closed;	/* no further exchange */
	int		 stopped;	/* nor the one under way */
	struct config	*given;		/* the first, files not opened */
	struct fileset	*used;		/* in use by the children */
	struct fileset	*tried;		/* being checked by them */
	int		 active;	/* an exchange is under way */
	int		 trying_disk;	/* with files newly opened */
	int		 opening;	/* files are being opened */
	int		 reload;	/* a reload is pending */
	int		 waits;		/* for a role that is down */
	/*
	 * If a process dies before it answers, the files are tried again; but
	 * only once if they may have killed it, or if descriptors ran out.
	 */
	int		 retried;
	int		 failed;	/* a configured one, or EMFILE */
	int		 refused;	/* a child answered BAD */
	struct event	 timer;
	char		 bad[CONF_WHY_MAX];	/* the first objection */
	unsigned int	 objections;
	uint8_t		 salts[SCRAM_KEY];	/* the same for all checkers */
} conf;

static void	 conf_next(void);
static void	 conf_decide(void);

int
conf_begun(void)
{
	return (conf.used != NULL);
}

const struct table *
conf_usertab(unsigned int place)
{
	return (conf.used == NULL ? NULL : fileset_usertab(conf.used, place));
}

const struct config_bounds *
conf_bounds(unsigned int place)
{
	return (conf.used == NULL ? NULL :
	    &fileset_config(conf.used)->cfg_usertabs.as_bounds[place]);
}

uint32_t
conf_userprocs(void)
{
	return (conf.used == NULL ? 0 :
	    config_processes(&fileset_config(conf.used)->cfg_usertabs));
}

int
conf_http(void)
{
	const struct config	*cg;
	unsigned int		 i;

	if (conf.used == NULL)
		return (0);
	cg = fileset_config(conf.used);
	for (i = 0; i < cg->cfg_nlistens; i++)
		if ((cg->cfg_listens[i].li_flags & LISTEN_HTTP) != 0)
			return (1);
	return (0);
}

const struct table *
conf_route(void)
{
	return (conf.used == NULL ? NULL : fileset_route(conf.used));
}

int
conf_routeproc(void)
{
	return (conf.used != NULL &&
	    fileset_config(conf.used)->cfg_routeproc != NULL);
}

const struct listens *
conf_listens(void)
{
	return (conf.used == NULL ? NULL : fileset_listens(conf.used));
}

int
conf_verbose(void)
{
	return (conf.used == NULL ? LOG_BRIEF :
	    fileset_config(conf.used)->cfg_verbose);
}

uint32_t
conf_flags(unsigned int rule)
{
	return (conf.used == NULL ? 0 :
	    fileset_config(conf.used)->cfg_listens[rule].li_flags);
}

int
conf_expires(const char *user)
{
	return (conf.used != NULL && fileset_expires(conf.used, user));
}

/* Only the first child of each role logs warnings about new files. */
static int
conf_warns(const struct child *c)
{
	const struct child	*first;

	TAILQ_FOREACH(first, child_all(), c_entry)
		if (first->c_role == c->c_role && first->c_chan != NULL)
			break;
	return (conf.trying_disk && first == c);
}

/* Send a child its share of the files.  Return 0, or -1. */
static int
conf_try(struct child *c)
{
	const struct config	*cg = fileset_config(conf.tried);
	struct msg_conf		 mc;

	memset(&mc, 0, sizeof(mc));
	mc.mc_flags = (cg->cfg_verbose >= LOG_VERBOSE ? CONF_VERBOSE : 0) |
	    (cg->cfg_verbose >= LOG_TRACE ? CONF_TRACE : 0) |
	    (c->c_configured ? 0 : CONF_FIRST) |
	    (conf_warns(c) ? CONF_WARN : 0) |
	    (settings.check_only || conf_warns(c) ? CONF_ALL : 0);
	mc.mc_files = fileset_count(conf.tried, c->c_role);
	mc.mc_gen = c->c_gen;
	mc.mc_nets = fileset_nets(conf.tried, c->c_role);
	mc.mc_sessions = cg->cfg_sessions_listener;
	if (c->c_role == ROLE_CHECKER) {
		mc.mc_processes = config_processes(&cg->cfg_authtabs);
		memcpy(mc.mc_salts, conf.salts, sizeof(mc.mc_salts));
	}
	mc.mc_settings = cg->cfg_values;
	c->c_state = CHILD_TRYING;
	if (chan_send(c->c_chan, MSG_CONF_TRY, &mc, -1) == -1 ||
	    fileset_send(conf.tried, c->c_role, c->c_chan) == -1 ||
	    chan_send(c->c_chan, MSG_CONF_CHECK, NULL, -1) == -1)
		return (-1);
	return (0);
}

static int
conf_concerns(const struct child *c)
{
	return (c->c_state == CHILD_TRYING || c->c_state == CHILD_AGREED);
}

/* A reload is done. */
static void
conf_reloaded(void)
{
	log_tap(conf.hooks->cfh_line);
	fileset_tell(conf.used);
	sockets_tell(fileset_listens(conf.used));
	log_tap(NULL);
	log_info("configuration reloaded");
	notify_reloaded();
	conf.hooks->cfh_reloaded(1, "");
}

/* With COMMIT a child has taken the configured log level: correct it. */
static void
conf_level(struct child *c)
{
	const struct msg_verbose	 vb = { (uint32_t)settings.verbose, 0 };

	if (settings.verbose != conf_verbose())
		chan_send(c->c_chan, MSG_VERBOSE, &vb, -1);
}

/*
 * Commit one child.  Connect its peers first: a listener may accept as soon as
 * it has the COMMIT.  If that fails, a new child is killed, and restart.c tries
 * again; for one that serves, reload, so that no two use different files.
 */
static void
conf_commit_child(struct child *c)
{
	if (!c->c_configured && peers_connect(c) == -1) {
		child_kill(c, "cannot be connected");
		return;
	}
	if (chan_send(c->c_chan, MSG_CONF_COMMIT, NULL, -1) == -1) {
		if (!c->c_configured) {
			child_kill(c, "cannot be configured");
			return;
		}
		conf.reload = 1;
	}
	conf_level(c);
	c->c_configured = 1;
	c->c_state = CHILD_READY;
}

/* All agree: use the new configuration. */
static void
conf_commit(void)
{
	struct child	*c;
	int		 first = conf.used == NULL;

	settings_use(fileset_config(conf.tried));
	tables_commit(fileset_config(conf.tried));
	if (conf.tried != conf.used)
		fileset_free(conf.used);
	conf.used = conf.tried;
	conf.retried = 0;
	/* A level set by popctl outlives all but a reload. */
	if (conf.trying_disk && settings.verbose != conf_verbose())
		conf.hooks->cfh_verbose(conf_verbose());
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (conf_concerns(c) && c->c_chan != NULL)
			conf_commit_child(c);
	if (first)
		conf.hooks->cfh_started();
	else if (conf.trying_disk)
		conf_reloaded();
}

static void
conf_abort(void)
{
	struct child	*c, *next;
	int		 again, spare;

	if (conf.used == NULL)
		fatalx("%s", conf.bad);
	again = conf.trying_disk && !conf.refused &&
	    !(conf.failed && conf.retried);
	tables_abort();
	log_warnx("configuration not changed: %s%s", conf.bad,
	    again ? ": trying again" : "");
	notify_reloaded();
	if (!again && conf.trying_disk)
		conf.hooks->cfh_reloaded(0, conf.bad);
	conf.reload |= again;
	conf.retried = again && conf.failed;
	/* A new child can still use the files that the others keep. */
	spare = conf.trying_disk && !fileset_changed(conf.used);
	if (conf.tried != conf.used)
		fileset_free(conf.tried);
	for (c = TAILQ_FIRST(child_all()); c != NULL; c = next) {
		next = TAILQ_NEXT(c, c_entry);
		if (!conf_concerns(c) || c->c_chan == NULL)
			continue;
		if (c->c_configured || spare) {
			chan_send(c->c_chan, MSG_CONF_ABORT, NULL, -1);
			c->c_state = c->c_configured ? CHILD_READY : CHILD_NEW;
		} else
			child_kill(c, "cannot be configured");
	}
}

/* Commit or abort once every child asked has answered or is gone. */
static void
conf_decide(void)
{
	struct child	*c;

	if (!conf.active || conf.stopped)
		return;
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_state == CHILD_TRYING && c->c_chan != NULL)
			return;
	conf.active = 0;
	event_del(&conf.timer);
	if (settings.check_only) {
		fileset_maildrops(conf.tried);
		configtest_exit(conf.objections +
		    fileset_config(conf.tried)->cfg_errors +
		    fileset_wrongs(conf.tried));
	}
	if (conf.bad[0] == '\0')
		conf_commit();
	else
		conf_abort();
	conf.tried = NULL;
	conf.trying_disk = 0;
	conf_next();
}

static void
conf_complain(const char *why)
{
	log_tap(conf.hooks->cfh_line);
	if ((conf.objections++ > 0 && conf_begun()) || settings.check_only)
		log_warnx("%s", why);
	log_tap(NULL);
	if (conf.bad[0] == '\0')
		strlcpy(conf.bad, why, sizeof(conf.bad));
}

/* Kill the children that have not answered in time. */
static void
conf_timeout(int fd, short what, void *arg)
{
	struct child	*c, *next;

	conf_complain("a process does not answer");
	for (c = TAILQ_FIRST(child_all()); c != NULL; c = next) {
		next = TAILQ_NEXT(c, c_entry);
		if (c->c_state != CHILD_TRYING || c->c_chan == NULL)
			continue;
		/* Decide once, below, not at each death. */
		c->c_state = CHILD_AGREED;
		child_kill(c, "no answer to a configuration");
	}
	conf_decide();
}

/* Return a role without a process to check its files, or ROLE_MAX. */
static enum role
conf_missing(void)
{
	const struct child	*c;
	enum role		 role;

	for (role = ROLE_LISTENER; role < ROLE_WORKER; role++) {
		/* Not configured, or about to start. */
		if (role == ROLE_LMTP && restart_next(role) == 0)
			continue;
		if (role == ROLE_TABLE && !restart_begun(role))
			continue;
		TAILQ_FOREACH(c, child_all(), c_entry)
			if (c->c_role == role && c->c_chan != NULL)
				break;
		if (c == NULL)
			return (role);
	}
	return (ROLE_MAX);
}

/* Object if a role has lost its last process while files were opened. */
static void
conf_ask_missing(void)
{
	enum role	 role = conf_missing();
	char		 why[64];

	if (role == ROLE_MAX)
		return;
	snprintf(why, sizeof(why), "%s is down", msg_role_name(role));
	conf_complain(why);
}

/* Ask all children, or only the new ones. */
static void
conf_ask(int all)
{
	struct timeval	 tv = { CONF_SECONDS, 0 };
	struct child	*c;
	char		 why[64];

	conf.active = 1;
	conf.refused = conf.failed = 0;
	conf.objections = 0;
	conf.bad[0] = '\0';
	evtimer_set(&conf.timer, conf_timeout, NULL);
	evtimer_add(&conf.timer, &tv);
	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (c->c_chan == NULL || (!all && c->c_state != CHILD_NEW) ||
		    (settings.check_only &&
		    fileset_lacks(conf.tried, c->c_role)) || conf_try(c) == 0)
			continue;
		/*
		 * It has ended, perhaps leaving a message that tells why, or
		 * no descriptor is free: do not wait for its answer, send
		 * ABORT.
		 */
		c->c_state = CHILD_AGREED;
		while (c->c_chan != NULL && chan_poll(c->c_chan) > 0)
			;
		conf.failed |= c->c_chan != NULL || c->c_configured;
		snprintf(why, sizeof(why), c->c_stranger ?
		    "%s is of another version" : "cannot reach %s",
		    msg_role_name(c->c_role));
		conf_complain(why);
	}
	if (all)
		conf_ask_missing();
	conf_decide();
}

static int
conf_any_new(void)
{
	struct child	*c;

	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_state == CHILD_NEW && c->c_chan != NULL)
			return (1);
	return (0);
}

/*
 * A reload failed: kill new children if their files have changed on disk;
 * restart.c tries again.  The others keep what they have.
 */
static void
conf_fail_new(void)
{
	struct child	*c, *next;

	if (!fileset_changed(conf.used))
		return;
	for (c = TAILQ_FIRST(child_all()); c != NULL; c = next) {
		next = TAILQ_NEXT(c, c_entry);
		if (c->c_state == CHILD_NEW)
			child_kill(c, "cannot be configured");
	}
}

/* Start lmtppop at the first reload that configures it. */
static void
conf_lmtp(void)
{
	const struct child	*c;

	if (!config_lmtp(fileset_config(conf.tried)))
		return;
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_role == ROLE_LMTP)
			return;
	restart_wanted(ROLE_LMTP);
}

/* The files of an exchange are open, or fs is NULL and why tells. */
static void
conf_opened(struct fileset *fs, const char *why)
{
	conf.opening = 0;
	if (conf.closed) {
		fileset_free(fs);
		return;
	}
	if (fs != NULL) {
		conf.tried = fs;
		conf.trying_disk = 1;
		conf_lmtp();
		conf_ask(1);
		return;
	}
	if (conf.used == NULL)
		fatalx("%s", why);
	log_warnx("configuration not changed: %s", why);
	notify_reloaded();
	conf.hooks->cfh_reloaded(0, why);
	conf_fail_new();
	conf_next();
}

/* Load the configuration.  Return NULL with the reason in why. */
static struct config *
conf_load(char *why, size_t size)
{
	struct config	*cg = conf.given;

	conf.given = NULL;
	if (cg != NULL)
		return (cg);
	log_tap(conf.hooks->cfh_line);
	if ((cg = load_config(1)) != NULL && cg->cfg_errors == 0)
		settings_kept(cg);
	log_tap(NULL);
	if (cg != NULL && cg->cfg_errors == 0)
		return (cg);
	strlcpy(why, cg == NULL ? strerror(errno) : cg->cfg_first, size);
	config_free(cg);
	return (NULL);
}

/* Begin a reload.  Return -1 if it waits for a role to be restarted. */
static int
conf_open(void)
{
	enum role	 role = conf_missing();
	struct config	*cg;
	char		 why[CONF_WHY_MAX];

	if (role != ROLE_MAX) {
		if (!conf.waits)
			log_warnx("reload waits: %s is down",
			    msg_role_name(role));
		conf.waits = 1;
		return (-1);
	}
	conf.reload = conf.waits = 0;
	conf.opening = 1;
	conf.hooks->cfh_reload();
	notify_reloading();
	if ((cg = conf_load(why, sizeof(why))) != NULL) {
		if (tables_count(cg) > 0)
			restart_begin(ROLE_TABLE);
		fileset_open(cg, conf.used, conf.hooks->cfh_line, conf_opened);
	} else
		conf_opened(NULL, why);
	return (0);
}

/* Begin the next exchange if one is pending and none is under way. */
static void
conf_next(void)
{
	int	 stale;

	/* While draining, the next popd reads the files. */
	if (conf.active || conf.opening || conf.closed)
		return;
	stale = conf.used != NULL && conf_any_new() &&
	    fileset_changed(conf.used);
	if (stale && !conf.reload) {
		log_info("files have changed: reloading");
		conf.reload = 1;
	}
	if (conf.reload && conf_open() == 0)
		return;
	if (conf.used == NULL || stale || !conf_any_new())
		return;
	conf.tried = conf.used;
	conf_ask(0);
}

void
conf_hook(const struct conf_hooks *hooks)
{
	conf.hooks = hooks;
	restart_hook(conf_next);
}

void
conf_close(void)
{
	conf.closed = 1;
}

void
conf_stop(void)
{
	conf.closed = conf.stopped = 1;
}

void
conf_start(struct config *cg)
{
	conf.given = cg;
	arc4random_buf(conf.salts, sizeof(conf.salts));
	conf_reload();
}

void
conf_reload(void)
{
	conf.reload = 1;
	conf.retried = 0;
	conf_next();
}

struct verdict
conf_ok(struct child *c)
{
	if (c->c_state != CHILD_TRYING)
		return (LIE("unexpected answer"));
	c->c_state = CHILD_AGREED;
	conf_decide();
	return (TAKEN);
}

/* Log the reason after the child's name, quoted and cut. */
struct verdict
conf_bad(struct child *c, const struct msg_text *mtx)
{
	char	 why[CONF_WHY_MAX], text[CONF_WHY_MAX - CHILD_NAME_MAX - 8];

	if (c->c_state != CHILD_TRYING)
		return (LIE("unexpected answer"));
	c->c_state = CHILD_AGREED;
	conf.refused = 1;
	snprintf(why, sizeof(why), "%s: %s", c->c_name,
	    log_cite(mtx->mtx_text, text, sizeof(text)));
	/* Others of its role object to the same. */
	if (conf.objections == 0 || conf_warns(c))
		conf_complain(why);
	conf_decide();
	return (TAKEN);
}

void
conf_child_gone(const struct child *c)
{
	char	 why[64];

	/* The other new children need not wait for its successor. */
	if (!c->c_stranger || conf.trying_disk) {
		snprintf(why, sizeof(why), c->c_stranger ?
		    "%s is of another version" : "%s ended unexpectedly",
		    c->c_name);
		conf_complain(why);
	}
	conf.failed |= c->c_configured;
	conf_decide();
}
