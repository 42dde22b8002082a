/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Configuration: one exchange for startup, -n, SIGHUP and a restarted child.
 * TRY to every process concerned, each answers OK or BAD, then COMMIT to all.
 *
 * A reload has two of them.  The first is with a new process of each role, the
 * judge, which has talked to nobody and ends then: a bad configuration changes
 * nothing.  What the judges accept is used; a child that does not take it is
 * killed, and restarted with it.
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
#include "inherit.h"
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
	struct fileset	*tried;		/* being checked; the same for new
					   children only */
	int		 active;	/* an exchange is under way */
	int		 judging;	/* with the judges */
	int		 opening;	/* files are being opened */
	int		 reload;	/* a reload is pending */
	struct event	 timer;
	char		 bad[CONF_WHY_MAX];	/* the first objection */
	unsigned int	 objections;
} conf;

static void	 conf_next(void);
static void	 conf_ask(int);

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

const char *
conf_edited(void)
{
	return (conf.used == NULL ? NULL : fileset_edited(conf.used));
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

/* Return whether what a process says of the files decides about them. */
static int
conf_judges(void)
{
	return (conf.judging || conf.used == NULL);
}

/* Only one process of each role logs about new files. */
static int
conf_tells(const struct child *c)
{
	const struct child	*first;

	if (conf.judging)
		return (1);
	TAILQ_FOREACH(first, child_all(), c_entry)
		if (first->c_role == c->c_role && first->c_chan != NULL)
			break;
	return (conf.tried != conf.used && first == c);
}

/*
 * Send a process its share of the files.  If that fails, it has ended, perhaps
 * leaving a message that tells why, or no descriptor is free.
 */
static void
conf_try(struct child *c)
{
	const struct config	*cg = fileset_config(conf.tried);
	struct msg_conf		 mc;
	int			 tells = conf_tells(c);
	int			 warns = tells && conf_judges();

	memset(&mc, 0, sizeof(mc));
	mc.mc_flags = (cg->cfg_verbose >= LOG_VERBOSE ? CONF_VERBOSE : 0) |
	    (cg->cfg_verbose >= LOG_TRACE ? CONF_TRACE : 0) |
	    (conf.used == NULL ? CONF_FIRST : 0) |
	    (warns ? CONF_WARN : 0) |
	    (settings.check_only || warns ? CONF_ALL : 0) |
	    (tells ? CONF_TELL : 0);
	mc.mc_files = fileset_count(conf.tried, c->c_role);
	mc.mc_gen = c->c_gen;
	mc.mc_nets = sockets_nets(fileset_listens(conf.tried), cg, c->c_role);
	mc.mc_sessions = cg->cfg_sessions_all;
	mc.mc_unauth = cg->cfg_unauth_most;
	if (c->c_role == ROLE_CHECKER)
		mc.mc_processes = config_processes(&cg->cfg_authtabs);
	mc.mc_settings = cg->cfg_values;
	c->c_state = CHILD_TRYING;
	if (chan_send(c->c_chan, MSG_CONF_TRY, &mc, -1) == 0 &&
	    fileset_send(conf.tried, c->c_role, c->c_chan) == 0 &&
	    chan_send(c->c_chan, MSG_CONF_CHECK, NULL, -1) == 0)
		return;
	while (c->c_chan != NULL && chan_poll(c->c_chan) > 0)
		;
	if (c->c_chan != NULL)
		child_kill(c, "cannot be sent its files");
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
 * Commit one child, and connect a new one.  A listener asks its peers as soon
 * as it has the COMMIT; the others are asked as soon as they are connected.
 */
static void
conf_commit_child(struct child *c)
{
	int	 asks = c->c_role == ROLE_LISTENER;

	if ((!c->c_configured && asks && peers_connect(c) == -1) ||
	    chan_send(c->c_chan, MSG_CONF_COMMIT, NULL, -1) == -1 ||
	    (!c->c_configured && !asks && peers_connect(c) == -1)) {
		child_kill(c, "cannot be configured");
		return;
	}
	conf_level(c);
	c->c_configured = 1;
	c->c_state = CHILD_READY;
}

/* Use the configuration. */
static void
conf_commit(void)
{
	struct child	*c;
	int		 first = conf.used == NULL;
	int		 disk = conf.tried != conf.used;

	settings_use(fileset_config(conf.tried));
	tables_commit(fileset_config(conf.tried));
	if (disk)
		fileset_free(conf.used);
	conf.used = conf.tried;
	/* A level set by popctl outlives all but a reload. */
	if (disk && settings.verbose != conf_verbose())
		conf.hooks->cfh_verbose(conf_verbose());
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_state == CHILD_AGREED)
			conf_commit_child(c);
	if (first)
		conf.hooks->cfh_started();
	else if (disk)
		conf_reloaded();
}

/*
 * A reload failed.  Kill new children if their files have changed on disk;
 * restart.c tries again.  The others keep what they have.
 */
static void
conf_refuse(const char *why)
{
	struct child	*c;

	if (conf.used == NULL) {
		/* They may be the earlier popd's. */
		if (!inherit_follows())
			sockets_remove();
		fatalx("%s", why);
	}
	fileset_free(conf.tried);
	log_warnx("configuration not changed: %s", why);
	notify_reloaded();
	conf.hooks->cfh_reloaded(0, why);
	if (!fileset_changed(conf.used))
		return;
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_state == CHILD_NEW)
			child_kill(c, "cannot be configured");
}

