/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Configuration: one exchange for start, -n, SIGHUP and a child that was
 * started again.  TRY to every child it concerns, each answers OK or BAD,
 * and only then COMMIT or ABORT to all: a bad set changes nothing.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdio.h>
#include <string.h>

#include "chan.h"
#include "child.h"
#include "conf.h"
#include "fileset.h"
#include "limits.h"
#include "log.h"
#include "peers.h"
#include "settings.h"
#include "start.h"
#include "stop.h"

/* Why a set is refused, as far as it goes into the log. */
#define CONF_WHY_MAX	512

static struct {
	struct fileset	*used;		/* what the children run with */
	struct fileset	*tried;		/* what they are asked about */
	int		 active;	/* an exchange is under way */
	int		 trying_disk;	/* with files just opened */
	int		 opening;	/* their set is not whole yet */
	int		 reload;	/* one with new files is wanted */
	int		 waits;		/* and waits for a role that is down */
	/*
	 * A process that dies says nothing about the files, so they are tried
	 * again.  But only once if they may have been what it died of, or if
	 * there is no descriptor for them now; a new one comes in its time.
	 */
	int		 retried;
	int		 failed;	/* one that served, or descriptors */
	int		 refused;	/* a child has read it, and says no */
	struct event	 timer;
	char		 bad[CONF_WHY_MAX];	/* the first objection */
} conf;

static void	 conf_next(void);
static void	 conf_decide(void);

const struct table *
conf_usertab(void)
{
	return (conf.used == NULL ? NULL : fileset_usertab(conf.used));
}

/* Whether it is the one of its role that logs what is odd in new files. */
static int
conf_warns(const struct child *c)
{
	const struct child	*first;

	TAILQ_FOREACH(first, child_all(), c_entry)
		if (first->c_role == c->c_role && first->c_chan != NULL)
			break;
	return (conf.trying_disk && first == c);
}

/* Send one child its share. 0, or -1 if it cannot be had. */
static int
conf_try(struct child *c)
{
	struct msg_conf	 mc;

	memset(&mc, 0, sizeof(mc));
	mc.mc_flags = (settings.verbose ? CONF_VERBOSE : 0) |
	    (c->c_configured ? 0 : CONF_FIRST) |
	    (conf_warns(c) ? CONF_WARN : 0);
	mc.mc_files = fileset_count(conf.tried, c->c_role);
	mc.mc_gen = c->c_gen;
	mc.mc_sessions = settings.sessions_listener;
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

/* All agree: use it. */
static void
conf_commit(void)
{
	struct child	*c;
	int		 first = conf.used == NULL;

	if (conf.tried != conf.used)
		fileset_free(conf.used);
	conf.used = conf.tried;
	conf.retried = 0;
	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (!conf_concerns(c) || c->c_chan == NULL)
			continue;
		/*
		 * Its peers come first: a listener may accept as soon as it
		 * has the COMMIT.  If there is no socket for them now it has
		 * nothing to lose yet, and restart.c tries again.
		 */
		if (!c->c_configured && peers_connect(c) == -1) {
			child_kill(c, "cannot be connected");
			continue;
		}
		chan_send(c->c_chan, MSG_CONF_COMMIT, NULL, -1);
		c->c_configured = 1;
		c->c_state = CHILD_READY;
	}
	if (first)
		start_done();
	else if (conf.trying_disk) {
		fileset_tell(conf.used);
		log_info("configuration reloaded");
	}
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
	log_warnx("configuration not changed: %s%s", conf.bad,
	    again ? ": trying again" : "");
	conf.reload |= again;
	conf.retried = again && conf.failed;
	/* A new child can still have the set that the others keep. */
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

/* Every child that was asked has answered or is gone. */
static void
conf_decide(void)
{
	struct child	*c;

	if (!conf.active || stop_begun())
		return;
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_state == CHILD_TRYING && c->c_chan != NULL)
			return;
	conf.active = 0;
	event_del(&conf.timer);
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
	if (conf.bad[0] == '\0')
		strlcpy(conf.bad, why, sizeof(conf.bad));
}

