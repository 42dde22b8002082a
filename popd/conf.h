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

/* Configure all children for the first time; it is taken over. */
void		 conf_start(struct config *);

/* Configure all children anew from the disk (SIGHUP). */
void		 conf_reload(void);

/*
 * Configure children that have no configuration: with the one in use, or if
 * its files have changed with all that is on the disk.
 */
void		 conf_new_child(void);

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

/* How much it has logged: enum log_detail. */
int		 conf_verbose(void);

/* How the sockets of a rule that is in use are served: enum listen_flag. */
uint32_t	 conf_flags(unsigned int rule);

#endif
