/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent's half of the exchange of a configuration with the children.
 */

#ifndef CONF_H
#define CONF_H

#include <stdint.h>

struct child;
struct config;
struct listens;
struct msg_text;
struct table;
struct verdict;

/* What the rest of popd does when the configuration changes. */
struct conf_hooks {
	/* The first one is in use. */
	void		(*cf_started)(void);
	/* A reload begins, has a line for who asked, is over (and why not). */
	void		(*cf_reload)(void);
	void		(*cf_line)(int level, const char *);
	void		(*cf_reloaded)(int ok, const char *why);
	/* A reload has let this user in again. */
	void		(*cf_unlocked)(const char *user);
};

void		 conf_hook(const struct conf_hooks *);

/* Configure all children for the first time; it is taken over. */
void		 conf_start(struct config *);

/*
 * Another popd follows: the exchange under way is the last.  popd stops: that
 * one, too, comes to nothing.
 */
void		 conf_close(void);
void		 conf_stop(void);

/* Configure all children anew from the disk (SIGHUP). */
void		 conf_reload(void);

/* Answers of a child. */
struct verdict	 conf_ok(struct child *);
struct verdict	 conf_bad(struct child *, const struct msg_text *);

/* A child is gone that has not answered: it is not waited for. */
void		 conf_child_gone(const struct child *);

/* Whether a set was committed. */
int		 conf_begun(void);

/*
 * Of the set that was committed last: what popd.conf says, NULL before the
 * first; the table at a place of userbase, NULL if it is a process or there is
 * none; which places are processes; the sockets; and whether expire is for
 * this user.  Routes are a table, or known to a process, or neither; whether
 * anybody may ask for one.
 */
const struct config *conf_used(void);
const struct table *conf_usertab(unsigned int);
uint32_t	 conf_userprocs(void);
int		 conf_http(void);
const struct table *conf_route(void);
int		 conf_routeproc(void);
const struct listens *conf_listens(void);
int		 conf_expires(const char *);

/* Whether it makes the log verbose. */
int		 conf_verbose(void);

/* How the sockets of a rule that is in use are served: enum listen_flag. */
uint32_t	 conf_flags(unsigned int rule);

#endif
