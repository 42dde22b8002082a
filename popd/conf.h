/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent's side of (re)configuring the children.
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

/* What other parts of popd do when the configuration changes. */
struct conf_hooks {
	/* The first one is in use. */
	void		(*cfh_started)(void);
	/* A reload begins; has a line for popctl; succeeded, or why not. */
	void		(*cfh_reload)(void);
	void		(*cfh_line)(int level, const char *);
	void		(*cfh_reloaded)(int ok, const char *why);
	/* A reload changes the level (enum log_detail) of this process. */
	void		(*cfh_verbose)(int);
};

/* Set them, before conf_start(). */
void		 conf_hook(const struct conf_hooks *);

/* Configure all children for the first time; takes over the configuration. */
void		 conf_start(struct config *);

/*
 * Begin no further exchange, since a new popd takes over; or, at shutdown,
 * drop the one under way, too.
 */
void		 conf_close(void);
void		 conf_stop(void);

/* Reload: configure all children anew from disk (SIGHUP). */
void		 conf_reload(void);

/* Take an answer of a child. */
struct verdict	 conf_ok(struct child *);
struct verdict	 conf_bad(struct child *, const struct msg_text *);

/* A child is gone: do not wait for its answer. */
void		 conf_child_gone(const struct child *);

/* Return whether a configuration is in use. */
int		 conf_begun(void);

/*
 * Of the configuration in use, NULL or 0 before the first: the table at an
 * index of userbase, NULL if that is a process or unset; what such a table may
 * say; a mask of the indices that are processes; the path of an authtab that
 * was edited since, NULL if none was; whether a rule has auth_http;
 * the table of routes, NULL if none; whether a process has the routes; the
 * sockets; whether expire applies to this user.
 */
const struct table *conf_usertab(unsigned int);
const struct config_bounds *conf_bounds(unsigned int);
uint32_t	 conf_userprocs(void);
const char	*conf_edited(void);
int		 conf_http(void);
const struct table *conf_route(void);
int		 conf_routeproc(void);
const struct listens *conf_listens(void);
int		 conf_expires(const char *);

/* Return how much it logs: enum log_detail. */
int		 conf_verbose(void);

/* Return enum listen_flag of a rule in use, by its index. */
uint32_t	 conf_flags(unsigned int rule);

#endif
