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

#include <errno.h>
#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "log.h"
#include "popd.h"

/* A child that takes longer to read its files hangs. */
#define CONF_SECONDS	30

static struct {
	struct fileset	*used;		/* what the children run with */
	struct fileset	*tried;		/* what they are asked about */
	int		 active;	/* an exchange is under way */
	int		 trying_disk;	/* with files just opened */
	int		 opening;	/* their set is not whole yet */
	int		 reload;	/* one with new files is wanted */
	struct event	 timer;
	char		 bad[MSG_TEXT_MAX];	/* the first objection */
} self;

static void	 conf_next(void);

const struct table *
conf_usertab(void)
{
	return (self.used == NULL ? NULL : fileset_usertab(self.used));
}

/* Whether it is the one of its role that logs what is odd in new files. */
static int
conf_warns(const struct child *c)
{
	const struct child	*first;

	TAILQ_FOREACH(first, child_all(), c_entry)
		if (first->c_role == c->c_role && first->c_chan != NULL)
			break;
	return (self.trying_disk && first == c);
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
	mc.mc_files = fileset_count(self.tried, c->c_role);
	mc.mc_gen = c->c_gen;
	mc.mc_sessions = settings.sessions_listener;
	c->c_state = CHILD_TRYING;
	if (chan_send(c->c_chan, MSG_CONF_TRY, &mc, -1) == -1 ||
	    fileset_send(self.tried, c->c_role, c->c_chan) == -1 ||
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
	int		 first = self.used == NULL;

	if (self.tried != self.used)
		fileset_free(self.used);
	self.used = self.tried;
	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (!conf_concerns(c) || c->c_chan == NULL)
			continue;
		chan_send(c->c_chan, MSG_CONF_COMMIT, NULL, -1);
		if (!c->c_configured)
			peers_connect(c);
		c->c_configured = 1;
		c->c_state = CHILD_READY;
	}
	if (first)
		popd_started();
	else if (self.trying_disk) {
		fileset_tell(self.used);
		log_info("configuration reloaded");
	}
}

static void
conf_abort(void)
{
	struct child	*c, *next;

	if (self.used == NULL)
		popd_failed(self.bad);
	log_warnx("%s: configuration not changed", self.bad);
	if (self.tried != self.used)
		fileset_free(self.tried);
	for (c = TAILQ_FIRST(child_all()); c != NULL; c = next) {
		next = TAILQ_NEXT(c, c_entry);
		if (!conf_concerns(c) || c->c_chan == NULL)
			continue;
		if (c->c_configured) {
			chan_send(c->c_chan, MSG_CONF_ABORT, NULL, -1);
			c->c_state = CHILD_READY;
		} else
			child_kill(c, "cannot be configured");
	}
}

/* Every child that was asked has answered or is gone. */
static void
conf_decide(void)
{
	struct child	*c;

	if (!self.active)
		return;
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_state == CHILD_TRYING && c->c_chan != NULL)
			return;
	self.active = 0;
	event_del(&self.timer);
	if (self.bad[0] == '\0')
		conf_commit();
	else
		conf_abort();
	self.tried = NULL;
	self.trying_disk = 0;
	conf_next();
}

static void
conf_object(const char *why)
{
	if (self.bad[0] == '\0')
		strlcpy(self.bad, why, sizeof(self.bad));
}

/* Who has not answered by now never will. */
static void
conf_timeout(int fd, short event, void *arg)
{
	struct child	*c, *next;

	conf_object("a process does not answer");
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

	self.active = 1;
	self.bad[0] = '\0';
	evtimer_set(&self.timer, conf_timeout, NULL);
	evtimer_add(&self.timer, &tv);
	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (c->c_chan == NULL || (!all && c->c_state != CHILD_NEW) ||
		    conf_try(c) == 0)
			continue;
		/* It ended before it was asked. */
		snprintf(why, sizeof(why), "cannot reach %s",
		    role_name(c->c_role));
		conf_object(why);
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

/* Files were opened for an exchange, or could not be. */
static void
conf_opened(struct fileset *fs, const char *why)
{
	self.opening = 0;
	if (fs != NULL) {
		self.tried = fs;
		self.trying_disk = 1;
		conf_ask(1);
		return;
	}
	if (self.used == NULL)
		popd_failed(why);
	log_warnx("%s: configuration not changed", why);
	conf_next();
}

/* The next exchange, if one is wanted and none is under way. */
static void
conf_next(void)
{
	if (self.active || self.opening)
		return;
	if (self.reload) {
		self.reload = 0;
		self.opening = 1;
		fileset_open(self.used, conf_opened);
		return;
	}
	if (self.used != NULL && conf_any_new()) {
		self.tried = self.used;
		conf_ask(0);
	}
}

void
conf_reload(void)
{
	self.reload = 1;
	conf_next();
}

void
conf_new_child(void)
{
	conf_next();
}

const char *
conf_ok(struct child *c)
{
	if (c->c_state != CHILD_TRYING)
		return ("an answer to nothing");
	c->c_state = CHILD_AGREED;
	conf_decide();
	return (NULL);
}

const char *
conf_bad(struct child *c, const struct msg_text *mt)
{
	if (c->c_state != CHILD_TRYING)
		return ("an answer to nothing");
	c->c_state = CHILD_AGREED;
	conf_object(mt->mt_text);
	conf_decide();
	return (NULL);
}

void
conf_child_gone(const struct child *c)
{
	char	 why[64];

	if (c->c_state != CHILD_TRYING)
		return;
	snprintf(why, sizeof(why), "%s ended unexpectedly",
	    role_name(c->c_role));
	conf_object(why);
	conf_decide();
}