/* Who has not answered by now never will. */
static void
conf_timeout(int fd, short what, void *arg)
{
	struct child	*c, *next;

	conf_complain("a process does not answer");
	for (c = TAILQ_FIRST(child_all()); c != NULL; c = next) {
		next = TAILQ_NEXT(c, c_entry);
		if (c->c_state != CHILD_TRYING || c->c_chan == NULL)
			continue;
		/* Decided once, below, and not by each death. */
		c->c_state = CHILD_AGREED;
		child_kill(c, "no answer to a configuration");
	}
	conf_decide();
}

/* Ask every child that this exchange concerns. */
static void
conf_ask(int all)
{
	struct timeval	 tv = { CONF_SECONDS, 0 };
	struct child	*c;
	char		 why[64];

	conf.active = 1;
	conf.refused = conf.failed = 0;
	conf.bad[0] = '\0';
	evtimer_set(&conf.timer, conf_timeout, NULL);
	evtimer_add(&conf.timer, &tv);
	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (c->c_chan == NULL || (!all && c->c_state != CHILD_NEW) ||
		    conf_try(c) == 0)
			continue;
		/*
		 * It ended before it was asked, of which its channel tells
		 * us, or there is no descriptor for it now: no answer will
		 * come, and it gets an ABORT.
		 */
		c->c_state = CHILD_AGREED;
		chan_poll(c->c_chan);
		conf.failed |= c->c_chan != NULL || c->c_configured;
		snprintf(why, sizeof(why), "cannot reach %s",
		    role_name(c->c_role));
		conf_complain(why);
	}
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
 * The files that a new child would need have changed and are no good: it is
 * tried again later (restart.c), and what runs goes on with what it has.
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

/* Files were opened for an exchange, or could not be. */
static void
conf_opened(struct fileset *fs, const char *why)
{
	conf.opening = 0;
	if (stop_begun()) {
		fileset_free(fs);
		return;
	}
	if (fs != NULL) {
		conf.tried = fs;
		conf.trying_disk = 1;
		conf_ask(1);
		return;
	}
	if (conf.used == NULL)
		fatalx("%s", why);
	log_warnx("configuration not changed: %s", why);
	conf_fail_new();
	conf_next();
}

/* A role without any process, which could not judge what is its own. */
static enum role
conf_missing(void)
{
	const struct child	*c;
	enum role		 role;

	for (role = ROLE_LISTENER; role < ROLE_WORKER; role++) {
		TAILQ_FOREACH(c, child_all(), c_entry)
			if (c->c_role == role && c->c_chan != NULL)
				break;
		if (c == NULL)
			return (role);
	}
	return (ROLE_MAX);
}

/* Begin a reload.  -1 if it has to wait for a role to be started again. */
static int
conf_open(void)
{
	enum role	 role = conf_missing();

	if (role != ROLE_MAX) {
		if (!conf.waits)
			log_warnx("reload waits: %s is down", role_name(role));
		conf.waits = 1;
		return (-1);
	}
	conf.reload = conf.waits = 0;
	conf.opening = 1;
	fileset_open(conf.used, conf_opened);
	return (0);
}

/* The next exchange, if one is wanted and none is under way. */
static void
conf_next(void)
{
	int	 stale;

	if (conf.active || conf.opening)
		return;
	stale = conf.used != NULL && conf_any_new() &&
	    fileset_changed(conf.used);
	if (stale && !conf.reload) {
		log_info("files have changed: configuring all anew");
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
conf_reload(void)
{
	conf.reload = 1;
	conf.retried = 0;
	conf_next();
}

void
conf_new_child(void)
{
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

/* What a child says comes after who says it, quoted and cut. */
struct verdict
conf_bad(struct child *c, const struct msg_text *mt)
{
	char	 why[CONF_WHY_MAX], text[CONF_WHY_MAX - CHILD_NAME_MAX - 8];

	if (c->c_state != CHILD_TRYING)
		return (LIE("unexpected answer"));
	c->c_state = CHILD_AGREED;
	conf.refused = 1;
	snprintf(why, sizeof(why), "%s: %s", c->c_name,
	    log_cite(mt->mt_text, text, sizeof(text)));
	conf_complain(why);
	conf_decide();
	return (TAKEN);
}

void
conf_child_gone(const struct child *c)
{
	char	 why[64];

	snprintf(why, sizeof(why), "%s ended unexpectedly", c->c_name);
	conf.failed |= c->c_configured;
	conf_complain(why);
	conf_decide();
}