/* Return a process that has not answered, or NULL. */
static struct child *
conf_waiting(void)
{
	struct child	*c;

	TAILQ_FOREACH(c, conf.judging ? child_judges() : child_all(), c_entry)
		if (c->c_state == CHILD_TRYING)
			break;
	return (c);
}

/* Go on once every process asked has answered or is gone. */
static void
conf_decide(void)
{
	struct child	*c;

	if (!conf.active || conf.stopped || conf_waiting() != NULL)
		return;
	conf.active = 0;
	event_del(&conf.timer);
	if (settings.check_only) {
		fileset_maildrops(conf.tried);
		configtest_exit(conf.objections +
		    fileset_config(conf.tried)->cfg_errors +
		    fileset_wrongs(conf.tried));
	}
	/* First their tables, whose end is expected then. */
	if (conf.judging)
		tables_abort();
	TAILQ_FOREACH(c, child_judges(), c_entry)
		child_end(c);
	if (conf.bad[0] != '\0')
		conf_refuse(conf.bad);
	else if (conf.judging) {
		conf_ask(0);
		return;
	} else
		conf_commit();
	conf.tried = NULL;
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

static void
conf_timeout(int fd, short what, void *arg)
{
	struct child	*c;

	/* Decide once, below, not at each death. */
	conf.active = 0;
	while ((c = conf_waiting()) != NULL)
		child_kill(c, "no answer to a configuration");
	conf.active = 1;
	conf_decide();
}

/* Return whether the new configuration needs a role. */
static int
conf_needs(enum role role)
{
	const struct config	*cg = fileset_config(conf.tried);

	return (role == ROLE_LMTP ? config_lmtp(cg) :
	    role == ROLE_TABLE ? tables_count(cg) > 0 : 1);
}

static void
conf_ask_judges(void)
{
	struct child	*c;
	enum role	 role;
	char		 why[128];

	for (role = ROLE_LISTENER; role < ROLE_WORKER; role++) {
		if (!conf_needs(role))
			continue;
		if ((c = child_start(role, 1)) == NULL) {
			snprintf(why, sizeof(why), "cannot start %s: %s",
			    msg_role_name(role), strerror(errno));
			conf_complain(why);
		} else
			conf_try(c);
	}
}

/* Ask all children, or only the new ones; first start a new role's. */
static void
conf_ask_children(void)
{
	struct child	*c;
	enum role	 role;

	for (role = ROLE_LISTENER; role < ROLE_WORKER; role++)
		if (conf_needs(role))
			restart_begin(role);
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_chan == NULL)
			conf_child_gone(c);
		else if ((conf.tried != conf.used || c->c_state == CHILD_NEW) &&
		    (!settings.check_only ||
		    !fileset_lacks(conf.tried, c->c_role)))
			conf_try(c);
}

/* Begin an exchange, with judges or with children. */
static void
conf_ask(int judging)
{
	const struct timeval	 tv = { CONF_SECONDS, 0 };

	conf.judging = judging;
	conf.objections = 0;
	conf.bad[0] = '\0';
	evtimer_set(&conf.timer, conf_timeout, NULL);
	evtimer_add(&conf.timer, &tv);
	if (judging)
		conf_ask_judges();
	else
		conf_ask_children();
	/* Not before all were asked. */
	conf.active = 1;
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

/* The files of an exchange are open, or fs is NULL and why tells. */
static void
conf_opened(struct fileset *fs, const char *why)
{
	conf.opening = 0;
	if (conf.closed) {
		fileset_free(fs);
		return;
	}
	conf.tried = fs;
	if (fs == NULL) {
		conf_refuse(why);
		conf_next();
	} else
		conf_ask(conf.used != NULL);
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

/* Begin a reload. */
static void
conf_open(void)
{
	struct config	*cg;
	char		 why[CONF_WHY_MAX];

	conf.reload = 0;
	conf.opening = 1;
	conf.hooks->cfh_reload();
	notify_reloading();
	if ((cg = conf_load(why, sizeof(why))) != NULL)
		fileset_open(cg, conf.used, conf.hooks->cfh_line, conf_opened);
	else
		conf_opened(NULL, why);
}

/* Begin the next exchange if one is pending and none is under way. */
static void
conf_next(void)
{
	int	 new;

	/* While draining, the next popd reads the files. */
	if (conf.active || conf.opening || conf.closed)
		return;
	new = conf.used != NULL && conf_any_new();
	if (new && !conf.reload && fileset_changed(conf.used)) {
		log_info("files have changed: reloading");
		conf.reload = 1;
	}
	if (conf.reload)
		conf_open();
	else if (new) {
		conf.tried = conf.used;
		conf_ask(0);
	}
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
	conf_reload();
}

void
conf_reload(void)
{
	conf.reload = 1;
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
	c->c_state = c->c_configured ? CHILD_READY : CHILD_NEW;
	snprintf(why, sizeof(why), "%s: %s", c->c_name,
	    log_cite(mtx->mtx_text, text, sizeof(text)));
	if (conf_judges()) {
		/* Others of its role object to the same. */
		if (conf.objections == 0 || conf_tells(c))
			conf_complain(why);
	} else {
		log_warnx("%s", why);
		if (fileset_changed(conf.tried))
			conf.reload = 1;
		else
			child_kill(c, "refuses its configuration");
	}
	conf_decide();
	return (TAKEN);
}

void
conf_child_gone(const struct child *c)
{
	char	 why[64];

	if (conf_judges()) {
		snprintf(why, sizeof(why), c->c_stranger ?
		    "%s is of another version" : "%s ended unexpectedly",
		    c->c_name);
		conf_complain(why);
	}
	conf_decide();
}
